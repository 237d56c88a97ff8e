"""Every column that holds sealed text: what a rotation of sealing keys has to go through.

A room that seals a column of its own adds one line to ``SEALED``, and binds with ``place``.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Table

from proxy.database.tables import accounts, links
from proxy.seal import bind


class SealedColumn(Struct, frozen=True):
    """A column of texts by ``Sealer.for_use(use).seal``; its table has the primary key ``id``.

    ``bound_to`` names the columns whose values a text is bound to, in their order; a row without a text is left alone.
    """

    table: Table
    column: str
    use: str
    bound_to: tuple[str, ...]

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.table.name}.{self.column}"

    def place(self, values: Mapping[str, Any]) -> bytes:
        """What the text of a row with these values is bound to."""
        return bind(self.table.name, self.column, *(str(values[name]) for name in self.bound_to))


CREDENTIAL = SealedColumn(accounts, "credential", use="credential", bound_to=("id", "origin"))

CANDIDATE = SealedColumn(links, "candidate", use="link-candidate", bound_to=("id",))

SEALED: tuple[SealedColumn, ...] = (CREDENTIAL, CANDIDATE)

"""What of a record is shown: the attributes chosen, the provider's own object where that is asked for."""

from typing import Any

from msgspec import Struct

from proxy.outbound.redact import redacted
from proxy.paging.position import Row
from proxy.provider.model import Provider

REMOTE_DATA = "remote_data"
KEPT = ("id", "_errors")
"""Members that no choice of attributes takes away: without its id a record is nothing, without its errors a lie."""


class View(Struct, frozen=True):
    """The attributes to show, every one where null, and whether the provider's own object comes with them."""

    attributes: frozenset[str] | None = None
    remote_data: bool = False

    def shows(self, attribute: str) -> bool:
        """Whether an attribute is shown."""
        return self.attributes is None or attribute in self.attributes


WHOLE = View()
"""Every attribute, and nothing of the provider's."""


def shown(row: Row, view: View, provider: Provider) -> dict[str, Any]:
    """The record as the caller wants it; the provider's object without what could be a secret."""
    record = row.record or {}
    if view.attributes is not None:
        record = {name: value for name, value in record.items() if name in view.attributes or name in KEPT}
    if view.remote_data:
        record = {**record, REMOTE_DATA: redacted(row.item, provider.words.secret_fields)}
    return record

"""Where a reader stands in a provider's list, and where the next page is: pure, for every paging style.

    whole       the list comes at once; the position counts its rows
    page        a page number; the end is where ``more`` is false, where ``count`` rows are reached, or an empty page
    id_before   rows before an id, newest first; the end is an empty page
    id_after    rows after an id, oldest first; the end is an empty page

Page numbers, not the provider's next links, are followed: a link is provider text, and would name a host.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from msgspec import Struct

WINDOW = 200
"""Ids remembered across requests: a row that moved is not handed out twice within them."""


class Position(Struct, array_like=True):
    """A reader's place, as it travels in a cursor."""

    value: int = 0
    """Which of the values of a one-by-one filter is being walked."""
    page: int = 1
    """page: the page being read. whole: rows already handed out."""
    mark: str | None = None
    """id styles: the id that the next page starts from."""
    size: int = 0
    """page: the largest page seen, which is the provider's page size."""
    fresh: bool = True
    """False while a page has been handed out in part."""
    print: int = 0
    """page: a fingerprint of the page before, to notice a provider that repeats it."""
    repeats: int = 0
    """page: how many pages in a row were repeated."""
    total: int | None = None
    """page: the count that the provider last gave."""
    done: bool = False


class Page(Struct, frozen=True):
    """One answer of the provider: its rows in order, and what it says about the rest."""

    rows: Sequence["Row"]
    """A row with the record null for each item that no record came of, so that a page is as long as the provider's."""
    more: bool | None = None
    count: int | None = None
    items: int | None = None
    """How many items the provider gave, where that is not the number of rows."""

    @property
    def size(self) -> int:
        """How many items the provider gave."""
        return len(self.rows) if self.items is None else self.items

    def last(self, number: int, size: int) -> bool:
        """Whether no page follows page ``number``."""
        if not self.rows:
            return True
        if self.more is not None:
            return not self.more
        if self.count is not None:
            return number * size >= self.count
        return False

    def fingerprint(self) -> int:
        """A number that is equal for equal rows in equal order, in every process (RFC 7693)."""
        text = "\n".join(row.id for row in self.rows)
        return int.from_bytes(blake2b(text.encode(), digest_size=7).digest())


class Row(Struct, frozen=True):
    """A mapped row: its id, the record where it passed the filters, and the provider's own id for id styles."""

    id: str
    record: dict[str, Any] | None
    mark: str
    item: Any = None
    """The provider's object that the record was made of."""

    def without(self) -> "Row":
        """The same row with no record: it did not pass the filters."""
        return Row(self.id, None, self.mark)


class Seen:
    """The ids handed out: all of this request, and the last of the requests before."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._order = deque(ids, WINDOW)
        self._all = set(self._order)

    def __contains__(self, row: str) -> bool:
        return row in self._all

    def add(self, row: str) -> None:
        """Remembers an id."""
        self._all.add(row)
        self._order.append(row)

    def window(self) -> list[str]:
        """The ids that the cursor carries."""
        return list(self._order)

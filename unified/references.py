"""References completed from a provider's small lists, which are kept per account for five minutes.

A ticket list may say ``user_id`` and nothing of the user: name and e-mail come from here. A list that lacks an id is
read once more, for the user may be new; what is still missing stays null until the list is read again anyway.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from proxy.errors import Problem
from unified.gaps import CutRows, Gap, references_cut, unavailable
from unified.mapping.model import Reference

LIFE_SECONDS = 300.0
ACCOUNT_LISTS_MAX = 20_000
"""Lists kept in a process; the least recently used go first."""

Rows = list[dict[str, Any]]
ReadRows = Callable[[str], Awaitable[Rows]]
"""Reads a named list of one account from its provider."""
Clock = Callable[[], float]


class SmallList:
    """One list of one account: its rows, indexed by the columns that references ask for."""

    __slots__ = ("_indexes", "cut", "missing", "read_at", "rows")

    def __init__(self, rows: Rows, read_at: float) -> None:
        self.rows = rows
        self.cut = isinstance(rows, CutRows)
        self.read_at = read_at
        self.missing: set[tuple[str, str]] = set()
        self._indexes: dict[str, dict[str, dict[str, Any]]] = {}

    def find(self, column: str, value: str) -> dict[str, Any] | None:
        """The row whose column has that value, compared as text."""
        index = self._indexes.get(column)
        if index is None:
            index = {str(row.get(column)): row for row in reversed(self.rows) if row.get(column) is not None}
            self._indexes[column] = index
        return index.get(value)


class SmallLists:
    """The lists of all accounts of this process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], SmallList] = OrderedDict()
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def get(self, account: str, name: str, read: ReadRows, *, newer_than: float | None = None) -> SmallList:
        """The list, read from the provider where it is missing, older than five minutes, or not newer than asked."""
        key = (account, name)
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                kept = self._kept.get(key)
                if kept is None or not self._good(kept, newer_than):
                    kept = SmallList(await read(name), self._clock())
                    self._keep(key, kept)
                return kept
        finally:
            if not lock.locked():
                self._locks.pop(key, None)

    def forget(self, account: str) -> None:
        """Drops the lists of an account: a row of one was written."""
        for key in [key for key in self._kept if key[0] == account]:
            del self._kept[key]

    def now(self) -> float:
        """The moment on the clock that lists are aged by."""
        return self._clock()

    def _good(self, kept: SmallList, newer_than: float | None) -> bool:
        fresh = self._clock() - kept.read_at < LIFE_SECONDS
        return fresh and (newer_than is None or kept.read_at > newer_than)

    def _keep(self, key: tuple[str, str], made: SmallList) -> None:
        self._kept[key] = made
        self._kept.move_to_end(key)
        while len(self._kept) > ACCOUNT_LISTS_MAX:
            self._kept.popitem(last=False)


async def complete(
    records: Sequence[dict[str, Any]], references: Sequence[Reference], account: str, lists: SmallLists, read: ReadRows
) -> list[Gap]:
    """Fills what the lists know into the records' references; the answer says which lists could not be read."""
    gaps = []
    for reference in references:
        targets = [one for record in records for one in _targets(record, reference) if _incomplete(one)]
        if not targets:
            continue
        try:
            if not await _fill(targets, reference, account, lists, read):
                gaps.append(references_cut(reference.list))
        except Problem:
            gaps.append(unavailable(reference.list))
    return gaps


async def _fill(
    targets: list[dict[str, Any]], reference: Reference, account: str, lists: SmallLists, read: ReadRows
) -> bool:
    """Whether what is still missing is missing from the provider's list too, not just from what is read of it."""
    asked_at = lists.now()
    rows = await lists.get(account, reference.list, read)
    missed = [one for one in targets if not _apply(one, reference.columns, rows)]
    if all(_key(one, reference.columns) in rows.missing for one in missed):
        return not (missed and rows.cut)
    # A list that was read just now is newer than the records, and reading it again would find nothing new.
    stale = rows.read_at < asked_at
    again = await lists.get(account, reference.list, read, newer_than=rows.read_at) if stale else rows
    again.missing |= rows.missing
    missed = [one for one in missed if not _apply(one, reference.columns, again)]
    again.missing |= {_key(one, reference.columns) for one in missed}
    return not (missed and again.cut)


def _targets(record: Mapping[str, Any], reference: Reference) -> Iterator[dict[str, Any]]:
    value = record.get(reference.attribute)
    if reference.each:
        yield from value or ()
    elif value is not None:
        yield value


def _incomplete(one: Mapping[str, Any]) -> bool:
    """Has an id or a name, but not both: what a list can complete."""
    return (one.get("id") is None) != (one.get("name") is None)


def _key(one: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[str, str]:
    ours = "id" if one.get("id") is not None else "name"
    return columns[ours], str(one[ours])


def _apply(one: dict[str, Any], columns: Mapping[str, str], rows: SmallList) -> bool:
    row = rows.find(*_key(one, columns))
    if row is None:
        return False
    for ours, theirs in columns.items():
        if one.get(ours) is None and row.get(theirs) is not None:
            one[ours] = str(row[theirs])
    return True

"""A small memory of rows just read, so that a busy account or key costs no query."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

LIFE_SECONDS = 5.0
"""How long another worker may act on a key or account that was revoked, deleted or changed here."""
AGEING_FROM = 0.6
"""The part of its life after which a value that is asked for should be read anew."""
MOST = 10_000


class RowCache(Generic[T]):
    """Keeps each value for ``LIFE_SECONDS``, and at most ``MOST``: the one not asked for longest leaves first."""

    def __init__(self, clock: Callable[[], float], *, life_seconds: float = LIFE_SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self._life = life_seconds
        self._most = most
        self._rows: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}
        self.changes = 0
        """How often something was dropped: what was read before such a moment may be what was dropped."""

    def get(self, key: str) -> T | None:
        """The value, unless it is unknown or too old."""
        row = self._rows.get(key)
        if row is None:
            return None
        if not 0 <= self._clock() - row[0] < self._life:  # a clock set back must not keep a row alive
            del self._rows[key]
            return None
        self._rows.move_to_end(key)
        return row[1]

    def last(self, key: str) -> T | None:
        """The value as it was read last, however long ago: for what concerns a request that began with it."""
        row = self._rows.get(key)
        return None if row is None else row[1]

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """One at a time for a key: who comes second finds what the first has read."""
        turn = self._turns.setdefault(key, asyncio.Lock())
        try:
            async with turn:
                yield
        finally:
            if not turn.locked():
                self._turns.pop(key, None)

    def ageing(self, key: str) -> bool:
        """Whether a value is known and the most of its life is over."""
        row = self._rows.get(key)
        return row is not None and self._clock() - row[0] >= self._life * AGEING_FROM

    def renew(self, key: str, was: T | None, value: T) -> None:
        """Remembers what was read anew, unless the value that ``was`` known then has been changed or dropped here."""
        if was is not None and self.last(key) is was:
            self.put(key, value)

    def put(self, key: str, value: T) -> None:
        """Remembers a value from now on."""
        self._rows[key] = (self._clock(), value)
        self._rows.move_to_end(key)
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def forget(self, key: str) -> None:
        """Drops one value."""
        self.changes += 1
        self._rows.pop(key, None)

    def clear(self) -> None:
        """Drops all."""
        self.changes += 1
        self._rows.clear()

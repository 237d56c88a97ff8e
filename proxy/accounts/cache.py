"""A small memory of rows just read, so that a busy account or key costs no query."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from proxy.errors import Problem

T = TypeVar("T")

LIFE_SECONDS = 5.0
"""How long another worker may act on a key or account that was revoked, deleted or changed here."""
RENEWED_AT = 0.6
"""The part of its life after which a value that is asked for is read anew, beside the request."""
MOST = 10_000


class RowCache(Generic[T]):
    """Keeps each value for ``LIFE_SECONDS``, and at most ``MOST``: the one not asked for longest leaves first."""

    def __init__(self, clock: Callable[[], float], *, life_seconds: float = LIFE_SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self._life = life_seconds
        self._most = most
        self._rows: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}
        self._renewing: dict[str, asyncio.Task[None]] = {}

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

    def renew(self, key: str, read: Callable[[], Awaitable[T]]) -> None:
        """Has a value that grows old read anew, so that no request of a busy one waits for that; one reader at a time.

        What was changed here meanwhile is not overwritten.
        """
        row = self._rows.get(key)
        if row is None or key in self._renewing or self._clock() - row[0] < self._life * RENEWED_AT:
            return
        self._renewing[key] = asyncio.get_running_loop().create_task(self._renewed(key, row, read))

    async def _renewed(self, key: str, row: tuple[float, T], read: Callable[[], Awaitable[T]]) -> None:
        try:
            value = await read()
        except Problem:
            self.forget(key)  # the next request is told why
        except (SQLAlchemyError, OSError):
            return  # what is known is good until the end of its life
        else:
            if self._rows.get(key) is row:
                self.put(key, value)
        finally:
            self._renewing.pop(key, None)

    def put(self, key: str, value: T) -> None:
        """Remembers a value from now on."""
        self._rows[key] = (self._clock(), value)
        self._rows.move_to_end(key)
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def forget(self, key: str) -> None:
        """Drops one value."""
        self._rows.pop(key, None)

    def clear(self) -> None:
        """Drops all."""
        self._rows.clear()

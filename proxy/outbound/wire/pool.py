"""The connections of one account to one origin."""

import asyncio
from collections.abc import Awaitable, Callable

from proxy.outbound.wire.connection import Connection

Dial = Callable[[], Awaitable[Connection]]


class Pool:
    """Up to ``most`` connections; an idle one is kept for ``keep_seconds``, the one that was used last goes first."""

    __slots__ = ("_busy", "_dial", "_idle", "_keep", "_places")

    def __init__(self, dial: Dial, most: int, keep_seconds: float) -> None:
        self._dial = dial
        self._keep = keep_seconds
        self._places = asyncio.Semaphore(most)
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()

    async def take(self, seconds: float) -> Connection:
        """A connection that is silent, or a new one.

        Raises ``TimeoutError`` where none comes free in ``seconds``, and what the dialling raises.
        """
        if self._places.locked():
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            connection = self._kept() or await self._dial()
        except BaseException:
            self._places.release()
            raise
        self._busy.add(connection)
        return connection

    def give(self, connection: Connection) -> None:
        """Takes a connection back, once; it is closed unless another exchange can follow on it."""
        self._busy.discard(connection)
        self._places.release()
        if not connection.finish():
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        if connection.expiry is None:
            self._look_in(connection, self._keep)

    def close(self) -> None:
        """Closes every connection, those in use too."""
        while self._idle:
            self._drop(self._idle.pop())
        for connection in self._busy:
            connection.abort()

    def _kept(self) -> Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if now - connection.idle_since < self._keep and connection.silent():
                return connection
            self._drop(connection)
        return None

    def _look_in(self, connection: Connection, seconds: float) -> None:
        """One timer for a connection, however often it is used meanwhile."""
        connection.expiry = asyncio.get_running_loop().call_later(seconds, self._look, connection)

    def _look(self, connection: Connection) -> None:
        connection.expiry = None
        if connection not in self._idle:
            return
        left = connection.idle_since + self._keep - asyncio.get_running_loop().time()
        if left > 0 and connection.open:
            self._look_in(connection, left)
        else:
            self._idle.remove(connection)
            connection.abort()

    def _drop(self, connection: Connection) -> None:
        if connection.expiry is not None:
            connection.expiry.cancel()
        connection.abort()

"""Reads rows that many ask for at the same moment by one query."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

from proxy.errors import Overloaded

T = TypeVar("T")

MOST = 500
"""Keys of one query."""
QUERY_SECONDS = 15.0
"""For a query with its waiting for a connection; who waits for the next one waits for this one too."""


class Loader(Generic[T]):
    """Answers the first who asks by a query of its own; who asks while a query is under way shares the next.

    So what is answered was read after it was asked for. ``read`` finds values for several keys. Who asks is told what
    the query raises; ``Overloaded`` where it takes too long.
    """

    def __init__(self, read: Callable[[Collection[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._read = read
        self._asked: dict[str, asyncio.Future[T | None]] = {}
        self._running: asyncio.Task[None] | None = None

    async def load(self, key: str) -> T | None:
        """The value of a key; who leaves keeps nobody else from it."""
        loop = asyncio.get_running_loop()
        answer = self._asked.setdefault(key, loop.create_future())
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        try:
            while self._asked:
                keys = list(self._asked)[:MOST]
                await self._answer({key: self._asked.pop(key) for key in keys})
        finally:
            self._running = None

    async def _answer(self, asked: Mapping[str, "asyncio.Future[T | None]"]) -> None:
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                found = await self._read(asked)
        except TimeoutError:
            _fail(asked.values(), Overloaded("the database takes too long; try again", headers={"Retry-After": "1"}))
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            _fail(asked.values(), error)
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))


def _fail(answers: Collection["asyncio.Future[T | None]"], error: Exception) -> None:
    for answer in answers:
        answer.set_exception(error)
        answer.exception()  # those who asked may all have left

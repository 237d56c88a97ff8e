"""Notices a caller who has gone away: the server tells only those who ask, and takes bytes for nobody."""

import asyncio
from types import TracebackType
from typing import Self

from litestar.types import Receive

AFTER_SECONDS = 0.5
"""Most requests are over by then and pay only for a timer."""


class CallerWatch:
    """Cancels the work inside when the caller goes away; then ``gone`` is true and nothing is raised.

    Used once the request's body was read, since only one may read from the server.
    """

    def __init__(self, receive: Receive, after_seconds: float = AFTER_SECONDS) -> None:
        self._receive = receive
        self._after = after_seconds
        self._task: asyncio.Task[object] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.gone = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(self._after, self._start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._timer is not None:
            self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if not self.gone or self._task is None:
            return False
        return self._task.uncancel() <= 0 and kind is asyncio.CancelledError

    def _start(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self.gone = True
        if self._task is not None:
            self._task.cancel()

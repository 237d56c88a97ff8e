"""Leaving without dropping anything: a worker says that it goes, serves on for a moment, and ends once it is idle.

SIGTERM begins it. For ``notice_seconds`` the worker still accepts, but ``/ready`` answers 503 and every answer closes
its connection: load balancers and clients go elsewhere by themselves. Then the server is stopped by SIGINT, which
Granian takes as it takes SIGTERM: it accepts no more, closes idle connections and lets the others finish. What nobody
waits for any more (a write whose caller went away) is waited for here.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from unified.metrics import UNDER_WAY

CLOSE = (b"connection", b"close")
"""The server ends the connection after this answer (RFC 9112 section 9.6)."""

_log = structlog.get_logger("interline.drain")


class Drain:
    """Whether this worker is leaving, and how many requests it has under way."""

    def __init__(self, notice_seconds: float) -> None:
        self._notice = notice_seconds
        self._idle = asyncio.Event()
        self._idle.set()
        self.leaving = False
        self.under_way = 0

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, each of whose requests is counted until nothing of it runs any more."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return

            async def closing(message: Message) -> None:
                if self.leaving and message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], CLOSE]}
                await send(message)

            self._begin()
            try:
                await app(scope, receive, closing)
            finally:
                self._end()

        return counted

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        """Takes SIGTERM over from the server; at the end, waits for what is still under way."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.leave)
        try:
            yield
        finally:
            await self._idle.wait()
            _log.info("drained")

    def leave(self) -> None:
        """Begins to leave; a second time changes nothing."""
        if self.leaving:
            return
        self.leaving = True
        _log.info("draining", under_way=self.under_way)
        asyncio.get_running_loop().call_later(self._notice, os.kill, os.getpid(), signal.SIGINT)

    def _begin(self) -> None:
        self.under_way += 1
        self._idle.clear()
        UNDER_WAY.inc()

    def _end(self) -> None:
        self.under_way -= 1
        UNDER_WAY.dec()
        if self.under_way == 0:
            self._idle.set()

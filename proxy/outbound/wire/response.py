"""The answer of one exchange as it comes in: its head, then its content, bounded in what is kept unread."""

import asyncio
from collections import deque

from proxy.outbound.wire.body import Body, body_of
from proxy.outbound.wire.fault import NOT_HTTP, PAUSED, WireFault
from proxy.outbound.wire.head import END, Head, may_begin, read_head

INFORMATIONAL_MOST = 100
"""Interim answers (1xx) before the one that counts."""


class Response:
    """What is fed by the connection and read by one caller.

    ``clean``: nothing was wrong, nothing came after the end, and the peer takes another request. ``read``: the caller
    has met the end.
    """

    __slots__ = (
        "_body",
        "_held",
        "_interim",
        "_method",
        "_parts",
        "_waiter",
        "clean",
        "fault",
        "head",
        "queued",
        "read",
    )

    def __init__(self, method: str) -> None:
        self._method = method
        self._held = b""
        self._interim = 0
        self._body: Body | None = None
        self._parts: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.head: Head | None = None
        self.queued = 0
        self.clean = False
        self.read = False
        self.fault: WireFault | None = None

    @property
    def ended(self) -> bool:
        """Whether the whole answer is here."""
        return self._body is not None and self._body.ended

    def feed(self, data: bytes) -> None:
        """Takes what came off the wire; after a fault nothing more is taken."""
        if self.fault is not None:
            return
        try:
            if self._body is None:
                self._read_head(self._held + data)
            else:
                self._read_body(self._body, data)
        except WireFault as fault:
            self.fail(fault)
        self._wake()

    def end(self, fault: WireFault | None = None) -> None:
        """The connection is closed, in the peer's way or by ``fault``: right only where that ends the body."""
        self.clean = False
        if self.ended or self.fault is not None:
            return
        try:
            if fault is not None or self._body is None:
                raise fault or WireFault(NOT_HTTP)
            self._body.close()
        except WireFault as known:
            self.fail(known)
        self._wake()

    def fail(self, fault: WireFault) -> None:
        """Ends the exchange: whoever waits is told."""
        self.clean = False
        self.fault = self.fault or fault
        self._wake()

    async def wait_head(self, seconds: float) -> Head:
        """The head; raises ``WireFault``, after a pause of ``seconds`` too."""
        while self.head is None:
            if self.fault is not None:
                raise self.fault
            await self._wait(seconds)
        return self.head

    async def wait_part(self, seconds: float) -> bytes | None:
        """The next piece of content, or ``None`` after the last; raises ``WireFault``."""
        while not self._parts:
            if self.fault is not None:
                raise self.fault
            if self.ended:
                self.read = True
                return None
            await self._wait(seconds)
        part = self._parts.popleft()
        self.queued -= len(part)
        return part

    def _read_head(self, data: bytes) -> None:
        while (end := data.find(END)) >= 0:
            end += len(END)
            head = read_head(data[:end])
            data = data[end:]
            if head.status >= 200:
                self._begin(head, data)
                return
            self._interim += 1
            if self._interim > INFORMATIONAL_MOST:
                raise WireFault(NOT_HTTP)
        if not may_begin(data):
            raise WireFault(NOT_HTTP)
        self._held = data

    def _begin(self, head: Head, data: bytes) -> None:
        self._held = b""
        self._body, self.clean = body_of(self._method, head)
        self.head = head
        self._read_body(self._body, data)

    def _read_body(self, body: Body, data: bytes) -> None:
        part, rest = (b"", data) if body.ended else body.feed(data)
        if rest:
            self.clean = False
        if part:
            self._parts.append(part)
            self.queued += len(part)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, self.fail, WireFault(PAUSED, late=True))
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

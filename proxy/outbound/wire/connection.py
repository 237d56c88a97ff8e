"""One socket to a provider: it carries one exchange after another, and never two at a time."""

import asyncio
import select
from typing import cast

from proxy.outbound.wire.fault import BROKEN, UNREAD, WireFault
from proxy.outbound.wire.response import Response

UNREAD_BYTES = 256 * 1024
"""Content kept for a caller that reads slowly; beyond it the peer is made to wait."""
REFUSED_FROM = 400
"""An early answer of success may want the rest of the request; a refusal does not."""


class Connection(asyncio.Protocol):
    """An open connection, until ``open`` is false; while it is idle, anything that comes closes it."""

    __slots__ = (
        "_complete",
        "_drained",
        "_held_back",
        "_poll",
        "_response",
        "_stuffed",
        "_transport",
        "expiry",
        "idle_since",
        "open",
    )

    def __init__(self) -> None:
        self._response: Response | None = None
        self._drained: asyncio.Future[None] | None = None
        self._held_back = False
        self._stuffed = False
        self._complete = False
        self.open = False
        self.idle_since = 0.0
        self.expiry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit from asyncio's
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        response = self._response
        if response is None:
            self.abort()
            return
        response.feed(data)
        if response.fault is not None:
            self.abort()
        elif response.queued > UNREAD_BYTES and not self._held_back:
            self._held_back = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Called by the loop: the peer sends no more, so neither do we."""
        self.open = False
        if self._response is not None:
            self._response.end()
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Called by the loop."""
        self.open = False
        if self._response is not None:
            self._response.end(WireFault(BROKEN))
        self._wake()

    def pause_writing(self) -> None:
        """Called by the loop."""
        self._stuffed = True

    def resume_writing(self) -> None:
        """Called by the loop."""
        self._stuffed = False
        self._wake()

    def silent(self) -> bool:
        """Whether an idle connection can be used: it is open, and neither bytes nor the peer's end are waiting."""
        return self.open and not self._poll.poll(0)

    def begin(self, method: str) -> Response:
        """A new exchange, whose answer is fed to the result; raises ``WireFault`` where the peer has closed already."""
        if not self.open:
            raise WireFault(BROKEN)
        self._response = Response(method)
        self._complete = False
        return self._response

    def write(self, data: bytes) -> bool:
        """Sends, or keeps until the peer reads; false where the peer is gone or has refused: more is not wanted."""
        if not self.open or self._refused():
            return False
        self._transport.write(data)
        return True

    def written(self) -> None:
        """The whole request is on its way."""
        self._complete = True

    async def drain(self, seconds: float) -> None:
        """Waits until the peer has read enough, has refused or is gone; after ``seconds`` the exchange fails."""
        while self._stuffed and self.open and not self._refused():
            loop = asyncio.get_running_loop()
            self._drained = loop.create_future()
            timer = loop.call_later(seconds, self._late)
            try:
                await self._drained
            finally:
                timer.cancel()
                self._drained = None

    def go_on(self) -> None:
        """The caller has read: the peer may send on."""
        if self._held_back and self.open and self._response is not None and self._response.queued <= UNREAD_BYTES // 2:
            self._read_on()

    def finish(self) -> bool:
        """Ends the exchange; whether another can follow. Closes the connection where none can."""
        response, self._response = self._response, None
        clean = response is not None and response.clean and response.read
        if not (clean and self._complete and self.open) or self._transport.get_write_buffer_size():
            self.abort()
        elif self._held_back:
            self._read_on()
        return self.open

    def abort(self) -> None:
        """Closes at once."""
        self.open = False
        self._transport.abort()

    def _read_on(self) -> None:
        self._held_back = False
        self._transport.resume_reading()

    def _refused(self) -> bool:
        """Whether the answer came before the request was written, and says that it is not wanted."""
        head = None if self._response is None else self._response.head
        return head is not None and head.status >= REFUSED_FROM

    def _late(self) -> None:
        if self._response is not None:
            self._response.fail(WireFault(UNREAD, late=True))
        self.abort()
        self._wake()

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

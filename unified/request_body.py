"""A request's body on its way from the server to the handlers: bounded in time, and never complete when it is not.

What of it is held in memory is counted too, over all requests of the worker.

Granian closes a connection whose head does not come; of a body that pauses or drips it waits for the rest without end,
and it reports broken chunks and an early end alike, as a caller who went away.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

from litestar.types import HTTPScope, Receive

from proxy.bounds import Bounds
from proxy.errors import BodyTimeout, InvalidRequest
from proxy.passthrough.upload import WHOLE_BYTES
from proxy.trace import Clock
from unified.room import Room

DRAIN_SECONDS = 5.0
"""How long the rest of a refused body is read: a client that is still sending reads no answer (RFC 9112 9.6)."""

STREAMS = ("/proxy/",)
"""Below these a body is passed on as it comes, so its size sets its time."""


class RequestBody:
    """Stands for the server's ``receive``; ``over`` once there is nothing more of the body to read.

    Raises ``BodyTimeout`` for a pause of ``body_idle_seconds`` and for a drip, ``InvalidRequest`` for a body that ends
    before it is complete, ``Overloaded`` where there is no room for it. After the body, any number of readers may wait
    for the caller to go away.
    """

    def __init__(
        self, scope: HTTPScope, receive: Receive, bounds: Bounds, room: Room, clock: Clock = time.monotonic
    ) -> None:
        given = {name.lower(): value for name, value in scope["headers"]}
        length = given.get(b"content-length")
        self.over = b"transfer-encoding" not in given and length in (None, b"0")
        # Whoever expects 100 has sent nothing yet, and reading would ask for it.
        self._unasked = b"expect" in given
        self._empty = self.over
        self._receive = receive
        self._bounds = bounds
        self._clock = clock
        self._started = clock()
        passed_on = scope["path"].startswith(STREAMS)
        self._streamed = passed_on or given.get(b"content-type", b"").startswith(b"multipart/")
        self._bytes = 0
        self._room = room
        self._held = 0
        self._most_held = WHOLE_BYTES if passed_on else bounds.json_bytes  # the rest goes out, or to the disk
        self._announced = int(length) if length is not None and length.isdigit() else 0
        self._waiting = False
        self._broken = False
        self._departure: asyncio.Task[None] | None = None

    async def __call__(self) -> Any:
        """The next message: a part of the body, then that the caller has gone."""
        if not self.over:
            self._hold()
            part = await self._part()
            self._hold()
            return part
        if self._empty:
            self._empty = False
            return {"type": "http.request", "body": b"", "more_body": False}
        if self._departure is None:
            self._departure = asyncio.create_task(self._departed())
        await asyncio.shield(self._departure)
        return {"type": "http.disconnect"}

    @property
    def complete(self) -> bool:
        """Whether the next request of the connection can begin: nothing of this one is left unread."""
        return self.over and not self._broken

    async def drain(self) -> None:
        """Reads and drops what a refusal left of the body, within bounds."""
        left = self._bounds.stream_bytes
        with suppress(TimeoutError, BodyTimeout, InvalidRequest):
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0 and not (self.over or self._unasked or self._waiting):
                    left -= len((await self._part()).get("body", b""))

    def close(self) -> None:
        """Waits for nothing any more, and holds nothing."""
        self._room.give_back(self._held)
        self._held = 0
        if self._departure is not None:
            self._departure.cancel()

    def give_up(self) -> None:
        """Reads nothing more of the body: the connection ends with the answer."""
        self.over = self._broken = True

    def _hold(self) -> None:
        """A body that says its length has its room before it is read: none is refused half-way for a later one."""
        more = min(max(self._announced, self._bytes), self._most_held) - self._held
        self._room.take(more)
        self._held += more

    async def _part(self) -> Any:
        self._unasked, self._waiting = False, True
        try:
            async with asyncio.timeout(self._patience()):
                message = await self._receive()
        except TimeoutError:
            self.give_up()
            raise BodyTimeout("the body pauses for too long, or comes too slowly") from None
        finally:
            self._waiting = False
        if message["type"] != "http.request":
            self.give_up()
            raise InvalidRequest("the body ended before it was complete")
        self._bytes += len(message.get("body", b""))
        self.over = not message.get("more_body", False)
        return message

    def _patience(self) -> float:
        """Seconds until the next part must be there."""
        allowed = self._bounds.deadline_seconds
        if self._streamed:
            allowed += self._bytes / self._bounds.body_bytes_per_second
        return max(0.0, min(self._bounds.body_idle_seconds, self._started + allowed - self._clock()))

    async def _departed(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue

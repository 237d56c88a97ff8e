"""Requests at times fixed beforehand over plain sockets: a slow answer holds up no later request (open loop).

Latency counts from the moment at which a request was to be sent, so that what a stall delays is not forgotten.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import cast
from urllib.parse import urlsplit

from client import Ask
from msgspec import Struct

GIVE_UP_SECONDS = 30.0
LENGTH = b"\r\ncontent-length: "
CLOSE = b"\r\nconnection: close\r\n"


class Shot(Struct, frozen=True):
    """One request: seconds from the start, what it is called in the report, where it goes, its bytes."""

    at: float
    kind: str
    place: tuple[str, int]
    wire: bytes


class Hit(Struct, frozen=True):
    """What became of a shot: its kind, seconds from its time to the end of the answer, seconds it was sent late.

    ``fault`` is empty for a success.
    """

    kind: str
    seconds: float
    late: float
    fault: str = ""


def shot(at: float, kind: str, ask: Ask) -> Shot:
    """A GET as a shot."""
    parts = urlsplit(ask.url)
    return Shot(at, kind, (parts.hostname or "", parts.port or 80), ask.wire())


async def fire(shots: Sequence[Shot]) -> list[Hit]:
    """Sends all, each at its time, and waits for the answers."""
    loop = asyncio.get_running_loop()
    lanes = {place: _Lane(place) for place in {one.place for one in shots}}
    started = loop.time()
    under_way: set[asyncio.Task[None]] = set()
    hits: list[Hit] = []

    async def send(one: Shot) -> None:
        due = started + one.at
        late = loop.time() - due
        fault = await _fault(lanes[one.place], one.wire)
        hits.append(Hit(one.kind, loop.time() - due, late, fault))

    for one in sorted(shots, key=lambda one: one.at):
        if (wait := started + one.at - loop.time()) > 0:
            await asyncio.sleep(wait)
        task = loop.create_task(send(one))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    for lane in lanes.values():
        lane.close()
    return hits


async def _fault(lane: "_Lane", wire: bytes) -> str:
    try:
        async with asyncio.timeout(GIVE_UP_SECONDS):
            status = await lane.ask(wire)
    except (OSError, ValueError, TimeoutError) as error:
        return type(error).__name__
    return "" if status == 200 else str(status)


class _Lane:
    """The connections to one place, used by turns, and a new one where none is free.

    Workers of one server accept what they get: of few connections used again and again one could have the most.
    """

    def __init__(self, place: tuple[str, int]) -> None:
        self._place = place
        self._free: deque[_Connection] = deque()

    async def ask(self, wire: bytes) -> int:
        """The status of the answer, once all of it is here."""
        connection = self._free.popleft() if self._free else None
        if connection is None or connection.closed:
            _, connection = await asyncio.get_running_loop().create_connection(_Connection, *self._place)
        try:
            status = await connection.ask(wire)
        except BaseException:
            connection.close()
            raise
        if connection.last:
            connection.close()
        else:
            self._free.append(connection)
        return status

    def close(self) -> None:
        """Closes what is free."""
        for connection in self._free:
            connection.close()


class _Connection(asyncio.Protocol):
    """One socket, one request at a time; an answer has a length. ``last``: the server takes no other on it."""

    def __init__(self) -> None:
        self.closed = False
        self.last = False
        self._answer: asyncio.Future[int] | None = None
        self._head = b""
        self._status = 0
        self._left = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, wire: bytes) -> asyncio.Future[int]:
        """The status, in future."""
        self._answer = asyncio.get_running_loop().create_future()
        self._head, self._left = b"", -1
        self._transport.write(wire)
        return self._answer

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower() + b"\r\n"
            at = head.find(LENGTH)
            if at < 0:
                self._end(ValueError("an answer without a length"))
                return
            self.last = CLOSE in head
            self._status = int(head[9:12])
            self._left = int(head[at + len(LENGTH) : head.find(b"\r\n", at + 2)]) + end + 4 - len(self._head)
        else:
            self._left -= len(data)
        if self._left <= 0:
            self._end(self._status if self._left == 0 else ValueError("more bytes than announced"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._end(exc or ConnectionError("closed"))

    def close(self) -> None:
        """Closes at once."""
        self._transport.abort()

    def _end(self, outcome: int | Exception) -> None:
        if self._answer is None or self._answer.done():
            return
        if isinstance(outcome, Exception):
            self._answer.set_exception(outcome)
        else:
            self._answer.set_result(outcome)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that so large a share does not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

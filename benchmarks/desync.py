"""A provider that breaks HTTP/1.1 in eight ways, each of which has handed one customer's answer to another somewhere.

Each answer holds the mark of the account that asked and the number that it asked with.
"""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from hashlib import sha256

NUMBER = re.compile(rb"[?&]n=(\d+)")
SHORT_BY = 20
"""Bytes that a Content-Length leaves out: of the filling at the end of a body."""
FLOOD = 30
LATE_SECONDS = (0.001, 0.02)
PLAIN = "plain"


def mark(token: str) -> str:
    """What every answer for a token holds; it tells nothing of the token."""
    return "own-" + sha256(token.encode()).hexdigest()[:16]


class Got:
    """One request: whose it is, and the answer that it should get."""

    def __init__(self, head: bytes) -> None:
        self.target = head.split(b" ", 2)[1]
        lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        fields = {name.lower(): value.strip() for name, _, value in lines}
        self.mark = mark(fields[b"authorization"].decode().removeprefix("Bearer "))
        number = NUMBER.search(self.target)
        self.number = None if number is None else int(number[1])
        said = {"id": 1, "name": f"{self.mark}:{self.number}:", "agency_id": self.mark, "full_name": "x" * 30}
        self.body = json.dumps({"data": [said], "links": {}, "meta": {}}).encode()

    def answer(self, status: bytes = b"200 OK", length: int | None = None) -> bytes:
        """The answer with its head."""
        said = len(self.body) if length is None else length
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nx-mark: %b\r\ncontent-length: %d\r\n\r\n"
        return head % (status, self.mark.encode(), said) + self.body

    def hint(self) -> bytes:
        """An interim answer."""
        return b"HTTP/1.1 103 Early Hints\r\nlink: <%b>\r\n\r\n" % self.mark.encode()


Write = Callable[[bytes], None]
Later = Callable[[float, bytes], None]
Close = Callable[[], None]


class Connection(asyncio.Protocol):
    """One connection; requests without bodies, answered one by one."""

    def __init__(self, provider: "Provider") -> None:
        self._provider = provider
        self._kept = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts it."""
        self._provider.connections += 1
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answers every whole request."""
        *heads, self._kept = (self._kept + data).split(b"\r\n\r\n")
        for head in heads:
            self._provider.play(Got(head), self)

    def write(self, data: bytes) -> None:
        """Sends at once, unless the other side has gone."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def later(self, seconds: float, data: bytes) -> None:
        """Sends when nobody waits for it any more."""
        asyncio.get_running_loop().call_later(seconds, self.write, data)

    def close(self) -> None:
        """Ends the connection after what was written."""
        self._transport.close()


def extra_bytes(got: Got, to: Connection) -> None:
    """Bytes after the body, in the same write."""
    to.write(got.answer() + got.body)


def body_on_204(got: Got, to: Connection) -> None:
    """A whole answer where there must be no body (RFC 9110 15.3.5)."""
    to.write(got.answer(b"204 No Content"))


def body_on_304(got: Got, to: Connection) -> None:
    """The same for RFC 9110 15.4.5, its body in a second write."""
    answer = got.answer(b"304 Not Modified")
    to.write(answer.removesuffix(got.body))
    to.later(LATE_SECONDS[0], got.body)


def short_length(got: Got, to: Connection) -> None:
    """A Content-Length that is too small."""
    to.write(got.answer(length=len(got.body) - SHORT_BY))


def second_answer(got: Got, to: Connection) -> None:
    """An answer that nobody asked for, in the same write."""
    to.write(got.answer() + got.answer())


def late_bytes(got: Got, to: Connection) -> None:
    """The same, a little later."""
    to.write(got.answer())
    to.later(LATE_SECONDS[(got.number or 0) % 2], got.answer())


def flood_of_hints(got: Got, to: Connection) -> None:
    """Interim answers before and after the answer (RFC 9110 15.2)."""
    to.write(got.hint() * FLOOD + got.answer() + got.hint())


def early_close(got: Got, to: Connection) -> None:
    """Half of the answer."""
    to.write(got.answer()[: -len(got.body) // 2])
    to.close()


MODES = (
    extra_bytes,
    body_on_204,
    body_on_304,
    short_length,
    second_answer,
    late_bytes,
    flood_of_hints,
    early_close,
)


class Provider:
    """Listens on loopback; answers plainly until ``breaking`` is set."""

    def __init__(self, share: float = 0.5, seed: int = 1) -> None:
        self.breaking = False
        self.connections = 0
        self.played: Counter[str] = Counter()
        self._share = share
        self._rng = random.Random(seed)

    async def listen(self) -> str:
        """Starts; the origin."""
        self._server = await asyncio.get_running_loop().create_server(lambda: Connection(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stops to listen."""
        self._server.close()

    def play(self, got: Got, to: Connection) -> None:
        """Answers one request, in one of the ways."""
        if not self.breaking or self._rng.random() > self._share:
            self.played[PLAIN] += 1
            to.write(got.answer())
            return
        mode = self._rng.choice(MODES)
        self.played[mode.__name__] += 1
        mode(got, to)

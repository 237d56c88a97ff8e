"""A TCP relay with toxics, after toxiproxy's: what a network does to bytes between two that mean well."""

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

UP, DOWN = "up", "down"
"""From the one who connects, and towards them."""
_CHUNK = 65536


class Cut(Exception):  # noqa: N818 - what is done, not what went wrong
    """Ends a connection; ``reset`` by RST instead of FIN."""

    def __init__(self, *, reset=False):
        super().__init__()
        self.reset = reset


@dataclass(frozen=True)
class Toxic:
    """Changes what passes in one direction of every connection, those that are open included."""

    way: str = DOWN

    async def pieces(self, chunk, link):
        """What becomes of a chunk; raises ``Cut``."""
        yield chunk

    async def end(self):
        """Before a close is passed on."""


@dataclass(frozen=True)
class Latency(Toxic):
    """Holds every chunk for some seconds."""

    seconds: float = 0.1

    async def pieces(self, chunk, link):
        await asyncio.sleep(self.seconds)
        yield chunk


@dataclass(frozen=True)
class Bandwidth(Toxic):
    """Lets so many bytes a second through."""

    rate: int = 10_000

    async def pieces(self, chunk, link):
        step = max(1, self.rate // 20)
        for at in range(0, len(chunk), step):
            piece = chunk[at : at + step]
            await asyncio.sleep(len(piece) / self.rate)
            yield piece


@dataclass(frozen=True)
class SlowClose(Toxic):
    """Passes a close on late."""

    seconds: float = 1.0

    async def end(self):
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class Timeout(Toxic):
    """Swallows everything, and closes after some seconds; with ``None``, never."""

    seconds: float | None = None

    async def pieces(self, chunk, link):
        await (asyncio.sleep(self.seconds) if self.seconds is not None else link.gone.wait())
        raise Cut
        yield


@dataclass(frozen=True)
class ResetPeer(Toxic):
    """Answers bytes with a reset, after some seconds."""

    seconds: float = 0.0

    async def pieces(self, chunk, link):
        await asyncio.sleep(self.seconds)
        raise Cut(reset=True)
        yield


@dataclass(frozen=True)
class Slicer(Toxic):
    """Cuts chunks into pieces of so many bytes, with a pause between them."""

    size: int = 16
    seconds: float = 0.0

    async def pieces(self, chunk, link):
        for at in range(0, len(chunk), self.size):
            yield chunk[at : at + self.size]
            await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class LimitData(Toxic):
    """Closes a connection when so many bytes have passed."""

    size: int = 100
    reset: bool = False

    async def pieces(self, chunk, link):
        left = self.size - link.passed[self.way]
        if left > 0:
            yield chunk[:left]
        if len(chunk) >= left:
            raise Cut(reset=self.reset)


class Relay:
    """Listens on loopback, on one port for life, and passes everything on to ``target``, as host:port."""

    def __init__(self, stage, target):
        self._stage = stage
        self.lead(target)
        self.toxics = ()
        self.connections = 0
        self._links = set()
        self._waiting = []
        self._server = None
        self._holder = _bound(0)  # keeps the port while nobody listens: who connects then is refused
        self.port = self._holder.getsockname()[1]
        self.up()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self):
        return f"http://{self.address}"

    @property
    def open(self):
        """How many connections are open."""
        return len(self._links)

    def poison(self, *toxics):
        """Replaces the toxics."""
        self.toxics = toxics

    def up(self):
        """Accepts connections."""
        while self._waiting:
            self._waiting.pop().close()
        if self._server is None:
            self._server = self._stage.run(asyncio.start_server(self._serve, sock=_bound(self.port)))

    def down(self):
        """Refuses connections, and cuts those that are open."""
        while self._waiting:
            self._waiting.pop().close()
        self._stage.run(self._down())

    def swallow(self):
        """Answers no SYN: the queue of connections to be accepted is full."""
        self.down()
        full = _bound(self.port)
        full.listen(0)
        self._waiting = [full]
        for _ in range(4):
            self._waiting.append(waiting := socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the name of the argument cannot be given
            waiting.connect_ex(("127.0.0.1", self.port))

    def cut(self):
        """Closes every open connection."""
        self._stage.run(self._cut())

    def heal(self):
        """No toxics, and up."""
        self.poison()
        self.up()

    def lead(self, target):
        """Passes new connections on to another address."""
        parts = urlsplit(f"//{target}")
        self._target = parts.hostname, parts.port

    def close(self):
        self.down()
        self._holder.close()

    async def _down(self):
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self):
        links = list(self._links)
        for link in links:
            link.gone.set()
        await asyncio.gather(*(link.over.wait() for link in links))

    async def _serve(self, reader, writer):
        link = _Link()
        self._links.add(link)
        self.connections += 1
        others = []
        try:
            there = await asyncio.open_connection(*self._target)
            others.append(there[1])
            await self._both(link, (reader, writer), there)
        except OSError:
            return
        finally:
            for one in (writer, *others):
                with contextlib.suppress(OSError):
                    one.close()
            self._links.discard(link)
            link.over.set()

    async def _both(self, link, here, there):
        pumps = [
            asyncio.create_task(self._pump(here[0], there[1], UP, link)),
            asyncio.create_task(self._pump(there[0], here[1], DOWN, link)),
        ]
        gone = asyncio.create_task(link.gone.wait())
        left = {*pumps, gone}
        try:
            while gone in left and not left.isdisjoint(pumps):
                done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {gone}:
                    task.result()
        except Cut as cut:
            if cut.reset:
                _reset(here[1])
        finally:
            for task in (*pumps, gone):
                task.cancel()
            await asyncio.gather(*pumps, gone, return_exceptions=True)

    async def _pump(self, reader, writer, way, link):
        async def write(piece):
            writer.write(piece)
            await writer.drain()
            link.passed[way] += len(piece)

        while chunk := await reader.read(_CHUNK):
            await _through(chunk, self._for(way), link, write)
        for toxic in self._for(way):
            await toxic.end()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _for(self, way):
        return [toxic for toxic in self.toxics if toxic.way == way]


class _Link:
    """One connection: what has passed each way, and whether its end is wanted and come."""

    def __init__(self):
        self.passed = Counter()
        self.gone = asyncio.Event()
        self.over = asyncio.Event()


async def _through(chunk, toxics, link, write):
    if not toxics:
        await write(chunk)
        return
    async for piece in toxics[0].pieces(chunk, link):
        await _through(piece, toxics[1:], link, write)


def _bound(port):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


def _reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

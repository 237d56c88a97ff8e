"""A light HTTP/1.1 client on plain sockets: kept connections, whole answers, nothing else."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from urllib.parse import urlsplit

from msgspec import Struct


class Ask(Struct, frozen=True):
    """One GET: its target and its headers."""

    url: str
    headers: dict[str, str] = {}

    def wire(self) -> bytes:
        """The bytes of the request."""
        parts = urlsplit(self.url)
        lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Got(Struct, frozen=True):
    """One answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> "Connection":
        """Connects to the origin of a URL."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port, limit=2**20))

    async def ask(self, wire: bytes) -> Got:
        """Sends one request and reads its answer."""
        self._writer.write(wire)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines[1:] if line]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return Got(int(lines[0].split()[1]), headers, await self._body(headers))

    async def close(self) -> None:
        """Ends the connection."""
        self._writer.close()
        await self._writer.wait_closed()

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return await self._chunks()
        return await self._reader.readexactly(int(headers.get("content-length", "0")))

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()
        return body


async def run(asks: Sequence[Ask], count: int, in_flight: int) -> None:
    """Asks ``count`` times in turn, ``in_flight`` at a time; raises ValueError for an answer that is no success."""
    queue = cycle([ask.wire() for ask in asks])
    left = iter(range(count))
    connections = [await Connection.open(asks[0].url) for _ in range(in_flight)]

    async def work(connection: Connection) -> None:
        for _ in left:
            got = await connection.ask(next(queue))
            if got.status != 200:
                raise ValueError(f"answered {got.status}: {got.body[:300]!r}")

    try:
        await asyncio.gather(*(work(connection) for connection in connections))
    finally:
        for connection in connections:
            await connection.close()


async def once(ask: Ask) -> Got:
    """One answer over a connection of its own."""
    connection = await Connection.open(ask.url)
    try:
        return await connection.ask(ask.wire())
    finally:
        await connection.close()

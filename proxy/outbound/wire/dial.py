"""Opening a connection: to one address or all those of a name (RFC 8305), with TLS for the name of the host."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from proxy.outbound.wire.connection import Connection

STAGGER_SECONDS = 0.25
"""After so long without an answer the next address is tried beside the first (RFC 8305 8)."""
PORTS = {"http": 80, "https": 443}

Place = tuple[int, int, int, str, Any]
"""An entry of ``getaddrinfo``."""


class Destination(Struct, frozen=True):
    """Where to: ``host`` may be a checked address, then ``name`` is still that of the origin."""

    host: str
    port: int
    name: str
    context: ssl.SSLContext | None


def destination(origin: str, address: str | None, context: ssl.SSLContext) -> Destination:
    """An origin (``scheme://host[:port]``), at ``address`` if one was checked."""
    parts = urlsplit(origin)
    name = parts.hostname or ""
    secure = parts.scheme == "https"
    return Destination(address or name, parts.port or PORTS[parts.scheme], name, context if secure else None)


async def dial(to: Destination, seconds: float) -> Connection:
    """A connection, its certificate verified; raises ``OSError``, of which ``TimeoutError`` after ``seconds``."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        found: Sequence[Place] = await loop.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
        sock = await _first(_in_turns(found))
        try:
            _, connection = await loop.create_connection(
                Connection, sock=sock, ssl=to.context, server_hostname=to.name if to.context else None
            )
        except BaseException:
            sock.close()
            raise
    return connection


def _in_turns(found: Sequence[Place]) -> list[Place]:
    """Addresses of both families by turns, the resolver's choice first."""
    first = [place for place in found if place[0] == found[0][0]]
    others = [place for place in found if place[0] != found[0][0]]
    return [place for place in chain.from_iterable(zip_longest(first, others)) if place is not None]


async def _first(places: Sequence[Place]) -> socket.socket:
    """A socket to the first address that takes one."""
    if len(places) == 1:
        return await _connected(places[0])
    pending: set[asyncio.Task[socket.socket]] = set()
    waiting = list(places)
    try:
        while waiting or pending:
            if waiting:
                pending.add(asyncio.create_task(_connected(waiting.pop(0))))
            timeout = STAGGER_SECONDS if waiting else None
            done, pending = await asyncio.wait(pending, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if won := [task.result() for task in done if task.exception() is None]:
                return _only(won)
        raise OSError("no address could be connected to")
    finally:
        for task in pending:
            task.cancel()
            task.add_done_callback(_dispose)


async def _connected(place: Place) -> socket.socket:
    family, kind, protocol, _, address = place
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _only(sockets: list[socket.socket]) -> socket.socket:
    for sock in sockets[1:]:
        sock.close()
    return sockets[0]


def _dispose(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()

"""The HTTP engine behind one seam: ``Transport.send``. What opens sockets is in ``wire/``, and only this file uses it.

One connection pool per account (and origin): bytes that a provider sends too many can then never become another
account's answer. No redirects, cookies, environment proxies or retries; HTTP/1.1.
"""

import asyncio
import os
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

import certifi

from proxy.outbound.exchange import Outgoing, SendFailure
from proxy.outbound.headers import Headers
from proxy.outbound.wire.connection import Connection
from proxy.outbound.wire.dial import destination, dial
from proxy.outbound.wire.fault import WireFault
from proxy.outbound.wire.head import Head
from proxy.outbound.wire.pool import Pool
from proxy.outbound.wire.request import ending, framed, measured, request_head
from proxy.outbound.wire.response import Response
from proxy.trace import Clock, Deadline

KEEPALIVE_SECONDS = 5.0
"""Shorter than the idle time-outs of common servers, so that a kept connection is rarely closed under a request."""
FRESH_SECONDS = 1.0
"""For what must not be sent twice: a connection that the server closes just then would leave the outcome unknown."""
IDLE_POOL_SECONDS = 15.0
"""A pool unused for so long is forgotten; its connections are closed by then."""

_NO_CONNECTION = "no connection could be opened"
_NONE_IN_TIME = "no connection could be opened in time"


class Incoming:
    """An answer whose head has come: ``headers`` by lower-case name; the body is streamed once, then ``aclose``."""

    __slots__ = ("_connection", "_idle_seconds", "_pool", "_response", "headers", "status")

    def __init__(
        self, head: Head, response: Response, connection: Connection, pool: "_Pool", idle_seconds: float
    ) -> None:
        self._response = response
        self._connection = connection
        self._pool: _Pool | None = pool
        self._idle_seconds = idle_seconds
        self.status = head.status
        self.headers: Headers = head.headers

    async def stream(self) -> AsyncIterator[bytes]:
        """The body as it comes off the wire; raises ``SendFailure`` where it breaks off or pauses too long."""
        response, connection = self._response, self._connection
        try:
            while (part := await response.wait_part(self._idle_seconds)) is not None:
                connection.go_on()
                yield part
        except WireFault as fault:
            raise SendFailure("ambiguous", fault.reason, late=fault.late) from None

    async def aclose(self) -> None:
        """Gives the connection back, or closes it where the body was not read or bytes are left on it."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.give(self._connection)


_Key = tuple[str, str, str | None, bool]


class _Pool:
    """Connections, and how many exchanges are under way."""

    __slots__ = ("connections", "host", "in_use", "last_used")

    def __init__(self, outgoing: Outgoing, context: ssl.SSLContext, most: int, connect_seconds: float) -> None:
        self.host = urlsplit(outgoing.origin).netloc.encode("ascii")
        to = destination(outgoing.origin, outgoing.address, context)
        keep = FRESH_SECONDS if outgoing.fresh else KEEPALIVE_SECONDS
        self.connections = Pool(partial(dial, to, connect_seconds), most, keep)
        self.in_use = 0
        self.last_used = 0.0

    def give(self, connection: Connection) -> None:
        """Ends one exchange."""
        self.in_use -= 1
        self.connections.give(connection)


class Transport:
    """Sends requests over one pool per account; pools that nobody uses are closed."""

    def __init__(
        self,
        *,
        idle_accounts: int,
        connections: int,
        connect_seconds: float,
        idle_seconds: float,
        clock: Clock,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._idle_accounts = idle_accounts
        self._connections = connections
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._context = context or _trusting()
        self._context.set_alpn_protocols(["http/1.1"])
        self._pools: OrderedDict[_Key, _Pool] = OrderedDict()

    async def send(self, outgoing: Outgoing, deadline: Deadline) -> Incoming:
        """Writes the request and waits for the head of the answer; raises ``SendFailure``, at the deadline too.

        While a streamed body is written, a pause of ``idle_seconds`` is the limit instead.
        """
        progress = _Progress()
        try:
            async with asyncio.timeout(deadline.left()) as limit:
                return await self._exchange(outgoing, progress, limit)
        except TimeoutError:
            raise SendFailure(progress.phase, "no answer before the deadline", late=True) from None
        except WireFault as fault:
            raise SendFailure(progress.phase, fault.reason, late=fault.late) from None

    async def aclose(self) -> None:
        """Closes every connection."""
        pools, self._pools = self._pools, OrderedDict()
        for pool in pools.values():
            pool.connections.close()

    async def _exchange(self, outgoing: Outgoing, progress: "_Progress", limit: asyncio.Timeout) -> Incoming:
        pool = self._pool(outgoing)
        head = request_head(outgoing, pool.host)
        pool.in_use += 1
        try:
            connection = await self._connection(pool)
        except BaseException:
            pool.in_use -= 1
            raise
        try:
            response = connection.begin(outgoing.method)
            progress.phase = "ambiguous"
            await self._write(connection, head, outgoing, limit)
            answered = await response.wait_head(self._idle_seconds)
        except BaseException:
            connection.abort()
            pool.give(connection)
            raise
        return Incoming(answered, response, connection, pool, self._idle_seconds)

    async def _connection(self, pool: _Pool) -> Connection:
        try:
            return await pool.connections.take(self._connect_seconds)
        except TimeoutError:
            raise SendFailure("not_sent", _NONE_IN_TIME) from None
        except OSError:
            raise SendFailure("not_sent", _NO_CONNECTION) from None

    async def _write(self, connection: Connection, head: bytes, outgoing: Outgoing, limit: asyncio.Timeout) -> None:
        body = outgoing.body
        if body is None or isinstance(body, bytes):
            if connection.write(head + (body or b"")):
                connection.written()
            return
        connection.write(head)
        now = asyncio.get_running_loop().time
        allowed = max(0.0, (limit.when() or now()) - now())
        async with aclosing(measured(outgoing, body)) as chunks:
            async for chunk in chunks:
                limit.reschedule(now() + self._idle_seconds)
                if not connection.write(framed(chunk, outgoing)):
                    return
                await connection.drain(self._idle_seconds)
        if connection.write(ending(outgoing)):
            connection.written()
        limit.reschedule(now() + allowed)

    def _pool(self, outgoing: Outgoing) -> _Pool:
        key = (outgoing.account_id, outgoing.origin, outgoing.address, outgoing.fresh)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = _Pool(outgoing, self._context, self._connections, self._connect_seconds)
        self._pools.move_to_end(key)
        pool.last_used = self._clock()
        self._close_idle(pool)
        return pool

    def _close_idle(self, current: _Pool) -> None:
        """Looks at the two longest unused: more than one request can add, so the idle ones go, at a fixed cost."""
        for _ in range(2):
            key, oldest = next(iter(self._pools.items()))
            stale = self._clock() - oldest.last_used > IDLE_POOL_SECONDS or len(self._pools) > self._idle_accounts
            if oldest is current or not stale:
                return
            if oldest.in_use:
                self._pools.move_to_end(key)
                continue
            del self._pools[key]
            oldest.connections.close()


class _Progress:
    """Whether any byte of the request may have left."""

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase: Literal["not_sent", "ambiguous"] = "not_sent"


def _trusting() -> ssl.SSLContext:
    """Verifies certificates by the operator's file or folder, as OpenSSL names them, else by Mozilla's list."""
    if file := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    return ssl.create_default_context(cafile=certifi.where())

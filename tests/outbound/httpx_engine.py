"""The engine that the server had first, over httpx: the reference that ours is compared with.

It keeps the seam of ``proxy/outbound/transport.py`` and can take its place as it is.

One connection pool per account (and origin): bytes that a provider sends too many can then never become another
account's answer. No redirects, cookies, environment proxies or retries; HTTP/1.1.
"""

import asyncio
import logging
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from proxy.outbound.exchange import Outgoing, SendFailure
from proxy.outbound.headers import Header, Headers
from proxy.trace import Clock, Deadline

KEEPALIVE_SECONDS = 5.0
"""Shorter than the idle time-outs of common servers, so that a kept connection is rarely closed under a request."""
FRESH_SECONDS = 1.0
"""For what must not be sent twice: a connection that the server closes just then would leave the outcome unknown."""
IDLE_POOL_SECONDS = 15.0
"""A pool unused for so long is closed with its sockets; making a new one costs 2 µs."""

for _name in ("httpx", "httpcore"):  # they log full URLs at INFO and headers at DEBUG
    logging.getLogger(_name).setLevel(logging.WARNING)


class Incoming:
    """An answer whose head has come: ``headers`` by lower-case name; the body is streamed once, then ``aclose``."""

    __slots__ = ("_pool", "_response", "headers", "status")

    def __init__(self, response: httpx.Response, pool: "_Pool") -> None:
        self._response = response
        self._pool: _Pool | None = pool
        self.status = response.status_code
        self.headers: Headers = [(name.lower(), value) for name, value in response.headers.raw]

    async def stream(self) -> AsyncIterator[bytes]:
        """The body as it comes off the wire; raises ``SendFailure`` where it breaks off or pauses too long."""
        try:
            async for chunk in _parts(self._response):
                yield chunk
        except httpx.HTTPError as error:
            raise SendFailure("ambiguous", _reason(error), late=isinstance(error, httpx.TimeoutException)) from None

    async def aclose(self) -> None:
        """Gives the connection back, or closes it where the body was not read or bytes are left on it."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            if self._announces_a_body_it_must_not_have() or _bytes_left(self._response):
                await _never_reuse(self._response)
            await self._response.aclose()
        finally:
            pool.in_use -= 1

    def _announces_a_body_it_must_not_have(self) -> bool:
        """A 204 or 304 with framing of a body: what follows may come after the next request was written."""
        if self.status not in (204, 304):
            return False
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0")
            for name, value in self.headers
        )


_Key = tuple[str, str, str | None, bool]


class _Pool:
    __slots__ = ("host", "in_use", "last_used", "sni", "transport", "url")

    def __init__(self, outgoing: Outgoing, context: ssl.SSLContext, connections: int) -> None:
        parts = urlsplit(outgoing.origin)
        self.host = parts.netloc.encode("ascii")
        self.sni = parts.hostname if outgoing.address else None
        self.url = httpx.URL(_url(outgoing))
        self.transport = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            http2=False,
            retries=0,
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=FRESH_SECONDS if outgoing.fresh else KEEPALIVE_SECONDS,
            ),
        )
        self.in_use = 0
        self.last_used = 0.0


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
        self._context = context or httpx.create_ssl_context()
        self._pools: OrderedDict[_Key, _Pool] = OrderedDict()

    async def send(self, outgoing: Outgoing, deadline: Deadline) -> Incoming:
        """Writes the request and waits for the head of the answer; raises ``SendFailure``, at the deadline too.

        While a streamed body is written, a pause of ``idle_seconds`` is the limit instead.
        """
        pool = await self._pool(outgoing)
        pool.in_use += 1
        try:
            return Incoming(await self._exchange(outgoing, pool, deadline), pool)
        except BaseException:
            pool.in_use -= 1
            raise

    async def aclose(self) -> None:
        """Closes every connection."""
        pools, self._pools = self._pools, OrderedDict()
        for pool in pools.values():
            await pool.transport.aclose()

    async def _exchange(self, outgoing: Outgoing, pool: _Pool, deadline: Deadline) -> httpx.Response:
        progress = _Progress()
        try:
            async with asyncio.timeout(deadline.left()) as limit:
                request = self._request(outgoing, pool, progress, limit)
                return await pool.transport.handle_async_request(request)
        except TimeoutError:
            raise SendFailure(progress.phase, "no answer before the deadline", late=True) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SendFailure("not_sent", _reason(error)) from None
        except httpx.HTTPError as error:
            late = isinstance(error, httpx.TimeoutException)
            raise SendFailure(progress.phase, _reason(error), late=late) from None

    def _request(self, outgoing: Outgoing, pool: _Pool, progress: "_Progress", limit: asyncio.Timeout) -> httpx.Request:
        extensions: dict[str, Any] = {
            "target": outgoing.target,  # written as it is: the library would normalise a path
            "timeout": {
                "connect": self._connect_seconds,
                "pool": self._connect_seconds,
                "read": self._idle_seconds,
                "write": self._idle_seconds,
            },
            "trace": progress.note,
        }
        if pool.sni:
            extensions["sni_hostname"] = pool.sni
        headers = [(b"host", pool.host), *outgoing.headers, *_framing(outgoing)]
        body = _Body(outgoing.body, self._idle_seconds, limit)
        return httpx.Request(outgoing.method, pool.url, headers=headers, stream=body, extensions=extensions)

    async def _pool(self, outgoing: Outgoing) -> _Pool:
        key = (outgoing.account_id, outgoing.origin, outgoing.address, outgoing.fresh)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = _Pool(outgoing, self._context, self._connections)
        self._pools.move_to_end(key)
        pool.last_used = self._clock()
        await self._close_idle(pool)
        return pool

    async def _close_idle(self, current: _Pool) -> None:
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
            await oldest.transport.aclose()


class _Progress:
    """Whether any byte of the request may have left."""

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase: Literal["not_sent", "ambiguous"] = "not_sent"

    async def note(self, event: str, _: dict[str, Any]) -> None:
        if event == "http11.send_request_headers.started":
            self.phase = "ambiguous"


class _Body(httpx.AsyncByteStream):
    """A request body; while it is streamed, the deadline is a pause, and starts anew when it is through."""

    def __init__(self, body: bytes | AsyncIterator[bytes] | None, idle_seconds: float, limit: asyncio.Timeout) -> None:
        self._body = body
        self._idle_seconds = idle_seconds
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body is None or isinstance(self._body, bytes):
            if self._body:
                yield self._body
            return
        now = asyncio.get_running_loop().time
        allowed = max(0.0, (self._limit.when() or now()) - now())
        async for chunk in self._body:
            self._limit.reschedule(now() + self._idle_seconds)
            yield chunk
        self._limit.reschedule(now() + allowed)


def _framing(outgoing: Outgoing) -> list[Header]:
    if isinstance(outgoing.body, bytes):
        return [(b"content-length", b"%d" % len(outgoing.body))]
    if outgoing.body is None:
        return [] if outgoing.method in ("GET", "HEAD", "OPTIONS", "DELETE") else [(b"content-length", b"0")]
    if outgoing.length is not None:
        return [(b"content-length", b"%d" % outgoing.length)]
    return [(b"transfer-encoding", b"chunked")]


def _url(outgoing: Outgoing) -> str:
    if outgoing.address is None:
        return outgoing.origin
    parts = urlsplit(outgoing.origin)
    host = f"[{outgoing.address}]" if ":" in outgoing.address else outgoing.address
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _parts(response: httpx.Response) -> AsyncIterator[bytes]:
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("the transport answered with a stream that is not asynchronous")
    return response.stream.__aiter__()


def _reason(error: Exception) -> str:
    """The kind of failure in words; messages of the library may hold an address, never put them before a caller."""
    return _REASONS.get(type(error), "the connection failed")


_REASONS: dict[type[Exception], str] = {
    httpx.ConnectError: "no connection could be opened",
    httpx.ConnectTimeout: "no connection could be opened in time",
    httpx.PoolTimeout: "no connection was free in time",
    httpx.ReadError: "the connection broke off",
    httpx.ReadTimeout: "the answer paused for too long",
    httpx.WriteTimeout: "the request could not be written in time",
    httpx.RemoteProtocolError: "the answer broke off or was not HTTP",
}


# The library keeps what a provider sends after an answer and takes it for the next one (httpcore 1.0.9, h11 0.16). Its
# HTTP/1.1 state is reached through private names: tests/outbound/test_desync.py fails should they move, and a
# connection whose state cannot be read is not used again.


def _wire_state(response: httpx.Response) -> Any | None:
    held: Any = response.stream
    for name in ("_httpcore_stream", "_stream", "_connection", "_h11_state"):
        held = getattr(held, name, None)
    return held


def _bytes_left(response: httpx.Response) -> bool:
    state = _wire_state(response)
    return state is None or bool(state.trailing_data[0])


async def _never_reuse(response: httpx.Response) -> None:
    state = _wire_state(response)
    if state is None:
        await response.extensions["network_stream"].aclose()
    else:
        state.send_failed()  # the library closes a connection whose exchange did not end well

"""The sandbox's HTTP/1.1 server: sockets, request log, faults and churn around a simulator's ``handle``."""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import httptools

from sandbox.faults import WITHOUT_EFFECT, Delivery, Fault, Faults
from sandbox.framing import CONTINUE, encode
from sandbox.http import Request, Response, Simulator, json_response
from sandbox.log import Entry, Log

MAX_BODY = 110 * 1024 * 1024
MAX_PIPELINED = 64
BACKLOG = 2048
"""Connections that wait to be accepted: one beyond is opened a second late, which no provider would be blamed for."""
_WRITE_HIGH = 256 * 1024
_REQUEST_LINE = re.compile(rb"^([A-Z]+) (.*?)(?: HTTP/\d\.\d)?\r?$", re.MULTILINE)
_log = logging.getLogger(__name__)

Handle = Callable[[Request], Response]


class Wire:
    """What all connections of one server share. ``every_call`` is the churn applied before each list call, if any."""

    def __init__(self, handle: Handle, simulator: Simulator | None = None, log: Log | None = None) -> None:
        self._handle = handle
        self.simulator = simulator
        self.log = log
        self.faults = Faults()
        self.every_call: Mapping[str, int] | None = None
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Listens on the loopback interface and returns the port; 0 takes a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.connection, "127.0.0.1", port, backlog=BACKLOG)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    def connection(self) -> asyncio.Protocol:
        """The protocol of one new socket."""
        return _Connection(self)

    async def close(self) -> None:
        """Stops at once: open connections are aborted, waiting faults cancelled."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.sleep(0)

    def apply(self, request: Request) -> Response:
        """The simulator's answer; HEAD is asked as GET, a failure of the simulator is a logged 500."""
        asked = replace(request, method="GET") if request.method == "HEAD" else request
        try:
            if self.every_call and self.simulator is not None and _is_list(asked):
                self.simulator.churn(self.every_call)
            return self._handle(asked)
        except Exception:  # noqa: BLE001 - a fault of ours must show as an answer, not as a dropped connection
            _log.exception("the simulator failed at %s %s", request.method, request.raw_path)
            return json_response({"message": "sandbox failure"}, 500, (("x-sandbox-failure", "1"),))

    def note(self, request: Request) -> Entry | None:
        """The log entry of a request, when this server keeps a log."""
        return None if self.log is None else self.log.open(request)

    def joined(self, connection: "_Connection") -> None:
        """A connection was made."""
        self._connections.add(connection)

    def left(self, connection: "_Connection") -> None:
        """A connection is gone."""
        self._connections.discard(connection)

    def spawn(self, coroutine: Any) -> None:
        """Runs a faulty exchange beside the event loop's reading."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Connection(asyncio.Protocol):
    """One socket: parses requests, answers them in order, one at a time."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._parser: Any = httptools.HttpRequestParser(self)
        self._pending: deque[tuple[Request, bool]] = deque()
        self._busy = self._paused = self._done = self._held = False
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._refusal: tuple[int, Request] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit from asyncio's
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH)
        self._wire.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._done = True
        self._pending.clear()
        self._wire.left(self)

    def abort(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._done or self._refusal is not None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            _log.debug("an upgrade is answered like any request")
        except httptools.HttpParserError:
            self._malformed(data)
        self._advance()
        if len(self._pending) > MAX_PIPELINED and not self._held:
            self._held = True
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._advance()

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body, self._size = b"", [], [], 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        expects = any(n.lower() == "expect" and v.lower() == "100-continue" for n, v in self._headers)
        if expects and not self._pending and not self._busy:
            self._transport.write(CONTINUE)

    def on_body(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= MAX_BODY:
            self._body.append(chunk)
        elif self._refusal is None:
            self._refusal = 413, self._request(b"")

    def on_message_complete(self) -> None:
        if self._refusal is None:
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._pending.append((self._request(body), bool(self._parser.should_keep_alive())))
            self._body = []

    # Answering.

    def _request(self, body: bytes) -> Request:
        method = self._parser.get_method().decode("latin-1")
        return Request(method, self._url.decode("latin-1"), tuple(self._headers), body)

    def _advance(self) -> None:
        while self._pending and not (self._busy or self._paused or self._done):
            request, keep = self._pending.popleft()
            entry = self._wire.note(request)
            fault = self._wire.faults.take(request)
            if fault is None:
                self._plain(request, entry, keep=keep)
            else:
                self._busy = True
                self._wire.spawn(self._faulty(request, entry, fault, keep=keep))
        if self._refusal is not None and not (self._pending or self._busy or self._paused or self._done):
            self._refuse(*self._refusal)
        if self._held and not self._pending and not self._done:
            self._held = False
            self._transport.resume_reading()

    def _plain(self, request: Request, entry: Entry | None, *, keep: bool) -> None:
        response = self._wire.apply(request)
        if entry is not None:
            entry.status = response.status
        self._transport.write(encode(response, head_only=request.method == "HEAD", keep=keep))
        if not keep:
            self._hang_up()

    async def _faulty(self, request: Request, entry: Entry | None, fault: Fault, *, keep: bool) -> None:
        if fault.do == "delay":
            await asyncio.sleep(fault.seconds)
        response = None if fault.do in WITHOUT_EFFECT else self._wire.apply(fault.rewrite(request))
        delivery = fault.deliver(request, response, keep=keep)
        if entry is not None:
            entry.fault = fault.do
            entry.status = (response or fault.response()).status if delivery.chunks else None
        await self._send(delivery)
        self._busy = False
        if delivery.keep:
            self._advance()
        else:
            self._hang_up()

    async def _send(self, delivery: Delivery) -> None:
        for at, chunk in enumerate(delivery.chunks):
            if at:
                await asyncio.sleep(delivery.gap)
            if not self._transport.is_closing():
                self._transport.write(chunk)

    def _malformed(self, data: bytes) -> None:
        lines = _REQUEST_LINE.findall(data)
        method, target = lines[-1] if lines else (b"", self._url or data[:200])
        headers = tuple(self._headers)
        self._refusal = self._refusal or (400, Request(method.decode("latin-1"), target.decode("latin-1"), headers))

    def _refuse(self, status: int, request: Request) -> None:
        entry = self._wire.note(request)
        if entry is not None:
            entry.status = status
        self._transport.write(encode(json_response({"message": "refused by the sandbox's wire"}, status), keep=False))
        self._hang_up()

    def _hang_up(self) -> None:
        self._done = True
        self._transport.close()


def _is_list(request: Request) -> bool:
    """A read of a collection: its last segment is no id (``/filter`` is a list asked for with POST)."""
    last = request.raw_path.rstrip("/").rpartition("/")[2]
    return last == "filter" or (request.method == "GET" and not last.isdigit())

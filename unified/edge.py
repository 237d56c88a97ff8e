"""The outermost layer: guards the request head, opens the trace, logs and counts every answer.

No Python server refuses every ambiguous request (RFC 9112 sections 3 and 6), so what could mean two things to two
readers is refused here before any handler sees it.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from proxy import log
from proxy.answer_headers import answer_headers
from proxy.bounds import Bounds
from proxy.errors import HeadTooLarge, InvalidPath, InvalidRequest, Problem
from proxy.trace import Deadline, Trace
from unified.metrics import count_answer
from unified.problems import problem_bytes

RawHeaders = list[tuple[bytes, bytes]]
Guard = Callable[[HTTPScope, RawHeaders, Bounds], None]

HOST = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]")
"""Characters of a host and port (RFC 3986 section 3.2.2), without percent-encoding and user information."""

REFUSED_FROM = 400
DRAIN_SECONDS = 5.0
"""How long the rest of a refused body is read: a client that is still sending reads no answer (RFC 9112 9.6)."""


class Edge:
    """Wraps the application; ``scope["state"]["trace"]`` is there for every handler."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; lifespan events pass through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        deadline = Deadline(self._bounds.deadline_seconds)
        trace = Trace(secrets.token_hex(12), deadline, path=scope["path"])
        scope.setdefault("state", {})["trace"] = trace
        upload = _Upload(scope, receive, self._bounds)
        answer = _Answer(send, trace, upload)
        try:
            guard_head(scope, self._bounds)
        except Problem as problem:
            upload.over = True  # who frames a body in two ways is not read on
            await _refuse(problem, answer, trace)
        else:
            await self._app(scope, upload, answer)
        finally:
            log.access(trace, scope["method"], trace.path, answer.status)
            count_answer(scope, answer.status, trace)


class _Upload:
    """A request's body on its way to the handlers; ``over`` once there is nothing more of it to read."""

    def __init__(self, scope: HTTPScope, receive: Receive, bounds: Bounds) -> None:
        names = {name.lower() for name, _ in scope["headers"]}
        # Whoever expects 100 has sent nothing yet, and reading would ask for it.
        self.over = b"expect" in names or names.isdisjoint((b"content-length", b"transfer-encoding"))
        self._receive = receive
        self._most = bounds.stream_bytes
        self._waiting = False

    async def __call__(self) -> Any:
        """The next message of the server."""
        self._waiting = True
        try:
            message = await self._receive()
        finally:
            self._waiting = False
        self.over = self.over or message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Reads and drops what a refusal left of the body, within bounds."""
        left = self._most
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0 and not (self.over or self._waiting):
                    left -= len((await self()).get("body", b""))


class _Answer:
    """Adds our headers to an answer that does not have them, and remembers its status."""

    def __init__(self, send: Send, trace: Trace, upload: _Upload) -> None:
        self._send = send
        self._trace = trace
        self._upload = upload
        self.status = 499
        """Until an answer began: the caller went away (nginx's number for it)."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status >= REFUSED_FROM:
                await self._upload.drain()
            headers: RawHeaders = list(message["headers"])
            await self._trace.find_rate()
            present = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in answer_headers(self._trace) if name.lower() not in present]
            message = {**message, "headers": headers}
        await self._send(message)


async def _refuse(problem: Problem, send: Callable[[Any], Awaitable[None]], trace: Trace) -> None:
    trace.facts["code"] = problem.code
    body = problem_bytes(problem, trace.request_id, trace.path)
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def guard_head(scope: HTTPScope, bounds: Bounds) -> None:
    """Refuses a head that is too large or that two readers could understand differently."""
    headers: RawHeaders = list(scope["headers"])
    for guard in GUARDS:
        guard(scope, headers, bounds)


def _sizes(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:
    raw_path: bytes = scope.get("raw_path") or b""
    if len(raw_path) > bounds.path_bytes:
        raise HeadTooLarge(f"the path exceeds {bounds.path_bytes} bytes")
    if len(scope["query_string"]) > bounds.query_bytes:
        raise HeadTooLarge(f"the query exceeds {bounds.query_bytes} bytes")
    if len(headers) > bounds.head_fields:
        raise HeadTooLarge(f"more than {bounds.head_fields} headers")
    if sum(len(name) + len(value) + 4 for name, value in headers) > bounds.head_bytes:
        raise HeadTooLarge(f"the headers exceed {bounds.head_bytes} bytes")


def _target(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    raw_path: bytes = scope.get("raw_path") or b""
    if not raw_path.startswith(b"/") or b"#" in raw_path:
        raise InvalidPath("the request target is a path that begins with /")


def _framing(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    coding = [value.strip().lower() for name, value in headers if name.lower() == b"transfer-encoding"]
    length = [value for name, value in headers if name.lower() == b"content-length"]
    if coding and length:
        raise InvalidRequest("Content-Length and Transfer-Encoding are both present")
    if len(coding) > 1 or coding not in ([], [b"chunked"]):
        raise InvalidRequest("the one transfer coding taken is chunked")
    if coding and scope["http_version"] == "1.0":
        raise InvalidRequest("HTTP/1.0 has no transfer codings")
    if len(set(length)) > 1 or any(not one.isdigit() for one in length):
        raise InvalidRequest("Content-Length is one whole number")


def _host(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    hosts = [value for name, value in headers if name.lower() == b"host"]
    if scope["http_version"] == "1.1" and len(hosts) != 1:
        raise InvalidRequest("exactly one Host header is needed")
    if any(not value or not HOST.issuperset(value) for value in hosts):
        raise InvalidRequest("the Host header is malformed")


def _names(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    if any(b"_" in name for name, _ in headers):
        raise InvalidRequest("header names with an underscore are read differently by different servers")


GUARDS: tuple[Guard, ...] = (_sizes, _target, _framing, _host, _names)

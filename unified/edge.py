"""The outermost layer: guards head, body and number of the requests, opens the trace, logs and counts every answer.

No Python server refuses every ambiguous request (RFC 9112 sections 3 and 6), so what could mean two things to two
readers is refused here before any handler sees it.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from proxy import log
from proxy.answer_headers import answer_headers
from proxy.bounds import Bounds
from proxy.errors import Overloaded, Problem
from proxy.passthrough.watch import CallerWatch
from proxy.trace import Deadline, Trace
from unified.head import RawHeaders, guard_head
from unified.metrics import count_answer
from unified.problems import problem_bytes
from unified.request_body import RequestBody
from unified.room import Room

REFUSED_FROM = 400
READS = frozenset({"GET", "HEAD"})
ALWAYS_SERVED = frozenset({"/health", "/ready", "/metrics"})
"""What tells how busy a worker is must not be refused because it is."""
RETRY_AFTER = "1"


class Edge:
    """Wraps the application; ``scope["state"]["trace"]`` is there for every handler."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._busy = 0
        self._room = Room(bounds.bodies_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; lifespan events pass through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        deadline = Deadline(self._bounds.deadline_seconds)
        trace = Trace(os.urandom(12).hex(), deadline, path=scope["path"])
        scope.setdefault("state", {})["trace"] = trace
        body = RequestBody(scope, receive, self._bounds, self._room)
        answer = _Answer(send, trace, body)
        self._busy += 1
        try:
            guard_head(scope, self._bounds)
            self._shed(scope)
        except Problem as problem:
            body.give_up()
            await _refuse(problem, answer, trace)
        else:
            await self._serve(scope, body, answer)
        finally:
            self._busy -= 1
            body.close()
            log.access(trace, scope["method"], trace.path, answer.status)
            count_answer(scope, answer.status, trace)

    def _shed(self, scope: HTTPScope) -> None:
        if self._busy > self._bounds.requests and scope["path"] not in ALWAYS_SERVED:
            raise Overloaded("the server has as many requests as it takes", headers={"Retry-After": RETRY_AFTER})

    async def _serve(self, scope: HTTPScope, body: RequestBody, answer: "_Answer") -> None:
        """A read ends with its caller; a write is carried out, whoever is left to hear of it."""
        if scope["method"] in READS and body.over:
            async with CallerWatch(body):
                await self._app(scope, body, answer)
        else:
            await self._app(scope, body, answer)


class _Answer:
    """Adds our headers to an answer that does not have them, and remembers its status."""

    def __init__(self, send: Send, trace: Trace, body: RequestBody) -> None:
        self._send = send
        self._trace = trace
        self._body = body
        self.status = 499
        """Until an answer began: the caller went away (nginx's number for it)."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status >= REFUSED_FROM:
                await self._body.drain()
            headers: RawHeaders = list(message["headers"])
            await self._trace.find_rate()
            present = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in answer_headers(self._trace) if name.lower() not in present]
            if not self._body.complete:
                headers.append((b"connection", b"close"))  # what is left of the body is no next request
            message = {**message, "headers": headers}
        await self._send(message)


async def _refuse(problem: Problem, send: Callable[[Any], Awaitable[None]], trace: Trace) -> None:
    trace.facts["code"] = problem.code
    body = problem_bytes(problem, trace.request_id, trace.path)
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

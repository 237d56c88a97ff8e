"""The passthrough mounted in a small application, served by the real server in the test's own loop."""

import asyncio
import contextlib
import socket

import pytest
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from litestar import Litestar, Response, asgi

from proxy.accounts.caller import Caller
from proxy.answer_headers import answer_headers
from proxy.cursor import Cursors
from proxy.database.engine import open_engine
from proxy.database.tables import accounts as accounts_table
from proxy.errors import NotFound, Problem, Unauthorized
from proxy.journal import Journal
from proxy.passthrough.handler import passthrough_app
from proxy.seal import Sealer, SealingKey, new_key
from proxy.trace import Deadline, Trace
from tests.journal.conftest import Turned, account_row
from tests.outbound.scripted import Door, Upstream
from unified.request_body import RequestBody
from unified.room import Room


class Accounts:
    """Two callers and the accounts that a test puts in."""

    callers = {  # noqa: RUF012 - never changed
        "Bearer key": Caller(key_id="k", owner="k", scopes=frozenset({"proxy", "read"})),
        "Bearer reader": Caller(key_id="r", owner="r", scopes=frozenset({"read"})),
        "Bearer one": Caller(key_id="t", owner="k", scopes=frozenset({"proxy"}), account_id="account-1"),
        "Bearer other": Caller(key_id="o", owner="o", scopes=frozenset({"proxy"})),
        "Bearer successor": Caller(key_id="s", owner="k", scopes=frozenset({"proxy"})),
    }

    def __init__(self):
        self.known = {}

    async def caller(self, authorization):
        if authorization not in self.callers:
            raise Unauthorized
        return self.callers[authorization]

    async def linked(self, caller, account_id):
        if account_id not in self.known:
            raise NotFound("no such account")
        return self.known[account_id]


def answer_problem(request, problem):
    body = problem.body(request_id="request-1", instance=request.scope["path"])
    return Response(body, status_code=problem.status, media_type="application/problem+json", headers=problem.headers)


def edge(app, traces, seconds, bounds):
    """What the application's outermost layer does for the passthrough."""

    async def run(scope, receive, send):
        trace = Trace("request-1", Deadline(seconds))
        traces.append(trace)
        scope.setdefault("state", {})["trace"] = trace

        async def with_headers(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *answer_headers(trace)]}
            await send(message)

        body = RequestBody(scope, receive, bounds, Room(bounds.bodies_bytes))
        try:
            await app(scope, body, with_headers)
        finally:
            body.close()

    return run


class Site:
    """The running server with everything behind it."""

    def __init__(self, door, upstream, accounts, traces, port):
        self.door, self.upstream, self.accounts, self.traces, self.port = door, upstream, accounts, traces, port

    async def raw(self, request, *, pause=None, wait=5.0):
        """Sends bytes (in parts, with a pause between them) and reads until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in request if isinstance(request, list) else [request]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause or 0)
            async with asyncio.timeout(wait):
                return await reader.read(-1)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def ask(self, target=b"/proxy/tickets", method=b"GET", headers=(), body=None, account=b"account-1"):
        """One request as the caller ``key``; ``(status, headers, body)``."""
        lines = [method + b" " + target + b" HTTP/1.1", b"Host: interline.test", b"Connection: close"]
        lines += (
            [b"Authorization: Bearer key"]
            if not any(one.lower().startswith(b"authorization") for one in headers)
            else []
        )
        lines += [b"X-Integrated-Account-Id: " + account] if account else []
        lines += [*headers, *([b"Content-Length: %d" % len(body)] if body is not None else [])]
        return parsed(await self.raw(b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")))


def parsed(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers.setdefault(name.lower().decode(), []).append(value.strip().decode())
    status = int(first.split(b" ")[1]) if first else 0
    if headers.get("transfer-encoding") == ["chunked"]:
        body = unchunked(body)
    return status, {name: ", ".join(values) for name, values in headers.items()}, body


def unchunked(body):
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        if length == 0:
            return out
        out += rest[:length]
        body = rest[length + 2 :]
    return out + b"<cut>"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def bounds():
    return None


@pytest.fixture
def seconds():
    return 5.0


@pytest.fixture
def journal_url(sqlite_tables_url):
    """The database of the journal."""
    return sqlite_tables_url


@pytest.fixture
async def engine(journal_url):
    """The engine of the journal, over tables with two accounts."""
    engine = open_engine(journal_url)
    async with engine.begin() as connection:
        for account_id in ("account-1", "account-2"):
            await connection.execute(accounts_table.insert().values(**account_row(account_id)))
    yield engine
    await engine.dispose()


@pytest.fixture
def wall_clock():
    """The clock of the journal."""
    return Turned()


@pytest.fixture
def journal(engine, wall_clock):
    return Journal(engine, Sealer([SealingKey.parse(new_key())]), wall_clock)


@pytest.fixture
async def site(bounds, seconds, journal):
    async with Upstream() as upstream, Door(bounds) as door:
        accounts, traces = Accounts(), []
        cursors = Cursors(Sealer([SealingKey.parse(new_key())]))
        application = passthrough_app(accounts, door.outbound, journal, cursors, door.bounds)
        mounted = asgi("/proxy", is_mount=True, copy_scope=True)(application)
        app = Litestar([mounted], exception_handlers={Problem: answer_problem}, openapi_config=None)
        port = free_port()
        server = Server(
            edge(app, traces, seconds, door.bounds),
            port=port,
            interface=Interfaces.ASGINL,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=2000),
            log_enabled=False,
        )
        task = asyncio.create_task(server.serve())
        await listening(port)
        yield Site(door, upstream, accounts, traces, port)
        server.stop()
        await asyncio.wait_for(task, 5)


async def listening(port):
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return
    raise RuntimeError("the server does not listen")

"""A provider that answers exactly the bytes it is told to and remembers what it got; and the parts to call it."""

import asyncio
import contextlib
import dataclasses
import struct
import time
from zoneinfo import ZoneInfo

from proxy.bounds import Bounds
from proxy.coordination.memory import MemoryCoordination
from proxy.language.expression import compile_expression
from proxy.outbound.call import Outbound
from proxy.outbound.egress import Egress
from proxy.outbound.transport import Transport
from proxy.provider.account import LinkedAccount
from proxy.provider.model import (
    AuthWords,
    ErrorRule,
    FieldWords,
    LimitHeaders,
    LimitWords,
    PassthroughWords,
    Provider,
    ProviderWords,
    VerifyWords,
)
from proxy.secret import Secret
from proxy.trace import Deadline, Trace

CLOSE = "close"
RESET = "reset"
HANG = "hang"
EOF = "eof"
"""No more bytes from here: a half-closed connection."""


@dataclasses.dataclass
class Got:
    """One request as received; ``complete`` only where the whole body came."""

    head: bytes
    body: bytes
    complete: bool
    connection: int

    @property
    def method(self):
        return self.head.split(b" ", 1)[0].decode()

    @property
    def target(self):
        return self.head.split(b" ", 2)[1]

    @property
    def headers(self):
        lines = self.head.split(b"\r\n")[1:]
        return [tuple(part.strip() for part in line.split(b":", 1)) for line in lines if line]

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)


def answer(body=b"{}", status=200, headers=(), reason=b"OK"):
    head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\n" % (status, reason)
    head += b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


class Upstream:
    """``script(got, number)`` gives a list: bytes to send, seconds to wait, ``CLOSE``, ``RESET``, ``HANG``, ``EOF``."""

    def __init__(self, script=None):
        self.script = script or (lambda got, number: [answer()])
        self.got = []
        self.connections = 0
        self.open = 0
        self.busy = 0
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        self.open += 1
        number = self.connections
        try:
            while (got := await self._read(reader, number)) is not None:
                self.got.append(got)
                if not got.complete or not await self._answer(got, reader, writer):
                    return
        except (OSError, asyncio.CancelledError):
            return
        finally:
            self.open -= 1
            with contextlib.suppress(OSError):
                writer.close()

    async def _read(self, reader, number):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError):
            return None
        got = Got(head[:-4], b"", complete=True, connection=number)
        try:
            if got.header(b"transfer-encoding") == b"chunked":
                got.body = await self._chunks(reader, got)
            else:
                got.body = await reader.readexactly(int(got.header(b"content-length") or 0))
        except (asyncio.IncompleteReadError, OSError) as error:
            got.body = getattr(error, "partial", b"") or got.body
            got.complete = False
        return got

    async def _chunks(self, reader, got):
        while True:
            size = int((await reader.readuntil(b"\r\n")).strip(), 16)
            data = await reader.readexactly(size + 2)
            if size == 0:
                return got.body
            got.body += data[:-2]

    async def _answer(self, got, reader, writer):
        self.busy += 1
        try:
            return await self._play(self.script(got, len(self.got)), reader, writer)
        finally:
            self.busy -= 1

    async def _play(self, actions, reader, writer):
        for action in actions:
            if isinstance(action, bytes):
                writer.write(action)
                await writer.drain()
            elif isinstance(action, (int, float)):
                await asyncio.sleep(action)
            elif isinstance(action, asyncio.Event):
                await action.wait()
            elif action == HANG:
                await reader.read()  # until the other side gives up
            elif action == EOF:
                writer.write_eof()
            elif action == RESET:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER 0: RST instead of FIN
                writer.transport.abort()
                return False
            else:
                return False
        return True


def make_provider(**changes):
    rules = changes.pop("rules", ())
    words = {
        "name": "desk",
        "label": "Desk",
        "base": "https://desk.example/api/v2",
        "auth": AuthWords(header="Authorization", value="Bearer {token}"),
        "verify": VerifyWords(get="/users", expect="`true`", identity="id", label="name"),
        "passthrough": PassthroughWords(allow=["/**"], credential_operations=["/profile", "/tokens/**"]),
        "credential": {"token": FieldWords(label="Token", help="There.")},
        "headers": {"Accept": "application/json"},
    }
    made = ProviderWords(**(words | changes))
    return Provider(
        name=made.name,
        words=made,
        zone=ZoneInfo("UTC"),
        errors=tuple(rules),
        verify_expect=compile_expression(made.verify.expect),
        verify_identity=compile_expression(made.verify.identity),
        verify_label=compile_expression(made.verify.label),
    )


def rule(status, code, when=None, fields=None):
    return ErrorRule(
        status=status,
        code=code,
        when=None if when is None else compile_expression(when),
        fields=None if fields is None else compile_expression(fields),
    )


LIMITED = {
    "limits": [LimitWords(scope="token", calls=120, per=60.0)],
    "limit_headers": LimitHeaders(
        limit="X-RateLimit-Limit", remaining="X-RateLimit-Remaining", reset="X-RateLimit-Reset"
    ),
}


def make_account(origin, number=1, provider=None, token=None, **changes):
    fields = {
        "id": f"account-{number}",
        "tenant_id": f"tenant-{number}",
        "provider": provider or make_provider(),
        "connection": {},
        "credential": {"token": Secret(token or f"token-of-account-{number:04d}-canary")},
        "origin": origin,
        "base_path": "/api/v2",
    }
    return LinkedAccount(**(fields | changes))


async def until(fact, seconds=20.0):
    """Waits until a fact is true; a loaded machine takes its time."""
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 - it is others who make it true
            await asyncio.sleep(0.01)


class Door:
    """An ``Outbound`` with its parts in reach; what it was told of credentials is in ``refused`` and ``worked``."""

    def __init__(self, bounds=None, random=lambda: 0.0, sleep=asyncio.sleep, clock=time.monotonic, egress=None):
        self.bounds = bounds or Bounds()
        self.refused, self.worked = [], []
        self.transport = Transport(
            idle_accounts=self.bounds.idle_accounts,
            connections=self.bounds.account_in_flight,
            connect_seconds=self.bounds.connect_seconds,
            idle_seconds=self.bounds.stream_idle_seconds,
            clock=time.monotonic,
        )
        self.coordination = MemoryCoordination(clock)
        self.outbound = Outbound(
            self.transport,
            self.coordination,
            egress or Egress((), {}, time.monotonic),
            self.bounds,
            self._note(self.refused),
            self._note(self.worked),
            random=random,
            sleep=sleep,
        )

    def _note(self, into):
        async def note(account_id):
            into.append(account_id)

        return note

    def trace(self, seconds=5.0):
        return Trace("request-1", Deadline(seconds))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.transport.aclose()

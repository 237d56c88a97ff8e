"""A provider that can be held: Trengo's simulator, and paths whose answers wait until the test lets them go."""

import asyncio
import threading
from collections import Counter

from sandbox.cli import build
from sandbox.framing import encode
from sandbox.http import Request
from tests.outbound.scripted import Upstream, answer

HELD = "held"
HALF = 200_000
"""Bytes of a download before and after it is held."""


class Held(Upstream):
    """An upstream that knows one action more: to wait for the gate."""

    async def _play(self, actions, reader, writer):
        for action in actions:
            if action == HELD:
                self.waiting += 1
                await self.gate.wait()
                self.waiting -= 1
            elif not await super()._play([action], reader, writer):
                return False
        return True


class Gate:
    """The provider, in a thread. Below ``/api/v2``: ``held``, ``stream``, ``upload``, ``write`` and ``held-write``.

    ``written`` counts how often a write of each body took effect; while ``refusing``, no credential is taken.
    """

    def __init__(self):
        self.written = Counter()
        self.refusing = False
        self._simulator = build("trengo", tickets=20, rate_limit=1_000_000)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._upstream = Held(self._script)
        self._upstream.waiting = 0
        self._run(self._start())
        self.token = self._simulator.token_for(0)

    @property
    def url(self):
        return self._upstream.origin

    @property
    def waiting(self):
        """How many requests wait at the gate."""
        return self._upstream.waiting

    def release(self):
        """Lets everything go that waits, and whatever comes."""
        self._loop.call_soon_threadsafe(self._upstream.gate.set)

    def hold(self):
        self._loop.call_soon_threadsafe(self._upstream.gate.clear)

    def close(self):
        self._run(self._upstream.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _start(self):
        self._upstream.gate = asyncio.Event()
        await self._upstream.__aenter__()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def _script(self, got, number):
        path = got.target.partition(b"?")[0].removeprefix(b"/api/v2/")
        if path in (b"write", b"held-write"):
            self.written[got.body.decode()] += 1
            return [*([HELD] if path == b"held-write" else []), answer(got.body)]
        if path == b"held":
            return [HELD, answer(b'{"held": true}')]
        if path == b"upload":
            return [answer(b'{"bytes": %d}' % len(got.body))]
        if path == b"stream":
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n"
            return [head % (2 * HALF) + b"a" * HALF, HELD, b"b" * HALF]
        if self.refusing:
            return [answer(b'{"message": "Unauthenticated."}', 401, reason=b"Unauthorized")]
        return [self._simulated(got)]

    def _simulated(self, got):
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in got.headers)
        return encode(self._simulator.handle(Request(got.method, got.target.decode(), headers, got.body)))

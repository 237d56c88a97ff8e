"""Workers that start in no time: the application is put together once, and every worker is a fork of that process.

``python -m tests.writing.stable`` reads its settings from ``INTERLINE_*`` as a server does. Each line on its standard
input is a JSON object that starts a worker, and is answered by one with its ``pid``:

    {"port": 8123, "ahead": 3600, "die": ["sent", "after", 2, "a key"]}

``ahead`` is how many seconds the wall clock of writes is ahead. ``die`` is where the worker kills itself (SIGKILL):
before or after the journal's ``claim``, ``sent``, ``applied``, ``finish``, or inside the claim's transaction
(``insert``); the number says at which call with the last, an idempotency key. A write whose key begins with ``HURRIED``
has little time the first time. Retries wait no time, and the waits of a rate limit pass faster by
``HASTE``. Workers that are left are killed when standard input ends.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import time
from functools import partial

import uvloop
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server as Granian

import unified.app
from proxy.coordination.memory import MemoryCoordination
from proxy.journal import Entry, Journal
from proxy.journal.store import Journal as JournalClass
from proxy.outbound.call import Outbound
from proxy.settings import load_settings
from proxy.trace import Deadline
from unified.write import Writer

HASTE = 20
HURRIED, HURRY_SECONDS = "hurried-", 1.0
PLACES = {"claim": Journal, "insert": Journal, "sent": Entry, "applied": Entry, "finish": Entry}


class Clock:
    """The wall clock of writes, which a test may set ahead."""

    ahead = 0.0

    def __call__(self):
        return time.time() + self.ahead


CLOCK = Clock()
SEEN = set()


class ColdWriter(Writer):
    """Reads the small lists anew for each write, so that a write makes the same calls however often it is made."""

    async def write(self, order, upstream):
        if order.key.startswith(HURRIED) and order.key not in SEEN:
            SEEN.add(order.key)
            upstream.trace.deadline = Deadline(HURRY_SECONDS)
        self._lists.forget(upstream.account.id)
        return await super().write(order, upstream)


def hasty(*_):
    """The rate budgets on a clock that runs faster."""
    return MemoryCoordination(lambda: time.monotonic() * HASTE)


async def nap(seconds):
    """A sleep on that clock."""
    await asyncio.sleep(seconds / HASTE)


def put_together():
    """The application of a server, with the clocks above."""
    unified.app.Journal = partial(JournalClass, clock=CLOCK)
    unified.app.Writer = partial(ColdWriter, clock=CLOCK)
    unified.app.open_coordination = hasty
    unified.app.Outbound = partial(Outbound, random=lambda: 0.0, sleep=nap)
    return unified.app.create_app(load_settings(os.environ))


def die_at(place, side, number, key):
    """Makes this process kill itself at a call of the journal that concerns a key."""
    kind, name = PLACES[place], "_first" if place == "insert" else place
    method, claim, mine = getattr(kind, name), Journal.claim, set()
    calls = iter(range(1, 1_000_000))

    async def claiming(self, asked):
        found = await claim(self, asked)
        if asked.key == key and isinstance(found, Entry):
            mine.add(found.id)
        return found

    async def deadly(self, *arguments):
        concerned = self.id in mine if kind is Entry else any(getattr(one, "key", None) == key for one in arguments)
        fatal = concerned and next(calls) == number
        if fatal and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = await method(self, *arguments)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Journal.claim = claiming
    setattr(kind, name, deadly)


async def serve(app, port):
    await Granian(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, websockets=False, log_level=LogLevels.error
    ).serve()


def work(app, order):
    """A worker, until it is killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    CLOCK.ahead = order.get("ahead", 0.0)
    if order.get("die"):
        die_at(*order["die"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(app, order["port"]))


def main():
    app = put_together()
    gc.collect()
    gc.freeze()  # what is here already is neither walked nor copied by the workers
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps
    started = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(app, json.loads(line))
            finally:
                os._exit(1)
        started.append(pid)
        sys.stdout.write(json.dumps({"pid": pid}) + "\n")
        sys.stdout.flush()
    for pid in started:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()

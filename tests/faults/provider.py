"""A provider under a script: the sandbox's simulator answers, and any request may meet a fault instead.

What it got and what it did is kept: every request as bytes, and how often a write of each client reference took effect.
"""

import re
from collections import Counter

from sandbox.cli import build
from sandbox.framing import encode
from sandbox.http import Request
from tests.outbound.scripted import CLOSE, EOF, HANG, RESET, Upstream

__all__ = ["CLOSE", "EOF", "HANG", "RESET", "Provider"]

REFERENCE = re.compile(rb"ref-[0-9a-z-]+")
"""How a scenario marks a write, anywhere in its body: ``ref-`` and a name."""
READS = ("GET", "HEAD", "OPTIONS")


class Provider:
    """Trengo or Chatwoot on loopback. ``script(got, number)`` may give actions (see ``scripted``) or ``None``.

    ``number`` counts the requests since ``reset``, from 1. ``self.real(got)`` is the simulator's own answer as bytes,
    for scripts that let a write take effect and then fail; without a script everything is answered so.
    """

    def __init__(self, stage, name):
        self.name = name
        self._stage = stage
        self._simulator = build(name, tickets=60, rate_limit=100_000)
        self._upstream = Upstream(self._actions)
        self.script = None
        self.effects = Counter()
        stage.run(self._upstream.__aenter__())

    @property
    def address(self):
        return f"127.0.0.1:{self._upstream.port}"

    @property
    def got(self):
        """The requests since the last reset, in order."""
        return list(self._upstream.got)

    @property
    def open(self):
        """How many connections are open."""
        return self._upstream.open

    @property
    def busy(self):
        """How many requests are being answered: those of a caller that hung up count until it is noticed."""
        return self._upstream.busy

    def token(self, number):
        """A token that the simulator takes."""
        return self._simulator.token_for(number)

    def calls(self, path):
        """The requests whose path ends so; all of them where it is empty."""
        return [got for got in self.got if got.target.partition(b"?")[0].endswith(path.encode())]

    def real(self, got):
        """The simulator's answer; a write is carried out and counted."""
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in got.headers)
        answer = self._simulator.handle(Request(got.method, got.target.decode("latin-1"), headers, got.body))
        if got.method not in READS and answer.status < 300:
            self.effects.update(one.decode() for one in set(REFERENCE.findall(got.body)))
        return encode(answer, head_only=got.method == "HEAD")

    def churn(self, **change):
        """Changes the tickets under a reader: ``insert``, ``close``, ``bump`` or ``merge`` so many."""
        return self._simulator.churn(change)

    def reset(self):
        """No script, nothing remembered, the data as they were at first."""
        self.script = None
        self._simulator.reset()
        self._upstream.got.clear()
        self.effects.clear()

    def close(self):
        self._stage.run(self._upstream.__aexit__())

    def _actions(self, got, number):
        actions = self.script(got, number) if self.script else None
        return [self.real(got)] if actions is None else actions

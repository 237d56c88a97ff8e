"""What one request carries through all rooms: its id, its deadline, its stages, its provider calls."""

import time
from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
"""Seconds that never go backwards; injected so that tests can turn it."""


class Deadline:
    """The one moment after which nothing of a request may still be waiting."""

    __slots__ = ("_clock", "at")

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self.at = clock() + seconds

    def left(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.at - self._clock())


class Rate:
    """The provider's budget of an account as it stood after the last call: for the ``RateLimit-*`` headers."""

    __slots__ = ("limit", "remaining", "reset_seconds")

    def __init__(self, limit: int, remaining: int, reset_seconds: float) -> None:
        self.limit = limit
        self.remaining = remaining
        self.reset_seconds = reset_seconds


class Stage:
    """One passage through a stage; a plain class, as a dozen are entered in every request."""

    __slots__ = ("_name", "_start", "_trace")

    def __init__(self, trace: "Trace", name: str) -> None:
        self._trace = trace
        self._name = name

    def __enter__(self) -> None:
        self._start = self._trace.clock()

    def __exit__(self, *_: object) -> None:
        stages = self._trace.stages
        stages[self._name] = stages.get(self._name, 0.0) + self._trace.clock() - self._start


class Trace:
    """The account of one request: stage timings for log line and ``Server-Timing``, provider calls, budget.

    ``retries`` are calls that were made again, ``retries_withheld`` those that the retry budget held back.

    ``path`` is the request's path as it came, decoded: a mount takes its own part off the one that handlers see.

    ``rate`` is the budget after the last provider call; ``ask_rate`` finds it out where there was none. It is given the
    trace, not made with it: a trace that held itself would be left to the garbage collector, one for each request.

    ``origin`` is that of a page in a browser which may read the answer, once the guard has allowed it.

    ``facts`` are the fields of the log line; no secret and no body is ever put there.
    """

    __slots__ = (
        "ask_rate",
        "clock",
        "deadline",
        "facts",
        "origin",
        "path",
        "rate",
        "request_id",
        "retries",
        "retries_withheld",
        "stages",
        "started",
        "upstream_calls",
    )

    def __init__(
        self, request_id: str, deadline: Deadline, clock: Clock = time.perf_counter, *, path: str = ""
    ) -> None:
        self.clock = clock
        self.request_id = request_id
        self.path = path
        self.deadline = deadline
        self.started = clock()
        self.stages: dict[str, float] = {}
        self.facts: dict[str, str | int] = {}
        self.rate: Rate | None = None
        self.ask_rate: Callable[[Trace], Awaitable[None]] | None = None
        self.origin: str | None = None
        self.upstream_calls = 0
        self.retries = 0
        self.retries_withheld = 0

    def stage(self, name: str) -> "Stage":
        """Adds the time spent inside its ``with`` block to the stage ``name``."""
        return Stage(self, name)

    async def find_rate(self) -> None:
        """Sees to it that ``rate`` is known, where the request has an account whose provider has limits."""
        if self.rate is None and self.ask_rate is not None:
            await self.ask_rate(self)

    def elapsed(self) -> float:
        """Seconds since the request began."""
        return self.clock() - self.started

    def server_timing(self) -> str:
        """The value of ``Server-Timing``: each stage in milliseconds (W3C Server Timing)."""
        return ", ".join(f"{name};dur={seconds * 1000:.2f}" for name, seconds in self.stages.items())

"""The rate limit: a fixed window per token, a minute if not said, that starts with its first request."""

import time
from collections.abc import Callable

from sandbox.http import Response
from sandbox.trengo.answers import dumps

WINDOW = 60.0
"""Seconds."""


class Limiter:
    """Counts requests per token; refused ones do not count. Uses real time, unlike the rest of the sandbox."""

    def __init__(self, limit: int, window: float = WINDOW, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._window = window
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def reset(self) -> None:
        """All windows start anew."""
        self._windows.clear()

    def headers(self, remaining: int) -> tuple[tuple[str, str], ...]:
        """The two headers of every API answer."""
        return (("x-ratelimit-limit", str(self.limit)), ("x-ratelimit-remaining", str(remaining)))

    def hit(self, token: str) -> int | Response:
        """What remains after this request, or the 429 that answers it."""
        now = self._clock()
        ends, count = self._windows.get(token, (0.0, 0))
        if now >= ends:
            ends, count = now + self._window, 0
        if count >= self.limit:
            return self._refused(max(1, round(ends - now)))
        self._windows[token] = (ends, count + 1)
        return self.limit - count - 1

    def _refused(self, seconds: int) -> Response:
        reset = str(int(time.time()) + seconds)
        headers = (
            ("content-type", "application/json"),
            ("retry-after", str(seconds)),
            ("x-ratelimit-reset", reset),
            *self.headers(0),
        )
        return Response(429, dumps({"message": "Too Many Attempts."}), headers)

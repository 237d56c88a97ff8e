"""How often something happened of late, counted by all workers together in Redis or Valkey."""

import asyncio
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

PREFIX = "interline:tally:"
REST_SECONDS = 1.0
"""So long Redis is not asked again once it gave no answer."""

_SCRIPT = Path(__file__).with_name("lua") / "tally.lua"
_MICROSECONDS = 1_000_000
_log = structlog.get_logger("interline.tally")


class SharedTally:
    """At most ``most`` moments of one thing within ``window_seconds``; nothing is connected before the first use."""

    def __init__(
        self,
        url: str,
        most: int,
        window_seconds: float,
        operation_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._window = round(window_seconds * _MICROSECONDS)
        self._seconds = operation_seconds
        self._clock = clock
        self._rests_until = 0.0
        self._client: Redis = Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0))
        self._script = self._client.register_script(_SCRIPT.read_text("utf-8"))

    async def note(self, what: str) -> float | None:
        """Counts one more, or answers the seconds to wait; ``None`` where Redis gives no answer.

        Redis holds a digest of ``what``, never itself.
        """
        if self._clock() < self._rests_until:
            return None
        key = PREFIX + blake2b(what.encode(), digest_size=16).hexdigest()
        try:
            async with asyncio.timeout(self._seconds):
                wait: int = await self._script([key], [self._most, self._window, uuid4().hex])
        except (RedisError, OSError) as error:  # TimeoutError is one
            self._rests_until = self._clock() + REST_SECONDS
            _log.warning("tally-lost", reason=type(error).__name__)
            return None
        return wait / _MICROSECONDS

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._client.aclose()

"""Budgets in Redis or Valkey, shared by every worker that is given the same address.

A script carries out each verb, so that nothing comes between its reading and its writing. Keys hold digests: no id and
no word from outside stands in one. A script touches the keys of several limits, which Redis Cluster keeps apart: it is
not supported.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from proxy.coordination.turn import TICKET_SECONDS, Turn
from proxy.coordination.window import Announced, Limit, Standing, tightest

CONNECTIONS = 8
"""A script takes about a tenth of a millisecond: more would only be more to open when a worker starts."""
OPERATION_SECONDS = 0.15
"""One verb, a new connection included."""
TICKS = 15
"""In so many parts the time is waited out: each is longer where this process is behind with its own work, which would
otherwise be taken for a Redis that is lost just when the shared budgets are needed most."""
PREFIX = "interline:budget:"

_LUA = Path(__file__).with_name("lua")
_MICROSECONDS = 1_000_000
_KINDS = ("calls", "tickets", "alive", "facts")
_LONGEST = 10.0**9
"""Seconds; a longer patience is none the scripts could reckon with."""


class SharedStateLost(Exception):  # noqa: N818 - the family's names say what happened
    """Redis gave no answer, or one that is of no use."""


class RedisCoordination:
    """The budgets of all workers. Every verb raises ``SharedStateLost``; asked again, none has its effect twice."""

    def __init__(self, url: str, operation_seconds: float = OPERATION_SECONDS) -> None:
        self._seconds = operation_seconds
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            protocol=2,
            timeout=None,  # the time of an operation is waited out in one place
            socket_connect_timeout=None,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self._client: Redis = Redis.from_pool(pool)
        self._take, self._look, self._settle, self._give_back, self._pause = (
            self._client.register_script(_source(name)) for name in ("take", "look", "settle", "give_back", "pause")
        )

    async def take(self, limits: Sequence[Limit], turn: Turn, patience: float) -> Standing:
        """Takes from all or none, in one script; a call taken before is taken still."""
        arguments = [
            int(turn.lane == "bulk"),
            _micro(min(patience, _LONGEST)),
            _micro(turn.lease),
            _micro(TICKET_SECONDS),
        ]
        return _standing(await self._run(self._take, limits, turn.id, arguments))

    async def look(self, limits: Sequence[Limit]) -> Standing:
        """The budgets as they stand."""
        return _standing(await self._run(self._look, limits, "", []))

    async def settle(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> Standing:
        """Counts the call from now on, and learns what the provider says of its limit."""
        corrected = next((at for at, limit in enumerate(limits, 1) if limit.corrected), 0)
        reset = announced.reset_seconds
        told = [announced.limit, announced.remaining, None if reset is None else _micro(min(reset, _LONGEST))]
        arguments = [corrected, *("" if one is None else one for one in told)]
        return _standing(await self._run(self._settle, limits, turn.id, arguments))

    async def give_back(self, limits: Sequence[Limit], turn: Turn) -> None:
        """Forgets a call that was never sent, and the ticket of who does not wait any more."""
        await self._run(self._give_back, limits, turn.id, [])

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """Stops the scopes until the provider takes calls again."""
        await self._run(self._pause, limits, "", [_micro(min(seconds, _LONGEST))])

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._client.aclose()

    async def _run(self, script: AsyncScript, limits: Sequence[Limit], call: str, arguments: list[Any]) -> list[int]:
        keys = [key for limit in limits for key in _keys(limit)]
        words = [word for limit in limits for word in (limit.calls, _micro(limit.per))]
        try:
            async with _time_for(self._seconds):  # a command that is cut off takes its connection with it
                told: list[int] = await script(keys, [call, *arguments, *words])
                return told
        except TimeoutError:
            raise SharedStateLost(f"no answer in {self._seconds:g} s") from None
        except (RedisError, OSError) as error:
            raise SharedStateLost(f"{type(error).__name__}: {error}"[:200]) from None


@asynccontextmanager
async def _time_for(seconds: float) -> AsyncIterator[None]:
    """Raises ``TimeoutError`` inside once so many seconds are waited out in ``TICKS`` parts."""
    async with asyncio.timeout(None) as scope:
        ticks = _Ticks(scope, seconds)
        try:
            yield
        finally:
            ticks.cancel()


class _Ticks:
    def __init__(self, scope: asyncio.Timeout, seconds: float) -> None:
        self._scope = scope
        self._part = seconds / TICKS
        self._left = TICKS
        self._loop = asyncio.get_running_loop()
        self._tick()

    def _tick(self) -> None:
        if self._left:
            self._left -= 1
            self._next = self._loop.call_later(self._part, self._tick)
        else:
            self._scope.reschedule(self._loop.time())

    def cancel(self) -> None:
        self._next.cancel()


def _source(name: str) -> str:
    return (_LUA / "budget.lua").read_text("utf-8") + (_LUA / f"{name}.lua").read_text("utf-8")


def _keys(limit: Limit) -> list[str]:
    digest = blake2b(limit.key.encode(), digest_size=16).hexdigest()
    return [f"{PREFIX}{digest}:{kind}" for kind in _KINDS]


def _micro(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)


def _standing(told: list[int]) -> Standing:
    wait, *numbers = told
    each = [
        Standing(0.0, limit, remaining, reset / _MICROSECONDS)
        for limit, remaining, reset in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    ]
    return tightest(each, wait / _MICROSECONDS)

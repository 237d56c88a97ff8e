"""Budgets in Redis or Valkey, shared by every worker that is given the same address.

A script carries out each verb, so that nothing comes between its reading and its writing. Keys hold digests: no id and
no word from outside stands in one. A script touches the keys of several limits, which Redis Cluster keeps apart: it is
not supported.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from proxy.coordination.link import SharedStateLost
from proxy.coordination.memory import WINDOWS_KEPT
from proxy.coordination.pipe import Pipe, Script, digest
from proxy.coordination.turn import TICKET_SECONDS, Turn
from proxy.coordination.window import Announced, Limit, Standing, tightest

PREFIX = "interline:budget:"

_LUA = Path(__file__).with_name("lua")
_MICROSECONDS = 1_000_000
_KINDS = ("calls", "tickets", "alive", "facts")
_LONGEST = 10.0**9
"""Seconds; a longer patience is none the scripts could reckon with."""
_TICKET_LIFE = round(TICKET_SECONDS * _MICROSECONDS)


class RedisCoordination:
    """The budgets of all workers. Every verb raises ``SharedStateLost``; asked again, none has its effect twice."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._take, self._look, self._settle, self._give_back, self._pause = (
            Script(_source(name)) for name in ("take", "look", "settle", "give_back", "pause")
        )

    async def take(self, limits: Sequence[Limit], turn: Turn, patience: float) -> Standing:
        """Takes from all or none, in one script; a call taken before is taken still."""
        bulk = int(turn.lane == "bulk")
        arguments = (bulk, _micro(min(patience, _LONGEST)), _micro(turn.lease), _TICKET_LIFE)
        return _standing(await self._run(self._take, limits, turn.id, arguments))

    async def look(self, limits: Sequence[Limit]) -> Standing:
        """The budgets as they stand."""
        return _standing(await self._run(self._look, limits, "", ()))

    async def settle(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> Standing:
        """Counts the call from now on, and learns what the provider says of its limit."""
        corrected = next((at for at, limit in enumerate(limits, 1) if limit.corrected), 0)
        reset = announced.reset_seconds
        told = (announced.limit, announced.remaining, None if reset is None else _micro(min(reset, _LONGEST)))
        arguments = (corrected, *["" if one is None else one for one in told])
        return _standing(await self._run(self._settle, limits, turn.id, arguments))

    async def give_back(self, limits: Sequence[Limit], turn: Turn) -> None:
        """Forgets a call that was never sent, and the ticket of who does not wait any more."""
        await self._run(self._give_back, limits, turn.id, ())

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """Stops the scopes until the provider takes calls again."""
        await self._run(self._pause, limits, "", (_micro(min(seconds, _LONGEST)),))

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._pipe.aclose()

    async def _run(self, script: Script, limits: Sequence[Limit], call: str, arguments: Sequence[Any]) -> list[Any]:
        keys: list[bytes] = []
        words: list[int] = []
        for limit in limits:
            names, sizes = _words(limit)
            keys += names
            words += sizes
        return await self._pipe.run(script, keys, (call, *arguments, *words))


def _source(name: str) -> str:
    return (_LUA / "budget.lua").read_text("utf-8") + (_LUA / f"{name}.lua").read_text("utf-8")


@lru_cache(maxsize=WINDOWS_KEPT)
def _words(limit: Limit) -> tuple[tuple[bytes, ...], tuple[int, int]]:
    """The keys of a limit, and its calls and window."""
    scope = PREFIX + digest(limit.key)
    return tuple(f"{scope}:{kind}".encode() for kind in _KINDS), (limit.calls, _micro(limit.per))


def _micro(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)


def _standing(told: list[Any]) -> Standing:
    try:
        wait, *numbers = told
        each = [
            Standing(0.0, limit, remaining, reset / _MICROSECONDS)
            for limit, remaining, reset in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        ]
        return tightest(each, wait / _MICROSECONDS)
    except (TypeError, ValueError):
        raise SharedStateLost("an answer of another shape") from None

"""Shared budgets that may be lost: traffic goes on, each worker with its part of every limit."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from proxy.coordination import Coordination
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.redis import SharedStateLost
from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit, Standing
from proxy.metrics import REDIS_LOST
from proxy.trace import Clock

REST_SECONDS = 1.0
"""So long nobody asks a shared state that gave no answer; then one call does, and the others go on without."""

T = TypeVar("T")
_log = structlog.get_logger("interline.budgets")


class Degrading:
    """The shared budgets while they answer, else this worker's own.

    The worker's own books are kept all the time: where the shared state is lost they know what this worker has used,
    and what the provider said last. Both books take an answer to a call that the other one gave out.
    """

    def __init__(self, shared: Coordination, own: MemoryCoordination, clock: Clock) -> None:
        self._shared = shared
        self._own = own
        self._clock = clock
        self._lost_since: float | None = None
        self._rests_until = 0.0

    async def take(self, limits: Sequence[Limit], turn: Turn, patience: float) -> Standing:
        """Takes from the shared budgets, or from this worker's part."""
        standing = await self._ask(lambda: self._shared.take(limits, turn, patience))
        if standing is None:
            return await self._own.take(limits, turn, patience)
        if standing.wait <= 0:
            self._own.note(limits, turn)
        else:
            await self._own.give_back(limits, turn)  # a ticket from when the shared state was lost
        return standing

    async def look(self, limits: Sequence[Limit]) -> Standing:
        """The shared budgets, or this worker's part."""
        return await self._ask(lambda: self._shared.look(limits)) or await self._own.look(limits)

    async def settle(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> Standing:
        """Counts the call in both."""
        own = await self._own.settle(limits, turn, announced)
        return await self._ask(lambda: self._shared.settle(limits, turn, announced)) or own

    async def give_back(self, limits: Sequence[Limit], turn: Turn) -> None:
        """Forgets the call in both."""
        await self._own.give_back(limits, turn)
        await self._ask(lambda: self._shared.give_back(limits, turn))

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """Stops the scopes in both."""
        await self._own.pause(limits, seconds)
        await self._ask(lambda: self._shared.pause(limits, seconds))

    async def aclose(self) -> None:
        """Closes the shared state."""
        await self._shared.aclose()

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """The shared state's answer, ``None`` where it gives none or is not asked."""
        if self._clock() < self._rests_until:
            return None
        if self._lost_since is not None:
            self._rests_until = self._clock() + REST_SECONDS
        try:
            answer = await question()
        except SharedStateLost as lost:
            self._note_lost(str(lost))
            return None
        self._note_back()
        return answer

    def _note_lost(self, reason: str) -> None:
        now = self._clock()
        self._rests_until = now + REST_SECONDS
        if self._lost_since is None:
            self._lost_since = now
            REDIS_LOST.set(1)
            _log.warning("shared-budgets-lost", reason=reason)

    def _note_back(self) -> None:
        if self._lost_since is not None:
            _log.warning("shared-budgets-back", seconds=round(self._clock() - self._lost_since, 1))
            self._lost_since = None
            self._rests_until = 0.0
            REDIS_LOST.set(0)

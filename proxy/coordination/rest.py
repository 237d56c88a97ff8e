"""A shared state that gave no answer is left alone for a while."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import structlog

from proxy.coordination.link import SharedStateLost
from proxy.metrics import REDIS_LOST
from proxy.trace import Clock

REST_SECONDS = 1.0
"""So long nobody asks a shared state that gave no answer; then one call does, and the others go on without."""

P = ParamSpec("P")
T = TypeVar("T")
_log = structlog.get_logger("interline.budgets")


class Rest:
    """Whether the shared state answers, as all who ask it have seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lost_since: float | None = None
        self._until = 0.0

    async def ask(self, verb: Callable[P, Awaitable[T]], *words: P.args, **named: P.kwargs) -> T | None:
        """The shared state's answer, ``None`` where it gives none or is not asked."""
        if self._lost_since is not None and not self._asks_again():
            return None
        try:
            answer = await verb(*words, **named)
        except SharedStateLost as lost:
            self._note_lost(str(lost))
            return None
        if self._lost_since is not None:
            self._note_back(self._lost_since)
        return answer

    def _asks_again(self) -> bool:
        now = self._clock()
        if now < self._until:
            return False
        self._until = now + REST_SECONDS
        return True

    def _note_lost(self, reason: str) -> None:
        now = self._clock()
        self._until = now + REST_SECONDS
        if self._lost_since is None:
            self._lost_since = now
            REDIS_LOST.set(1)
            _log.warning("shared-budgets-lost", reason=reason)

    def _note_back(self, since: float) -> None:
        self._lost_since = None
        REDIS_LOST.set(0)
        _log.warning("shared-budgets-back", seconds=round(self._clock() - since, 1))

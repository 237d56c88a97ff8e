"""The arithmetic of rate budgets: exact windows, corrected by what the provider announces. Time is an argument."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct


class Limit(Struct, frozen=True):
    """One window a call counts in: ``calls`` in any ``per`` seconds, shared by all that have the same ``key``.

    ``corrected`` marks the limit that the provider's answer headers are about.
    """

    key: str
    calls: int
    per: float
    corrected: bool = False


class Announced(Struct, frozen=True):
    """What the headers of an answer say: calls allowed, calls left, seconds until the provider counts anew."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


class Standing(Struct, frozen=True):
    """A budget as it stands: ``wait`` is 0 where a call was taken; ``reset_seconds`` until the next one comes free."""

    wait: float
    limit: int
    remaining: int
    reset_seconds: float


BOUNDLESS = 10**12
"""The calls of a limit that is there to be paused only, and never shown."""

UNLIMITED = Standing(wait=0.0, limit=0, remaining=0, reset_seconds=0.0)
"""Of a provider that declares no limit; ``limit`` is 0."""


class Window:
    """The last calls of one scope.

    A call under way counts without end and, once answered, for ``per`` seconds from the answer: the provider counted it
    at some moment in between, so it can never see more than the limit in one of its windows, whatever the latency.
    ``elsewhere`` are calls that only the provider knows of: made by others with the same credential.
    """

    __slots__ = ("_answered", "_calls", "_elsewhere", "_elsewhere_until", "_paused_until", "_per", "_under_way")

    def __init__(self, calls: int, per: float) -> None:
        self._calls = calls
        self._per = per
        self._answered: deque[float] = deque()
        self._under_way = 0
        self._elsewhere = 0
        self._elsewhere_until = 0.0
        self._paused_until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a call may be taken; 0 means now."""
        excess = self._used(now) + 1 - self._calls
        free_at = now if excess <= 0 else self._frees(now, excess)
        return max(0.0, free_at - now, self._paused_until - now)

    def take(self) -> None:
        """One call goes under way."""
        self._under_way += 1

    def give_back(self) -> None:
        """A call under way was never sent."""
        self._under_way -= 1

    def settle(self, now: float) -> None:
        """A call under way was answered, or nobody knows whether the provider has seen it."""
        self._under_way -= 1
        self._answered.append(now)

    def pause(self, until: float) -> None:
        """No call before ``until``."""
        self._paused_until = max(self._paused_until, until)

    def learn(self, now: float, announced: Announced) -> None:
        """An announced limit replaces the declared one; fewer calls left than we count are calls made elsewhere."""
        if announced.limit is not None and announced.limit > 0:
            self._calls = announced.limit
        if announced.remaining is None:
            return
        ours = self._under_way + len(self._answered)
        self._elsewhere = max(0, self._calls - announced.remaining - ours)
        reset = self._per if announced.reset_seconds is None else announced.reset_seconds
        self._elsewhere_until = now + min(reset, self._per)

    def standing(self, now: float) -> Standing:
        """The budget at ``now``."""
        left = max(0, self._calls - self._used(now))
        return Standing(
            self.wait(now), self._calls, left, max(0.0, self._frees(now, 1) - now) if self._used(now) else 0.0
        )

    def idle(self, now: float) -> bool:
        """Nothing would be lost by forgetting this window."""
        return self._used(now) == 0 and self._paused_until <= now

    def _used(self, now: float) -> int:
        while self._answered and now - self._answered[0] >= self._per:
            self._answered.popleft()
        if now >= self._elsewhere_until:
            self._elsewhere = 0
        return self._under_way + len(self._answered) + self._elsewhere

    def _frees(self, now: float, count: int) -> float:
        """When ``count`` of the used calls will have left; those under way leave in ``per`` at the soonest."""
        leaves = [(stamp + self._per, 1) for stamp in self._oldest(count)]
        if self._elsewhere:
            leaves.append((self._elsewhere_until, self._elsewhere))
        for at, calls in sorted(leaves):
            count -= calls
            if count <= 0:
                return at
        return now + self._per

    def _oldest(self, count: int) -> list[float]:
        return [self._answered[index] for index in range(min(count, len(self._answered)))]


def tightest(standings: Sequence[Standing], wait: float) -> Standing:
    """The standing to show of several limits: the one with the least left, relative to its size."""
    counted = [one for one in standings if one.limit < BOUNDLESS]
    if not counted:
        return Standing(wait, UNLIMITED.limit, UNLIMITED.remaining, UNLIMITED.reset_seconds)
    shown = min(counted, key=lambda one: one.remaining / one.limit)
    return Standing(wait, shown.limit, shown.remaining, shown.reset_seconds)

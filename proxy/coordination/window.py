"""The arithmetic of rate budgets: exact windows, corrected by what the provider announces. Time is an argument."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from proxy.coordination.queue import Queue
from proxy.coordination.turn import Lane, Turn


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


LEFT_BY_BULK = 10
"""Of so many calls of a limit bulk ones leave one to interactive ones: else who is told to come again when a window is
over could find that bulk has used up the next one too. ``lua/take.lua`` has the same number."""
BOUNDLESS = 10**12
"""The calls of a limit that is there to be paused only, and never shown."""

UNLIMITED = Standing(wait=0.0, limit=0, remaining=0, reset_seconds=0.0)
"""Of a provider that declares no limit; ``limit`` is 0."""


class Window:
    """The last calls of one scope, and who waits for the next.

    A call under way counts without end and, once answered, for ``per`` seconds from the answer: the provider counted it
    at some moment in between, so it can never see more than the limit in one of its windows, whatever the latency.
    ``elsewhere`` are calls that only the provider knows of: made by others with the same credential.

    Of ``calls`` the window gives out ``1 / share``: the part of one worker where several cannot ask each other.
    """

    __slots__ = (
        "_answered",
        "_calls",
        "_elsewhere",
        "_elsewhere_until",
        "_paused_until",
        "_per",
        "_share",
        "_under_way",
        "queue",
    )

    def __init__(self, calls: int, per: float, share: int = 1) -> None:
        self._share = share
        self._calls = self._part(calls)
        self._per = per
        self._answered: deque[float] = deque()
        self._under_way: set[str] = set()
        self._elsewhere = 0
        self._elsewhere_until = 0.0
        self._paused_until = 0.0
        self.queue = Queue()

    def wait(self, now: float, ahead: int = 0, lane: Lane = "interactive") -> float:
        """Seconds until a call may be taken by who has ``ahead`` others before it; 0 means now.

        Those ahead take the calls that come free first, and each of these comes free again ``per`` seconds later.
        """
        most = self._calls if lane == "interactive" else self._calls - self._calls // LEFT_BY_BULK
        rounds, place = divmod(ahead, most)
        excess = self._used(now) + place + 1 - most
        free_at = now if excess <= 0 else self._frees(now, excess)
        return max(0.0, max(free_at, self._paused_until) + rounds * self._per - now)

    def wait_of(self, now: float, turn: Turn) -> float:
        """Seconds until it is this turn's turn."""
        return self.wait(now, self.queue.ahead(turn, now), turn.lane)

    def take(self, call: str) -> None:
        """One call goes under way; it waits no longer."""
        self.queue.leave(call)
        self._under_way.add(call)

    def give_back(self, call: str) -> None:
        """A call was never sent, or is waited for no longer."""
        self.queue.leave(call)
        self._under_way.discard(call)

    def settle(self, now: float, call: str) -> None:
        """A call was answered, or nobody knows whether the provider has seen it."""
        self._under_way.discard(call)
        self._answered.append(now)

    def pause(self, until: float) -> None:
        """No call before ``until``."""
        self._paused_until = max(self._paused_until, until)

    def paused(self, now: float) -> float:
        """Seconds for which the provider refuses calls."""
        return max(0.0, self._paused_until - now)

    def learn(self, now: float, announced: Announced) -> None:
        """An announced limit replaces the declared one; fewer calls left than we count are calls made elsewhere."""
        if announced.limit is not None and announced.limit > 0:
            self._calls = self._part(announced.limit)
        if announced.remaining is None:
            return
        ours = len(self._under_way) + len(self._answered)
        self._elsewhere = max(0, self._calls - announced.remaining - ours)
        reset = self._per if announced.reset_seconds is None else announced.reset_seconds
        self._elsewhere_until = now + min(reset, self._per)

    def standing(self, now: float) -> Standing:
        """The budget at ``now``, as it is shown: who would have to wait is not asked."""
        used = self._used(now)
        reset = max(0.0, self._frees(now, 1) - now) if used else 0.0
        return Standing(0.0, self._calls, max(0, self._calls - used), reset)

    def idle(self, now: float) -> bool:
        """Nothing would be lost by forgetting this window."""
        return self._used(now) == 0 and self._paused_until <= now and not self.queue

    def _part(self, calls: int) -> int:
        return max(1, calls // self._share)

    def _used(self, now: float) -> int:
        while self._answered and now - self._answered[0] >= self._per:
            self._answered.popleft()
        if now >= self._elsewhere_until:
            self._elsewhere = 0
        return len(self._under_way) + len(self._answered) + self._elsewhere

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

"""Budgets of one process."""

from collections import OrderedDict
from collections.abc import Sequence

from proxy.coordination.turn import TICKET_SECONDS, Turn
from proxy.coordination.window import Announced, Limit, Standing, Window, tightest
from proxy.trace import Clock

WINDOWS_KEPT = 10_000
"""Scopes remembered while they are idle; one costs about a kilobyte."""


class MemoryCoordination:
    """Budgets in memory: right for one worker, and what a worker falls back to when the shared state is lost.

    ``share``: of how many workers this is one; it gives out its part of each limit.
    """

    def __init__(self, clock: Clock, kept: int = WINDOWS_KEPT, share: int = 1) -> None:
        self._clock = clock
        self._kept = kept
        self._share = share
        self._windows: OrderedDict[str, Window] = OrderedDict()

    async def take(self, limits: Sequence[Limit], turn: Turn, patience: float) -> Standing:
        """Takes from all or none; without an ``await`` inside, so no other task comes between."""
        now = self._clock()
        windows = [self._window(limit) for limit in limits]
        waits = [window.wait_of(now, turn) for window in windows]
        wait = max(waits, default=0.0)
        if wait <= 0:
            for window in windows:
                window.take(turn.id)
        else:
            for window, own in zip(windows, waits, strict=True):
                _queue(window, turn, own, now, stays=wait <= patience)
        return self._standing(windows, now, wait)

    async def look(self, limits: Sequence[Limit]) -> Standing:
        """The budgets as they stand, and the longest pause."""
        now = self._clock()
        windows = [self._window(limit) for limit in limits]
        return self._standing(windows, now, max((window.paused(now) for window in windows), default=0.0))

    def note(self, limits: Sequence[Limit], turn: Turn) -> None:
        """Counts a call that was taken elsewhere."""
        for limit in limits:
            self._window(limit).take(turn.id)

    async def settle(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> Standing:
        """Counts the call from now on, and learns what the provider says of its limit."""
        self.note_answer(limits, turn, announced)
        return self.standing(limits)

    def note_answer(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> None:
        """As ``settle``, where nobody asks how the budgets stand."""
        now = self._clock()
        for limit in limits:
            window = self._window(limit)
            window.settle(now, turn.id)
            if limit.corrected:
                window.learn(now, announced)

    def standing(self, limits: Sequence[Limit]) -> Standing:
        """The budgets as they stand; there is no wait to tell."""
        return self._standing([self._window(limit) for limit in limits], self._clock(), 0.0)

    async def give_back(self, limits: Sequence[Limit], turn: Turn) -> None:
        """Forgets a call that was never sent, and the ticket of who does not wait any more."""
        for limit in limits:
            self._window(limit).give_back(turn.id)

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """Stops the scopes until the provider takes calls again."""
        until = self._clock() + seconds
        for limit in limits:
            self._window(limit).pause(until)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _standing(self, windows: list[Window], now: float, wait: float) -> Standing:
        return tightest([window.standing(now) for window in windows], wait)

    def _window(self, limit: Limit) -> Window:
        window = self._windows.get(limit.key)
        if window is None:
            window = self._windows[limit.key] = Window(limit.calls, limit.per, self._share)
            self._forget_idle()
        else:
            self._windows.move_to_end(limit.key)
        return window

    def _forget_idle(self) -> None:
        now = self._clock()
        while len(self._windows) > self._kept:
            key, oldest = next(iter(self._windows.items()))
            if not oldest.idle(now):
                return
            del self._windows[key]


def _queue(window: Window, turn: Turn, wait: float, now: float, *, stays: bool) -> None:
    """A ticket stands where the turn must wait, and stays until the call is taken from all limits."""
    if not stays:
        window.queue.leave(turn.id)
    elif wait > 0 or turn in window.queue:
        window.queue.wait(turn, now + TICKET_SECONDS)

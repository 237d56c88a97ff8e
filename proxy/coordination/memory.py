"""Budgets of one process."""

from collections import OrderedDict
from collections.abc import Sequence

from proxy.coordination.window import Announced, Limit, Standing, Window, tightest
from proxy.trace import Clock

WINDOWS_KEPT = 10_000
"""Scopes remembered while they are idle; one costs about a kilobyte."""


class MemoryCoordination:
    """Budgets in memory: right for one worker, and what a worker falls back to when the shared state is lost."""

    def __init__(self, clock: Clock, kept: int = WINDOWS_KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._windows: OrderedDict[str, Window] = OrderedDict()

    async def take(self, limits: Sequence[Limit]) -> Standing:
        """Takes from all or none; without an ``await`` inside, so no other task comes between."""
        now = self._clock()
        windows = [self._window(limit) for limit in limits]
        wait = max((window.wait(now) for window in windows), default=0.0)
        if wait <= 0:
            for window in windows:
                window.take()
        return self._standing(windows, now, wait)

    async def settle(self, limits: Sequence[Limit], announced: Announced) -> Standing:
        """Counts the call from now on, and learns what the provider says of its limit."""
        now = self._clock()
        windows = [self._window(limit) for limit in limits]
        for window, limit in zip(windows, limits, strict=True):
            window.settle(now)
            if limit.corrected:
                window.learn(now, announced)
        return self._standing(windows, now, 0.0)

    async def give_back(self, limits: Sequence[Limit]) -> None:
        """Forgets a call that was never sent."""
        for limit in limits:
            self._window(limit).give_back()

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """Stops the scopes until the provider takes calls again."""
        until = self._clock() + seconds
        for limit in limits:
            self._window(limit).pause(until)

    def _standing(self, windows: list[Window], now: float, wait: float) -> Standing:
        return tightest([window.standing(now) for window in windows], wait)

    def _window(self, limit: Limit) -> Window:
        window = self._windows.get(limit.key)
        if window is None:
            window = self._windows[limit.key] = Window(limit.calls, limit.per)
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

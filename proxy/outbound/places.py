"""How many calls of one account run at the same time, and how many wait."""

import asyncio
from collections import deque
from collections.abc import Callable

from proxy.errors import Overloaded


class _Lane:
    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.busy = 0
        self.waiting: deque[asyncio.Future[None]] = deque()


class Places:
    """First come, first served, per account: a provider that hangs for one customer holds up no other."""

    def __init__(self, in_flight: int, queued: int) -> None:
        self._in_flight = in_flight
        self._queued = queued
        self._lanes: dict[str, _Lane] = {}

    async def enter(self, account_id: str, seconds: float) -> Callable[[], None]:
        """Takes a place, waiting at most ``seconds``; calling the result gives it back, once however often called.

        Raises ``Overloaded`` where the queue is full or the wait was in vain.
        """
        lane = self._lanes.setdefault(account_id, _Lane())
        if lane.busy < self._in_flight:
            lane.busy += 1
            return self._way_out(account_id)
        if len(lane.waiting) >= self._queued:
            raise _overloaded()
        await self._wait(account_id, lane, seconds)
        return self._way_out(account_id)

    def _way_out(self, account_id: str) -> Callable[[], None]:
        inside = [account_id]

        def leave() -> None:
            while inside:
                self._leave(inside.pop())

        return leave

    async def _wait(self, account_id: str, lane: _Lane, seconds: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        lane.waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._leave(account_id)  # the turn came while the wait was given up
            elif turn in lane.waiting:
                lane.waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise _overloaded() from None
            raise

    def _leave(self, account_id: str) -> None:
        """To the longest waiting, if any."""
        lane = self._lanes[account_id]
        while lane.waiting:
            turn = lane.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        lane.busy -= 1
        if not lane.busy and not lane.waiting:
            del self._lanes[account_id]


def _overloaded() -> Overloaded:
    return Overloaded("too many calls of this account are under way; try again", headers={"Retry-After": "1"})

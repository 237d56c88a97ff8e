"""How many calls of one account are inside, and how many of them are under way at the same time."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from proxy.coordination.turn import Lane
from proxy.errors import Overloaded

LANES: tuple[Lane, ...] = ("interactive", "bulk")
"""In the order in which a place that comes free is given to those who wait."""
BULK_PART = 0.75
"""What bulk calls may hold of the places and of the room to wait; the rest is kept for interactive ones."""


class _Account:
    """Who is inside for one account: ``busy`` are under way, the others wait for a budget or for a place."""

    __slots__ = ("busy", "inside", "waiting")

    def __init__(self) -> None:
        self.inside: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self.busy: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self.waiting: Mapping[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in LANES}


class Places:
    """The places of every account: a provider that hangs for one customer holds up no other."""

    def __init__(self, in_flight: int, queued: int) -> None:
        self._in_flight = in_flight
        self._room = in_flight + queued
        self._accounts: dict[str, _Account] = {}

    def admit(self, account_id: str, lane: Lane) -> "Visit":
        """Lets a call inside, at once; raises ``Overloaded`` where so many are that it would only make it worse."""
        account = self._accounts.setdefault(account_id, _Account())
        if not _fits(account.inside, lane, self._room):
            raise _overloaded()
        account.inside[lane] += 1
        return Visit(self, account_id, lane)

    async def enter(self, account_id: str, seconds: float) -> Callable[[], None]:
        """Lets an interactive call inside and gives it a place; calling the result ends both.

        Raises ``Overloaded`` where there is no room, or the wait of at most ``seconds`` was in vain.
        """
        visit = self.admit(account_id, "interactive")
        try:
            await visit.place(seconds)
        except BaseException:
            visit.leave()
            raise
        return visit.leave

    async def take(self, account_id: str, lane: Lane, seconds: float) -> bool:
        """Takes a place for who is inside, and says whether it was waited for: ``seconds`` at most.

        Raises ``Overloaded`` where that was vain.
        """
        account = self._accounts[account_id]
        if _fits(account.busy, lane, self._in_flight):
            account.busy[lane] += 1
            return False
        turn = asyncio.get_running_loop().create_future()
        account.waiting[lane].append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
            return True
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.give_back(account_id, lane)  # the place came while the wait was given up
            elif turn in account.waiting[lane]:
                account.waiting[lane].remove(turn)
            if isinstance(error, TimeoutError):
                raise _overloaded() from None
            raise

    def give_back(self, account_id: str, lane: Lane) -> None:
        """Frees a place, for whoever waits longest in the first lane that may have it."""
        account = self._accounts[account_id]
        account.busy[lane] -= 1
        for next_lane in LANES:
            waiting = account.waiting[next_lane]
            while waiting and _fits(account.busy, next_lane, self._in_flight):
                turn = waiting.popleft()
                if not turn.done():
                    account.busy[next_lane] += 1
                    turn.set_result(None)

    def leave(self, account_id: str, lane: Lane) -> None:
        """Goes outside."""
        account = self._accounts[account_id]
        account.inside[lane] -= 1
        if not any(account.inside.values()):
            del self._accounts[account_id]


class Visit:
    """One call inside; it may take a place and give it back more than once, and goes outside once."""

    def __init__(self, places: Places, account_id: str, lane: Lane) -> None:
        self._places = places
        self._account_id = account_id
        self._lane = lane
        self._inside = True
        self._placed = False

    async def place(self, seconds: float) -> bool:
        """Takes a place among those under way, and says whether it was waited for: ``seconds`` at most.

        Raises ``Overloaded``.
        """
        waited = await self._places.take(self._account_id, self._lane, seconds)
        self._placed = True
        return waited

    def give_back(self) -> None:
        """Frees the place, if there is one, and stays inside."""
        if self._placed:
            self._placed = False
            self._places.give_back(self._account_id, self._lane)

    def leave(self) -> None:
        """Frees everything, once however often called."""
        self.give_back()
        if self._inside:
            self._inside = False
            self._places.leave(self._account_id, self._lane)


def _fits(taken: Mapping[Lane, int], lane: Lane, most: int) -> bool:
    """Whether one more of a lane fits; bulk leaves a part to interactive calls."""
    if sum(taken.values()) >= most:
        return False
    return lane == "interactive" or taken["bulk"] < max(1, int(most * BULK_PART))


def _overloaded() -> Overloaded:
    return Overloaded("too many calls of this account are under way; try again", headers={"Retry-After": "1"})

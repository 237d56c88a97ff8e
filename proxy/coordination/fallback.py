"""Shared budgets that may be lost: traffic goes on, each worker with its part of every limit."""

from collections.abc import Sequence

from proxy.coordination import Coordination
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.rest import Rest
from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit, Standing


class Degrading:
    """The shared budgets while they answer, else this worker's own.

    The worker's own books are kept all the time: where the shared state is lost they know what this worker has used,
    and what the provider said last. Both books take an answer to a call that the other one gave out.
    """

    def __init__(self, shared: Coordination, own: MemoryCoordination, rest: Rest) -> None:
        self._shared = shared
        self._own = own
        self._rest = rest

    async def take(self, limits: Sequence[Limit], turn: Turn, patience: float) -> Standing:
        """Takes from the shared budgets, or from this worker's part."""
        standing = await self._rest.ask(self._shared.take, limits, turn, patience)
        if standing is None:
            return await self._own.take(limits, turn, patience)
        if standing.wait <= 0:
            self._own.note(limits, turn)
        else:
            await self._own.give_back(limits, turn)  # a ticket from when the shared state was lost
        return standing

    async def look(self, limits: Sequence[Limit]) -> Standing:
        """The shared budgets, or this worker's part."""
        return await self._rest.ask(self._shared.look, limits) or await self._own.look(limits)

    async def settle(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> Standing:
        """Counts the call in both."""
        self._own.note_answer(limits, turn, announced)
        standing = await self._rest.ask(self._shared.settle, limits, turn, announced)
        return self._own.standing(limits) if standing is None else standing

    async def give_back(self, limits: Sequence[Limit], turn: Turn) -> None:
        """Forgets the call in both."""
        await self._own.give_back(limits, turn)
        await self._rest.ask(self._shared.give_back, limits, turn)

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """Stops the scopes in both."""
        await self._own.pause(limits, seconds)
        await self._rest.ask(self._shared.pause, limits, seconds)

    async def aclose(self) -> None:
        """Closes the shared state."""
        await self._shared.aclose()

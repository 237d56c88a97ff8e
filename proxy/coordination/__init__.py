"""What workers share: the rate budgets; one protocol, one file per back end."""

from collections.abc import Sequence
from typing import Protocol

from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit, Standing


class Coordination(Protocol):
    """The budgets of all scopes. Every taken call is settled or given back, exactly once.

    A call that is not known, because another back end gave it out or it was forgotten, is settled all the same.
    """

    async def take(self, limits: Sequence[Limit], turn: Turn, patience: float) -> Standing:
        """Takes one call from every limit, or from none: then ``Standing.wait`` is above 0, in seconds.

        A wait of at most ``patience`` seconds leaves a ticket in the queue of each limit that is used up; it keeps the
        place of who asks again in time. A longer one leaves none.
        """

    async def look(self, limits: Sequence[Limit]) -> Standing:
        """The budgets as they stand; nothing is taken, and ``Standing.wait`` is what is left of a pause."""

    async def settle(self, limits: Sequence[Limit], turn: Turn, announced: Announced) -> Standing:
        """The call reached the provider, or may have; its headers correct the limit that they are about."""

    async def give_back(self, limits: Sequence[Limit], turn: Turn) -> None:
        """The call was never sent, or nobody waits for it any more."""

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """The provider refuses calls of these scopes for so long."""

    async def aclose(self) -> None:
        """Closes what is open."""

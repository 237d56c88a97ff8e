"""What workers share: the rate budgets; one protocol, one file per back end."""

from collections.abc import Sequence
from typing import Protocol

from proxy.coordination.window import Announced, Limit, Standing


class Coordination(Protocol):
    """The budgets of all scopes. Every taken call is settled or given back, exactly once."""

    async def take(self, limits: Sequence[Limit]) -> Standing:
        """Takes one call from every limit, or from none: then ``Standing.wait`` is above 0, in seconds."""

    async def settle(self, limits: Sequence[Limit], announced: Announced) -> Standing:
        """A taken call reached the provider, or may have; its headers correct the limit that they are about."""

    async def give_back(self, limits: Sequence[Limit]) -> None:
        """A taken call was never sent."""

    async def pause(self, limits: Sequence[Limit], seconds: float) -> None:
        """The provider refuses calls of these scopes for so long."""

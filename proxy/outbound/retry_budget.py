"""How many calls may be made again at the same time: a provider that fails must not get three times the calls.

The numbers are those of Envoy's retry budget. What is made again after a 429 is not counted in it: that waits for the
rate budget, which paces it already.
"""

from typing import Self

SHARE = 0.2
"""Of the calls under way."""
LEAST = 3
"""However few calls are under way."""


class RetryBudget:
    """The calls of one process that are under way, and those of them that are being made again."""

    def __init__(self) -> None:
        self.calls = 0
        self.retrying = 0

    def call(self) -> "Share":
        """One call, as a context."""
        return Share(self)


class Share:
    """A call's share of the retry budget, held until the call ends."""

    def __init__(self, budget: RetryBudget) -> None:
        self._budget = budget
        self._taken = False

    def __enter__(self) -> Self:
        self._budget.calls += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.calls -= 1
        if self._taken:
            self._budget.retrying -= 1

    def take(self) -> bool:
        """Whether the call may be made again; once it may, a second time too."""
        if not self._taken and self._budget.retrying < max(LEAST, SHARE * self._budget.calls):
            self._budget.retrying += 1
            self._taken = True
        return self._taken

"""Whose turn it is: one call on its way through the budgets."""

import os
from typing import Literal

from msgspec import Struct, field

Lane = Literal["interactive", "bulk"]
"""Somebody looks at a screen, or nobody does: bulk takes only what no interactive call waits for."""

LEASE_SECONDS = 60.0
TICKET_SECONDS = 10.0
"""A ticket that nobody asked with for so long is void: its worker died."""


def new_id() -> str:
    """An id that no other worker makes."""
    return os.urandom(16).hex()


class Turn(Struct, frozen=True):
    """One call. ``lease`` seconds after it was taken it counts as answered, whatever became of its worker.

    The lease must be longer than the longest call: the provider may count a call until it is answered.
    """

    lane: Lane = "interactive"
    lease: float = LEASE_SECONDS
    id: str = field(default_factory=new_id)

"""Ticket status: the states a ticket can be in."""

from typing import Literal

from unified.schemas.types import Id, Record

StatusName = Literal["open", "active", "pending", "snoozed", "resolved", "closed", "spam"]
"""One to one with the provider's words."""

Category = Literal["open", "waiting", "closed", "spam"]
"""The portable meaning; several statuses may share one."""


class TicketStatus(Record, kw_only=True, forbid_unknown_fields=True):
    """A state of a ticket, in the provider's word (``id``) and in ours."""

    id: Id
    name: StatusName | None
    category: Category | None
    description: str | None

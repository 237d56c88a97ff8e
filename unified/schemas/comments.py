"""Comments: what was said on a ticket, to the customer or among agents."""

from typing import Literal

from msgspec import Struct

from unified.schemas.types import ChannelRef, FileRef, Id, Record, Time


class TicketRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """The ticket a comment belongs to."""

    id: Id


class Author(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who wrote a comment; the provider's own notices have the type ``system`` and no id."""

    id: Id | None
    name: str | None
    type: Literal["user", "contact", "bot", "system"] | None


class Comment(Record, kw_only=True, forbid_unknown_fields=True):
    """A message of a ticket. Where ``is_private`` is true, no customer has seen it."""

    id: Id
    ticket: TicketRef | None
    body: str | None
    html_body: str | None
    is_private: bool | None
    direction: Literal["inbound", "outbound", "internal"] | None
    author: Author | None
    attachments: list[FileRef] | None
    channel: ChannelRef | None
    created_at: Time | None
    updated_at: Time | None

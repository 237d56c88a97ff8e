"""Channels: the inboxes that conversations run through."""

from unified.schemas.types import Id, Record


class Channel(Record, kw_only=True, forbid_unknown_fields=True):
    """An inbox of the helpdesk: a mail address, a chat widget, a phone line; ``type`` is the provider's word."""

    id: Id
    name: str | None
    type: str | None
    is_active: bool | None

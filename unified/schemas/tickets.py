"""Tickets: the conversations a support desk works on."""

from typing import Literal

from msgspec import Struct

from unified.schemas.ticket_status import Category, StatusName
from unified.schemas.types import ChannelRef, FieldValue, FileRef, Id, Named, Record, Tag, Time


class StatusRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """A ticket's status: ``id`` is the provider's word, ``category`` the portable meaning.

    A word that the mapping does not know keeps its ``id``, with ``name`` and ``category`` null.
    """

    id: Id
    name: StatusName | None
    category: Category | None


class PriorityRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """A ticket's priority: ``id`` is the provider's word."""

    id: Id
    name: Literal["low", "medium", "high", "urgent"] | None


class Assignee(Struct, kw_only=True, forbid_unknown_fields=True):
    """A user who works on the ticket."""

    id: Id
    name: str | None
    email: str | None


class Creator(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who opened the ticket."""

    id: Id
    name: str | None
    type: Literal["user", "contact", "bot", "system"] | None


class EmailRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """An e-mail address of the ticket's contact."""

    email: str


class PhoneRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """A phone number of the ticket's contact."""

    number: str


class ContactRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """The customer whose ticket it is."""

    id: Id
    name: str | None
    emails: list[EmailRef] | None
    phones: list[PhoneRef] | None


class Url(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a person opens the ticket."""

    type: Literal["web"] | None
    url: str


class Ticket(Record, kw_only=True, forbid_unknown_fields=True):
    """A conversation with a customer, from its first message until it is closed."""

    id: Id
    name: str | None
    number: str | None
    description: str | None
    status: StatusRef | None
    priority: PriorityRef | None
    ticket_type: Named | None
    assignees: list[Assignee] | None
    created_by: Creator | None
    contact: ContactRef | None
    team: Named | None
    channel: ChannelRef | None
    tags: list[Tag] | None
    custom_fields: list[FieldValue] | None
    attachments: list[FileRef] | None
    urls: list[Url] | None
    due_date: Time | None
    closed_at: Time | None
    created_at: Time | None
    updated_at: Time | None
    last_message_at: Time | None

"""What a caller may write: the bodies of create and update, one pair for each resource that has them.

An attribute that is absent is left as it is; null clears it. A reference is named by its ``id`` or its ``name``.
"""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from unified.schemas.fields import Entity, FieldType, Option
from unified.schemas.ticket_status import Category, StatusName
from unified.schemas.types import Id

Text = Annotated[str, Meta(max_length=150_000)]
"""A text of a message; the longest that a provider is known to take."""


class WriteBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What every body may carry beside its attributes."""

    remote_data: dict[str, Any] | UnsetType = UNSET
    """Added untranslated to the body of the provider call that makes or changes the record."""


class Reference(Struct, kw_only=True, forbid_unknown_fields=True):
    """Another record by its id or by its name."""

    id: Id | UnsetType = UNSET
    name: str | UnsetType = UNSET


class IdReference(Struct, kw_only=True, forbid_unknown_fields=True):
    """Another record by its id."""

    id: Id


class UserReference(Struct, kw_only=True, forbid_unknown_fields=True):
    """A user by id, e-mail address or name."""

    id: Id | UnsetType = UNSET
    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class StatusChoice(Struct, kw_only=True, forbid_unknown_fields=True):
    """A status by the provider's word, by its name, or by its category, which any status in it meets."""

    id: Id | UnsetType = UNSET
    name: StatusName | UnsetType = UNSET
    category: Category | UnsetType = UNSET


class ContactChoice(Struct, kw_only=True, forbid_unknown_fields=True):
    """The ticket's contact: by id, or by e-mail address or phone number, found or made."""

    id: Id | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class FieldValueWrite(Struct, kw_only=True, forbid_unknown_fields=True):
    """The value of a custom field; null clears it."""

    value: Any
    id: Id | UnsetType = UNSET
    name: str | UnsetType = UNSET


class FirstComment(Struct, kw_only=True, forbid_unknown_fields=True):
    """The first comment of a new ticket; whether the customer sees it must be said."""

    is_private: bool
    body: Text | UnsetType = UNSET
    html_body: Text | UnsetType = UNSET


class NoteWrite(Struct, kw_only=True, forbid_unknown_fields=True):
    """A note on a contact, for agents alone."""

    body: Text


class EmailWrite(Struct, kw_only=True, forbid_unknown_fields=True):
    """An e-mail address of a contact or a user."""

    email: str
    type: str | UnsetType = UNSET


class PhoneWrite(Struct, kw_only=True, forbid_unknown_fields=True):
    """A phone number of a contact."""

    number: str
    type: str | UnsetType = UNSET


class TicketUpdate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A change of a ticket. ``tags`` replaces all tags; ``tags_add`` and ``tags_remove`` leave the others."""

    name: str | UnsetType | None = UNSET
    status: StatusChoice | UnsetType = UNSET
    priority: Reference | UnsetType | None = UNSET
    assignees: list[UserReference] | UnsetType | None = UNSET
    team: Reference | UnsetType | None = UNSET
    tags: list[Reference] | UnsetType | None = UNSET
    tags_add: list[Reference] | UnsetType = UNSET
    tags_remove: list[Reference] | UnsetType = UNSET
    custom_fields: list[FieldValueWrite] | UnsetType = UNSET
    channel: IdReference | UnsetType = UNSET
    contact: ContactChoice | UnsetType = UNSET


class TicketCreate(TicketUpdate, kw_only=True, forbid_unknown_fields=True):
    """A new ticket, with its first comment if there is one."""

    comment: FirstComment | UnsetType = UNSET


class TicketMerge(Struct, kw_only=True, forbid_unknown_fields=True):
    """The ticket that is merged into the one of the path; its own id ends."""

    source: IdReference


class CommentCreate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A reply to the customer, or with ``is_private`` a note that agents alone see."""

    ticket: IdReference
    body: Text | UnsetType = UNSET
    html_body: Text | UnsetType = UNSET
    is_private: bool = False


class ContactUpdate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A change of a contact; ``notes`` are added."""

    name: str | UnsetType | None = UNSET
    emails: list[EmailWrite] | UnsetType | None = UNSET
    phones: list[PhoneWrite] | UnsetType | None = UNSET
    identifier: str | UnsetType | None = UNSET
    custom_fields: list[FieldValueWrite] | UnsetType = UNSET
    notes: list[NoteWrite] | UnsetType = UNSET


class ContactCreate(ContactUpdate, kw_only=True, forbid_unknown_fields=True):
    """A contact on a channel: one that is there already is found, not made again."""

    channel: IdReference | UnsetType = UNSET


class FieldUpdate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A change of a custom field."""

    label: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    options: list[Option] | UnsetType = UNSET
    format: str | UnsetType | None = UNSET


class FieldCreate(FieldUpdate, kw_only=True, forbid_unknown_fields=True):
    """A new custom field."""

    entity_type: Entity
    label: str
    name: str | UnsetType = UNSET
    type: FieldType | UnsetType = UNSET


class TagUpdate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A change of a tag."""

    name: str | UnsetType = UNSET
    color: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET


class TagCreate(TagUpdate, kw_only=True, forbid_unknown_fields=True):
    """A new tag."""

    name: str


class TeamUpdate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A change of a team; ``members`` replaces them."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    members: list[UserReference] | UnsetType = UNSET


class TeamCreate(TeamUpdate, kw_only=True, forbid_unknown_fields=True):
    """A new team."""

    name: str


class UserUpdate(WriteBody, kw_only=True, forbid_unknown_fields=True):
    """A change of a user."""

    name: str | UnsetType = UNSET
    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    roles: list[Reference] | UnsetType = UNSET
    team_ids: list[Id] | UnsetType = UNSET


class UserCreate(UserUpdate, kw_only=True, forbid_unknown_fields=True):
    """A new user, who is invited by e-mail."""

    emails: list[EmailWrite]

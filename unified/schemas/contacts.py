"""Contacts: the customers of the helpdesk."""

from typing import Literal

from msgspec import Struct

from unified.schemas.types import FieldValue, Id, Named, Record, Time


class Email(Struct, kw_only=True, forbid_unknown_fields=True):
    """An e-mail address."""

    email: str
    type: Literal["primary", "secondary"] | None


class Phone(Struct, kw_only=True, forbid_unknown_fields=True):
    """A phone number as the provider writes it."""

    number: str
    type: Literal["primary", "secondary"] | None


class Contact(Record, kw_only=True, forbid_unknown_fields=True):
    """A person who writes to the helpdesk."""

    id: Id
    name: str | None
    first_name: str | None
    last_name: str | None
    emails: list[Email] | None
    phones: list[Phone] | None
    identifier: str | None
    avatar: str | None
    account: Named | None
    custom_fields: list[FieldValue] | None
    is_active: bool | None
    created_at: Time | None
    updated_at: Time | None

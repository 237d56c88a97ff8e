"""Fields: what can be said of a ticket, a contact or a profile, built in or defined by the customer."""

from typing import Literal

from msgspec import Struct

from unified.schemas.types import Id, Record, Time

Entity = Literal["ticket", "contact", "profile"]
"""What a field is of."""


FieldType = Literal["text", "number", "currency", "percent", "boolean", "date", "datetime", "enum", "link"]
"""What kind of value a field takes."""


class Option(Struct, kw_only=True, forbid_unknown_fields=True):
    """A value that a field of choices takes."""

    label: str | None
    value: str | None


class Field(Record, kw_only=True, forbid_unknown_fields=True):
    """A field of an entity; ``name`` is the provider's key, ``label`` what people read."""

    id: Id
    name: str | None
    label: str | None
    description: str | None
    type: FieldType | None
    format: str | None
    options: list[Option] | None
    is_required: bool | None
    is_user_defined: bool | None
    entity_type: Entity | None
    created_at: Time | None
    updated_at: Time | None

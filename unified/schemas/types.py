"""The scalar types of the vocabulary; ``kind`` tells the mapping engine how a provider's value becomes one."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

Id = Annotated[str, Meta(description="Opaque; compare it, never parse it.", extra={"kind": "id"})]
"""A provider's id as a string: some exceed 32 bits, some are words."""

Time = Annotated[
    str,
    Meta(
        description="RFC 3339, UTC, milliseconds: 2026-06-02T08:14:05.000Z",
        extra_json_schema={"format": "date-time"},
        extra={"kind": "time"},
    ),
]
"""A moment; the provider's zone is resolved."""


class RecordError(Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute that could not be mapped; the attribute itself is null."""

    attribute: str
    detail: str


class Record(Struct, kw_only=True, forbid_unknown_fields=True):
    """What every record may carry beside its attributes."""

    errors: list[RecordError] | UnsetType = field(default=UNSET, name="_errors")
    """Only where a part of the provider's object could not be mapped."""


class Named(Struct, kw_only=True, forbid_unknown_fields=True):
    """A reference to another record: its id, and its name where the provider or a list says it."""

    id: Id
    name: str | None


class Tag(Struct, kw_only=True, forbid_unknown_fields=True):
    """A tag on a record; ``id`` is null where the provider knows the tag by its name alone."""

    id: Id | None
    name: str | None


class FieldValue(Struct, kw_only=True, forbid_unknown_fields=True):
    """The value of a custom field."""

    id: Id | None
    name: str | None
    value: Any


class FileRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """An attached file, as listed with its record."""

    id: Id
    file_name: str | None
    content_type: str | None
    size: int | None


class ChannelRef(Struct, kw_only=True, forbid_unknown_fields=True):
    """The inbox a conversation runs through; ``type`` is the provider's word."""

    id: Id
    name: str | None
    type: str | None

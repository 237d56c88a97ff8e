"""Attachments: the files that hang on comments."""

from typing import Literal

from msgspec import Struct

from unified.schemas.types import Id, Record, Time


class Uploader(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who sent the file."""

    id: Id
    name: str | None
    type: Literal["user", "contact", "bot", "system"] | None


class Attachment(Record, kw_only=True, forbid_unknown_fields=True):
    """A file of a comment; ``file_url`` is the provider's own link, which may end within days: download it here."""

    id: Id
    file_name: str | None
    content_type: str | None
    size: int | None
    file_url: str | None
    ticket_id: Id | None
    comment_id: Id | None
    uploaded_by: Uploader | None
    created_at: Time | None

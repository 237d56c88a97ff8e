"""The envelopes as concrete types, so that generated clients have a ``TicketPage`` and not a generic."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, defstruct

from unified.schemas.resources import RESOURCES, Resource
from unified.schemas.types import Id


class Notice(Struct, kw_only=True):
    """Something that went otherwise than the caller would expect, without making the answer wrong."""

    code: str
    detail: str
    path: str | UnsetType = UNSET
    """The attribute that it is about."""


SAID = [
    ("partial", bool | UnsetType, UNSET),
    ("warnings", list[Notice] | UnsetType, UNSET),
]
"""Members that are there only when they have something to say."""


def page_type(resource: Resource) -> type[Struct]:
    """The envelope of a list."""
    name = resource.record.__name__
    fields: list[Any] = [
        ("result", list[resource.record]),  # type: ignore[name-defined]  # the type is data of the table
        ("next_cursor", str | None),
        ("prev_cursor", str | None),  # always null; generators make no type of null alone
        ("result_count", int),
        *SAID,
        ("drift", bool | UnsetType, UNSET),
    ]
    return defstruct(f"{name}Page", fields, namespace={"__doc__": f"One page of {resource.name}."}, kw_only=True)


def answer_type(resource: Resource) -> type[Struct]:
    """The envelope of one record."""
    name = "Me" if resource.single else resource.record.__name__
    fields: list[Any] = [("result", resource.record), *SAID]
    return defstruct(f"{name}Answer", fields, namespace={"__doc__": f"One of {resource.name}."}, kw_only=True)


class RecordId(Struct, kw_only=True):
    """The record that a write was about, where nothing more of it is left to say."""

    id: Id


class DeleteAnswer(Struct, kw_only=True):
    """The envelope of a delete: which record is gone."""

    result: RecordId
    warnings: list[Notice] | UnsetType = UNSET


class PlannedFile(Struct, kw_only=True):
    """A file that a call would send."""

    file_name: str
    content_type: str
    size: int


class PlannedCall(Struct, kw_only=True):
    """A provider call that a write would make; a value that an earlier step gives reads ``{"from": "ticket.id"}``."""

    name: str
    method: str
    path: str
    query: dict[str, Any] | UnsetType = UNSET
    body: Any | UnsetType = UNSET
    files: list[PlannedFile] | UnsetType = UNSET


class Preview(Struct, kw_only=True):
    """What a write would do."""

    steps: list[PlannedCall]


class PreviewAnswer(Struct, kw_only=True):
    """The envelope of a write with ``dry_run=true``: nothing was written."""

    result: Preview


def created_type(resource: Resource) -> type[Struct]:
    """The envelope of a create that may find the record instead of making it."""
    fields: list[Any] = [
        ("result", resource.record),
        *SAID,
        ("created", bool | UnsetType | None, UNSET),
    ]
    name = f"{resource.record.__name__}CreateAnswer"
    doc = f"One of {resource.name}; `created` says whether it was made or found, null where nobody knows."
    return defstruct(name, fields, namespace={"__doc__": doc}, kw_only=True)


PAGES = {resource.key: page_type(resource) for resource in RESOURCES if not resource.single}
ANSWERS = {resource.key: answer_type(resource) for resource in RESOURCES}
CREATED = {one.key: created_type(one) if one.writes.finds else ANSWERS[one.key] for one in RESOURCES if one.writes}
"""The envelope of each create."""

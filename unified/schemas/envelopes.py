"""The envelopes as concrete types, so that generated clients have a ``TicketPage`` and not a generic."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, defstruct

from unified.schemas.resources import RESOURCES, Resource


class Notice(Struct, kw_only=True):
    """Something that went otherwise than the caller would expect, without making the answer wrong."""

    code: str
    detail: str


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


PAGES = {resource.key: page_type(resource) for resource in RESOURCES if not resource.single}
ANSWERS = {resource.key: answer_type(resource) for resource in RESOURCES}

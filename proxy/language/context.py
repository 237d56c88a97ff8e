"""What an expression can reach beside the value it is applied to."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class SetChange(Struct, frozen=True):
    """A set-like attribute of a write: what the body adds to, removes from and makes of the present record."""

    added: list[Any] = []
    removed: list[Any] = []
    whole: list[Any] = []


class Context(Struct):
    """The values of the functions without arguments; what is not set is null.

    ``now`` is the record before the change, mapped. ``sets`` holds one ``SetChange`` for each set-like attribute of the
    body, read by ``added('tags')``, ``removed('tags')`` and ``whole('tags')``.
    """

    parent: Any = None
    query: Any = None
    body: Any = None
    connection: Any = None
    now: Any = None
    each: Any = None
    steps: Any = None
    id: Any = None
    claims: Any = None
    sets: Mapping[str, SetChange] | None = None


NOTHING = Context()
"""Stands in where no context is given; nothing writes to it."""

VALUES = frozenset({"parent", "query", "body", "connection", "now", "each", "steps", "id", "claims"})
"""The context functions without arguments, each an attribute of ``Context``."""

SETS = frozenset({"added", "removed", "whole"})
"""The context functions that name a set-like attribute, each an attribute of ``SetChange``."""


def of_set(context: Context, part: str, name: Any) -> Any:
    """``added``, ``removed`` or ``whole`` of one attribute; null where the write has no such set."""
    change = (context.sets or {}).get(name)
    return None if change is None else getattr(change, part)

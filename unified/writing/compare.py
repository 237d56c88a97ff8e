"""Compares what was asked for with the record as it is after a write: what differs is told, with its path."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from proxy.language.expression import Context
from unified.mapping.plan import Plan, value_of
from unified.mapping.prepare import SIDES, VALUE, is_field_value, same_element
from unified.writing.run import Work

OTHERWISE = "is not as asked: the provider set it otherwise"
CHANGED = "was set by the provider, though the write did not ask for it"

Warnings = list[dict[str, str]]
NO_DIGIT = re.compile("[^0-9]+")


def not_as_asked(work: Work, said: Mapping[str, Any], record: Mapping[str, Any]) -> Warnings:
    """A warning for each attribute of the record that is not what the write asked for.

    ``said`` is the body as the caller wrote it: a status asked for by its category is met by any status in it.
    """
    asked = dict(_asked(work.plan, work.body, work.context))
    asked |= {name: said[name] for name in asked if isinstance(said.get(name), dict)}
    silent = set(work.plan.otherwise) - set(work.body)
    return [
        {"code": "not-as-asked", "path": path, "detail": f"{path} {CHANGED if name in silent else OTHERWISE}"}
        for name, value in asked.items()
        if name in record
        for path in _differences(name, value, record[name])
    ]


def _asked(plan: Plan, body: Mapping[str, Any], context: Context) -> Iterator[tuple[str, Any]]:
    for name, expression in plan.otherwise.items():
        if name not in body:
            yield name, value_of(expression, body, context)
    sets = context.sets or {}
    for name, value in body.items():
        bare = next((name.removesuffix(side) for side in SIDES[1:] if name.endswith(side)), name)
        merged = isinstance(value, list) and any(is_field_value(one) for one in value)
        yield bare, sets[bare].whole if bare in sets and not merged else value


def _differences(path: str, asked: Any, found: Any) -> Iterator[str]:
    if isinstance(asked, dict) and isinstance(found, dict):
        for key, value in asked.items():
            if key in found and key != "name":
                yield from _differences(f"{path}.{key}", value, found[key])
        if "id" not in asked and "name" in asked and found.get("name") is not None:
            yield from _differences(f"{path}.name", asked["name"], found["name"])
    elif isinstance(asked, list):
        if not _same_set(asked, found if isinstance(found, list) else []):
            yield path
    elif not _equal(asked, found):
        yield path


def _same_set(asked: Sequence[Any], found: Sequence[Any]) -> bool:
    if any(is_field_value(one) for one in asked):
        return all(_holds_value(found, one) for one in asked)
    if not all(isinstance(one, dict) for one in (*asked, *found)):
        return sorted(map(str, asked)) == sorted(map(str, found))
    return len(asked) == len(found) and all(any(_alike(one, other) for other in found) for one in asked)


def _holds_value(found: Sequence[Any], asked: Mapping[str, Any]) -> bool:
    value = next((one[VALUE] for one in found if same_element(dict(one), dict(asked))), None)
    return _equal(asked[VALUE], value)


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Elements with an id or a name by these; others (an e-mail address) by what they share."""
    if {"id", "name"} & set(one) and {"id", "name"} & set(other):
        return same_element(dict(one), dict(other))
    shared = set(one) & set(other) - {"type"}
    return bool(shared) and all(_equal(*(_part(each, key) for each in (one, other))) for key in shared)


def _part(one: Mapping[str, Any], key: str) -> Any:
    """A part of an element; of a phone number its digits, which providers write in many ways."""
    return NO_DIGIT.sub("", str(one[key])) if key == "number" else one[key]


def _equal(asked: Any, found: Any) -> bool:
    """Equal as texts without case and surrounding space; nothing, an empty text and false are one."""
    return _plain(asked) == _plain(found)


def _plain(value: Any) -> str:
    if value is None or value is False or value == "":
        return ""
    return " ".join(str(value).split()).casefold()

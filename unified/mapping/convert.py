"""From an expression's value to the schema's type: ids become strings, times RFC 3339, nested objects complete."""

import ast
from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec import inspect

from proxy.language import code as generated
from proxy.language.template import Template

Convert = Callable[[Any], Any]
"""Raises ValueError where the value cannot become the type."""


def null_passes(convert: Convert) -> Convert:
    """Marks a conversion that leaves null as it is: the generated code then does not call it for null."""
    convert.null_passes = True  # type: ignore[attr-defined]  # a mark on a function, read by the language
    return convert


def unless_unsaid(convert: Convert) -> Convert:
    """The same conversion, but what is not said stays null; a function of its own, as conversions are shared."""

    def said(value: Any) -> Any:
        return None if value is None or value is False else convert(value)

    return null_passes(said)


def converter(kind: inspect.Type, time: Convert) -> Convert:
    """The conversion to one attribute's type; ``time`` is the provider's own reading of times."""
    if isinstance(kind, inspect.Metadata):
        named = (kind.extra or {}).get("kind")
        return {"id": to_id, "time": time}.get(str(named)) or converter(kind.type, time)
    if isinstance(kind, inspect.UnionType):
        return converter(next(one for one in kind.types if not isinstance(one, inspect.NoneType)), time)
    if isinstance(kind, inspect.ListType):
        return list_of(converter(kind.item_type, time))
    if isinstance(kind, inspect.StructType):
        return object_of(kind, time)
    if isinstance(kind, inspect.LiteralType):
        return one_of(tuple(kind.values))
    return SCALARS[type(kind)]


@null_passes
def to_id(value: Any) -> str | None:
    """A number or a text as an id; nothing, an empty text and ``false`` are null."""
    if type(value) is int:
        return str(value)
    if type(value) is str:
        return value or None
    if value is None or value is False:
        return None
    raise ValueError(f"{type(value).__name__} is not an id")


@null_passes
def to_text(value: Any) -> str | None:
    """A text; numbers are written out, ``false`` is null."""
    if type(value) is str or value is None:
        return value
    if value is False:
        return None
    if type(value) in (int, float):
        return str(value)
    raise ValueError(f"{type(value).__name__} is not a text")


@null_passes
def to_boolean(value: Any) -> bool | None:
    """True or false; 0 and 1 are taken, as PHP and SQL write them."""
    if value is None or type(value) is bool:
        return value
    if value in (0, 1):
        return bool(value)
    raise ValueError(f"{value!r:.40} is not true or false")


@null_passes
def to_integer(value: Any) -> int | None:
    """A whole number; a text of digits is taken."""
    if value is None or type(value) is int:
        return value
    if type(value) is str and value.isdigit():
        return int(value)
    if value is False:
        return None
    raise ValueError(f"{type(value).__name__} is not a whole number")


@null_passes
def to_any(value: Any) -> Any:
    """The value as it is."""
    return value


SCALARS: dict[type[inspect.Type], Convert] = {
    inspect.StrType: to_text,
    inspect.BoolType: to_boolean,
    inspect.IntType: to_integer,
    inspect.AnyType: to_any,
}


@cache
def one_of(words: tuple[Any, ...]) -> Convert:
    """One of the schema's words; anything else is an error of the record."""
    known = frozenset(words)

    def convert(value: Any) -> Any:
        if value is None or value is False:
            return None
        if type(value) is str and value in known:
            return value
        raise ValueError(f"{value!r:.60} is none of {', '.join(sorted(known))}")

    return null_passes(convert)


@cache
def list_of(item: Convert) -> Convert:
    """A list of converted elements; nothing and ``false`` are the empty list, null elements go."""

    def convert(value: Any) -> Any:
        if type(value) is list:
            # Two passes: the second is cheap, and an element that becomes null would not fit the schema.
            made = [item(one) for one in value if one is not None] if value else []
            return made if None not in made else [one for one in made if one is not None]
        if value is None or value is False:
            return []
        raise ValueError(f"{type(value).__name__} is not a list")

    return convert


PART = Template("out = get(key)")
CONVERTED = Template("out = convert(value)")
CONVERTED_UNLESS_NULL = Template("out = None if value is None else convert(value)")
COMMON: dict[Convert, Template] = {
    to_id: Template("out = str(value) if type(value) is int else None if value is None else convert(value)"),
    to_text: Template("out = value if type(value) is str or value is None else convert(value)"),
    to_any: Template("out = value"),
}
"""The usual value of a scalar without a call: calls are most of the time that a conversion takes."""
OPEN = Template(
    "if type(value) is not dict:\n    return absent(value)\nif not known(value):\n    refuse(value)\nget = value.get"
)
WITHOUT_ID = Template("if value is None:\n    return None")


def object_of(kind: inspect.StructType, time: Convert) -> Convert:
    """A nested object with every attribute of its schema, null where the value has none; unmapped keys are an error.

    Nothing, ``false`` and an object without its required ``id`` are null: PHP sends ``[]`` for an empty object.
    One generated function for all attributes.
    """
    fields = tuple((field.encode_name, converter(field.type, time)) for field in kind.fields)
    needs_id = any(field.encode_name == "id" and not _nullable(field.type) for field in kind.fields)
    return _object_of(fields, needs_id)


@cache
def _object_of(fields: tuple[tuple[str, Convert], ...], needs_id: bool) -> Convert:
    """Made once for all providers and resources: to generate one takes a third of a millisecond at start."""
    code = generated.Code({})
    block = generated.Block(code)
    names = frozenset(name for name, _ in fields)
    known, refuse = code.constant(names.issuperset), code.constant(_refusal(names))
    block.add(OPEN, known=known, absent=code.constant(_absent), refuse=refuse)
    made = {name: _part(block, name, change) for name, change in fields}
    if needs_id:
        block.add(WITHOUT_ID, value=made["id"])
    display = ast.Dict([generated.key(name) for name in made], [generated.read(out) for out in made.values()])
    code.define("convert", ["value"], block, display)
    return null_passes(code.load("convert"))


def _part(block: generated.Block, name: str, change: Convert) -> str:
    usual = CONVERTED_UNLESS_NULL if getattr(change, "null_passes", False) else CONVERTED
    value = block.let(PART, key=generated.key(name))
    return block.let(COMMON.get(change, usual), value=value, convert=block.code.constant(change))


def _absent(value: Any) -> None:
    if value is None or value is False or value == []:
        return
    raise ValueError(f"{type(value).__name__} is not an object")


def _refusal(names: frozenset[str]) -> Callable[[dict[str, Any]], None]:
    def refuse(value: dict[str, Any]) -> None:
        raise ValueError(f"{', '.join(sorted(set(value) - names))}: no such attribute in the schema")

    return refuse


def _nullable(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.UnionType) and kind.includes_none

"""Data of a document to the Structs of a vocabulary, with every mistake and its line.

msgspec stops at the first error and does not name dict keys; so the types are walked here first, and msgspec makes the
value at the end.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from proxy.language.source import MISTAKES_MOST, Document, Mistake, Path

T = TypeVar("T")
Found = Iterator[tuple[Path, str]]


def convert(document: Document, type: type[T] | Any, at: Path = ()) -> tuple[T | None, list[Mistake]]:  # noqa: A002
    """The part of a document at a path as a value of a type, or None and every mistake in it.

    Unknown keys are mistakes in every Struct.
    """
    try:
        data = at_path(document.data, at)
    except (LookupError, TypeError):
        return None, [document.mistake(at, "is missing")]
    found = islice(check(inspect.type_info(type), data, at), MISTAKES_MOST)
    mistakes = sorted({document.mistake(path, message) for path, message in found})
    if mistakes:
        return None, mistakes
    try:
        return msgspec.convert(data, type, strict=True), []
    except msgspec.ValidationError as error:
        return None, [document.mistake(at, str(error))]


def at_path(data: Any, path: Path) -> Any:
    """The part of data at a path."""
    for part in path:
        data = data[part]
    return data


def check(info: inspect.Type, data: Any, path: Path) -> Found:
    """Where and how data is not of a type."""
    if isinstance(info, inspect.Metadata):
        yield from check(info.type, data, path)
    elif isinstance(info, inspect.UnionType):
        yield from check_union(info, data, path)
    elif not accepts(info, data):
        yield path, f"must be {name(info)}, not {kind(data)}"
    elif type(info) in INSIDE:
        yield from INSIDE[type(info)](info, data, path)


def check_union(info: inspect.UnionType, data: Any, path: Path) -> Found:
    """The member of a union that takes this kind of YAML decides."""
    fitting = [member for member in members(info) if accepts(member, data)]
    if not fitting:
        yield path, f"must be {name(info)}, not {kind(data)}"
        return
    trials = [list(check(member, data, path)) for member in fitting]
    if all(trials):
        yield from trials[0] if len(trials) == 1 else [(path, f"must be {name(info)}")]


def members(info: inspect.UnionType) -> Iterator[inspect.Type]:
    """The members of a union, bare of metadata."""
    for member in info.types:
        yield bare(member)


def bare(info: inspect.Type) -> inspect.Type:
    """A type without the schema notes around it."""
    return bare(info.type) if isinstance(info, inspect.Metadata) else info


def accepts(info: inspect.Type, data: Any) -> bool:
    """Whether data is of the YAML kind that a type is made of."""
    test = KINDS.get(type(info))
    if test is None:
        raise TypeError(f"a document cannot hold {info!r}")
    return test(data)


def check_struct(info: inspect.StructType, data: dict[str, Any], path: Path) -> Found:
    """Unknown keys, missing keys, and the values of the rest."""
    fields = {field.encode_name: field for field in info.fields}
    for key, value in data.items():
        if key in fields:
            yield from check(fields[key].type, value, (*path, key))
        else:
            yield (*path, key), unknown(key, fields)
    for key, field in fields.items():
        if field.required and key not in data:
            yield (*path, key), "is missing"


def unknown(key: str, names: Iterable[str]) -> str:
    """Says that a key means nothing here, and which one may have been meant."""
    near = get_close_matches(key, list(names), n=1)
    return f"is not known here; did you mean {near[0]}?" if near else f"is not known here; known are {', '.join(names)}"


def check_dict(info: inspect.DictType, data: dict[str, Any], path: Path) -> Found:
    """Each key against the key's type, each value against the value's."""
    for key, value in data.items():
        for _, message in check(info.key_type, key, path):
            yield (*path, key), f"as a key {message}"
        yield from check(info.value_type, value, (*path, key))
    yield from check_length(info, data, path)


def check_list(info: Any, data: list[Any], path: Path) -> Found:
    """Each item, and how many there are."""
    for number, item in enumerate(data):
        yield from check(info.item_type, item, (*path, number))
    yield from check_length(info, data, path)


def check_length(info: Any, data: Any, path: Path) -> Found:
    """Bounds on the number of items or characters."""
    unit = "characters" if isinstance(data, str) else "entries"
    if info.min_length is not None and len(data) < info.min_length:
        yield path, f"must have at least {info.min_length} {unit}"
    if info.max_length is not None and len(data) > info.max_length:
        yield path, f"must have at most {info.max_length} {unit}"


def check_text(info: inspect.StrType, data: str, path: Path) -> Found:
    """The pattern and the length of a string."""
    yield from check_length(info, data, path)
    if info.pattern is not None and not re.search(info.pattern, data):
        yield path, f"must match {info.pattern}"


def check_number(info: Any, data: float, path: Path) -> Found:
    """The bounds of a number."""
    for bound, words, holds in BOUNDS:
        limit = getattr(info, bound)
        if limit is not None and not holds(data, limit):
            yield path, f"must be {words} {limit}"


def check_literal(info: inspect.LiteralType, data: Any, path: Path) -> Found:
    """One of the words."""
    if not any(data == value and type(data) is type(value) for value in info.values):
        words = [value for value in info.values if isinstance(value, str)]
        near = get_close_matches(data, words, n=1) if isinstance(data, str) else []
        yield path, f"must be {name(info)}" + (f"; did you mean {near[0]}?" if near else "")


def name(info: inspect.Type) -> str:
    """What a type is called in a message."""
    plain = bare(info)
    if isinstance(plain, inspect.UnionType):
        return " or ".join(dict.fromkeys(name(member) for member in plain.types))
    if isinstance(plain, inspect.LiteralType):
        return f"one of {', '.join(map(str, plain.values))}"
    return NAMES.get(type(plain), "a value")


def kind(data: Any) -> str:
    """What data is called in a message."""
    return "nothing" if data is None else KIND_NAMES[type(data)]


KIND_NAMES = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}

NAMES: dict[type[Any], str] = {
    inspect.NoneType: "nothing",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: "text",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.SetType: "a list",
    inspect.FrozenSetType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
}

KINDS: dict[type[Any], Callable[[Any], bool]] = {
    inspect.AnyType: lambda data: True,  # noqa: ARG005 (a test's signature)
    inspect.NoneType: lambda data: data is None,
    inspect.BoolType: lambda data: type(data) is bool,
    inspect.IntType: lambda data: type(data) is int,
    inspect.FloatType: lambda data: type(data) in (int, float),
    inspect.StrType: lambda data: type(data) is str,
    inspect.LiteralType: lambda data: type(data) in (str, int, bool, type(None)),
    inspect.ListType: lambda data: type(data) is list,
    inspect.VarTupleType: lambda data: type(data) is list,
    inspect.SetType: lambda data: type(data) is list,
    inspect.FrozenSetType: lambda data: type(data) is list,
    inspect.DictType: lambda data: type(data) is dict,
    inspect.StructType: lambda data: type(data) is dict,
}
"""The YAML kind that each supported type is made of."""

INSIDE: dict[type[Any], Callable[[Any, Any, Path], Found]] = {
    inspect.StructType: check_struct,
    inspect.DictType: check_dict,
    inspect.ListType: check_list,
    inspect.VarTupleType: check_list,
    inspect.SetType: check_list,
    inspect.FrozenSetType: check_list,
    inspect.StrType: check_text,
    inspect.IntType: check_number,
    inspect.FloatType: check_number,
    inspect.LiteralType: check_literal,
}

BOUNDS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("gt", "greater than", lambda data, limit: data > limit),
    ("ge", "at least", lambda data, limit: data >= limit),
    ("lt", "less than", lambda data, limit: data < limit),
    ("le", "at most", lambda data, limit: data <= limit),
    ("multiple_of", "a multiple of", lambda data, limit: data % limit == 0),
)

"""All attributes of a record in one generated function, so that they share what they read."""

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from proxy.language import template as shape
from proxy.language.code import Block, Code, key, read
from proxy.language.compiled import Expression, compile_expression
from proxy.language.context import NOTHING, Context
from proxy.language.emitters import EMITTERS
from proxy.language.faults import FAULTS, EvaluationError, ExpressionMistake, reason
from proxy.language.semantics import copied

Convert = Callable[[Any], Any]
CONVERT = shape.Template("out = convert(value)")
CONVERT_UNLESS_NULL = shape.Template("out = None if value is None else convert(value)")


class Const(Struct, frozen=True):
    """An attribute that has the same value in every record; arrays and objects are copied each time."""

    value: Any


class Field(Struct, frozen=True):
    """One attribute: an expression or a constant, and what makes the schema's type of its value.

    ``convert`` is called with null too, unless it has an attribute ``null_passes`` that is true.
    """

    expression: str | Const | Expression
    convert: Convert | None = None


Fields = Mapping[str, "Field | Fields"]
"""Attributes by name in the order of the record; a mapping in place of a field makes a nested object."""


class Leaf(Struct, frozen=True):
    """A field with its place in the record and its expression compiled."""

    path: tuple[str, ...]
    source: Const | Expression
    convert: Convert | None

    def value(self, item: Any, context: Context) -> Any:
        """The attribute evaluated by itself; raises what it raises."""
        value = copied(self.source.value) if isinstance(self.source, Const) else self.source(item, context)
        if self.convert is None or (value is None and null_passes(self.convert)):
            return value
        return self.convert(value)


class Record:
    """The attributes of a record, ready to map items of a provider."""

    def __init__(self, fields: Fields) -> None:
        self.leaves = list(_leaves(fields, ()))
        self._fused = _fuse(self.leaves)

    def map(self, item: Any, context: Context | None = None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The record, and ``(name, why)`` of each attribute that failed and is null; nested names have dots."""
        given = NOTHING if context is None else context
        if type(item) is dict:
            try:
                return self._fused(item, given), []
            except FAULTS:
                pass  # one of them failed: which one shows when each is evaluated by itself
        return self._one_by_one(item, given)

    def __call__(self, item: Any, context: Context | None = None) -> dict[str, Any]:
        """The record; an attribute that fails is null."""
        if type(item) is dict:
            try:
                return self._fused(item, NOTHING if context is None else context)
            except FAULTS:
                pass  # as in map
        return self.map(item, context)[0]

    def _one_by_one(self, item: Any, context: Context) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        values: dict[tuple[str, ...], Any] = {}
        failed: list[tuple[str, str]] = []
        for leaf in self.leaves:
            try:
                values[leaf.path] = leaf.value(item, context)
            except (*FAULTS, EvaluationError) as error:
                values[leaf.path] = None
                failed.append((".".join(leaf.path), reason(error)))
        return _nest(values), failed


def compile_record(fields: Fields) -> Record:
    """Compile the attributes of a record.

    :raises ExpressionMistake: for the first expression that is refused, with the attribute's name before the message.
    """
    return Record(fields)


def null_passes(convert: Convert) -> bool:
    """Whether a converter lets null through untouched."""
    return bool(getattr(convert, "null_passes", False))


def _leaves(fields: Fields, path: tuple[str, ...]) -> Iterator[Leaf]:
    for name, field in fields.items():
        here = (*path, name)
        if isinstance(field, Field):
            yield Leaf(here, _source(field, here), field.convert)
        else:
            yield from _leaves(field, here)


def _source(field: Field, path: tuple[str, ...]) -> Const | Expression:
    if not isinstance(field.expression, str):
        return field.expression
    try:
        return compile_expression(field.expression)
    except ExpressionMistake as mistake:
        raise ExpressionMistake(f"{'.'.join(path)}: {mistake.message}") from None


def _nest(values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for path, value in values.items():
        inside = record
        for name in path[:-1]:
            inside = inside.setdefault(name, {})
        inside[path[-1]] = value
    return record


def _fuse(leaves: list[Leaf]) -> Callable[[dict[str, Any], Context], dict[str, Any]]:
    """One function for all attributes; it wants a dict and raises what any of them raises."""
    code = Code(EMITTERS)
    block = Block(code)
    block.known["view", "item"] = "item"
    block.not_null.add("item")
    block.add(shape.ROOT_GET)
    made = _nest({leaf.path: _converted(leaf, block) for leaf in leaves})
    code.define("record", ["item", "context"], block, _display(made))
    try:
        return code.load("record")
    except RecursionError:
        raise ExpressionMistake("is nested too deeply") from None


def _converted(leaf: Leaf, block: Block) -> str:
    if isinstance(leaf.source, Const):
        value = block.let(shape.FRESH, value=block.code.constant(leaf.source.value))
    else:
        value = block.emit(leaf.source.tree, "item")
    if leaf.convert is None:
        return value
    template = CONVERT_UNLESS_NULL if null_passes(leaf.convert) else CONVERT
    return block.let(template, value=value, convert=block.code.constant(leaf.convert))


def _display(made: Mapping[str, Any]) -> ast.expr:
    """The dict display of a record: nested mappings are dicts, leaves are variables."""
    keys: list[ast.expr | None] = [key(name) for name in made]
    return ast.Dict(keys, [_display(held) if isinstance(held, dict) else read(held) for held in made.values()])

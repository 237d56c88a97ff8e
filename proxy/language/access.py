"""Generated code for reading values and making new ones: fields, indexes, literals, multi-selects."""

import ast
from collections.abc import Callable

from proxy.language import template as shape
from proxy.language.code import Block, key, read
from proxy.language.syntax import Node

ROOT = "item"
"""The variable of a record's item: a dict whose ``get`` is bound once."""


def view(value: str, block: Block) -> str:
    """What to call ``get`` on for the fields of a value."""
    return block.once(("view", value), shape.VIEW, value=value)


def field(node: Node, value: str, block: Block) -> str:
    """``a``: null for what is no object."""
    seen, name = view(value, block), node["value"]
    template = shape.ROOT_FIELD if seen == ROOT else shape.FIELD
    return block.once(("field", seen, name), template, view=seen, key=key(name))


def index(node: Node, value: str, block: Block) -> str:
    """``[0]``: null for what is no array, and beyond its ends."""
    number: int = node["value"]
    last = number if number >= 0 else -number - 1
    constants = {"key": block.code.constant(number), "last": block.code.constant(last)}
    return block.once(("index", value, number), shape.INDEX, value=value, **constants)


def slice_of(node: Node, value: str, block: Block) -> str:
    """``[a:b:c]``: null for what is no array."""
    return block.let(shape.SLICE, value=value, key=block.code.constant(slice(*node["children"])))


def chain(node: Node, value: str, block: Block) -> str:
    """``a.b``, ``a[0]`` and ``a | b``: each part sees the result of the one before."""
    for child in node["children"]:
        value = block.emit(child, value)
    return value


def same(node: Node, value: str, block: Block) -> str:  # noqa: ARG001 (an emitter's signature)
    """``@``."""
    return value


def key_value(node: Node, value: str, block: Block) -> str:
    """One ``key: x`` of a multi-select."""
    return block.emit(node["children"][0], value)


def literal(node: Node, value: str, block: Block) -> str:  # noqa: ARG001 (an emitter's signature)
    """A literal; an array or object is copied, so that who changes a record does not change the mapping."""
    held = node["value"]
    constant = block.code.constant(held)
    if not isinstance(held, dict | list):
        return constant
    nested = any(isinstance(part, dict | list) for part in (held.values() if isinstance(held, dict) else held))
    out = block.let(shape.FRESH if nested else shape.FRESH_FLAT, value=constant)
    block.not_null.add(out)
    return out


def select_dict(node: Node, value: str, block: Block) -> str:
    """``{a: x}``; of two equal keys the last wins, as in Python's own display."""

    def build(names: list[str]) -> ast.expr:
        keys: list[ast.expr | None] = [key(child["value"]) for child in node["children"]]
        return ast.Dict(keys, [read(name) for name in names])

    return _select(node, value, block, build)


def select_list(node: Node, value: str, block: Block) -> str:
    """``[x, y]``."""
    held: list[str] = []

    def build(names: list[str]) -> ast.expr:
        held.extend(names)
        return ast.List([read(name) for name in names], ast.Load())

    out = _select(node, value, block, build)
    strings = block.is_not_null(out) and all(block.is_a("string", name) for name in held)
    return block.note("strings", out) if strings else out


def _select(node: Node, value: str, block: Block, build: Callable[[list[str]], ast.expr]) -> str:
    """A multi-select is null on null, and computes nothing then."""
    out, sure = block.code.fresh(), block.is_not_null(value)
    inner = block if sure else block.branch()
    inner.not_null.add(value)
    inner.assign(out, build([inner.emit(child, value) for child in node["children"]]))
    if sure:
        block.not_null.add(out)
    else:
        block.add(shape.UNLESS_NULL, {"BODY": inner.statements}, out=out, value=value)
    return out

"""Generated code for function calls and expression references."""

from collections.abc import Callable
from functools import cache

from proxy.language import template as shape
from proxy.language.code import Block
from proxy.language.context import SETS, VALUES
from proxy.language.semantics import FAST
from proxy.language.syntax import ORDERINGS, Node, walk

READ_ONLY = frozenset({"contains", "length", "join", "starts_with", "ends_with", "sum", "avg", "to_string", "type"})
"""Functions that neither keep nor return a container they are given."""

SCALAR = READ_ONLY | {
    "abs",
    "ceil",
    "floor",
    "to_number",
    "text",
    "html",
    "mime",
    "file_name",
    "lower",
    "replace",
    "digits",
}
"""Functions whose result is no container, so that two attributes may share it."""

CONTEXT = {name: shape.Template(f"out = context.{name}") for name in sorted(VALUES)}


def reference(node: Node, value: str, block: Block) -> str:  # noqa: ARG001 (an emitter's signature)
    """``&x``."""
    return block.let(shape.REFERENCE, function=block.code.outline(node["children"][0]))


def call(node: Node, value: str, block: Block) -> str:
    """``f(x)``."""
    name, children = node["value"], node["children"]
    if name in VALUES:
        return block.once((name,), CONTEXT[name])
    if name == "not_null" and not any(map(can_raise, children)):
        return _first_not_null(children, value, block)
    given = [(block.operand if name in READ_ONLY else block.emit)(child, value) for child in children]
    if name == "not_null":
        return _chosen(given, block)
    if name in SETS:
        return block.let(shape.OF_SET, part=block.code.constant(name), name=given[0])
    if name in INLINE and (out := INLINE[name](given, block)):
        return out
    template = call_template(name if name in FAST else "", len(given))
    names = {f"a{number}": argument for number, argument in enumerate(given)} | {"name": block.code.constant(name)}
    return block.once((name, *given), template, **names) if name in SCALAR else block.let(template, **names)


def _to_string(given: list[str], block: Block) -> str | None:
    """``to_string``; an integer's JSON is its ``str``."""
    return block.note("string", block.once(("to_string", *given), shape.TO_STRING, value=given[0]))


def _join(given: list[str], block: Block) -> str | None:
    """``join`` where it is certain that all are strings."""
    if not (block.is_a("string", given[0]) and block.is_a("strings", given[1])):
        return None
    return block.note("string", block.let(shape.JOIN_STRINGS, separator=given[0], values=given[1]))


INLINE: dict[str, Callable[[list[str], Block], str | None]] = {"to_string": _to_string, "join": _join}
"""Functions that need no call, or not always."""


@cache
def call_template(fast: str, count: int) -> shape.Template:
    """How a function is called: by its own name where ``FAST`` has it, else through the library."""
    given = ", ".join(f"a{number}" for number in range(count))
    return shape.Template(f"out = function_{fast}({given})" if fast else f"out = call_function(name, [{given}])")


def _first_not_null(children: list[Node], value: str, block: Block) -> str:
    """``not_null`` of what cannot raise: an argument is computed only where those before it are null."""
    left = block.emit(children[0], value)
    if len(children) == 1 or block.is_not_null(left):
        return left
    inner = block.branch()
    right = _first_not_null(children[1:], value, inner)
    out = block.let(shape.FIRST_OF_TWO, {"BODY": inner.statements}, left=left, right=right)
    if inner.is_not_null(right):
        block.not_null.add(out)
    return out


def _chosen(given: list[str], block: Block) -> str:
    """``not_null`` of what is computed already."""
    out = given[-1]
    for left in reversed(given[:-1]):
        out = block.let(shape.NOT_NULL, left=left, right=out)
    return out


def can_raise(tree: Node) -> bool:
    """Whether an expression could raise on some value; then ``not_null`` must compute it as the library does."""
    return any(
        node["type"] == "slice"
        or (node["type"] == "comparator" and node["value"] in ORDERINGS)
        or (node["type"] == "function_expression" and node["value"] not in VALUES)
        for node in walk(tree)
    )

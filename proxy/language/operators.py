"""Generated code for ``&& || !`` and the comparators."""

from typing import Any

from proxy.language import template as shape
from proxy.language.code import Block
from proxy.language.syntax import ORDERINGS, Node

ORDER = {kind: shape.Template(f"out = order_{kind}(left, right)") for kind in sorted(ORDERINGS)}


def both(node: Node, value: str, block: Block) -> str:
    """``x && y``: x where it counts as false, else y."""
    return _two_sided(node, value, block, shape.AND_BOOLEAN, shape.AND)


def either(node: Node, value: str, block: Block) -> str:
    """``x || y``: x where it counts as true, else y."""
    return _two_sided(node, value, block, shape.OR_BOOLEAN, shape.OR)


def _two_sided(node: Node, value: str, block: Block, boolean: shape.Template, other: shape.Template) -> str:
    left, inner = block.emit(node["children"][0], value), block.branch()
    right = inner.emit(node["children"][1], value)
    sure = block.is_a("boolean", left)
    out = block.let(boolean if sure else other, {"BODY": inner.statements}, left=left, right=right)
    return block.note("boolean", out) if sure and block.is_a("boolean", right) else out


def negation(node: Node, value: str, block: Block) -> str:
    """``!x``."""
    held = block.operand(node["children"][0], value)
    return block.note("boolean", block.once(("not", held), shape.NOT, value=held))


def comparator(node: Node, value: str, block: Block) -> str:
    """``== != < <= > >=``."""
    kind = node["value"]
    left, right = (block.operand(child, value) for child in node["children"])
    if kind in ORDERINGS:
        return block.once((kind, left, right), ORDER[kind], left=left, right=right)
    if left in block.code.constants:
        left, right = right, left
    template = comparison(block.code.constants.get(right, Ellipsis))[kind == "ne"]
    return block.note("boolean", block.once((kind, left, right), template, left=left, right=right))


def comparison(constant: Any) -> tuple[shape.Template, shape.Template]:
    """How to compare with a constant (Ellipsis for none): the library keeps 0 and 1 apart from false and true."""
    if constant is Ellipsis:
        return shape.EQUAL_ANY, shape.NOT_EQUAL_ANY
    if constant is None or isinstance(constant, bool):
        return shape.IS, shape.IS_NOT
    if isinstance(constant, int | float) and constant in (0, 1):
        return shape.EQUAL_NUMBER, shape.NOT_EQUAL_NUMBER
    return shape.EQUAL, shape.NOT_EQUAL

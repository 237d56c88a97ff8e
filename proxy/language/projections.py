"""Generated code for projections: loops that leave nulls out."""

from proxy.language import template as shape
from proxy.language.code import Block
from proxy.language.syntax import Node, parts

STRICT = frozenset({"field", "index", "slice", "current", "identity", "multi_select_dict", "multi_select_list"})
FIRST_DECIDES = frozenset({"projection", "value_projection", "filter_projection", "flatten"})
ALL_DECIDE = frozenset({"subexpression", "index_expression", "pipe"})


def flatten(node: Node, value: str, block: Block) -> str:
    """The left side of ``x[]``; the projection around it copies, so the same list may be given back."""
    return block.let(shape.FLAT, base=block.emit(node["children"][0], value))


def projection(node: Node, value: str, block: Block) -> str:
    """``x[*].y`` and ``x[].y``."""
    left, right = node["children"]
    if left["type"] == "flatten":
        return _loop(shape.EACH_OF_FLAT, block.emit(left["children"][0], value), right, None, block)
    return _loop(shape.EACH_OF_LIST, block.emit(left, value), right, None, block)


def value_projection(node: Node, value: str, block: Block) -> str:
    """``x.*.y``."""
    base = block.let(shape.VALUES, base=block.emit(node["children"][0], value))
    return _loop(shape.EACH_OF_VALUES, base, node["children"][1], None, block)


def filter_projection(node: Node, value: str, block: Block) -> str:
    """``x[?y].z``."""
    base = block.emit(node["children"][0], value)
    return _loop(shape.EACH_OF_LIST, base, node["children"][1], node["children"][2], block)


def _loop(template: shape.Template, base: str, right: Node, condition: Node | None, block: Block) -> str:
    out, item, body = block.code.fresh(), block.code.fresh(), block.branch(loop=True)
    if strict(right) and (condition is None or strict(condition)):
        body.add(shape.SKIP_NULL, item=item)
        body.not_null.add(item)
    if condition is None:
        _keep(right, item, out, body)
    else:
        test, inner = body.emit(condition, item), body.branch()
        _keep(right, item, out, inner)
        chosen = shape.IF_BOOLEAN if body.is_a("boolean", test) else shape.IF_TRUE
        body.add(chosen, {"BODY": inner.statements}, left=test)
    block.add(template, {"BODY": body.statements}, out=out, base=base, item=item)
    return out


def _keep(right: Node, item: str, out: str, block: Block) -> None:
    found = block.emit(right, item)
    block.add(shape.KEEP if block.is_not_null(found) else shape.KEEP_UNLESS_NULL, out=out, found=found)


def strict(node: Node) -> bool:
    """Whether the node gives null for null and cannot raise on it, so that a loop may skip null elements."""
    if node["type"] in ALL_DECIDE:
        return all(strict(child) for child in parts(node))
    return node["type"] in STRICT or (node["type"] in FIRST_DECIDES and strict(node["children"][0]))

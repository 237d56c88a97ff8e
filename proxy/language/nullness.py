"""Which expressions can be null, as far as an expression itself tells.

``Seen`` holds the expressions that are known not to be null at some place: those on the left of an ``&&``, in the
condition of a filter, or declared. Keys are the text of a tree relative to the current value.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct, field

from proxy.language.context import VALUES
from proxy.language.syntax import STEPS, Node, is_literal, parts, same

CURRENT: Node = {"type": "current", "children": []}

NEVER = frozenset({"type", "to_string", "to_array", "join", "length", "contains", "starts_with", "ends_with"})
NEVER |= {"abs", "ceil", "floor", "sum", "sort", "sort_by", "reverse", "keys", "values", "map", "merge"}
"""Built-in functions that give no null: they raise instead."""

AS_ARGUMENT = frozenset({"rows", "object", "text", "html", "split", "replace", "lower", "digits"})
"""Functions that give null only for null."""

ALWAYS_SET = VALUES - {"now"}
"""Context functions that are set wherever they make sense; a record to be created has no ``now()``."""


Texts = dict[int, tuple[Node, str]]
"""The text of each node by the node's identity; the node is held, so that the identity stays its own."""


class Seen(Struct, frozen=True):
    """What is known not to be null: ``here`` relative to the current value, ``everywhere`` by context functions.

    ``texts`` are shared by all that is known in one tree: each node is written out once, however often it is met.
    """

    here: frozenset[str] = frozenset()
    everywhere: frozenset[str] = frozenset()
    texts: Texts = field(default_factory=dict)

    def also(self, nodes: Iterable[Node]) -> "Seen":
        """With more expressions known, and all that they imply."""
        known = [part for node in nodes for part in implied(node)]
        if not known:
            return self
        absolute = frozenset(self.text(part) for part in known if is_absolute(part))
        return Seen(self.here | frozenset(map(self.text, known)), self.everywhere | absolute, self.texts)

    def knows(self, node: Node) -> bool:
        """Whether the expression is known not to be null."""
        text = self.text(node)
        return text in self.here or text in self.everywhere

    def inside(self, *, current: bool) -> "Seen":
        """What is still known where another value is the current one; ``current`` says it is not null."""
        return Seen(frozenset({self.text(CURRENT)} if current else ()), self.everywhere, self.texts)

    def text(self, node: Node) -> str:
        """``same`` of a node."""
        if id(node) not in self.texts:
            self.texts[id(node)] = node, same(node)
        return self.texts[id(node)][1]


def is_absolute(node: Node) -> bool:
    """Whether an expression starts at a context function, so that it is the same wherever it stands."""
    while node["type"] in STEPS:
        node = node["children"][0]
    return node["type"] == "function_expression" and node["value"] in VALUES


def implied(node: Node) -> Iterable[Node]:
    """The expressions that cannot be null where this one is not: itself and the steps on the way to it."""
    yield node
    if node["type"] in {"subexpression", "index_expression"}:
        for count in range(2, len(node["children"])):
            yield {**node, "children": node["children"][:count]}
        yield from implied(node["children"][0])


def facts(node: Node, *, holds: bool) -> list[Node]:
    """The expressions that are not null where the node counts as true (``holds``), or as false."""
    found: list[Node] = []
    waiting = [(node, holds)]
    while waiting:
        one, true = waiting.pop()
        kind, children = one["type"], parts(one)
        if kind == "not_expression":
            waiting.append((children[0], not true))
        elif kind == ("and_expression" if true else "or_expression"):
            waiting += [(child, true) for child in children]
        elif kind == "comparator":
            found += compared(one, holds=true)
        if true:
            found.append(one)
    return found


def compared(node: Node, *, holds: bool) -> Iterable[Node]:
    """What a comparison tells: ``x == 'a'`` and ``x != null`` that hold, and ``x == null`` that does not."""
    kind, sides = node["value"], node["children"]
    if kind not in {"eq", "ne"}:
        if holds:
            yield from sides
        return
    for side, other in (sides, sides[::-1]):
        if other["type"] != "literal":
            continue
        null = other["value"] is None
        if ((kind == "eq") == holds) != null:
            yield from typed(side, other) if side["type"] == "function_expression" else (side,)


def typed(call: Node, literal: Node) -> Iterable[Node]:
    """``type(x) == 'string'`` tells of x; any other call tells of itself."""
    yield call
    if call["value"] == "type" and is_literal(literal, str) and literal["value"] != "null":
        yield call["children"][0]


def can_be_null(node: Node, seen: Seen) -> bool:
    """Whether an expression can be null; the shapes not named here cannot."""
    if seen.knows(node):
        return False
    rule = RULES.get(node["type"])
    return rule(node, seen) if rule else False


def _always(node: Node, seen: Seen) -> bool:  # noqa: ARG001 (a rule's signature)
    return True


def _literal(node: Node, seen: Seen) -> bool:  # noqa: ARG001 (a rule's signature)
    return node["value"] is None


def _current(node: Node, seen: Seen) -> bool:  # noqa: ARG001 (a rule's signature)
    return not seen.knows(CURRENT)


def _chain(node: Node, seen: Seen) -> bool:
    null = can_be_null(node["children"][0], seen)
    for child in node["children"][1:]:
        null = can_be_null(child, seen.inside(current=not null))
    return null


def _first(node: Node, seen: Seen) -> bool:
    return can_be_null(node["children"][0], seen)


def _and(node: Node, seen: Seen) -> bool:
    left, right = node["children"]
    return can_be_null(left, seen) or can_be_null(right, seen.also(facts(left, holds=True)))


def _or(node: Node, seen: Seen) -> bool:
    left, right = node["children"]
    return can_be_null(right, seen.also(facts(left, holds=False)))


def _comparator(node: Node, seen: Seen) -> bool:  # noqa: ARG001 (a rule's signature)
    return node["value"] not in {"eq", "ne"}


def _call(node: Node, seen: Seen) -> bool:
    name, children = node["value"], node["children"]
    if name in NEVER or name in ALWAYS_SET:
        return False
    if name == "not_null":
        return all(can_be_null(child, seen) for child in children)
    if name in AS_ARGUMENT:
        return can_be_null(children[0], seen)
    return True


RULES: dict[str, Callable[[Node, Seen], bool]] = {
    "field": _always,
    "index": _always,
    "slice": _current,
    "index_expression": _chain,
    "subexpression": _chain,
    "pipe": _chain,
    "current": _current,
    "identity": _current,
    "literal": _literal,
    "and_expression": _and,
    "or_expression": _or,
    "comparator": _comparator,
    "multi_select_dict": _current,
    "multi_select_list": _current,
    "flatten": _first,
    "projection": _first,
    "value_projection": _first,
    "filter_projection": _first,
    "function_expression": _call,
}


def elements_can_be_null(node: Node, seen: Seen) -> bool:
    """Whether an array can hold null: what a mapping builds itself can, what a provider sends is taken not to."""
    kind, children = node["type"], parts(node)
    if kind == "multi_select_list":
        known = seen.also([CURRENT])
        return any(can_be_null(child, known) for child in children)
    if kind == "literal":
        return isinstance(node["value"], list) and None in node["value"]
    if kind in {"or_expression", "and_expression"}:
        return any(elements_can_be_null(child, seen) for child in children)
    if kind in STEPS:
        return elements_can_be_null(children[-1], seen.inside(current=True))
    if kind == "function_expression":
        return _called_elements(node, seen)
    return False


def _called_elements(node: Node, seen: Seen) -> bool:
    name, children = node["value"], node["children"]
    if name == "to_array":
        return can_be_null(children[0], seen) or elements_can_be_null(children[0], seen)
    if name == "map":
        return can_be_null(children[0]["children"][0], seen.inside(current=True)) if parts(children[0]) else True
    if name in {"not_null", "reverse", "sort_by"}:
        return any(elements_can_be_null(child, seen) for child in children)
    return False

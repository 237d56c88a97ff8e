"""Expressions that are legal JMESPath and mean something else than they seem to, or fail where a key is absent."""

from collections.abc import Callable, Iterable

from proxy.language.faults import ExpressionMistake
from proxy.language.nullness import CURRENT, Seen, can_be_null, elements_can_be_null, facts
from proxy.language.semantics import is_false
from proxy.language.syntax import NEW_ROOT, STEPS, TABLE, Node, parts, same

BY_KEY = frozenset({"sort_by", "min_by", "max_by"})
"""Functions that fail where their key expression gives null for an element."""


def refuse_traps(tree: Node, present: Iterable[Node] = ()) -> None:
    """Refuse the measured traps; ``present`` are expressions known never to be null.

    :raises ExpressionMistake: with the way to say what was meant.
    """
    check(tree, Seen(here=frozenset({same(CURRENT)})).also(present))


def check(node: Node, seen: Seen) -> None:
    """One node and all below it, each with what is known at its place."""
    for trap in TRAPS.get(node["type"], ()):
        trap(node, seen)
    for child, known in scopes(node, seen):
        check(child, known)


def scopes(node: Node, seen: Seen) -> Iterable[tuple[Node, Seen]]:
    """The children of a node, with what is known where each is evaluated."""
    kind, children = node["type"], parts(node)
    if kind in {"and_expression", "or_expression"}:
        yield children[0], seen
        yield children[1], seen.also(facts(children[0], holds=kind == "and_expression"))
    elif kind in STEPS:
        yield from _steps(children, seen)
    elif kind in NEW_ROOT:
        yield from _projected(node, seen)
    elif kind in {"multi_select_dict", "multi_select_list"}:
        yield from ((child, seen.also([CURRENT])) for child in children)
    elif kind == "expref":
        yield children[0], seen.inside(current=True)
    else:
        yield from ((child, seen) for child in children)


def _steps(children: list[Node], seen: Seen) -> Iterable[tuple[Node, Seen]]:
    for child in children:
        yield child, seen
        seen = seen.inside(current=not can_be_null(child, seen))


def _projected(node: Node, seen: Seen) -> Iterable[tuple[Node, Seen]]:
    base, right, *condition = node["children"]
    element = seen.inside(current=not elements_can_be_null(base, seen))
    yield base, seen
    for test in condition:
        yield test, element
        element = element.also(facts(test, holds=True))
    yield right, element


def refuse_negated_base(node: Node, seen: Seen) -> None:  # noqa: ARG001 (a trap's signature)
    """``!a.b`` parses as ``(!a).b``, which is always null."""
    if node["children"][0]["type"] == "not_expression":
        raise ExpressionMistake("! binds closer than the dot: write !(a.b)")


def refuse_empty_choice(node: Node, seen: Seen) -> None:  # noqa: ARG001 (a trap's signature)
    """``x && '' || y`` is always ``y``."""
    left = node["children"][0]
    chosen = left["children"][1] if left["type"] == "and_expression" else None
    if chosen and chosen["type"] == "literal" and is_false(chosen["value"]):
        raise ExpressionMistake(
            "x && <an empty value> || y is always y, as empty values count as false: write !x && y || ''"
        )


def refuse_null_argument(node: Node, seen: Seen) -> None:
    """A function that fails on null, over what can be absent."""
    name, given = node["value"], node["children"]
    if name == "to_string" and can_be_null(given[0], seen):
        raise ExpressionMistake(
            "to_string(null) is 'null' as text: write to_string(not_null(x, '')) or x && to_string(x)"
        )
    signature = TABLE[name]["signature"]
    for number, argument in enumerate(given):
        types = signature[min(number, len(signature) - 1)]["types"]
        if types and "null" not in types and can_be_null(argument, seen):
            raise ExpressionMistake(f"{name}() fails where its argument is absent: wrap it in not_null(x, <a default>)")
        if any("-" in kind for kind in types) and elements_can_be_null(argument, seen):
            raise ExpressionMistake(f"{name}() fails on an array that holds null: put [?@ != `null`] after the array")


def refuse_null_key(node: Node, seen: Seen) -> None:
    """``sort_by(x, &key)`` fails on an element without the key."""
    if node["value"] not in BY_KEY:
        return
    key = node["children"][1]
    if key["type"] == "expref" and can_be_null(key["children"][0], seen.inside(current=True)):
        raise ExpressionMistake(
            f"{node['value']}() fails on an element without the key: write &not_null(x, <a default>)"
        )


Trap = Callable[[Node, Seen], None]
TRAPS: dict[str, tuple[Trap, ...]] = {
    **dict.fromkeys((*NEW_ROOT - {"pipe"}, "flatten"), (refuse_negated_base,)),
    "or_expression": (refuse_empty_choice,),
    "function_expression": (refuse_null_argument, refuse_null_key),
}

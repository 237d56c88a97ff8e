"""What a plan tells of itself: its calls, the sets it replaces as a whole, the words its attributes may have."""

from collections.abc import Iterator, Mapping

from proxy.language.expression import Expression
from proxy.language.syntax import walk
from unified.mapping.build_plan import mentioned
from unified.mapping.plan import Plan, Step, leaves


def fewest_calls(plan: Plan) -> int:
    """The calls that change something and that every write makes: the steps that wait for nothing."""
    return sum(not (step.given or step.when or step.each) for step in _changing(plan))


def most_calls(plan: Plan) -> int | None:
    """Those of a write that asks for everything; null where a step runs once for each element of a set."""
    steps = _changing(plan)
    return None if any(step.each for step in steps) else len(steps)


def replaced_sets(plan: Plan) -> list[str]:
    """The sets that are read, changed and written whole, as the provider changes no single element of them."""
    if plan.method == "create":
        return []
    sent = [leaf.expression for step in plan.steps for _, leaf in leaves(step.call.body)]
    return sorted({name for one in sent for name in _whole_sets(one)})


def is_atomic(plan: Plan) -> bool:
    """Whether a write is all or nothing: one call, and no set that another writer could change meanwhile."""
    return most_calls(plan) == 1 and not replaced_sets(plan)


def plain_words(plan: Plan) -> dict[str, Mapping[str, str]]:
    """Attributes that a plan translates by a table of words: our words to the provider's."""
    found: dict[str, Mapping[str, str]] = {}
    for step in plan.steps:
        for _, leaf in leaves(step.call.body):
            names = mentioned(leaf.expression)
            if leaf.words is not None and len(names) == 1:
                found[next(iter(names))] = leaf.words
    return found


def _changing(plan: Plan) -> list[Step]:
    return [step for step in plan.steps if not step.reads]


def _whole_sets(expression: Expression) -> Iterator[str]:
    for node in walk(expression.tree):
        if node["type"] == "function_expression" and node["value"] == "whole":
            yield node["children"][0]["value"]

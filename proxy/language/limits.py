"""Expressions from outside: bounds on the text at upload, on steps and sizes when it runs."""

from collections.abc import Iterable
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.visitor import Options, TreeInterpreter

from proxy.language.compiled import Expression, compile_expression
from proxy.language.context import NOTHING, Context
from proxy.language.faults import FAULTS, EvaluationError, ExpressionMistake, reason
from proxy.language.functions import ContextFunctions
from proxy.language.syntax import Node, parse, parts, same, walk

TEXT = 2048
"""Characters of an expression."""
NODES = 200
DEPTH = 32
LITERAL = 1024
MAPS = 2
"""``map`` inside ``map``: each multiplies the work."""

STEPS = 50_000
SIZE = 200_000
"""Parts of a value: a character or an element is one part."""


class LimitReachedError(JMESPathError):
    """An expression that took too many steps or made too large a value."""


def compile_limited(text: str) -> Expression:
    """``compile_expression`` for text from outside; it must stay within the bounds above.

    :raises ExpressionMistake: also where the expression is too long, too deep or has too many parts.
    """
    if len(text) > TEXT:
        raise ExpressionMistake(f"is longer than {TEXT} characters")
    if max_open(text) > DEPTH:
        raise ExpressionMistake(f"is nested more than {DEPTH} deep")
    tree = parse(text)
    nodes = list(walk(tree))
    if len(nodes) > NODES:
        raise ExpressionMistake(f"has more than {NODES} parts")
    if any(node["type"] == "literal" and len(same(node)) > LITERAL for node in nodes):
        raise ExpressionMistake(f"holds a literal of more than {LITERAL} characters")
    if maps(tree) > MAPS:
        raise ExpressionMistake(f"has more than {MAPS} map() inside each other")
    return compile_expression(text)


def max_open(text: str) -> int:
    """How many brackets stand open at most; brackets in strings count, which errs on the safe side."""
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def maps(node: Node) -> int:
    """How many ``map`` calls stand inside each other."""
    here = int(node["type"] == "function_expression" and node["value"] == "map")
    return here + max((maps(child) for child in parts(node)), default=0)


def measure(value: Any, most: int) -> int:
    """The parts of a value, counted no further than just above ``most``: a shared part counts each time it is met."""
    total, waiting = 0, [value]
    while waiting and total <= most:
        held = waiting.pop()
        total += 1 + (len(held) if isinstance(held, str | list | dict) else 0)
        if isinstance(held, list):
            waiting.extend(held[: most + 1])
        elif isinstance(held, dict):
            total += sum(map(len, held))
            waiting.extend(held.values())
    return total


class _CountedFunctions(ContextFunctions):
    """The functions, with their arguments and results measured."""

    def __init__(self, context: Context, budget: "_Budget") -> None:
        super().__init__(context)
        self.budget = budget

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        given = list(resolved_args)
        for argument in given:
            self.budget.weigh(argument)
        self.budget.foresee(function_name, given)
        return self.budget.weigh(super().call_function(function_name, given))


class _Budget:
    """What is left of the steps, and the size that no value may pass."""

    def __init__(self, steps: int, size: int) -> None:
        self.steps = steps
        self.size = size

    def spend(self, steps: int) -> None:
        """Take steps."""
        self.steps -= steps
        if self.steps < 0:
            raise LimitReachedError("the expression takes too many steps")

    def weigh(self, value: Any) -> Any:
        """Give the value back if it is not too large; weighing costs a step for every ten parts."""
        parts_of_it = measure(value, self.size)
        self.spend(parts_of_it // 10)
        if parts_of_it > self.size:
            raise LimitReachedError("the expression makes too large a value")
        return value

    def foresee(self, name: str, given: list[Any]) -> None:
        """Refuse a call whose result would be far larger than its arguments."""
        grown = 0
        if name == "join" and isinstance(given[0], str) and isinstance(given[1], list):
            grown = len(given[0]) * len(given[1])
        elif name == "replace" and all(isinstance(part, str) for part in given):
            grown = given[0].count(given[1]) * len(given[2])
        if grown > self.size:
            raise LimitReachedError("the expression makes too large a value")


class _Limited(TreeInterpreter):
    """The library's interpreter, counting."""

    def __init__(self, context: Context, budget: _Budget) -> None:
        super().__init__(Options(custom_functions=_CountedFunctions(context, budget)))
        self.budget = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self.budget.spend(1)
        return super().visit(node, *args, **kwargs)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        # Equality of two trees that share parts can take as long as both written out.
        sides = [self.budget.weigh(self.visit(child, value)) for child in node["children"]]
        weighed = [{"type": "literal", "value": side, "children": []} for side in sides]
        shallow: Any = {**node, "children": weighed}
        return super().visit_comparator(shallow, value)


def run_limited(
    expression: Expression, value: Any, context: Context | None = None, *, steps: int = STEPS, size: int = SIZE
) -> Any:
    """Evaluate an expression from outside by the library's interpreter within a budget.

    :param steps: visited nodes, and a tenth of the parts that functions are given.
    :param size: parts (characters and elements) of any value given to a function, compared or returned.
    :raises EvaluationError: where the library raises, or the budget is spent.
    """
    budget = _Budget(steps, size)
    try:
        return budget.weigh(_Limited(context or NOTHING, budget).visit(expression.tree, value))
    except FAULTS as error:
        raise EvaluationError(reason(error)) from error

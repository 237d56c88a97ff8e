"""One expression, checked and compiled into a Python function."""

from collections.abc import Iterable
from typing import Any

from proxy.language.code import Code
from proxy.language.context import NOTHING, Context
from proxy.language.emitters import EMITTERS
from proxy.language.faults import FAULTS, EvaluationError, ExpressionMistake, reason
from proxy.language.syntax import Node, context_functions, parse, root_fields
from proxy.language.traps import refuse_traps


class Expression:
    """A compiled expression: call it with a value, and a context where it uses context functions."""

    __slots__ = ("_run", "text", "tree")

    def __init__(self, text: str, tree: Node) -> None:
        self.text = text
        self.tree = tree
        code = Code(EMITTERS)
        try:
            self._run = code.load(code.outline(tree))
        except RecursionError:
            raise ExpressionMistake("is nested too deeply") from None

    def __call__(self, value: Any, context: Context | None = None) -> Any:
        """The result, as the JMESPath library would give it.

        :raises EvaluationError: where the library would raise, for instance on a wrong argument of a function.
        """
        try:
            return self._run(value, NOTHING if context is None else context)
        except FAULTS as error:
            raise EvaluationError(reason(error)) from error

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def compile_expression(text: str, *, present: Iterable[str] = ()) -> Expression:
    """Compile an expression after refusing what could only be a slip of the pen.

    :param present: expressions known never to be null, such as ``id`` or ``connection().base_url``.
    :raises ExpressionMistake: syntax errors, unknown functions, wrong numbers of arguments, and the traps of ``traps``.
    """
    tree = parse(text)
    try:
        refuse_traps(tree, [parse(known) for known in present])
    except RecursionError:
        raise ExpressionMistake("is nested too deeply") from None
    return Expression(text, tree)


def paths(expression: Expression) -> set[str]:
    """The fields that an expression reads of the value it is applied to."""
    return root_fields(expression.tree)


def functions(expression: Expression) -> set[str]:
    """The context functions that an expression calls."""
    return context_functions(expression.tree)

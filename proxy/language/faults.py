"""The two ways an expression goes wrong: at load, and on a value."""

from jmespath.exceptions import ArityError, JMESPathTypeError
from msgspec import MsgspecError

FAULTS = (ValueError, TypeError, ArithmeticError, RecursionError, LookupError, AttributeError, MsgspecError)
"""What evaluating an expression or converting its value can raise; jmespath's own errors are ValueErrors."""


class ExpressionMistake(Exception):  # noqa: N818 (a mistake of the file, met at load)
    """An expression that is refused at load; ``message`` says why in one line."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EvaluationError(Exception):
    """An expression that failed on a value; the message names types, never the value itself."""


def reason(error: BaseException) -> str:
    """One line about a fault, without the value where the library would print it."""
    if isinstance(error, JMESPathTypeError):
        expected = " or ".join(error.expected_types)
        return f"{error.function_name}() takes {expected}, not {error.actual_type}"
    if isinstance(error, RecursionError):
        return "the value or the expression is nested too deeply"
    if isinstance(error, ArityError):
        return str(error)
    return " ".join(str(error).split()) or type(error).__name__

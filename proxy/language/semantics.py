"""What generated code calls where the answer is not the common one: the library's semantics, in full."""

from collections.abc import Callable
from numbers import Number
from typing import Any

from jmespath.visitor import TreeInterpreter

from proxy.language.context import Context, of_set
from proxy.language.functions import ValueFunctions

FUNCTIONS = ValueFunctions()
EMPTY: dict[str, Any] = {}
NUMBERS = frozenset({int, float})
COMPARE = TreeInterpreter.COMPARATOR_FUNC

call_function = FUNCTIONS.call_function


class _Expression:
    """An expression reference ``&x``; the library's functions know the class by this very name."""

    __slots__ = ("context", "expression")

    def __init__(self, expression: Callable[[Any, Context], Any], context: Context) -> None:
        self.expression = expression
        self.context = context

    def visit(self, expression: Callable[[Any, Context], Any], value: Any) -> Any:
        """Apply the reference to a value; the library passes our own ``expression`` back to us."""
        return expression(value, self.context)


def is_number(value: Any) -> bool:
    """Whether the library takes the value for a number; a boolean is none."""
    return isinstance(value, Number) and not isinstance(value, bool)


def is_ordered(value: Any) -> bool:
    """Whether ``< <= > >=`` apply; strings do, though the specification knows only numbers."""
    return isinstance(value, str) or is_number(value)


def is_false(value: Any) -> bool:
    """Whether a value counts as false: ``[] {} '' false null``, and never the number 0."""
    return type(value) not in NUMBERS and (value == "" or value == [] or value == {} or value is None or value is False)


def is_true(value: Any) -> bool:
    """The opposite of ``is_false``."""
    return not is_false(value)


def negated(value: Any) -> bool:
    """The library's ``!``: 0 is true, so its negation is false."""
    return False if is_number(value) and value == 0 else not value


def equals(left: Any, right: Any) -> bool:
    """The library's ``==``: 0 and 1 are not false and true."""
    return bool(COMPARE["eq"](left, right))


def fields_of(value: Any) -> Any:
    """Something with ``get`` that answers for a value that is no dict."""
    return value if hasattr(value, "get") else EMPTY


def values_of(value: Any) -> Any:
    """The values of an object, None for what is none."""
    return value.values() if hasattr(value, "values") else None


def flat(base: list[Any]) -> list[Any]:
    """One level of nesting less; the same list where none of its elements is a list."""
    if list not in map(type, base):
        return base
    merged: list[Any] = []
    for element in base:
        if isinstance(element, list):
            merged.extend(element)
        else:
            merged.append(element)
    return merged


def copied(literal: Any) -> Any:
    """A fresh copy of a literal, so that who changes a record does not change the mapping."""
    if isinstance(literal, dict):
        return {key: copied(value) for key, value in literal.items()}
    return [copied(value) for value in literal] if isinstance(literal, list) else literal


def _ordering(name: str) -> Callable[[Any, Any], Any]:
    compare = COMPARE[name]

    def ordered(left: Any, right: Any) -> Any:
        return compare(left, right) if is_ordered(left) and is_ordered(right) else None

    return ordered


def join(separator: Any, values: Any) -> Any:
    """``join``, at the speed of ``str.join`` where the arguments are right."""
    if type(separator) is str and type(values) is list:
        try:
            return separator.join(values)
        except TypeError:
            pass  # an element is no string: the library says which
    return call_function("join", [separator, values])


def length(value: Any) -> Any:
    """``length`` of a string, an array or an object."""
    return len(value) if type(value) in (list, str, dict) else call_function("length", [value])


def contains(subject: Any, search: Any) -> Any:
    """``contains`` of a string or an array."""
    return search in subject if type(subject) in (str, list) else call_function("contains", [subject, search])


def starts_with(value: Any, prefix: Any) -> Any:
    """``starts_with`` of two strings."""
    if type(value) is str and type(prefix) is str:
        return value.startswith(prefix)
    return call_function("starts_with", [value, prefix])


def ends_with(value: Any, suffix: Any) -> Any:
    """``ends_with`` of two strings."""
    if type(value) is str and type(suffix) is str:
        return value.endswith(suffix)
    return call_function("ends_with", [value, suffix])


def to_string(value: Any) -> Any:
    """``to_string`` of what is neither a string nor an integer."""
    return call_function("to_string", [value])


def largest(values: Any) -> Any:
    """``max`` of strings or of numbers."""
    if type(values) is list and values and set(map(type, values)) == {str}:
        return max(values)
    return call_function("max", [values])


def smallest(values: Any) -> Any:
    """``min`` of strings or of numbers."""
    if type(values) is list and values and set(map(type, values)) == {str}:
        return min(values)
    return call_function("min", [values])


FAST: dict[str, Callable[..., Any]] = {
    "join": join,
    "length": length,
    "contains": contains,
    "starts_with": starts_with,
    "ends_with": ends_with,
    "max": largest,
    "min": smallest,
}
"""Functions that generated code calls by themselves; all others go through the library's ``call_function``."""

RUNTIME: dict[str, Any] = {
    "EMPTY": EMPTY,
    "expression_reference": _Expression,
    "is_false": is_false,
    "is_true": is_true,
    "negated": negated,
    "equals": equals,
    "fields_of": fields_of,
    "values_of": values_of,
    "flat": flat,
    "copied": copied,
    "of_set": of_set,
    "call_function": call_function,
    "to_string": to_string,
    **{f"order_{name}": _ordering(name) for name in ("lt", "lte", "gt", "gte")},
    **{f"function_{name}": function for name, function in FAST.items()},
}
"""The names generated code may use, beside Python's own ``type isinstance len dict list``."""

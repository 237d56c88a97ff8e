"""The language of the two filter endpoints: rows of key, operator and values, joined by AND before OR as SQL does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.chatwoot.clock import day
from sandbox.chatwoot.errors import Crash, Refusal, unprocessable
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import blank, to_i

EQUALITY = ("equal_to", "not_equal_to")
PRESENCE = ("is_present", "is_not_present")
SUBSTRING = ("contains", "does_not_contain")
ORDER = ("is_greater_than", "is_less_than", "days_before")
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """A filterable attribute; ``kind``: number, text, folded (lower case), enum, labels, date or boolean."""

    get: Callable[[Any], Any]
    kind: str
    operators: tuple[str, ...]
    enum: tuple[str, ...] = ()
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """The columns of one endpoint; ``first_only`` endpoints compare with the first value alone."""

    columns: Mapping[str, Column]
    custom: Mapping[str, Column]
    first_only: bool
    today: int


def compile_filter(language: Language, payload: Any) -> Test:
    """One test of the whole payload; refuses unknown keys, operators and values with 422."""
    if not isinstance(payload, list) or not all(isinstance(row, dict) for row in payload):
        raise Crash
    for row in payload:
        _check_joint(row.get("query_operator"))
    alternatives: list[list[Test]] = [[]]
    for position, row in enumerate(payload):
        alternatives[-1].append(_row(language, row))
        joint = str(row.get("query_operator") or "").upper()
        # A dangling or a missing operator is a syntax error of the SQL.
        if bool(joint) == (position == len(payload) - 1):
            raise Crash
        if joint == "OR":
            alternatives.append([])
    return lambda one: any(all(test(one) for test in tests) for tests in alternatives)


def _check_joint(joint: Any) -> None:
    if joint and str(joint).upper() not in ("AND", "OR"):
        raise unprocessable('Query operator must be either "AND" or "OR".')


def _row(language: Language, row: Json) -> Test:
    key, operator, values = row.get("attribute_key"), row.get("filter_operator"), row.get("values")
    standard = language.columns.get(str(key))
    if standard is not None and operator not in standard.operators:
        allowed = ",".join(standard.operators)
        raise unprocessable(f"Invalid operator. The allowed operators for {key} are [{allowed}].")
    if operator not in PRESENCE and blank(values):
        raise _bad_value(key)
    column = standard or language.custom.get(str(key))
    if column is None:
        allowed = ",".join(language.columns)
        text = f"Invalid attribute key - [{key}]. The key should be one of [{allowed}]"
        raise unprocessable(f"{text} or a custom attribute defined in the account.")
    if operator in PRESENCE:
        return _presence(column, str(operator))
    wanted = values if isinstance(values, list) else [values]
    if operator in ORDER:
        return _order(language, column, str(operator), str(key), wanted[0])
    if operator in SUBSTRING:
        return _substring(column, str(operator), wanted)
    return _equality(column, str(operator), wanted[:1] if language.first_only or column.custom else wanted)


def _bad_value(key: Any) -> Refusal:
    return unprocessable(f"Invalid value. The values provided for {key} are invalid")


def _presence(column: Column, operator: str) -> Test:
    if column.kind == "labels":
        return lambda one: bool(column.get(one)) == (operator == "is_present")
    return lambda one: (column.get(one) is not None) == (operator == "is_present")


def _equality(column: Column, operator: str, values: list[Any]) -> Test:
    wanted = {_comparable(column, value) for value in values}
    if column.kind == "labels":
        return lambda one: bool(wanted & set(column.get(one))) == (operator == "equal_to")
    return lambda one: _in(column, column.get(one), wanted, negate=operator == "not_equal_to")


def _in(column: Column, value: Any, wanted: set[Any], *, negate: bool) -> bool:
    if value is None:
        # NULL is neither in a list nor outside it; custom attributes are asked for NULL besides.
        return negate and column.custom
    return (_folded(column, value) in wanted) != negate


def _comparable(column: Column, value: Any) -> Any:
    if column.kind == "enum":
        if not isinstance(value, str):
            raise Crash
        return value if value in column.enum else None
    if column.kind == "number":
        if not isinstance(value, int) and not str(value).strip().lstrip("-").isdecimal():
            raise Crash
        return to_i(value)
    if column.kind == "boolean":
        return str(value).lower() in ("true", "t", "1")
    return _folded(column, value)


def _folded(column: Column, value: Any) -> Any:
    if column.kind in ("number", "enum", "boolean"):
        return value
    return str(value).lower() if column.kind == "folded" else str(value)


def _substring(column: Column, operator: str, values: list[Any]) -> Test:
    wanted = [str(value).strip().lower() for value in values]

    def test(one: Any) -> bool:
        value = column.get(one)
        if value is None:
            return False
        return any(part in str(value).lower() for part in wanted) == (operator == "contains")

    return test


def _order(language: Language, column: Column, operator: str, key: str, value: Any) -> Test:
    if column.kind == "number":
        return _number_order(column, operator, key, value)
    if column.kind != "date":
        raise _bad_value(key)
    bound = _bound(language, operator, key, value)
    greater = operator == "is_greater_than"

    def test(one: Any) -> bool:
        found = column.get(one)
        shown = day(found) if isinstance(found, int) else found
        return shown is not None and (shown > bound if greater else shown < bound)

    return test


def _bound(language: Language, operator: str, key: str, value: Any) -> str:
    try:
        if operator == "days_before":
            return str(date.fromisoformat(day(language.today)) - timedelta(days=to_i(value)))
        return str(date.fromisoformat(str(value)[:10]))
    except (ValueError, OverflowError):
        raise _bad_value(key) from None


def _number_order(column: Column, operator: str, key: str, value: Any) -> Test:
    try:
        bound = float(value)
    except (TypeError, ValueError):
        raise _bad_value(key) from None
    greater = operator == "is_greater_than"

    def test(one: Any) -> bool:
        found = column.get(one)
        return found is not None and (found > bound if greater else found < bound)

    return test

"""Filters tested on the mapped record: whatever a provider did with its parameter, only what matches is answered."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from proxy.errors import FieldError, InvalidRequest
from unified.mapping.times import parse_time
from unified.schemas.resources import Comparison, Filter

INCLUDED = "="
"""Before the value of a time bound: the bound itself is met too."""

Predicate = Callable[[dict[str, Any]], bool]
Test = Callable[[Any], bool]


def predicate(filters: Iterable[tuple[Filter, tuple[str, ...]]]) -> Predicate | None:
    """A test that a record passes when it meets every filter; null where none needs a test."""
    tests = [
        (tuple(path.split(".") for path in one.paths), TESTS[one.compare](one, values))
        for one, values in filters
        if one.compare != "provider"
    ]
    if not tests:
        return None

    def matches(record: dict[str, Any]) -> bool:
        return all(
            any(value is not None and test(value) for path in paths for value in values_at(record, path))
            for paths, test in tests
        )

    return matches


def values_at(value: Any, path: list[str]) -> Iterator[Any]:
    """Every value that a path of attributes reaches, lists walked through."""
    if isinstance(value, list):
        for one in value:
            yield from values_at(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from values_at(value.get(path[0]), path[1:])


def digits(text: str) -> str:
    """A phone number as its digits, so that spelling does not matter."""
    return "".join(character for character in text if character.isdigit())


def _equal(_: Filter, values: tuple[str, ...]) -> Test:
    wanted = frozenset(values)
    return lambda value: value in wanted


def _without_case(_: Filter, values: tuple[str, ...]) -> Test:
    wanted = frozenset(value.strip().casefold() for value in values)
    return lambda value: value.strip().casefold() in wanted


def _by_digits(one: Filter, values: tuple[str, ...]) -> Test:
    wanted = frozenset(digits(value) for value in values)
    if "" in wanted:
        raise InvalidRequest("a phone number has digits", errors=[FieldError(one.name, "no digits in it")])
    return lambda value: digits(value) in wanted


def _after(one: Filter, values: tuple[str, ...]) -> Test:
    bound = moment(one, values[0])
    if values[0].startswith(INCLUDED):
        return lambda value: parse_time(value) >= bound
    return lambda value: parse_time(value) > bound


def _before(one: Filter, values: tuple[str, ...]) -> Test:
    bound = moment(one, values[0])
    if values[0].startswith(INCLUDED):
        return lambda value: parse_time(value) <= bound
    return lambda value: parse_time(value) < bound


def moment(one: Filter, value: str) -> Any:
    """A caller's time as a datetime; raises InvalidRequest."""
    try:
        return parse_time(value.removeprefix(INCLUDED))
    except ValueError:
        raise InvalidRequest(
            f"{one.name} is a time such as 2026-06-02T08:14:05Z", errors=[FieldError(one.name, "not an RFC 3339 time")]
        ) from None


TESTS: Mapping[Comparison, Callable[[Filter, tuple[str, ...]], Test]] = {
    "word": _equal,
    "category": _equal,
    "id": _equal,
    "text": _without_case,
    "phone": _by_digits,
    "after": _after,
    "before": _before,
}

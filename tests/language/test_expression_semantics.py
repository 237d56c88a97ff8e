"""The compiled expressions against the JMESPath library, on random expressions and random values."""

import warnings
from typing import Any

import jmespath
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jmespath.visitor import Options

from proxy.language.compiled import Expression
from proxy.language.context import Context, SetChange
from proxy.language.faults import FAULTS, EvaluationError, ExpressionMistake
from proxy.language.functions import ContextFunctions
from proxy.language.syntax import parse

KEYS = ["a", "b", "c", "d"]
LITERALS = ["''", "'a'", "'b'", "`0`", "`1`", "`1.0`", "`0.0`", "`-2`", "`true`", "`false`", "`null`", "`[]`", "`{}`"]
LITERALS += ["`[1, 2, null]`", '`["a", "b"]`', '`{"a": 1, "b": {"c": [1]}}`', "`[[1], 2, []]`", '`"é"`', "'☃'"]
LEAVES = [*KEYS, "@", '"a"', "parent()", "query()", "now()", "added('a')", "*", "[]", "[*]", "[0]", "[-1]", "[::2]"]
SLICES = ["::-1", "1:", "-2:", ":2", "1:3", "::-2", "5:1:-1", "-1::-1", "::0"]
UNARY = ["length", "to_string", "to_number", "to_array", "type", "not_null", "keys", "values", "reverse", "sort", "max"]
UNARY += ["min", "sum", "avg", "abs", "ceil", "floor", "rows", "object", "text", "html", "lower", "mime", "file_name"]
UNARY += ["digits"]
BINARY = ["contains", "starts_with", "ends_with", "join", "split", "merge", "not_null"]
OPERATORS = ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "|"]

keys = st.sampled_from(KEYS)
leaves = st.sampled_from([*LEAVES, *LITERALS, *KEYS, *KEYS])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(keys, inner).map(": ".join), min_size=1, max_size=3).map(", ".join)
    several = st.lists(inner, min_size=1, max_size=3).map(", ".join)

    def form(text: str, *parts: Any) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda given: text % given)

    return st.one_of(
        form("%s.%s", inner, keys),
        form("%s.%s.%s", inner, keys, keys),
        form("%s[%s]", inner, st.integers(-3, 3)),
        form("%s[%s]", inner, st.sampled_from(SLICES)),
        form("%s[].%s", inner, keys),
        form("%s[]", inner),
        form("%s[*].%s", inner, keys),
        form("%s.*", inner),
        form("%s[?%s]", inner, inner),
        form("%s[?%s].%s", inner, inner, keys),
        form("(%s)", inner),
        form("!%s", inner),
        form("%s %s %s", inner, st.sampled_from(OPERATORS), inner),
        form("(%s) %s (%s)", inner, st.sampled_from(OPERATORS), inner),
        form("{%s}", pairs),
        form("[%s]", several),
        form("%s.{%s}", inner, pairs),
        form("%s.[%s]", inner, several),
        form("%s(%s)", st.sampled_from(UNARY), inner),
        form("%s(%s, %s)", st.sampled_from(BINARY), inner, inner),
        form("replace(%s, 'a', 'b')", inner),
        form("not_null(%s, %s, %s)", inner, inner, inner),
        form("%s(%s, &%s)", st.sampled_from(["sort_by", "max_by", "min_by"]), inner, inner),
        form("map(&%s, %s)", inner, inner),
        form("%s.%s(@)", keys, st.sampled_from(UNARY)),
    )


texts = st.recursive(leaves, larger, max_leaves=10)
scalars = st.sampled_from([None, None, True, False, 0, 1, 0.0, 1.0, 2, -3, 1.5, "", "a", "b", "é", "x/y.png", "☃"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    """Equal in type, order and value; expression references are equal to each other."""
    if type(left).__name__ == type(right).__name__ == "_Expression":
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def library(text: str, value: Any, context: Context) -> tuple[bool, Any]:
    try:
        return True, jmespath.search(text, value, Options(custom_functions=ContextFunctions(context)))
    except FAULTS as error:
        return False, error


def ours(text: str, value: Any, context: Context) -> tuple[bool, Any]:
    """Compiled without the checks for traps, which are about meaning and not about results."""
    try:
        return True, Expression(text, parse(text))(value, context)
    except EvaluationError as error:
        return False, error


def agree(text: str, value: Any, context: Context) -> None:
    expected, found = library(text, value, context), ours(text, value, context)
    assert expected[0] == found[0], (text, value, expected, found)
    if expected[0] and "_Expression object" not in str(expected[1]):
        assert same(expected[1], found[1]), (text, value, expected, found)


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts, several=st.lists(values, min_size=3, max_size=3), held=values)
def test_an_expression_gives_what_the_library_gives_or_fails_where_it_fails(text, several, held):
    try:
        parse(text)
    except ExpressionMistake:
        return
    context = Context(parent=held, query=held, sets={"a": SetChange(added=[held])})
    for value in several:
        agree(text, value, context)


SEMANTICS = [
    ("0 is true", "a && 'yes' || 'no'", {"a": 0}, "yes"),
    ("0.0 is true", "a && 'yes' || 'no'", {"a": 0.0}, "yes"),
    ("the empty string is false", "a && 'yes' || 'no'", {"a": ""}, "no"),
    ("the empty array is false", "a && 'yes' || 'no'", {"a": []}, "no"),
    ("the empty object is false", "a && 'yes' || 'no'", {"a": {}}, "no"),
    ("and gives back the false value itself", "a && b", {"a": [], "b": 1}, []),
    ("or gives back the last value", "a || b", {"a": [], "b": ""}, ""),
    ("not 0 is false", "!a", {"a": 0}, False),
    ("0 is not false", "a == `false`", {"a": 0}, False),
    ("0 differs from false", "a != `false`", {"a": 0}, True),
    ("1 is not true", "a == `true`", {"a": 1}, False),
    ("true is not 1", "a == `1`", {"a": True}, False),
    ("1 equals 1.0", "a == `1.0`", {"a": 1}, True),
    ("inside an array Python's own equality decides", "a == `[0]`", {"a": [False]}, True),
    ("fields of 0 and false are kept apart too", "a == b", {"a": 0, "b": False}, False),
    ("a projection drops nulls", "a[*].b", {"a": [{"b": 1}, {}, {"b": None}, {"b": 2}]}, [1, 2]),
    ("a projection over no array is null", "a[*].b", {"a": "text"}, None),
    ("a filter drops nulls", "a[?b].c", {"a": [{"b": 1}, {"b": 1, "c": 2}]}, [2]),
    ("a flatten goes one level deep", "a[]", {"a": [1, [2, [3]], None]}, [1, 2, [3]]),
    ("a value projection drops nulls", "a.*", {"a": {"x": None, "y": 1}}, [1]),
    ("a multi-select on null is null", "a.{b: b}", {}, None),
    ("a multi-select on text has null fields", "a.{b: b}", {"a": "text"}, {"b": None}),
    ("a multi-select keeps nulls", "[a, b]", {"a": 1}, [1, None]),
    ("an index beyond the end is null", "a[2]", {"a": [1, 2]}, None),
    ("an index before the start is null", "a[-3]", {"a": [1, 2]}, None),
    ("text has no index", "a[0]", {"a": "text"}, None),
    ("a slice may go backwards", "a[::-1]", {"a": [1, 2, 3]}, [3, 2, 1]),
    ("numbers are ordered", "a < b", {"a": 1, "b": 2}, True),
    ("strings are ordered", "a < b", {"a": "x", "b": "y"}, True),
    ("booleans are not ordered", "a < b", {"a": True, "b": 2}, None),
    ("null is not ordered", "a < b", {"a": 1}, None),
    ("to_string of null is text", "to_string(a)", {}, "null"),
    ("a pipe ends a projection", "a[*].b | [0]", {"a": [{"b": 1}, {"b": 2}]}, 1),
    ("a context function reaches into a projection", "a[].{x: @, y: query().z}", {"a": [1]}, [{"x": 1, "y": 7}]),
    ("an expression reference sees the context", "map(&query().z, a)", {"a": [1, 2]}, [7, 7]),
]


@pytest.mark.parametrize(
    ("text", "value", "expected"), [row[1:] for row in SEMANTICS], ids=[row[0] for row in SEMANTICS]
)
def test_the_semantics_are_those_of_the_library(text, value, expected):
    context = Context(query={"z": 7})
    assert same(ours(text, value, context)[1], expected)
    agree(text, value, context)


FAILURES = {
    "a number before a string": ("a < b", {"a": 1, "b": "x"}),
    "a null argument": ("length(a)", {}),
    "an array of both kinds": ("max(a)", {"a": [1, "x"]}),
    "one failing function inside a projection": ("a[*].abs(@)", {"a": [1, "x"]}),
    "one failing argument of not_null": ("not_null(a, abs(b))", {"a": 1, "b": "x"}),
    "a slice without steps": ("a[::0]", {"a": [1]}),
}


@pytest.mark.parametrize(("text", "value"), FAILURES.values(), ids=FAILURES)
def test_a_failing_part_aborts_the_whole_expression(text, value):
    agree(text, value, Context())
    assert not ours(text, value, Context())[0]


def test_a_failure_names_types_and_never_the_value():
    failed, error = ours("abs(a)", {"a": "a secret"}, Context())
    assert not failed
    assert str(error) == "abs() takes number, not string"


NESTED = {
    "lists": ("[" * 100 + "a" + "]" * 100, {"a": 1}),
    "filters": ("a" + "[?@" * 60 + "]" * 60, {"a": [1, None]}),
    "projections": ("a" + "[*]" * 100, {"a": [[[1]]]}),
    "choices": ("||".join("a" * 200), {"a": ""}),
    "fields": (".".join("a" * 1000), {"a": {"a": 1}}),
}


@pytest.mark.parametrize(("text", "value"), NESTED.values(), ids=NESTED)
def test_deep_nesting_is_compiled_in_pieces(text, value):
    agree(text, value, Context())


@pytest.mark.parametrize("text", ["(" * 5000 + "a" + ")" * 5000, "[" * 5000 + "a" + "]" * 5000, "||".join("a" * 5000)])
def test_absurd_nesting_is_a_mistake_and_no_crash(text):
    with pytest.raises(ExpressionMistake, match="nested too deeply"):
        Expression(text, parse(text))


def test_a_literal_is_a_fresh_copy_each_time():
    for text in ("`[]`", '`{"a": [1]}`', "a || `[]`", '[`{"a": 1}`][0]'):
        expression = Expression(text, parse(text))
        assert expression({}) == expression({})
        assert expression({}) is not expression({})


def test_field_names_cannot_become_source():
    text = '"x\'); raise SystemExit #\\n\\"" || "\\ud800"'
    assert Expression(text, parse(text))({"\ud800": 1}) == 1


def test_parsing_leaves_the_warning_filters_alone():
    before = list(warnings.filters)
    parse("a.b")
    assert warnings.filters == before

"""Expressions from outside: bounds at upload, steps and sizes when they run."""

import time

import pytest

from proxy.language.compiled import Expression
from proxy.language.context import Context
from proxy.language.expression import EvaluationError, ExpressionMistake, compile_limited, run_limited
from proxy.language.syntax import parse

SIXTY = str(list(range(60)))
BOMBS = {
    "joined to itself": "a | " + " | ".join(["join('', [@, @])"] * 30),
    "a tree that shares its parts": "[@, @]" + " | [@, @]" * 30,
    "an object that shares its parts": "{a: @, b: @}" + " | {a: @, b: @}" * 30,
    "written out": "[@, @]" + " | [@, @]" * 30 + " | to_string(@)",
    "compared": "{x: " + "@ | [@, @]" * 1 + " | [@, @]" * 30 + ", y: [@, @]" + " | [@, @]" * 30 + "} | x == y",
    "flattened": "[@, @]" + " | [@, @][]" * 40,
    "maps in maps": f"map(&map(&map(&map(&@, `{SIXTY}`), `{SIXTY}`), `{SIXTY}`), `{SIXTY}`)",
    "merged": "merge(@, @)" + " | merge(@, {x: @, y: @})" * 30,
    "replaced": "a | " + " | ".join(["replace(@, 'x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx')"] * 6),
    "joined by a long text": "join(join('', b), b)",
    "escaped again and again": "a" + " | html(@)" * 60,
    "compared in comparisons": "a == (a == (" * 40 + "a" + "))" * 40,
}
VALUE = {"a": "x" * 1000, "b": ["y" * 1000] * 1000}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_stopped_early(text):
    expression = Expression(text, parse(text))
    started = time.process_time()
    try:
        run_limited(expression, VALUE)
    except EvaluationError as error:
        assert "the expression" in str(error)  # noqa: PT017 (some bombs are small enough to end by themselves)
    assert time.process_time() - started < 1


def test_the_budget_is_what_stops():
    expression = Expression("a[].b", parse("a[].b"))
    value = {"a": [{"b": 1}] * 100}
    assert run_limited(expression, value) == [1] * 100
    with pytest.raises(EvaluationError, match="too many steps"):
        run_limited(expression, value, steps=50)
    with pytest.raises(EvaluationError, match="too large a value"):
        run_limited(expression, value, size=50)


def test_within_the_budget_the_result_is_the_compiled_one():
    for text in ("a.b", "a[?b > `1`].b", "sort_by(c, &b)", "query().x || a", "c == c", "c[0].b < c[1].b", "rows(a)"):
        expression = Expression(text, parse(text))
        value = {"a": {"b": 2}, "c": [{"b": 2}, {"b": 1}]}
        context = Context(query={"x": 1})
        assert run_limited(expression, value, context) == expression(value, context)


def test_a_failing_function_fails_in_the_same_words():
    expression = Expression("abs(a)", parse("abs(a)"))
    with pytest.raises(EvaluationError, match=r"abs\(\) takes number, not string"):
        run_limited(expression, {"a": "x"})


REFUSED = {
    "too long": ("a" * 3000, "longer than 2048 characters"),
    "too deep": ("[" * 40 + "a" + "]" * 40, "nested more than 32 deep"),
    "too many parts": (" || ".join(["a"] * 150), "more than 200 parts"),
    "a large literal": ("`" + str(list(range(400))) + "`", "literal of more than 1024"),
    "many maps": ("map(&map(&map(&@, `[]`), `[]`), `[]`)", "more than 2 map() inside each other"),
    "a trap": ("length(a)", "length() fails"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_text_from_outside_has_bounds(text, message):
    with pytest.raises(ExpressionMistake) as caught:
        compile_limited(text)
    assert message in caught.value.message


def test_an_ordinary_expression_from_outside_is_compiled():
    assert compile_limited("a.{b: b, c: c[].d}")({"a": {"b": 1}}) == {"b": 1, "c": None}

"""Fused records: the same values as each attribute by itself, and what happens where one fails."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.language.compiled import Expression
from proxy.language.context import Context
from proxy.language.expression import Const, EvaluationError, ExpressionMistake, Field, compile_record
from proxy.language.syntax import parse

KEYS = ["a", "b", "c"]
TEXTS = [
    "a",
    "a.b",
    "a.b.c",
    "a.{x: b, y: c}",
    "a && a.b",
    "b && a.b",
    "a.b || c",
    "a[].b",
    "a[?b == c].{b: b}",
    "a[0].b",
    "b == 'x' && a.c || a.b",
    "not_null(c, a.b, b)",
    "length(not_null(a, ''))",
    "abs(b)",
    "join('', [to_string(a), to_string(b)])",
    "query().a || a.b",
    "a.*",
    "a == b",
    "!a",
    "a < b",
]
scalars = st.sampled_from([None, True, False, 0, 1, 1.5, "", "x", "é"])
keys = st.sampled_from(KEYS)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8), item=values, query=values)
def test_a_record_holds_what_each_attribute_gives_by_itself(texts, item, query):
    expressions = {f"n{number}": Expression(text, parse(text)) for number, text in enumerate(texts)}
    context = Context(query=query)
    expected, failed = {}, []
    for name, expression in expressions.items():
        try:
            expected[name] = expression(item, context)
        except EvaluationError as error:
            expected[name] = None
            failed.append((name, str(error)))
    record = compile_record({name: Field(expression) for name, expression in expressions.items()})
    found, names = record.map(item, context)
    assert repr(found) == repr(expected)
    assert names == failed
    assert repr(record(item, context)) == repr(expected)


def test_a_record_keeps_the_order_given_and_nests():
    record = compile_record({"z": Field("a"), "n": {"y": Field("b"), "m": {"x": Field(Const(5))}}, "a": Field("c")})
    assert list(record({"a": 1}).items()) == [("z", 1), ("n", {"y": None, "m": {"x": 5}}), ("a", None)]


def test_every_value_is_converted_and_null_only_where_it_does_not_pass():
    def strict(value):
        return f"<{value}>"

    def lenient(value):
        return f"<{value}>"

    lenient.null_passes = True
    record = compile_record({"a": Field("a", strict), "b": Field("a", lenient), "c": Field(Const(1), strict)})
    assert record({"a": 1}) == {"a": "<1>", "b": "<1>", "c": "<1>"}
    assert record({}) == {"a": "<None>", "b": None, "c": "<1>"}


def test_an_attribute_that_fails_is_null_and_named_and_the_others_stay():
    def refuse(value):
        raise ValueError("is no time")

    record = compile_record({"a": Field("a"), "n": {"b": Field("abs(not_null(b, ''))")}, "c": Field("c", refuse)})
    found, failed = record.map({"a": 1, "b": "x", "c": "y"})
    assert found == {"a": 1, "n": {"b": None}, "c": None}
    assert failed == [("n.b", "abs() takes number, not string"), ("c", "is no time")]


@pytest.mark.parametrize("item", [None, [], "text", 5])
def test_an_item_that_is_no_object_gives_nulls(item):
    assert compile_record({"a": Field("a"), "b": Field("b.c[].d")}).map(item) == ({"a": None, "b": None}, [])


def test_shared_parts_are_read_once_and_not_before_they_are_needed():
    read = []

    class Watched(dict):
        def get(self, key, default=None):
            read.append(key)
            return super().get(key, default)

    item = {"flag": False, "contact": Watched(id=1, name="x")}
    fields = {"a": Field("contact.id"), "b": Field("contact.id || `0`"), "c": Field("flag && contact.name")}
    assert compile_record(fields)(item) == {"a": 1, "b": 1, "c": False}
    assert read == ["id"]
    item["flag"] = True
    assert compile_record(fields)(item)["c"] == "x"


def test_a_refused_expression_names_its_attribute():
    with pytest.raises(ExpressionMistake, match=r"^n\.b: length\(\) fails"):
        compile_record({"a": Field("a"), "n": {"b": Field("length(b)")}})


def test_changing_a_record_does_not_change_the_mapping():
    system = {"type": "system", "of": []}
    record = compile_record({"a": Field('a || `{"type": "system", "of": []}`'), "b": Field(Const(system))})
    for name in ("a", "b"):
        record({})[name]["of"].append(1)
    assert record({}) == {"a": {"type": "system", "of": []}, "b": {"type": "system", "of": []}}

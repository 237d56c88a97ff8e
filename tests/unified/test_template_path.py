"""Values in a path are one encoded segment each, or the id of no record."""

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import NotFound
from proxy.language.expression import Context, ExpressionMistake
from proxy.provider.template import compile_template, segment

MESSAGE = compile_template("/tickets/{id().ticket}/messages/{id().message}")


def test_every_expression_fills_a_segment():
    assert MESSAGE.fill(Context(id={"ticket": "12", "message": 9448655702})) == "/tickets/12/messages/9448655702"


def test_a_template_without_expressions_is_itself():
    assert compile_template("/tickets").fill(Context()) == "/tickets"


def test_a_template_may_start_at_the_base():
    template = compile_template("^/api/v1/profile")
    assert template.at_base
    assert template.fill(Context()) == "/api/v1/profile"
    assert not MESSAGE.at_base


def test_an_expression_that_does_not_compile_is_refused_at_load():
    with pytest.raises(ExpressionMistake):
        compile_template("/tickets/{id(}")


HOSTILE = [
    "",
    ".",
    "..",
    "...",
    ". .",
    "a/b",
    "../admin",
    "a\\b",
    "%2e%2e",
    "a?b=c",
    "a#b",
    "a;b",
    "a\x00",
    "a\nb",
    "a\x7f",
    "a\u2028b",
    "\ud800",
    "\uff0e\uff0e",  # full stops of full width
    "a\uff0fb",  # a slash of full width
    "\u2025",  # a two dot leader
    None,
    True,
    False,
    1.5,
    [],
    ["a"],
    {},
    {"id": 1},
]


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_value_is_the_id_of_no_record(value):
    with pytest.raises(NotFound):
        MESSAGE.fill(Context(id={"ticket": "12", "message": value}))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(12, "12"), ("open", "open"), ("a b", "a%20b"), ("café", "caf%C3%A9"), ("a&b=c+d", "a%26b%3Dc%2Bd"), ("@", "%40")],
)
def test_a_value_is_encoded(value, expected):
    assert segment(value) == expected


@settings(deadline=None)
@given(st.text())
def test_any_text_is_one_segment_that_decodes_to_itself_or_no_record(text):
    try:
        encoded = segment(text)
    except NotFound:
        return
    assert unquote(encoded) == text
    assert encoded.isascii()
    assert not set(encoded) & set("/\\?#;")
    assert encoded.strip(".")

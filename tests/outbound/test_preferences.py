"""What a caller prefers: ``Prefer: wait`` (RFC 7240) and ``Priority`` (RFC 9218)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.outbound.preferences import lane_of, patience_of

WAITS = {
    "wait=5": 5.0,
    "wait=0": 0.0,
    "Wait=5": 5.0,
    "WAIT = 5": 5.0,
    'wait="5"': 5.0,
    "respond-async, wait=5": 5.0,
    "respond-async,wait=5": 5.0,
    "wait=5; foo=bar, wait=9": 5.0,
    'handling="a, wait=1", wait=5': 5.0,
    r'note="a\", wait=1", wait=5': 5.0,
    ", ,wait=5": 5.0,
    "": None,
    "wait": None,
    "wait=": None,
    "wait=-1": None,
    "wait=1.5": None,
    "wait=soon": None,
    "wait=soon, wait=5": None,
    "wait=99999": None,
    "await=5": None,
    "foo; wait=5": None,
    "foo;wait=5": None,
}


@pytest.mark.parametrize("header", WAITS)
def test_the_wait_that_is_preferred(header):
    assert patience_of([header]) == WAITS[header]


def test_the_first_of_several_prefer_headers_counts():
    assert patience_of(["respond-async", "wait=3", "wait=8"]) == 3.0
    assert patience_of([]) is None


BULK = [
    "u=5",
    "u=6",
    "u=7",
    "u=7, i",
    "i, u=5",
    "u=5;foo=bar;baz",
    "u=1, u=6",
    "  u=5  ",
    "u=5 \t,\t i=?0",
    'x="a, u=1", u=5',
    'x=(a b;p=1 "c");q, u=5',
    "x=:aGk=:, y=1.5, z=token/x:y, u=5",
]
INTERACTIVE = [
    "",
    "u=0",
    "u=3",
    "u=4",
    "i",
    "u",
    "u=8",
    "u=-5",
    "u=5.0",
    "u=05",
    'u="5"',
    "u=(5)",
    "u=six",
    "u=6, u=1",
    "u=6, u=9",
    "u=5,",
    ",u=5",
    "u=5 i",
    "u=5;",
    "u = 5",
    "U=5",
    "u=5, X=1",
    'u=5, x="open',
    "u=5, x=(1",
    "\tu=5",
    "u=5\x00",
    "ü=1, u=5",
]


@pytest.mark.parametrize("header", BULK)
def test_what_may_wait_is_bulk(header):
    assert lane_of([header]) == "bulk"


@pytest.mark.parametrize("header", INTERACTIVE)
def test_all_else_and_what_is_malformed_is_interactive(header):
    assert lane_of([header]) == "interactive"


def test_several_priority_headers_are_one_list():
    assert lane_of([]) == "interactive"
    assert lane_of(["u=1", "u=6"]) == "bulk"
    assert lane_of(["u=6", "not/a/dictionary"]) == "interactive"


@given(
    st.text(st.characters(max_codepoint=255), max_size=200), st.sampled_from([",", ";", '"', "u=5,", "wait=1,", "("])
)
def test_nothing_that_is_sent_makes_the_readers_fail(text, repeated):
    for header in (text, repeated * 2000, text + repeated * 2000 + text):
        assert lane_of([header]) in ("interactive", "bulk")
        assert patience_of([header]) is None or patience_of([header]) >= 0

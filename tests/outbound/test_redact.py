"""The credential is found in every form, wherever a stream is cut; secret keys go at any depth."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.outbound.redact import Holdback, Needles, masked, redacted

TOKEN = 'to/ken+of "a\\customer=0123~\u00e9'
NEEDLES = Needles.of([TOKEN])


FORMS = {
    "raw": TOKEN.encode(),
    "percent-encoded": quote(TOKEN, safe="").encode(),
    "JSON-escaped": json.dumps(TOKEN).encode(),
    "JSON with escaped slashes": json.dumps(TOKEN).replace("/", "\\/").encode(),
    "base64": base64.b64encode(TOKEN.encode()),
    "base64 after one byte": base64.b64encode(b"x" + TOKEN.encode()),
    "base64 after a user name": base64.b64encode(b"user:" + TOKEN.encode() + b":more"),
    "base64 for addresses": base64.urlsafe_b64encode(b"xy" + TOKEN.encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_credential_is_found(form):
    assert NEEDLES.within(b'{"echo": "' + FORMS[form] + b'"}')


@pytest.mark.parametrize("form", FORMS)
def test_the_credential_is_found_wherever_the_stream_is_cut(form):
    data = b"before " * 30 + FORMS[form] + b" after" * 30
    for cut in range(1, len(data)):
        holdback = Holdback(NEEDLES)
        released = holdback.feed(data[:cut]) + holdback.feed(data[cut:]) + holdback.rest()
        assert holdback.found
        assert not NEEDLES.within(released)


@given(st.lists(st.binary(max_size=80)))
def test_a_clean_stream_passes_unchanged(chunks):
    holdback = Holdback(NEEDLES)
    released = b"".join([holdback.feed(chunk) for chunk in chunks] + [holdback.rest()])
    assert released == b"".join(chunks)


def test_a_short_value_is_not_looked_for():
    assert not Needles.of(["abc"]).within(b"abc")


def test_no_needles_find_nothing_and_hold_nothing_back():
    holdback = Holdback(Needles(()))
    assert holdback.feed(b"data") == b"data"
    assert holdback.rest() == b""


def test_secret_keys_go_at_any_depth_and_the_rest_stays():
    given = {
        "name": "a",
        "Password": 1,
        "list": [{"api_key": 2, "ok": [1, {"x_token_y": 3}]}],
        "internal": 4,
        "none": None,
    }
    assert redacted(given, ["internal"]) == {"name": "a", "list": [{"ok": [1, {}]}], "none": None}
    assert "Password" in given


def test_depth_does_not_exhaust_the_stack():
    deep = current = {}
    for _ in range(100_000):
        current["a"] = current = {}
    assert redacted(deep)["a"]["a"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
)


@given(JSON)
def test_what_has_no_secret_keys_is_copied_as_it_is(value):
    assert redacted(value) == value


def test_a_text_that_shows_the_credential_is_masked_and_the_rest_stays():
    given = {"a": [f"x{TOKEN}", {"b": 1, TOKEN: None}], "c": quote(TOKEN, safe=""), "d": ["fine", True, 1.5]}
    assert masked(given, NEEDLES) == {"a": ["***", {"b": 1, "***": None}], "c": "***", "d": ["fine", True, 1.5]}
    assert given["a"][0] == f"x{TOKEN}"


@given(JSON)
def test_what_shows_no_credential_is_not_masked(value):
    assert masked(value, NEEDLES) == value


@pytest.mark.parametrize("name", [b"x-abcdef12345", b"ABCDEF12345", b"x-AbCdEf12345-y"])
def test_a_header_is_searched_by_its_name_without_its_capitals(name):
    headers = [(b"content-type", b"text/plain"), (name, b"1")]
    assert Needles.of(["AbCdEf12345"]).within_headers(headers)
    assert not Needles.of(["AbCdEf12346"]).within_headers(headers)


@pytest.mark.parametrize("form", ["AbCdEf12345", "Bearer AbCdEf12345, x", "QWJDZEVmMTIzNDU="])
def test_a_header_is_searched_by_its_value(form):
    headers = [(b"content-type", b"text/plain"), (b"x-echo", form.encode()), (b"x-more", b"1")]
    assert Needles.of(["AbCdEf12345"]).within_headers(headers)
    assert not Needles.of(["ZbCdEf12345"]).within_headers(headers)


def test_no_headers_show_nothing_and_two_lines_are_not_one():
    assert not Needles.of(["AbCdEf12345"]).within_headers([])
    assert not Needles.of(["AbCdEf12345"]).within_headers([(b"a", b"AbCdEf"), (b"b", b"12345")])

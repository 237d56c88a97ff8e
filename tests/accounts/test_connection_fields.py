"""What a customer types: fields, origins, places in the base."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.accounts.base import BaseMistake, normal_origin, provider_base
from proxy.accounts.fields import check_fields
from proxy.errors import InvalidRequest
from proxy.provider.model import FieldWords

PRIVATE = ("127.0.0.1:9001", "desk.internal:80")


def _check(provider, context, credentials):
    return check_fields(provider.words, context, credentials, PRIVATE)


def _paths(provider, context, credentials):
    with pytest.raises(InvalidRequest) as caught:
        _check(provider, context, credentials)
    return {error.path: error.detail for error in caught.value.errors}


def test_fields_are_converted_defaults_filled_and_empty_options_left_out(provider):
    filled = _check(provider, {"account_id": " 7 ", "inbox_id": ""}, {"token": "abc\n"})
    assert filled.connection == {"base_url": "https://desk.example", "account_id": 7}
    assert filled.credential["token"].reveal() == "abc"


def test_all_mistakes_are_named_with_their_paths_and_nothing_typed_is_repeated(provider, canary):
    found = _paths(
        provider,
        {"account_id": canary, "base_url": f"https://{canary}/x", "colour": canary},
        {"token": f"{canary}\x01", "pin": canary},
    )
    assert set(found) == {
        "context.account_id",
        "context.base_url",
        "context.colour",
        "credentials.token",
        "credentials.pin",
    }
    assert canary not in repr(found)


def test_missing_fields_are_named(provider):
    assert _paths(provider, {}, {}) == {"context.account_id": "is needed", "credentials.token": "is needed"}
    assert _paths(provider, {"account_id": None}, {"token": "  "}).keys() == {"context.account_id", "credentials.token"}


@pytest.mark.parametrize("value", ["-1", "1.5", "1e3", "٣", True, "9" * 19, "0x10"])
def test_an_integer_is_written_in_digits(provider, value):
    assert _paths(provider, {"account_id": value}, {"token": "t"}).keys() == {"context.account_id"}


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://Desk.Example", "https://desk.example"),
        ("https://desk.example/", "https://desk.example"),
        ("https://desk.example:443", "https://desk.example"),
        ("https://desk.example:8443", "https://desk.example:8443"),
        ("https://desk.example.", "https://desk.example"),
        ("http://127.0.0.1:9001", "http://127.0.0.1:9001"),
        ("http://desk.internal", "http://desk.internal"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_origin_has_one_spelling(provider, typed, origin):
    assert _check(provider, {"account_id": 1, "base_url": typed}, {"token": "t"}).connection["base_url"] == origin


@pytest.mark.parametrize(
    "typed",
    [
        "desk.example",
        "//desk.example",
        "ftp://desk.example",
        "http://desk.example",
        "http://127.0.0.1:9002",
        "https://user:pass@desk.example",
        "https://desk.example/path",
        "https://desk.example?x=1",
        "https://desk.example#x",
        "https://desk.example:99999",
        "https://desk.example:",
        "https://desk\\.example",
        "https://des\u212a.example",
        "https://desk.example\nx",
        "https://[::1%25eth0]",
        "https://.",
        "https://",
        "{token}",
    ],
)
def test_what_is_not_an_allowed_origin_is_refused(provider, typed):
    assert _paths(provider, {"account_id": 1, "base_url": typed}, {"token": "t"}).keys() == {"context.base_url"}


@pytest.mark.parametrize(
    ("base", "connection", "origin", "path"),
    [
        ("https://app.desk.example/api/v2", {}, "https://app.desk.example", "/api/v2"),
        ("https://app.desk.example", {}, "https://app.desk.example", ""),
        ("{base_url}", {"base_url": "https://h.example:8443"}, "https://h.example:8443", ""),
        ("{base_url}/api", {"base_url": "https://h.example"}, "https://h.example", "/api"),
        ("https://{name}.desk.example/v/{id}/", {"name": "acme", "id": 7}, "https://acme.desk.example", "/v/7"),
        ("https://desk.example/{name}", {"name": "a b"}, "https://desk.example", "/a%20b"),
    ],
)
def test_the_base_of_a_connection(base, connection, origin, path):
    made = provider_base(base, connection)
    assert (made.origin, made.path) == (origin, path)


@pytest.mark.parametrize("value", ["evil.example/", "evil.example#", "a.b", "", "-a", "a@b", "a:1", "ä", None])
def test_a_field_in_a_host_name_is_one_label(value):
    with pytest.raises(BaseMistake) as caught:
        provider_base("https://{name}.desk.example", {"name": value})
    assert caught.value.field == "name"


@pytest.mark.parametrize("value", ["..", ".", "", "a/b", "a\\b", "a%2fb", "a?b", "a#b", "a;b", "a\nb", None])
def test_a_field_in_a_path_is_one_segment(value):
    with pytest.raises(BaseMistake):
        provider_base("https://desk.example/{name}", {"name": value})


@given(st.text(max_size=12))
def test_no_field_changes_the_domain_or_climbs_out_of_the_path(value):
    try:
        made = provider_base("https://{name}.desk.example/api/{name}", {"name": value})
    except BaseMistake:
        return
    assert made.origin.endswith(".desk.example")
    assert made.origin.count("/") == 2
    assert made.path.startswith("/api/")
    assert made.path.count("/") == 2


@given(st.text(max_size=12))
def test_a_normal_origin_is_stable(tail):
    try:
        origin = normal_origin("https://a" + tail)
    except ValueError:
        return
    assert normal_origin(origin) == origin


def test_a_base_that_is_no_address_is_a_mistake_of_the_provider_file(make_provider):
    with pytest.raises(ValueError, match="not an http or https address"):
        provider_base("desk.example/{id}", {"id": 1})


def test_an_optional_field_with_a_default_is_not_needed(make_provider):
    provider = make_provider(connection={"zone": FieldWords(label="Zone", help="", default="UTC")})
    assert _check(provider, {}, {"token": "t"}).connection == {"zone": "UTC"}

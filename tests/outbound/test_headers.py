"""Headers cross by rule: an allow-list out, end-to-end headers back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import InvalidRequest, ReauthRequired
from proxy.outbound.headers import HOP_BY_HOP, REQUEST_ALLOWED, RESPONSE_DROPPED, relayed_headers, request_headers
from proxy.outbound.request import ProviderRequest, outgoing
from proxy.provider.model import AuthWords
from proxy.secret import Secret
from tests.outbound.scripted import make_account, make_provider

ACCOUNT = make_account("https://desk.example")
HOSTILE = [
    b"authorization", b"cookie", b"host", b"content-length", b"transfer-encoding", b"expect", b"forwarded",
    b"x-forwarded-for", b"x-forwarded-host", b"proxy-authorization", b"te", b"trailer", b"upgrade", b"keep-alive",
    b"api_access_token",
    b"api-access-token", b"accept-encoding", b"x-http-method-override", b"content_type",
    b"idempotency-key", b"prefer", b"connection",
]  # fmt: skip
NAMES = st.sampled_from(sorted(REQUEST_ALLOWED) + HOSTILE) | st.text("abcdefghijklmnopqrstuvwxyz-_", min_size=1).map(
    str.encode
)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)).map(str.encode)
GIVEN = st.lists(st.tuples(NAMES, VALUES), unique_by=lambda header: header[0], max_size=20)


@given(GIVEN, st.lists(st.sampled_from(sorted(REQUEST_ALLOWED)), max_size=3))
def test_what_goes_out_is_the_allow_list_of_what_came_in_and_what_is_put_in(headers, named):
    headers = [header for header in headers if header[0] != b"connection"] + [(b"Connection", b", ".join(named))]
    request = ProviderRequest("GET", "/api/v2/x", headers=request_headers(headers))
    sent = outgoing(ACCOUNT, request, None).headers
    relayed = {header for header in headers if header[0] in REQUEST_ALLOWED and header[0] not in named}
    injected = {(b"accept-encoding", b"identity"), (b"authorization", b"Bearer token-of-account-0001-canary")}
    assert {header for header in sent if header[0] != b"accept"} == {
        one for one in relayed if one[0] != b"accept"
    } | injected
    assert [name for name, _ in sent if name == b"accept"] == [b"accept"]
    assert sum(name == b"authorization" for name, _ in sent) == 1


@pytest.mark.parametrize(
    ("asked", "sent"), [(b"*/*", b"application/json"), (b"text/csv", b"text/csv"), (None, b"application/json")]
)
def test_the_files_accept_stands_unless_the_caller_wants_something(asked, sent):
    headers = [] if asked is None else [(b"accept", asked)]
    made = outgoing(ACCOUNT, ProviderRequest("GET", "/api/v2/x", headers=headers), None)
    assert [value for name, value in made.headers if name == b"accept"] == [sent]


def test_a_caller_cannot_send_the_header_that_carries_the_credential():
    provider = make_provider(auth=AuthWords(header="Range", value="{token}"))
    account = make_account("https://desk.example", provider=provider)
    made = outgoing(account, ProviderRequest("GET", "/api/v2/x", headers=[(b"range", b"bytes=0-1")]), None)
    assert [value for name, value in made.headers if name == b"range"] == [b"token-of-account-0001-canary"]


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "caf\u00e9", "a\x00", ""])
def test_a_credential_that_cannot_stand_in_a_header_is_not_sent(token):
    provider = make_provider(auth=AuthWords(header="Token", value="{token}"))
    account = make_account("https://desk.example", provider=provider, credential={"token": Secret(token)})
    with pytest.raises(ReauthRequired):
        outgoing(account, ProviderRequest("GET", "/api/v2/x"), None)


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\x00", b"caf\xe9", b"\x7f", b"a\nb"])
def test_a_request_header_with_bytes_that_are_not_printable_is_refused(value):
    with pytest.raises(InvalidRequest):
        request_headers([(b"Content-Type", value)])


def test_a_content_type_sent_twice_is_refused():
    with pytest.raises(InvalidRequest):
        request_headers([(b"content-type", b"application/json"), (b"Content-Type", b"text/plain")])


DROPPED = [*sorted(RESPONSE_DROPPED | HOP_BY_HOP), b"access-control-allow-origin", b"x-accel-redirect", b"x-named"]
PASSED = {
    b"content-type": b"application/json", b"x-ratelimit-limit": b"120", b"x-ratelimit-remaining": b"3", b"etag": b'"1"',
    b"x-sandbox-credential": b"sha256:ab", b"link": b"<https://desk.example/api/v2/x?page=2>; rel=next",
    b"content-disposition": b'attachment; filename="a.txt"', b"last-modified": b"now", b"retry-after": b"5",
}  # fmt: skip


def test_end_to_end_headers_pass_and_ours_and_hop_by_hop_do_not():
    given = [(name, b"value") for name in DROPPED if name not in (b"location", b"connection")]
    given += [(b"connection", b"X-Named, close"), *PASSED.items()]
    assert dict(relayed_headers(given, ACCOUNT, "/proxy")) == PASSED


@pytest.mark.parametrize("value", [b"caf\xe9", b"a\x00b", b"a\x1bb", b"a\r\nset-cookie: b"])
def test_a_response_value_that_is_not_printable_ascii_is_dropped(value):
    assert relayed_headers([(b"x-note", value)], ACCOUNT, "/proxy") == []


LOCATIONS = {
    b"https://desk.example/api/v2/tickets/7": b"/proxy/tickets/7",
    b"/api/v2/tickets/7?page=2#part": b"/proxy/tickets/7?page=2",
    b"https://desk.example/api/v2/a%20b": b"/proxy/a%20b",
    b"https://desk.example/login": None,
    b"https://desk.example.evil.example/api/v2/tickets": None,
    b"https://desk.example:444/api/v2/tickets": None,
    b"http://desk.example/api/v2/tickets": None,
    b"//evil.example/api/v2/tickets": None,
    b"/api/v2/../admin": None,
    b"/api/v2/%2e%2e/admin": None,
    b"/api/v22/tickets": None,
    b"tickets/7": None,
    b"javascript:alert(1)": None,
}


@pytest.mark.parametrize("location", LOCATIONS)
def test_a_location_stays_only_below_the_base(location):
    relayed = dict(relayed_headers([(b"location", location)], ACCOUNT, "/proxy"))
    assert relayed.get(b"location") == LOCATIONS[location]

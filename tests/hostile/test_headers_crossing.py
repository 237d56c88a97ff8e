"""Which headers cross, whatever is sent: an allow-list to the provider, none of its cookies and claims back."""

from itertools import product

import pytest

from proxy.outbound.headers import REPEATABLE, REQUEST_ALLOWED
from tests.hostile.tap import answer

PATH = "/proxy/api/v1/accounts/3/x"
OURS = {b"host", b"api-access-token", b"accept", b"accept-encoding", b"content-length"}
NEVER_OUT = [
    "Cookie",
    "Api-Access-Token",
    "Access-Token",
    "X-Api-Key",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "X-Real-Ip",
    "Via",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Upgrade",
    "X-Http-Method-Override",
    "X-Original-Url",
    "X-Rewrite-Url",
    "X-Accel-Redirect",
    "Origin",
    "Referer",
    "Sec-Fetch-Site",
    "Access-Control-Request-Method",
    "Prefer",
    "Idempotency-Key",
    "X-Request-Id",
    "Early-Data",
    "Max-Forwards",
    "If-Unknown",
    "X-Canary",
]
NEVER_BACK = [
    "Set-Cookie",
    "Set-Cookie2",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Authorization",
    "Server",
    "Via",
    "X-Powered-By",
    "Alt-Svc",
    "Strict-Transport-Security",
    "Clear-Site-Data",
    "Refresh",
    "Content-Location",
    "Access-Control-Allow-Origin",
    "Pragma",
    "Expires",
    "Age",
    "Access-Control-Allow-Credentials",
    "X-Accel-Redirect",
    "X-Sendfile",
    "Keep-Alive",
    "Trailer",
    "Upgrade",
    "Proxy-Connection",
]
CANARY = "canary-7f3a9c"


def test_what_a_caller_sends_beside_the_allowed_stays_here(target):
    target.tap.answer = answer()
    for name, spelled in product(NEVER_OUT, (str.lower, str.upper, str.title)):
        if name == "Idempotency-Key":
            continue
        seen = target.request("GET", PATH, headers={spelled(name): CANARY})
        assert seen.status_code == 200, (name, seen.text)
        got = target.tap.received[-1]
        assert not any(CANARY.encode() in value for _, value in got.headers), name
        assert {key.lower() for key, _ in got.headers} <= REQUEST_ALLOWED | OURS


@pytest.mark.parametrize("name", sorted(REQUEST_ALLOWED - {b"content-encoding"}))
def test_what_is_named_in_connection_goes_no_further(target, name):
    """RFC 9110 7.6.1; what is allowed and not named crosses as it came."""
    target.tap.answer = answer()
    for named, connection in ((True, b"Connection: close, " + name), (False, b"Connection: close")):
        line = name + b": " + CANARY.encode()
        received, _ = target.raw(target.head(f"GET {PATH} HTTP/1.1".encode(), line, connection) + b"\r\n")
        assert received.startswith(b"HTTP/1.1 200 ")
        values = target.tap.received[-1].values(name)
        assert (CANARY.encode() in values) is not named


@pytest.mark.parametrize("name", sorted(REQUEST_ALLOWED))
def test_a_header_that_is_sent_twice_crosses_only_where_that_means_one_thing(target, name):
    target.tap.answer = answer()
    lines = [name + b": one", name + b": two", b"Connection: close"]
    received, _ = target.raw(target.head(f"GET {PATH} HTTP/1.1".encode(), *lines) + b"\r\n")
    assert int(received.split(b" ")[1]) == (200 if name in REPEATABLE else 400)


@pytest.mark.parametrize("name", NEVER_BACK)
def test_what_a_provider_claims_of_itself_is_not_relayed(target, name):
    target.tap.answer = answer(b"{}", f"{name}: {CANARY}".encode(), f"{name.upper()}: {CANARY}".encode())
    seen = target.request("GET", PATH)
    assert seen.status_code == 200
    assert CANARY not in str(seen.headers.multi_items())


def test_a_cookie_of_one_answer_is_in_no_later_request(target):
    """No jar: neither for the same account nor for another of the same host."""
    target.tap.answer = answer(b"{}", b"Set-Cookie: session=" + CANARY.encode() + b"; Path=/")
    assert "set-cookie" not in target.request("GET", PATH).headers
    target.tap.answer = answer()
    target.request("GET", PATH)
    assert target.tap.received[-1].values(b"cookie") == []


@pytest.mark.parametrize(
    ("location", "relayed"),
    [
        (b"https://evil.example/", None),
        (b"//evil.example/", None),
        (b"http://169.254.169.254/latest", None),
        (b"javascript:alert(1)", None),
        (b"/api/v1/accounts/3/y", "/proxy/api/v1/accounts/3/y"),
    ],
)
def test_a_location_leads_to_us_or_nowhere(target, location, relayed):
    target.tap.answer = answer(b"{}", b"Location: " + location, status=b"302 Found")
    seen = target.request("GET", PATH, follow_redirects=False)
    assert (seen.status_code, seen.headers.get("location")) == (302, relayed)
    assert len(target.tap.received) == 1

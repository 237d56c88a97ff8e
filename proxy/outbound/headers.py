"""Which headers cross the server, in both directions: an allow-list out, end-to-end headers without ours back."""

from collections.abc import Iterable, Sequence
from re import compile as pattern

from proxy.errors import InvalidRequest
from proxy.outbound.paths import below_base, path_of
from proxy.provider.account import LinkedAccount

Header = tuple[bytes, bytes]
Headers = list[Header]

REQUEST_ALLOWED = frozenset(
    {
        b"accept",
        b"accept-language",
        b"content-encoding",
        b"content-language",
        b"content-type",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
        b"traceparent",
        b"tracestate",
        b"user-agent",
    }
)
"""What a REST call needs. Never: credentials, cookies, framing, ``Host``, ``Expect``, ``Forwarded`` and their kin."""

REPEATABLE = frozenset({b"accept", b"accept-language", b"tracestate"})
"""The rest may be sent once: two content types let two servers read one body in two ways."""

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110 7.6.1, with the one that browsers invented."""

RESPONSE_DROPPED = HOP_BY_HOP | {
    b"content-length",  # framing is ours
    b"set-cookie",
    b"set-cookie2",
    b"clear-site-data",
    b"www-authenticate",
    b"authentication-info",
    b"authorization",
    b"server",
    b"via",
    b"x-powered-by",
    b"date",  # our server writes its own
    b"alt-svc",
    b"strict-transport-security",
    b"public-key-pins",
    b"expect-ct",
    b"nel",
    b"report-to",
    b"reporting-endpoints",
    b"service-worker-allowed",
    b"refresh",
    b"location",  # looked at on its own
    b"content-location",
    b"cache-control",  # caching is ours
    b"expires",
    b"pragma",
    b"age",
    b"vary",
    b"surrogate-control",
    b"cdn-cache-control",
    b"x-content-type-options",
    b"x-request-id",
    b"x-upstream-calls",
    b"server-timing",
    b"ratelimit-limit",
    b"ratelimit-remaining",
    b"ratelimit-reset",
    b"idempotency-replayed",
    b"x-sendfile",
    b"x-lighttpd-send-file",
}
RESPONSE_DROPPED_FAMILIES = (b"access-control-", b"x-accel-", b"proxy-")
"""CORS is ours; ``X-Accel-Redirect`` would make an nginx in front of us serve its own files."""

_VALUE = pattern(rb"[\x20-\x7e\t]*\Z")
_NAME = pattern(rb"[!#$%&'*+.^_`|~0-9a-z-]+\Z")


def request_headers(given: Iterable[Header]) -> Headers:
    """The caller's headers that a provider receives, by lower-case name.

    Raises ``InvalidRequest`` for an allowed header with a control or non-ASCII byte, or sent twice.
    """
    given = [(name.lower(), value) for name, value in given]
    named = _named_in_connection(given)
    kept: Headers = []
    seen: set[bytes] = set()
    for name, value in given:
        if name not in REQUEST_ALLOWED or name in named:
            continue
        if not _VALUE.match(value):
            raise InvalidRequest(f"the header {name.decode()} holds bytes that are not printable ASCII")
        if name in seen and name not in REPEATABLE:
            raise InvalidRequest(f"the header {name.decode()} may be sent once")
        seen.add(name)
        kept.append((name, value))
    return kept


def relayed_headers(given: Sequence[Header], account: LinkedAccount, mount: str) -> Headers:
    """The provider's end-to-end headers that a caller receives; ``mount`` is where the base is seen.

    A value with bytes outside printable ASCII is dropped. ``Location`` stays only where it leads below the base.
    """
    named = _named_in_connection(given)
    kept = [
        (name, value)
        for name, value in given
        if name not in RESPONSE_DROPPED
        and name not in named
        and not name.startswith(RESPONSE_DROPPED_FAMILIES)
        and _NAME.match(name)
        and _VALUE.match(value)
    ]
    return kept + _location(given, account, mount)


def _named_in_connection(given: Iterable[Header]) -> frozenset[bytes]:
    values = [value for name, value in given if name == b"connection"]
    return frozenset(word.strip().lower() for value in values for word in value.split(b","))


def _location(given: Iterable[Header], account: LinkedAccount, mount: str) -> Headers:
    value = next((value for name, value in given if name == b"location"), None)
    if value is None or not _VALUE.match(value):
        return []
    location = value.decode("ascii")
    segments = below_base(account, location)
    if segments is None:
        return []
    query = location.partition("#")[0].partition("?")[2]
    return [(b"location", (mount + path_of(segments) + ("?" + query if query else "")).encode("ascii"))]

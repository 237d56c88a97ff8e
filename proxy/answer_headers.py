"""The headers of every answer: what the request cost, and that nobody in between may keep or reinterpret it."""

from math import ceil

from proxy.trace import Trace

Header = tuple[bytes, bytes]

VARY = b"Authorization, X-Integrated-Account-Id"
FIXED: tuple[Header, ...] = (
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
)
EXPOSED = (
    b"X-Request-Id, X-Upstream-Calls, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    b"Server-Timing, Link, Content-Disposition, Idempotency-Key, Idempotency-Replayed"
)
"""What a page of another origin may read beside the few headers that the Fetch standard lets through."""


def answer_headers(trace: Trace) -> list[Header]:
    """Our headers as the trace stands now, with lower-case names.

    ``RateLimit-Reset`` is seconds until the next call of the provider's budget comes free, rounded up.
    """
    headers = [
        *FIXED,
        *_for_a_page(trace.origin),
        (b"x-request-id", trace.request_id.encode()),
        (b"x-upstream-calls", b"%d" % trace.upstream_calls),
    ]
    if trace.rate is not None:
        headers += [
            (b"ratelimit-limit", b"%d" % trace.rate.limit),
            (b"ratelimit-remaining", b"%d" % trace.rate.remaining),
            (b"ratelimit-reset", b"%d" % ceil(trace.rate.reset_seconds)),
        ]
    if trace.stages:
        headers.append((b"server-timing", trace.server_timing().encode()))
    return headers


def _for_a_page(origin: str | None) -> list[Header]:
    """That one origin is named, never ``*``, and no cookies are allowed with it."""
    if origin is None:
        return [(b"vary", VARY)]
    return [
        (b"vary", VARY + b", Origin"),
        (b"access-control-allow-origin", origin.encode("ascii")),
        (b"access-control-expose-headers", EXPOSED),
    ]

"""The headers of every answer: what the request cost, and that nobody in between may keep or reinterpret it."""

from math import ceil

from proxy.trace import Trace

Header = tuple[bytes, bytes]

FIXED: tuple[Header, ...] = (
    (b"cache-control", b"private, no-store"),
    (b"vary", b"Authorization, X-Integrated-Account-Id"),
    (b"x-content-type-options", b"nosniff"),
)


def answer_headers(trace: Trace) -> list[Header]:
    """Our headers as the trace stands now, with lower-case names.

    ``RateLimit-Reset`` is seconds until the next call of the provider's budget comes free, rounded up.
    """
    headers = [
        *FIXED,
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

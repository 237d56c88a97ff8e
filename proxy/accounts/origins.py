"""Pages of other origins (CORS, the Fetch standard section 3.2): who may read an answer, and what a preflight is told.

A preflight carries no credential, so its answer cannot depend on one: it is the same for every origin and tells
nothing. Whether the page may is decided on the request itself, by its token, before anything is done.
"""

from collections.abc import Sequence
from re import compile as pattern

from proxy.accounts.caller import HEADER_NAME, Caller
from proxy.errors import OriginNotAllowed

ORIGIN = r"https?://[a-z0-9.\[\]:-]+"
"""An origin as browsers write it; ``null`` (a sandboxed frame, a file) is none."""

REACH = pattern(r"/(?:unified|proxy)/.+\Z|/integrated-account/(?:me|[^/]+/capabilities)\Z")
"""What account tokens may ask for."""

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
HEADERS = f"Authorization, Content-Type, {HEADER_NAME}, Idempotency-Key, Prefer, Priority, Range"
PREFLIGHT_SECONDS = 600
"""How long a browser remembers the answer: it never changes, but a version of this server may."""

_ORIGIN = pattern(ORIGIN + r"\Z")
_LONGEST = 300


def allowed_origin(caller: Caller, origins: Sequence[str], host: str | None) -> str | None:
    """The origin that may read the answer, ``None`` where none may; raises ``OriginNotAllowed``.

    Only account tokens are for browsers, each from the origins it was made for. A request that a page of this very
    server sends is none from elsewhere: its origin is the host that was asked.
    """
    if not origins or caller.account_id is None:
        return None
    (origin, *more) = origins
    if not more and caller.allowed_origins is not None and origin in caller.allowed_origins:
        return origin
    if not more and host and origin.partition("://")[2] == host.lower():
        return None
    raise OriginNotAllowed(
        "the account token was made for no page, or for pages of other origins",
        headers={"Vary": f"Authorization, {HEADER_NAME}, Origin"},
    )


def preflight_headers(path: str, origin: str) -> dict[str, str] | None:
    """The headers of the answer to a preflight, ``None`` where no page can be allowed."""
    if not REACH.match(path) or len(origin) > _LONGEST or not _ORIGIN.match(origin):
        return None
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }

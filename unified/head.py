"""What is refused by its head alone: too large, or open to two readings (RFC 9112 sections 3, 5 and 6).

The server answers what is not HTTP at all with a 400 of its own, and takes two things as RFC 9112 tells, so that they
cannot be seen here: ``Content-Length`` beside ``Transfer-Encoding`` (6.3: it is dropped, and the connection closed
afterwards), and the host of an absolute target (3.2.2). No route reads a host off a target.
"""

from collections.abc import Callable
from re import compile as pattern

from litestar.types import HTTPScope

from proxy.bounds import Bounds
from proxy.errors import HeadTooLarge, InvalidPath, InvalidRequest, MethodNotAllowed

RawHeaders = list[tuple[bytes, bytes]]
Guard = Callable[[HTTPScope, RawHeaders, Bounds], None]

OLD = frozenset({"1", "1.0"})
"""How servers name HTTP/1.0."""
REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
"""A tunnel, and an echo of the credential (RFC 9110 9.3.6, 9.3.8)."""
ALLOW = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"

_HOST = pattern(rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~-]{1,253})(?::[0-9]{1,5})?\Z")
"""A name or an address and a port (RFC 3986 3.2.2), without percent-encoding and user information."""
_PATH = pattern(rb"/(?:[!\"$&->@-~]|%[0-9A-Fa-f]{2})*\Z")
"""Printable ASCII with whole escapes; what a provider may not receive is judged where its path is built."""


def guard_head(scope: HTTPScope, bounds: Bounds) -> None:
    """Refuses a head that is too large or that two readers could understand differently."""
    headers: RawHeaders = [(name.lower(), value) for name, value in scope["headers"]]
    for guard in GUARDS:
        guard(scope, headers, bounds)


def _sizes(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:
    if len(_raw_path(scope)) > bounds.path_bytes:
        raise HeadTooLarge(f"the path exceeds {bounds.path_bytes} bytes")
    if len(scope["query_string"]) > bounds.query_bytes:
        raise HeadTooLarge(f"the query exceeds {bounds.query_bytes} bytes")
    if len(headers) > bounds.head_fields:
        raise HeadTooLarge(f"more than {bounds.head_fields} headers")
    if sum(len(name) + len(value) + 4 for name, value in headers) > bounds.head_bytes:
        raise HeadTooLarge(f"the headers exceed {bounds.head_bytes} bytes")


def _method(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    if scope["method"] in REFUSED_METHODS:
        raise MethodNotAllowed(f"{scope['method']} is not a method of this server", headers={"Allow": ALLOW})


def _target(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    if not _PATH.match(_raw_path(scope)):
        raise InvalidPath("the request target is a path that begins with /, in ASCII, its escapes whole")


def _framing(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    coding = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    length = [value for name, value in headers if name == b"content-length"]
    if coding and length:
        raise InvalidRequest("Content-Length and Transfer-Encoding are both present")
    if coding not in ([], [b"chunked"]):
        raise InvalidRequest("the one transfer coding taken is chunked")
    if coding and scope["http_version"] in OLD:
        raise InvalidRequest("HTTP/1.0 has no transfer codings")
    if len(length) > 1 or not all(one.isdigit() for one in length):
        raise InvalidRequest("Content-Length is one whole number")


def _host(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        raise InvalidRequest("exactly one Host header is needed")
    if not _HOST.match(hosts[0]):
        raise InvalidRequest("the Host header is malformed")


def _names(scope: HTTPScope, headers: RawHeaders, bounds: Bounds) -> None:  # noqa: ARG001 - a guard's signature
    if any(b"_" in name for name, _ in headers):
        raise InvalidRequest("header names with an underscore are read differently by different servers")


def _raw_path(scope: HTTPScope) -> bytes:
    return scope.get("raw_path") or b""


GUARDS: tuple[Guard, ...] = (_sizes, _method, _target, _framing, _host, _names)

"""The head of an answer. httptools knows the grammar; what two readers could understand differently is refused here."""

from re import compile as pattern
from typing import Any

import httptools
from msgspec import Struct

from proxy.outbound.headers import Header, Headers
from proxy.outbound.wire.fault import NOT_HTTP, WireFault

HEAD_BYTES = 64 * 1024
"""Of one head, the informational ones too."""
HEAD_FIELDS = 200
START = b"HTTP/1."
END = b"\r\n\r\n"

_LINES = pattern(rb"HTTP/1\.(?:[^\x00-\x08\x0a-\x1f\x7f]+\r\n(?![ \t]))+\r\n\Z")
"""A status line and fields: no controls but a tab, no line end but CR LF, no line that goes on in the next."""


class Head(Struct, frozen=True):
    """Version, status and headers, these by lower-case name."""

    version: str
    status: int
    headers: Headers

    @property
    def persistent(self) -> bool:
        """Whether the peer takes another request on the connection (RFC 9112 9.3); one of HTTP/1.0 is not asked to."""
        words = [word.strip().lower() for value in self.values(b"connection") for word in value.split(b",")]
        return self.version == "1.1" and b"close" not in words

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]


def read_head(raw: bytes) -> Head:
    """The head in ``raw``, up to and with its empty line; raises ``WireFault``.

    Refused are controls, line ends without CR, folded lines (RFC 9112 5.2), and a switch to another protocol, which
    nobody asked for.
    """
    if len(raw) > HEAD_BYTES or not _LINES.match(raw):
        raise WireFault(NOT_HTTP)
    fields = _Fields()
    parser: Any = httptools.HttpResponseParser(fields)
    try:
        parser.feed_data(raw)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        raise WireFault(NOT_HTTP) from None
    if not fields.complete or len(fields.read) > HEAD_FIELDS:
        raise WireFault(NOT_HTTP)
    return Head(parser.get_http_version(), parser.get_status_code(), fields.read)


def may_begin(received: bytes) -> bool:
    """Whether a head that is not complete can still become one."""
    begins = received.startswith(START) or START.startswith(received)
    return begins and len(received) <= HEAD_BYTES and received.count(b"\n") == received.count(b"\r\n")


class _Fields:
    """What the parser calls back."""

    __slots__ = ("complete", "read")

    def __init__(self) -> None:
        self.read: list[Header] = []
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.read.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self.complete = True

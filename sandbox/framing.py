"""Bytes of an HTTP/1.1 answer."""

import functools
import http
import time
from email.utils import formatdate

from sandbox.http import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({"content-length", "transfer-encoding"})


def encode_head(response: Response, *, keep: bool = True) -> bytes:
    """The head of an answer; a 204 or 304 gets a length only when a fault has put a body in it.

    A response that brings its own framing header keeps it, however wrong: faults lie that way.
    """
    lines = [f"HTTP/1.1 {response.status} {reason(response.status)}", f"date: {_date(int(time.time()))}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    framed = any(name.lower() in _FRAMING for name, _ in response.headers)
    if not framed and (response.body or response.status not in _BODILESS):
        lines.append(f"content-length: {len(response.body)}")
    if not keep:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def encode(response: Response, *, head_only: bool = False, keep: bool = True) -> bytes:
    """A whole answer; ``head_only`` for HEAD, whose length is the one GET would have."""
    head = encode_head(response, keep=keep)
    return head if head_only else head + response.body


@functools.cache
def reason(status: int) -> str:
    """The reason phrase, ``Unknown`` for a status that has none."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@functools.lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)

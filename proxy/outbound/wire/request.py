"""The bytes of a request (RFC 9112 3 and 6): the head, and what frames the body."""

from collections.abc import AsyncGenerator, AsyncIterator
from re import compile as pattern

from proxy.outbound.exchange import Outgoing
from proxy.outbound.headers import Header
from proxy.outbound.wire.fault import WireFault

WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Methods whose requests need not say that they have no body."""
LAST_CHUNK = b"0\r\n\r\n"

_HEAD = pattern(
    rb"[A-Z]{1,16} [\x21-\x7e]+ HTTP/1\.1\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\x20-\x7e\x80-\xff\t]*\r\n)+"
    rb"\r\n\Z"
)


def request_head(outgoing: Outgoing, host: bytes) -> bytes:
    """The head with ``Host`` and framing; raises ``WireFault`` for bytes that would end a line or are no HTTP."""
    headers = [(b"host", host), *outgoing.headers, *_framing(outgoing)]
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    head = b"%b %b HTTP/1.1\r\n%b\r\n" % (outgoing.method.encode("ascii"), outgoing.target, lines)
    if not _HEAD.match(head) or head.count(b"\r\n") != len(headers) + 2:
        raise WireFault("the request is not HTTP")
    return head


def framed(chunk: bytes, outgoing: Outgoing) -> bytes:
    """A piece of a streamed body as it is written; an empty one is left out, as it would end the body."""
    if outgoing.length is not None or not chunk:
        return chunk
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


def ending(outgoing: Outgoing) -> bytes:
    """What ends a streamed body."""
    return LAST_CHUNK if outgoing.length is None else b""


async def measured(outgoing: Outgoing, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The body; raises ``WireFault`` where it is not as long as announced: what follows would be a request."""
    size = 0
    async for chunk in body:
        size += len(chunk)
        if outgoing.length is not None and size > outgoing.length:
            raise WireFault("the body is longer than announced")
        yield chunk
    if outgoing.length is not None and size < outgoing.length:
        raise WireFault("the body is shorter than announced")


def _framing(outgoing: Outgoing) -> list[Header]:
    if isinstance(outgoing.body, bytes):
        return [(b"content-length", b"%d" % len(outgoing.body))]
    if outgoing.body is None:
        return [] if outgoing.method in WITHOUT_BODY else [(b"content-length", b"0")]
    if outgoing.length is not None:
        return [(b"content-length", b"%d" % outgoing.length)]
    return [(b"transfer-encoding", b"chunked")]

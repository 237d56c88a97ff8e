"""The caller's body on its way out: bounded, and never completed for a caller who did not complete it."""

from collections.abc import AsyncIterator
from typing import Any

from litestar.types import Receive, Scope
from msgspec import Struct

from proxy.bounds import Bounds
from proxy.errors import BodyTooLarge, InvalidRequest

WHOLE_BYTES = 64 * 1024
"""A body of known length up to this is read before the call, so that it can be sent again after a 429."""


class Upload(Struct):
    """A request's body: none, whole, or a stream of ``length`` bytes if that is known."""

    body: bytes | AsyncIterator[bytes] | None = None
    length: int | None = None


async def upload_of(scope: Scope, receive: Receive, bounds: Bounds) -> Upload:
    """The body as it is to be sent; raises ``BodyTooLarge`` and ``InvalidRequest``, while it is streamed too.

    ``receive`` is the edge's: it raises where the body pauses, drips or ends early.
    """
    given = [(name.lower(), value) for name, value in scope["headers"]]
    length = _length([value for name, value in given if name == b"content-length"])
    if length is None and not any(name == b"transfer-encoding" for name, _ in given):
        return Upload()
    if length is not None and length > bounds.stream_bytes:
        raise _too_large(bounds)
    chunks = _chunks(receive, bounds)
    if length is None or length > WHOLE_BYTES:
        return Upload(chunks, length)
    return Upload(b"".join([chunk async for chunk in chunks]), length)


def _length(values: list[bytes]) -> int | None:
    if not values:
        return None
    if len(values) > 1 or not values[0].isdigit():
        raise InvalidRequest("Content-Length is one whole number")
    return int(values[0])


async def _chunks(receive: Receive, bounds: Bounds) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message: Any = await receive()  # raises for a body that pauses, drips or ends early
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > bounds.stream_bytes:
            raise _too_large(bounds)
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


def _too_large(bounds: Bounds) -> BodyTooLarge:
    return BodyTooLarge(f"a body may have up to {bounds.stream_bytes} bytes")

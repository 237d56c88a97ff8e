"""How the body of an answer ends (RFC 9112 6.3): each way takes bytes and gives back what does not belong to it."""

from typing import Protocol

from proxy.outbound.wire.chunked import Chunked
from proxy.outbound.wire.fault import NOT_HTTP, WireFault
from proxy.outbound.wire.head import Head

WITHOUT_BODY = frozenset({204, 304})
LENGTH_DIGITS = 18


class Body(Protocol):
    """One body on its way."""

    ended: bool

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """What of ``data`` is content, and what came after the end."""

    def close(self) -> None:
        """The peer closed the connection: raises ``WireFault`` where the body is not complete."""


class Sized:
    """A body of known length, which may be 0."""

    __slots__ = ("_left", "ended")

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """All of it, in most cases."""
        left, self._left = self._left, max(0, self._left - len(data))
        self.ended = not self._left
        return (data, b"") if len(data) <= left else (data[:left], data[left:])

    def close(self) -> None:
        """Too short."""
        if not self.ended:
            raise WireFault(NOT_HTTP)


class UntilClose:
    """A body that ends with the connection."""

    __slots__ = ("ended",)

    def __init__(self) -> None:
        self.ended = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Everything."""
        return data, b""

    def close(self) -> None:
        """The end."""
        self.ended = True


def body_of(method: str, head: Head) -> tuple[Body, bool]:
    """The body that follows a head, and whether the connection can carry another exchange after it.

    Raises ``WireFault`` for framing that two readers could understand differently: two lengths, a length and a transfer
    coding, any other coding than chunked alone, and one of HTTP/1.0.
    """
    length = _length(head)
    chunked = _chunked(head)
    if chunked and length is not None:
        raise WireFault(NOT_HTTP)
    if method == "HEAD":
        return Sized(0), head.persistent
    if head.status in WITHOUT_BODY:  # a body that is announced may come after the next request was written
        return Sized(0), head.persistent and not chunked and not length
    if chunked:
        return Chunked(), head.persistent
    return (UntilClose(), False) if length is None else (Sized(length), head.persistent)


def _length(head: Head) -> int | None:
    values = head.values(b"content-length")
    if not values:
        return None
    if len(values) > 1 or not values[0].isdigit() or len(values[0]) > LENGTH_DIGITS:
        raise WireFault(NOT_HTTP)
    return int(values[0])


def _chunked(head: Head) -> bool:
    values = head.values(b"transfer-encoding")
    if not values:
        return False
    if len(values) > 1 or values[0].lower() != b"chunked" or head.version != "1.1":
        raise WireFault(NOT_HTTP)
    return True

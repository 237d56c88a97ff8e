"""What a storage answered: a file with its head, or the problem that its answer amounts to."""

from collections.abc import AsyncGenerator, Callable
from re import compile as pattern

from proxy.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotFound,
    ProviderProblem,
    ProviderTooLarge,
    RateLimited,
)
from proxy.outbound.exchange import SendFailure
from proxy.outbound.transport import Incoming

ENCODINGS = frozenset({b"gzip", b"deflate", b"br", b"zstd"})
"""A storage keeps some files compressed and says so whatever it is asked; the caller is told the same."""

Fault = tuple[type[ProviderProblem], str]
"""The kind of a problem, and what happened."""

_EXPIRED = "the link to the file has expired, or the file is gone: read the attachment again for a new link"
_REFUSALS: dict[int, Fault] = {
    **dict.fromkeys((400, 401, 403, 404, 410), (ProviderNotFound, _EXPIRED)),
    416: (ProviderInvalid, "the file does not have the range that was asked for"),
    429: (RateLimited, "the storage of the file asks to wait"),
}
"""Storages say of a signed link that is too old any of the first five; other refusals are faults of theirs."""
_CONTENT_RANGE = pattern(rb"bytes [0-9]+-[0-9]+/(?:[0-9]+|\*)\Z")


class MediaAnswer:
    """A file whose head has come. Close it, whatever happens: it holds a place and a connection.

    ``status`` is 200, or 206 where a range was asked for and given; then ``content_range`` is there. ``length`` is in
    bytes, as sent, if the storage says. ``encoding`` is the file's ``Content-Encoding``, if it has one.
    """

    __slots__ = ("_incoming", "_leave", "_most", "content_range", "content_type", "encoding", "length", "status")

    def __init__(self, incoming: Incoming, most: int, leave: Callable[[], None]) -> None:
        self.status = incoming.status
        self.content_type = (_header(incoming, b"content-type") or b"").decode("latin-1") or None
        self.content_range = _header(incoming, b"content-range") if incoming.status == 206 else None
        self.encoding = _encoding(incoming)
        self.length = _length(incoming)
        self._incoming = incoming
        self._most = most
        self._leave: Callable[[], None] | None = leave

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The file in chunks, once; raises ``SendFailure`` where it breaks off or grows beyond the bound."""
        left = self._most
        async for chunk in self._incoming.stream():
            left -= len(chunk)
            if left < 0:
                raise SendFailure("ambiguous", "the file exceeds the bound on a stream")
            yield chunk

    async def aclose(self) -> None:
        """Gives back the connection, or cuts it where the file was not read, and the place."""
        leave, self._leave = self._leave, None
        if leave is None:
            return
        try:
            await self._incoming.aclose()
        finally:
            leave()


def fault_of_file(incoming: Incoming, most: int, *, ranged: bool) -> Fault | None:
    """Why an answer is no file of at most ``most`` bytes, if it is none; ``ranged``: a part was asked for."""
    status = incoming.status
    if status != 200 and not (ranged and status == 206):
        return _REFUSALS.get(status, (ProviderError, f"the storage of the file answered {status}"))
    if status == 206 and not _CONTENT_RANGE.match(_header(incoming, b"content-range") or b""):
        return ProviderError, "the storage gave a part of the file without saying which"
    if (_length(incoming) or 0) > most:
        return ProviderTooLarge, f"the file is announced with more than {most} bytes"
    if _encoding(incoming) not in (None, *ENCODINGS):
        return ProviderError, "the file is encoded in a way that is not known"
    return None


def _header(incoming: Incoming, name: bytes) -> bytes | None:
    return next((value.strip() for key, value in incoming.headers if key == name), None)


def _length(incoming: Incoming) -> int | None:
    value = _header(incoming, b"content-length")
    return int(value) if value is not None and value.isdigit() else None


def _encoding(incoming: Incoming) -> bytes | None:
    values = [value.strip().lower() for key, value in incoming.headers if key == b"content-encoding"]
    return b", ".join(one for one in values if one not in (b"", b"identity")) or None

"""The chunked transfer coding (RFC 9112 7.1), read strictly; it is known to the byte what came after the end."""

from re import compile as pattern
from typing import Literal

from proxy.outbound.wire.fault import NOT_HTTP, WireFault

SIZE_DIGITS = 15
LINE_BYTES = 4 * 1024
ASIDE_BYTES = 16 * 1024
"""Of extensions and trailers in one body together; both are dropped."""

_SIZE = pattern(rb"([0-9A-Fa-f]{1,%d})(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?[ \t]*\Z" % SIZE_DIGITS)
_TRAILER = pattern(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\Z")


class Chunked:
    """A body in chunks."""

    __slots__ = ("_aside", "_expected", "_held", "_left", "ended")

    def __init__(self) -> None:
        self._left = 0
        self._expected: Literal["size", "gap", "trailer"] = "size"
        self._held = b""
        self._aside = 0
        self.ended = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """The content of the chunks in ``data``, and what came after the last; raises ``WireFault``."""
        data, self._held = self._held + data, b""
        parts: list[bytes] = []
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                parts.append(data[at : at + self._left])
                at += len(parts[-1])
                self._left -= len(parts[-1])
            elif (end := data.find(b"\n", at)) >= 0:
                self._line(data[at : end + 1])
                at = end + 1
            else:
                self._hold(data[at:])
                at = len(data)
        return (parts[0] if len(parts) == 1 else b"".join(parts)), data[at:]

    def close(self) -> None:
        """Too short."""
        if not self.ended:
            raise WireFault(NOT_HTTP)

    def _hold(self, begun: bytes) -> None:
        if len(begun) > LINE_BYTES:
            raise WireFault(NOT_HTTP)
        self._held = begun

    def _line(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            raise WireFault(NOT_HTTP)
        if self._expected == "size":
            self._size(line[:-2])
        elif self._expected == "trailer":
            self._trailer(line[:-2])
        elif len(line) > 2:
            raise WireFault(NOT_HTTP)
        else:
            self._expected = "size"

    def _size(self, line: bytes) -> None:
        match = _SIZE.match(line)
        if match is None:
            raise WireFault(NOT_HTTP)
        self._left = int(match[1], 16)
        self._expected = "gap" if self._left else "trailer"
        self._count(len(line) - len(match[1]))

    def _trailer(self, line: bytes) -> None:
        if line and not _TRAILER.match(line):
            raise WireFault(NOT_HTTP)
        self.ended = not line
        self._count(len(line))

    def _count(self, aside: int) -> None:
        self._aside += aside
        if self._aside > ASIDE_BYTES:
            raise WireFault(NOT_HTTP)

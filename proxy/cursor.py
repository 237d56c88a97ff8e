"""Cursors: a reader's place in a list, sealed, bound to whose list it is, with an end to its life.

The caller sees an opaque text. Inside is what the reader gives, compressed; it cannot be read, changed or used for
another account or list.
"""

import zlib
from typing import Any, TypeVar

import msgspec

from proxy.errors import CursorExpired, InvalidCursor
from proxy.seal import SealBroken, Sealer

Content = TypeVar("Content", bound=msgspec.Struct)

LIFE_SECONDS = 24 * 3600
CURSOR_MAX = 7168
"""Characters of a cursor that are looked at: it must fit the bound on a query."""
CONTENT_MAX = 64 * 1024
"""Bytes that a content may have when decompressed; only we seal, so this is a second fence."""


class Cursors:
    """Seals and opens cursors; ``bound_to`` names account, model and resource: what must be the same on return."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer.for_use("cursor")

    def seal(self, content: msgspec.Struct, bound_to: bytes, now: float) -> str:
        """The cursor that carries ``content``; ``now`` is in epoch seconds."""
        packed = msgspec.msgpack.encode((int(now), content))
        return self._sealer.seal_compact(zlib.compress(packed, 6), bound_to)

    def open(self, text: str, kind: type[Content], bound_to: bytes, now: float) -> Content:
        """What the cursor carries; raises InvalidCursor, or CursorExpired after 24 hours."""
        try:
            packed = zlib.decompressobj().decompress(self._plain(text, bound_to), CONTENT_MAX)
            issued, content = msgspec.msgpack.decode(packed, type=tuple[int, Any])
            if now - issued > LIFE_SECONDS:
                raise CursorExpired("a cursor lives 24 hours; begin the list again")
            return msgspec.convert(content, kind)
        except (zlib.error, msgspec.MsgspecError):
            # Sealed by us, but by a version whose content was another.
            raise InvalidCursor("the cursor was made by another version of the server; begin the list again") from None

    def _plain(self, text: str, bound_to: bytes) -> bytes:
        try:
            if len(text) > CURSOR_MAX or not text.isascii():
                raise SealBroken
            return self._sealer.open_compact(text, bound_to)
        except SealBroken:
            raise InvalidCursor("the cursor was altered, or belongs to another account, resource or server") from None

"""A provider's body decoded and bounded: it was asked for identity, but may compress all the same."""

import zlib
from collections.abc import AsyncIterator

from proxy.outbound.headers import Headers

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
MAX_STEP = 256 * 1024
"""Decoded at once, so that a bomb is noticed long before it fills the memory."""
RATIO_FREE = 64 * 1024
"""Below this size any ratio is fine: a short repetitive page compresses well."""


class BodyFault(Exception):  # noqa: N818 - the family's names say what happened
    """A body that cannot be used; the message says why."""


class BodyTooBig(BodyFault):
    """More bytes, or more decoded bytes for those received, than are taken."""


class BodyCut(BodyFault):
    """A compressed body that ends too early."""


async def whole_body(chunks: AsyncIterator[bytes], headers: Headers, most: int, ratio: int) -> bytes:
    """The decoded body; raises ``BodyFault``."""
    encodings = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    match [one for one in encodings if one not in (b"", b"identity")]:
        case []:
            return await _plain(chunks, most)
        case [b"gzip" | b"x-gzip" | b"deflate"]:
            return await _inflated(chunks, most, ratio)
        case _:
            raise BodyFault("the content encoding is not one that was asked for")


async def _plain(chunks: AsyncIterator[bytes], most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise BodyTooBig(f"more than {most} bytes")
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _inflated(chunks: AsyncIterator[bytes], most: int, ratio: int) -> bytes:
    decoder = zlib.decompressobj(GZIP_OR_ZLIB)
    out = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        rest = chunk
        while rest:
            out += _step(decoder, rest)
            if len(out) > min(most, max(RATIO_FREE, received * ratio)):
                raise BodyTooBig(f"more than {most} bytes, or {ratio} times as many as were received")
            rest = decoder.unconsumed_tail
    if received and not decoder.eof:
        raise BodyCut("the compressed body ends too early")
    return bytes(out)


def _step(decoder: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return decoder.decompress(data, MAX_STEP)
    except zlib.error:
        raise BodyFault("the compressed body is damaged") from None

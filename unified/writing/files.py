"""Files of a write: kept on disk while it lasts, so that memory stays flat, and sent on as multipart (RFC 7578)."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import IO, Any

from msgspec import Struct

from unified.upstream import Payload

PIECE = 64 * 1024
NAME_MAX = 255
ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""How browsers write these characters of a file name (WHATWG HTML, multipart/form-data)."""


class File(Struct, frozen=True):
    """A file that a caller sent; ``spool`` is a temporary file that ends with the write."""

    file_name: str
    content_type: str
    size: int
    spool: IO[bytes]
    digest: bytes
    """Of the content (BLAKE2b, 256 bits)."""

    def told(self) -> dict[str, Any]:
        """What a plan sees of it."""
        return {"file_name": self.file_name, "content_type": self.content_type, "size": self.size}

    def pieces(self) -> AsyncIterator[bytes]:
        """The bytes from the beginning."""
        return _pieces(self.spool)


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    spool.seek(0)
    while piece := spool.read(PIECE):
        yield piece


def clean_name(given: str | None) -> str:
    """A file name without folders and control characters, at most 255 characters; ``file`` where nothing is left."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable()).strip(". ")
    return kept[-NAME_MAX:] or "file"


def multipart_payload(fields: Mapping[str, Any], field: str, files: Sequence[File]) -> Payload:
    """Fields and files as one body of known length, streamed from disk."""
    boundary = f"interline-{secrets.token_hex(16)}"
    head = "".join(_field(boundary, name, value) for name, value in _flat(fields)).encode()
    heads = [_file_head(boundary, field, file) for file in files]
    tail = f"--{boundary}--\r\n".encode()
    length = len(head) + sum(len(one) + file.size + 2 for one, file in zip(heads, files, strict=True)) + len(tail)

    async def body() -> AsyncIterator[bytes]:
        yield head
        for one, file in zip(heads, files, strict=True):
            yield one
            async for piece in file.pieces():
                yield piece
            yield b"\r\n"
        yield tail

    return Payload([(b"content-type", f"multipart/form-data; boundary={boundary}".encode())], body(), length)


def _flat(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Fields as texts; a list is sent once for each element."""
    pairs = [(name, one) for name, value in fields.items() for one in (value if isinstance(value, list) else [value])]
    return [(name, _text(value)) for name, value in pairs]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(ESCAPES)}"\r\n\r\n{value}\r\n'


def _file_head(boundary: str, field: str, file: File) -> bytes:
    name = file.file_name.translate(ESCAPES)
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n"
    ).encode()

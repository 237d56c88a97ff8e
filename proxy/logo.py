"""The operator's logo: a picture in a file, known by its first bytes."""

from pathlib import Path

from msgspec import Struct

MOST_BYTES = 256 * 1024
KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
)
SVG = "image/svg+xml"


class Logo(Struct, frozen=True):
    """A picture and its media type."""

    data: bytes
    media_type: str


def read_logo(path: Path) -> Logo:
    """The picture of a file; raises ``ValueError`` where it cannot be one."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 1024} KiB")
    for begin, media_type in KINDS:
        if data.startswith(begin):
            return Logo(data, media_type)
    if b"<svg" in data[:1024]:
        return Logo(data, SVG)
    raise ValueError("the file is none of SVG, PNG, JPEG, WebP")

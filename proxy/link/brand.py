"""How the page looks for one operator, and the files it is made of: all from our own origin, each named by its hash."""

import hashlib
from pathlib import Path

from msgspec import Struct

from proxy.link.color import DARK_PAPER, LIGHT_PAPER, on, readable
from proxy.logo import Logo, read_logo
from proxy.settings import Settings

STATIC = Path(__file__).parent / "static"
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/svg+xml": "svg"}
HASH_LENGTH = 12


class File(Struct, frozen=True):
    """A file that browsers may keep: another content has another name."""

    data: bytes
    media_type: str


class Brand(Struct, frozen=True):
    """The operator's name, and the addresses of style, script and logo."""

    name: str
    style: str
    script: str
    icon: str
    logo: str | None
    files: dict[str, File]


def brand_of(settings: Settings) -> Brand:
    """The brand that the settings ask for; raises ``ValueError`` where the logo is no longer there."""
    files: dict[str, File] = {}
    style = _named(files, "page", "css", _style(settings.link_color), "text/css")
    script = _named(files, "page", "js", (STATIC / "page.js").read_bytes(), "text/javascript")
    logo: Logo | None = read_logo(Path(settings.link_logo)) if settings.link_logo else None
    shown = _named(files, "logo", SUFFIXES[logo.media_type], logo.data, logo.media_type) if logo else None
    icon = _named(files, "icon", "svg", _icon(settings.link_color), "image/svg+xml")
    return Brand(settings.link_name, style, script, icon, shown, files)


def _icon(color: str) -> bytes:
    """Two links of a chain on the operator's colour."""
    chain = "M13 19l6-6M11 15l-2.5 2.5a4.2 4.2 0 0 0 6 6L17 21M21 17l2.5-2.5a4.2 4.2 0 0 0-6-6L15 11"
    square = f'<rect width="32" height="32" rx="8" fill="{color}"/>'
    links = f'<path d="{chain}" fill="none" stroke="{on(color)}" stroke-width="2.6" stroke-linecap="round"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{square}{links}</svg>'.encode()


def _style(color: str) -> bytes:
    """The style sheet with the operator's colour in front, as text on both papers and as a surface."""
    light, dark = readable(color, LIGHT_PAPER), readable(color, DARK_PAPER)
    surface = f"--brand:{color};--on-brand:{on(color)};"
    colors = f":root{{{surface}--ink-light:{light};--ink-dark:{dark}}}\n"
    return colors.encode() + (STATIC / "page.css").read_bytes()


def _named(files: dict[str, File], stem: str, suffix: str, data: bytes, media_type: str) -> str:
    name = f"{stem}.{hashlib.sha256(data).hexdigest()[:HASH_LENGTH]}.{suffix}"
    files[name] = File(data, media_type)
    return name

"""A file's address as a provider wrote it, taken apart; refused where two readers could see two places in it."""

from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv6Address
from re import compile as pattern
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from msgspec import Struct

MOST = 8192
"""Characters of an address; the signed ones of the storages have two thousand or so."""

_PORTS = {"https": 443, "http": 80}
_HOST = pattern(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")
_PLACE = pattern(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::[0-9]*)?\Z")
"""What stands beside the brackets of an address is dropped by some readers."""
_AS_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F))
"""A signature covers the spelling: what may stand in a request line stays as it is."""


class FileAddress(Struct, frozen=True):
    """Where a file is: ``target`` is path and query as they are written on the wire, without the fragment."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port in their one spelling."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    def next(self, location: str) -> "FileAddress":
        """Where a redirect from here leads; raises ``ValueError`` as ``file_address`` does."""
        _plain(location)
        _split(location)
        return file_address(urljoin(self.origin + self.target, location))


def file_address(url: str) -> FileAddress:
    """Takes an http(s) address apart; raises ``ValueError``, whose message says why, for one that is not acceptable."""
    _plain(url)
    parts, port = _split(url)
    if parts.scheme not in _PORTS:
        raise ValueError("the address is not https")
    if "@" in parts.netloc:
        raise ValueError("the address names a user")
    if not _PLACE.match(parts.netloc):
        raise ValueError("the address has no acceptable host")
    query = f"?{parts.query}" if parts.query else ""
    target = quote((parts.path or "/") + query, safe=_AS_WRITTEN)
    return FileAddress(parts.scheme, _host(parts.hostname or ""), port or _PORTS[parts.scheme], target)


def fits_host(host: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns, ``*.example.com`` (any name below it) or an exact name, fits the host."""
    return any(_fits(one.lower(), host) for one in patterns)


def _fits(wanted: str, host: str) -> bool:
    if wanted.startswith("*."):
        return host.endswith(wanted[1:])
    return host == wanted


def _plain(url: str) -> None:
    """Readers differ in what they drop or turn around: white space at the ends, line ends inside, backslashes."""
    if len(url) > MOST:
        raise ValueError(f"the address exceeds {MOST} characters")
    if not url.isprintable() or "\\" in url or url != url.strip():
        raise ValueError("the address holds a character that it may not")


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the address cannot be taken apart") from None  # the library's words repeat it
    if port == 0:
        raise ValueError("the address has no acceptable port")
    return parts, port


def _host(host: str) -> str:
    """A name in ASCII, or an IPv6 address in its one spelling."""
    if _HOST.match(host):
        return host
    with suppress(ValueError):
        return str(IPv6Address(host))
    raise ValueError("the address has no acceptable host")

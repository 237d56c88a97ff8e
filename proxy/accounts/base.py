"""Where a provider is reached for one connection: the ``base`` of its file with the connection's fields filled in."""

from collections.abc import Mapping
from re import Match
from re import compile as pattern
from typing import Any
from urllib.parse import quote, urlsplit

from msgspec import Struct

_FIELD = pattern(r"\{([a-z][a-z0-9_-]*)\}")
_LABEL = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
_ORIGIN = pattern(r"https?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")
_BASE = pattern(r"(?P<origin>\{[^/{}]+\}|https?://[^/?#]+)(?P<path>(?:/[^?#]*)?)\Z")
DEFAULT_PORTS = {"https": 443, "http": 80}


class BaseMistake(ValueError):  # noqa: N818 - the family's names say what happened
    """A connection field does not fit its place in the provider's base; ``field`` names it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


class Base(Struct, frozen=True):
    """Scheme, host and port, and the path below them without a slash at its end."""

    origin: str
    path: str


def provider_base(base: str, connection: Mapping[str, Any]) -> Base:
    """Fills the braces of ``base``: a whole origin, one label of a host name, or path segments, each checked.

    Raises ``BaseMistake``; a value can change neither scheme nor domain nor climb out of the path.
    """
    match = _BASE.match(base)
    if match is None:
        raise ValueError(f"the base {base!r} is not an http or https address")
    origin = _FIELD.sub(lambda found: _host_part(found, match["origin"], connection), match["origin"])
    return Base(normal_origin(origin), below_base(match["path"], connection).rstrip("/"))


def below_base(path: str, connection: Mapping[str, Any]) -> str:
    """A path with its fields filled in, each as one segment."""
    return _FIELD.sub(lambda found: _segment(found[1], connection), path)


def normal_origin(text: str) -> str:
    """An origin in its one spelling: lower case, no default port, no slash; raises ``ValueError``."""
    text = text.rstrip("/")
    if not _ORIGIN.match(text):
        raise ValueError("must be https://<host> or https://<host>:<port>, without path, user, query or fragment")
    parts = urlsplit(text)
    port = parts.port  # raises ValueError above 65535
    plain_port = port is None or port == DEFAULT_PORTS[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "").rstrip(".")
    if not host:
        raise ValueError("the host is missing")
    return f"{parts.scheme}://{host}" + ("" if plain_port else f":{port}")


def _host_part(found: Match[str], origin: str, connection: Mapping[str, Any]) -> str:
    value = _text(found[1], connection)
    if found[0] == origin:
        try:
            return normal_origin(value)
        except ValueError as error:
            raise BaseMistake(found[1], str(error)) from None
    if not _LABEL.match(value):
        raise BaseMistake(found[1], "must be one label of a host name: letters, digits and hyphens")
    return value


def _segment(field: str, connection: Mapping[str, Any]) -> str:
    value = _text(field, connection)
    if value in {"", ".", ".."} or not value.isprintable() or set(value) & set("/\\%?#;"):
        raise BaseMistake(field, "must be usable as one segment of a path")
    return quote(value, safe="")


def _text(field: str, connection: Mapping[str, Any]) -> str:
    value = connection.get(field)
    if value is None:
        raise BaseMistake(field, "is needed")
    return str(value)

"""Checks what a customer typed against the fields of the provider file, all mistakes together: pure."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from proxy.accounts.base import DEFAULT_PORTS, normal_origin
from proxy.errors import FieldError, InvalidRequest
from proxy.provider.model import FieldWords, ProviderWords
from proxy.secret import Secret

Typed = Mapping[str, Any]
"""Texts and whole numbers, unchecked."""

LONGEST = 4096
"""Bytes of one field: above every token seen, below what a header may hold."""


class Filled(Struct, frozen=True):
    """The fields of one link as they are stored; an optional field that was left empty is absent."""

    connection: dict[str, Any]
    credential: dict[str, Secret]


def check_fields(
    words: ProviderWords, context: Typed, credentials: Typed | None, private_hosts: Collection[str]
) -> Filled:
    """The checked fields; credentials of ``None`` are not looked at.

    Raises ``InvalidRequest`` that names each mistake as ``context.<field>`` or ``credentials.<field>``, and repeats
    nothing that was typed.
    """
    mistakes: list[FieldError] = []
    connection = _check("context", words.connection, context, private_hosts, mistakes)
    asked = {} if credentials is None else words.credential
    credential = _check("credentials", asked, credentials or {}, private_hosts, mistakes)
    if mistakes:
        raise InvalidRequest(f"the fields do not fit {words.label}", errors=mistakes)
    return Filled(connection, {name: Secret(str(value)) for name, value in credential.items()})


def _check(
    part: str, known: Mapping[str, FieldWords], given: Typed, private_hosts: Collection[str], mistakes: list[FieldError]
) -> dict[str, Any]:
    for name in given:
        if name not in known:
            detail = f"is not a field here; known: {', '.join(known) or 'none'}"
            mistakes.append(FieldError(f"{part}.{name[:64]}", detail))
    values = {}
    for name, words in known.items():
        try:
            value = _value(words, given.get(name), private_hosts)
        except ValueError as mistake:
            mistakes.append(FieldError(f"{part}.{name}", str(mistake)))
            continue
        if value is not None:
            values[name] = value
    return values


def _value(words: FieldWords, given: object, private_hosts: Collection[str]) -> Any:
    text = words.default if given is None or given == "" else given
    if text is None:
        if words.optional:
            return None
        raise ValueError("is needed")
    if not isinstance(text, str | int) or isinstance(text, bool):
        raise ValueError("must be a text or a whole number")
    value = _TYPES[words.type](text)
    if words.type == "origin":
        _check_scheme(value, private_hosts)
    return value


def _text(given: str | int) -> str:
    """What goes into a header or a path: a pasted line end is dropped, anything else unprintable refused."""
    text = str(given).strip()
    if not text:
        raise ValueError("is needed")
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()):
        raise ValueError(f"must be at most {LONGEST} printable ASCII characters")
    return text


def _integer(given: str | int) -> int:
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("must be a whole number of at most 18 digits")
    return int(text)


def _origin(given: str | int) -> str:
    return normal_origin(str(given).strip())


_TYPES: Mapping[str, Callable[[str | int], Any]] = {"text": _text, "integer": _integer, "origin": _origin}


def _check_scheme(origin: str, private_hosts: Collection[str]) -> None:
    parts = urlsplit(origin)
    place = parts.netloc if parts.port else f"{parts.netloc}:{DEFAULT_PORTS[parts.scheme]}"
    if parts.scheme != "https" and place not in private_hosts:
        raise ValueError("must begin with https://")

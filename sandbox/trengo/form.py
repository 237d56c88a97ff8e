"""What a request sends in its body (JSON, form or multipart) and in lists of its query."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qsl

from sandbox.http import Request
from sandbox.trengo.answers import invalid, required

_INDEXED = re.compile(r"(.+)\[\d*\]")
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,([A-Za-z0-9+/=]*)")
_TRUE = frozenset({"1", "true", "on", "yes"})


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file."""

    name: str
    mime_type: str
    content: bytes


class Form:
    """The fields of a body; a body that cannot be read has none, as at the provider."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def text(self, name: str) -> str | None:
        """A field as text, None when absent, null or blank."""
        value = self.fields.get(name)
        if value is None or isinstance(value, dict | list | File):
            return None
        return str(value).strip() or None

    def needed(self, name: str) -> str:
        """A text that must be there, else 422."""
        value = self.text(name)
        if value is None:
            raise required(name)
        return value

    def number(self, name: str) -> int | None:
        """A whole number, 422 when it is something else."""
        value = self.text(name)
        if value is None:
            return None
        number = whole(value)
        if number is None:
            raise invalid(**{name: f"The {name.replace('_', ' ')} must be an integer."})
        return number

    def numbers(self, name: str) -> list[int] | None:
        """A list of whole numbers, None when absent; what is no number becomes -1, which nothing has as its id."""
        if name not in self.fields:
            return None
        value = self.fields[name]
        listed = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return [-1 if number is None else number for number in (whole(str(one)) for one in listed)]

    def flag(self, name: str) -> bool:
        """Whether a field is true in any of PHP's spellings."""
        return (self.text(name) or "").lower() in _TRUE

    def file(self, name: str) -> File:
        """An uploaded file, or one written out as a ``data:`` address; else 422."""
        value = self.fields.get(name)
        if isinstance(value, str):
            value = _spelled_out(value)
        if not isinstance(value, File):
            raise required(name)
        return value


def _spelled_out(text: str) -> File | None:
    """The file in ``data:image/png;base64,…``; it has no name, so one is made of its type."""
    match = _DATA.fullmatch(text)
    if match is None:
        return None
    try:
        content = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        return None
    return File(f"file.{match[1].rpartition('/')[2]}", match[1], content)


def read_form(request: Request) -> Form:
    """The body by its content type."""
    kind = (request.header("content-type") or "").lower()
    if kind.startswith("multipart/form-data"):
        return Form(_multipart(request))
    if kind.startswith("application/x-www-form-urlencoded"):
        return Form(_gathered(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)))
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        value = None
    return Form(value if isinstance(value, dict) else {})


def query_numbers(request: Request, name: str) -> frozenset[int]:
    """Every value of ``name``, ``name[]`` and ``name[0]``; what is no number becomes -1 and matches nothing."""
    wanted = (value for key, value in request.query if key == name or _plain(key) == name)
    numbers = (whole(value) for value in wanted if value)
    return frozenset(-1 if number is None else number for number in numbers)


def whole(text: str) -> int | None:
    """A whole number that fits in 64 bits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _plain(key: str) -> str | None:
    match = _INDEXED.fullmatch(key)
    return match[1] if match else None


def _gathered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in pairs:
        plain = _plain(key)
        if plain is None:
            fields[key] = value
        else:
            fields.setdefault(plain, []).append(value)
    return fields


def _multipart(request: Request) -> dict[str, Any]:
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n".encode("latin-1", "replace")
    parsed = message_from_bytes(head + request.body, policy=policy.HTTP)
    pairs: list[tuple[str, Any]] = []
    for part in parsed.iter_parts() if parsed.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        file_name = part.get_filename()
        value: Any = data.decode("utf-8", "replace")
        if file_name is not None:
            value = File(file_name, part.get_content_type(), data)
        pairs.append((str(name), value))
    return _gathered(pairs)

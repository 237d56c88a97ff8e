"""A request's parameters as Rails merges them: JSON, form and multipart bodies, then the query on top."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message as MailMessage
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import parse_qsl

from sandbox.chatwoot.errors import Crash
from sandbox.http import Request

_INTEGER = re.compile(r"\s*([+-]?\d+)")
_BRACKETS = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    name: str
    content_type: str
    data: bytes


Params = dict[str, Any]


def read_params(request: Request) -> Params:
    """The merged parameters; malformed JSON is a 400 page."""
    params = _body(request)
    params.update(_nested(request.query))
    return params


def to_i(value: Any) -> int:
    """Ruby's ``to_i``: the leading integer of a text, 0 without one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    if isinstance(value, int | float):
        return int(value)
    found = _INTEGER.match(value)
    return int(found[1]) if found else 0


def to_bool(value: Any) -> bool:
    """A boolean column's reading: empty and the usual words of no are false."""
    return value not in (None, "", False, 0, "0", "f", "F", "false", "FALSE", "off", "OFF")


def blank(value: Any) -> bool:
    """Ruby on Rails' ``blank?``."""
    return value is None or value is False or value in ([], {}) or (isinstance(value, str) and not value.strip())


def text(value: Any) -> str | None:
    """A text column's reading; null stays null and an object, which is not permitted, becomes null."""
    return None if value is None or isinstance(value, dict | list) else str(value)


def page_number(params: Params) -> int:
    """The page asked for; nonsense is page 1."""
    return max(1, to_i(params.get("page")))


def _body(request: Request) -> Params:
    content_type = request.header("content-type") or ""
    if not request.body:
        return {}
    if content_type.startswith("multipart/form-data"):
        return _nested(_parts(request.body, content_type))
    if content_type.startswith("application/x-www-form-urlencoded"):
        return _nested(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if "json" in content_type:
        return _json(request.body)
    return {}


def _json(body: bytes) -> Params:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Crash(400) from None
    return value if isinstance(value, dict) else {"_json": value}


def _nested(pairs: Iterable[tuple[str, Any]]) -> Params:
    """``a[]`` collects a list, ``a[b]`` an object."""
    params: Params = {}
    for key, value in pairs:
        bracket = _BRACKETS.fullmatch(key)
        if bracket is None:
            params[key] = value
        elif bracket[2]:
            params[bracket[1]] = {**_as(dict, params.get(bracket[1])), bracket[2]: value}
        else:
            params[bracket[1]] = [*_as(list, params.get(bracket[1])), value]
    return params


def _as(kind: Any, value: Any) -> Any:
    return value if isinstance(value, kind) else kind()


def _parts(body: bytes, content_type: str) -> list[tuple[str, str | Upload]]:
    boundary = _parameter(content_type, "boundary")
    if not boundary:
        raise Crash(400)
    pairs: list[tuple[str, str | Upload]] = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, data = part.partition(b"\r\n\r\n")
        if not separator:
            continue
        headers = _headers(head.decode("utf-8", "replace"))
        disposition = headers.get("content-disposition", "")
        name, file_name = _parameter(disposition, "name"), _parameter(disposition, "filename")
        if file_name:
            kind = headers.get("content-type", "application/octet-stream")
            pairs.append((name, Upload(file_name, kind, data)))
        else:
            pairs.append((name, data.decode("utf-8", "replace")))
    return pairs


def _headers(head: str) -> dict[str, str]:
    lines = (line.partition(":") for line in head.split("\r\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _parameter(header: str, name: str) -> str:
    message = MailMessage()
    message["content-type"] = header if "/" in header.partition(";")[0] else f"x/{header}"
    return collapse_rfc2231_value(message.get_param(name, ""))

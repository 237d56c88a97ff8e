"""The functions of the language: those of the JMESPath library, unchanged, and ours beside them."""

import re
from mimetypes import MimeTypes
from typing import Any
from urllib.parse import unquote, urlsplit

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import Functions, signature

from proxy.language.context import NOTHING, Context, of_set
from proxy.language.prose import paragraphs, plain

NEWER_TYPES = {
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".avif": "image/avif",
    ".ogg": "audio/ogg",
    ".opus": "audio/opus",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""Common attachment types that the table of Python 3.11 lacks or that differ between versions."""

TYPES = MimeTypes()
for _ending, _type in NEWER_TYPES.items():
    TYPES.add_type(_type, _ending)

NO_DIGIT = re.compile("[^0-9]+")

TEXT: Any = {"types": ["string", "null"]}
NAMED: Any = {"types": ["string"]}


def last_segment(url: str) -> str | None:
    """The decoded last path segment of a URL; None where the path ends in a slash or is empty."""
    return unquote(urlsplit(url).path.rpartition("/")[2]) or None


def pair(entry: Any) -> tuple[str, Any]:
    """Key and value of one ``{key, value}`` entry of ``object()``."""
    key = entry.get("key") if isinstance(entry, dict) else None
    if not isinstance(key, str):
        raise JMESPathTypeError("object", None, type(key).__name__, ["string keys"])
    return key, entry.get("value")


class ValueFunctions(Functions):
    """The built-in functions and the value functions; each of ours gives null for null."""

    @signature({"types": ["object", "null"]})
    def _func_rows(self, value: dict[str, Any] | None) -> Any:
        return None if value is None else [{"key": key, "value": held} for key, held in value.items()]

    @signature({"types": ["array", "null"]})
    def _func_object(self, entries: list[Any] | None) -> Any:
        return None if entries is None else dict(map(pair, entries))

    @signature(TEXT)
    def _func_text(self, html: str | None) -> Any:
        return None if html is None else plain(html)

    @signature(TEXT)
    def _func_html(self, text: str | None) -> Any:
        return None if text is None else paragraphs(text)

    @signature(TEXT)
    def _func_mime(self, file_name: str | None) -> Any:
        if file_name is None:
            return None
        name = last_segment(file_name) if "/" in file_name else file_name
        return TYPES.guess_type("file:" + name.lower())[0] if name else None

    @signature(TEXT)
    def _func_file_name(self, url: str | None) -> Any:
        return None if url is None else last_segment(url)

    @signature(TEXT, NAMED)
    def _func_split(self, value: str | None, separator: str) -> Any:
        return None if value is None else value.split(separator)

    @signature(TEXT, NAMED, NAMED)
    def _func_replace(self, value: str | None, old: str, new: str) -> Any:
        return None if value is None else value.replace(old, new)

    @signature(TEXT)
    def _func_lower(self, value: str | None) -> Any:
        return None if value is None else value.lower()

    @signature(TEXT)
    def _func_digits(self, value: str | None) -> Any:
        return None if value is None else NO_DIGIT.sub("", value)


class ContextFunctions(ValueFunctions):
    """All functions of the language over one context, for the library's own interpreter."""

    def __init__(self, context: Context = NOTHING) -> None:
        self.context = context

    @signature()
    def _func_parent(self) -> Any:
        return self.context.parent

    @signature()
    def _func_query(self) -> Any:
        return self.context.query

    @signature()
    def _func_body(self) -> Any:
        return self.context.body

    @signature()
    def _func_connection(self) -> Any:
        return self.context.connection

    @signature()
    def _func_now(self) -> Any:
        return self.context.now

    @signature()
    def _func_each(self) -> Any:
        return self.context.each

    @signature()
    def _func_steps(self) -> Any:
        return self.context.steps

    @signature()
    def _func_id(self) -> Any:
        return self.context.id

    @signature()
    def _func_claims(self) -> Any:
        return self.context.claims

    @signature(NAMED)
    def _func_added(self, name: str) -> Any:
        return of_set(self.context, "added", name)

    @signature(NAMED)
    def _func_removed(self, name: str) -> Any:
        return of_set(self.context, "removed", name)

    @signature(NAMED)
    def _func_whole(self, name: str) -> Any:
        return of_set(self.context, "whole", name)

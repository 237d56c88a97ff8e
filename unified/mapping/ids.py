"""Ids of parts: a comment's id holds its ticket and its message, so that nothing else is needed to find it."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

SEPARATOR = "."
ID_MAX = 256
"""Characters of an id that a caller may send."""


def join_id(parts: Sequence[object]) -> str | None:
    """The opaque id of several parts; null where one is missing."""
    if any(part is None or isinstance(part, bool) for part in parts):
        return None
    return SEPARATOR.join(quote(str(part), safe="-_").replace(SEPARATOR, "%2E") for part in parts)


def split_id(text: str, names: Sequence[str]) -> Mapping[str, str] | None:
    """The parts of an id by name; null where it is not such an id."""
    parts = text.split(SEPARATOR)
    if len(parts) != len(names) or len(text) > ID_MAX or not all(parts):
        return None
    return {name: unquote(part) for name, part in zip(names, parts, strict=True)}

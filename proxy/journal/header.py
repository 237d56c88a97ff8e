"""The header ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header)."""

from collections.abc import Sequence
from re import compile as pattern

from proxy.errors import FieldError, InvalidRequest

NAME = "Idempotency-Key"

_BARE = pattern(r"[\x21-\x7e]{1,255}\Z")
_QUOTED = pattern(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"\Z')
_CONTENT = pattern(r"[\x20-\x7e]{1,255}\Z")
_ESCAPE = pattern(r'\\(["\\])')


def idempotency_key(values: Sequence[str]) -> str | None:
    """The key out of every value of the header, ``None`` where it was not sent.

    1 to 255 visible ASCII characters, bare or as a string of RFC 8941 section 3.3.3, whose content (which may have
    spaces) is the key. Raises ``InvalidRequest``, also for two values that differ.
    """
    keys = {_key(value) for value in values}
    if len(keys) > 1:
        raise _refused("is sent twice with different values")
    return next(iter(keys), None)


def _key(value: str) -> str:
    value = value.strip(" \t")
    if not value.startswith('"'):
        if not _BARE.match(value):
            raise _refused("must be 1 to 255 visible ASCII characters, or such a string in quotes")
        return value
    quoted = _QUOTED.match(value)
    content = _ESCAPE.sub(r"\1", quoted[1]) if quoted else ""
    if not _CONTENT.match(content):
        raise _refused("in quotes must be a string of RFC 8941 with 1 to 255 characters")
    return content


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(f"the header {NAME} {reason}", errors=[FieldError(NAME, reason)])

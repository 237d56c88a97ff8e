"""What a caller prefers: how long to wait (``Prefer``, RFC 7240) and how urgent it is (``Priority``, RFC 9218)."""

from collections.abc import Sequence
from re import compile as pattern

from proxy.coordination.turn import Lane

BULK_FROM = 5
"""The urgency from which a call is bulk: 0 is the highest, 3 the default, 7 is for what runs in the background."""

_KEY = r"[a-z*][a-z0-9_\-.*]*"
_BARE = (
    r'(?:-?[0-9]{1,12}\.[0-9]{1,3}|-?[0-9]{1,15}|"(?:[ !#-\[\]-~]|\\["\\])*"|:[A-Za-z0-9+/=]*:|\?[01]'
    r"|[A-Za-z*][!#$%&'*+\-.^_`|~:/A-Za-z0-9]*)"
)
_PARAMETERS = rf"(?:; *{_KEY}(?:={_BARE})?)*"
_INNER = rf"\( *(?:{_BARE}{_PARAMETERS}(?: +{_BARE}{_PARAMETERS})*)? *\)"
_MEMBER = pattern(rf"(?P<key>{_KEY})(?:=(?P<value>{_INNER}|{_BARE}))?{_PARAMETERS}")
_COMMA = pattern(r"[ \t]*,[ \t]*")
_URGENCY = pattern(r"[0-7]")

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PREFERENCE = pattern(
    rf"(?P<name>{_WORD})(?:[ \t]*=[ \t]*(?P<value>{_QUOTED}|{_WORD}))?(?P<parameters>[^,\"]*(?:{_QUOTED}[^,\"]*)*)"
)
_SECONDS = pattern(r"[0-9]{1,4}")


def patience_of(prefer: Sequence[str]) -> float | None:
    """Seconds to wait for the provider's rate budget, as ``Prefer: wait=N`` says it (RFC 7240 4.3).

    Names have no case, a value may be quoted, the first of several counts, and what cannot be read is left out.
    """
    for found in _PREFERENCE.finditer(",".join(prefer)):
        if found["name"].lower() == "wait":
            value = (found["value"] or "").strip('"')
            return float(value) if _SECONDS.fullmatch(value) else None
    return None


def lane_of(priority: Sequence[str]) -> Lane:
    """The lane that ``Priority`` asks for: its urgency is ``u``, a whole number from 0 to 7 (RFC 9218 4.1).

    A header that is no dictionary (RFC 9651 3.2) counts as not sent, and so does a value out of range.
    """
    urgency = 3
    for key, value in _members(", ".join(priority)):
        if key == "u":
            urgency = int(value) if _URGENCY.fullmatch(value) else 3
    return "bulk" if urgency >= BULK_FROM else "interactive"


def _members(text: str) -> list[tuple[str, str]]:
    """Key and value of each member in turn; none where the text is no dictionary."""
    text = text.strip(" ")
    members: list[tuple[str, str]] = []
    at = 0
    while found := _MEMBER.match(text, at):
        members.append((found["key"], found["value"] or "?1"))
        if found.end() == len(text):
            return members
        comma = _COMMA.match(text, found.end())
        if comma is None:
            break
        at = comma.end()
    return []

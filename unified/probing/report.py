"""The report to attach to a bug: what was seen, with nothing of a customer in it, only kinds, formats and keys."""

import re
from collections.abc import Iterable
from typing import Any

from proxy.provider.model import Provider
from unified.probing.verdict import Finding

SMALL_NUMBER = 10_000
"""Counts, sizes and statuses are below; ids mostly above."""
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}\Z")
VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){1,2}\Z")
DIGIT = re.compile(r"\d")
MEDIA_TYPE = re.compile(r"(application|text)/[a-z.+-]{1,40}\Z")
KINDS = frozenset({"string", "number", "boolean", "array", "object", "null"})
DEEPEST, LONGEST, FORMS = 8, 60, 3
RESPONSE_HEADERS = frozenset({"content-type", "retry-after", "cache-control", "server", "link", "allow"})


def report(provider: Provider, findings: Iterable[Finding], version: str) -> dict[str, Any]:
    """The findings of one account, without account, host, names and texts."""
    return {
        "interline": version,
        "provider": provider.name,
        "facts": [_reported(finding, _words(provider)) for finding in findings],
    }


def _reported(finding: Finding, words: frozenset[str]) -> dict[str, Any]:
    fact = finding.fact
    said = {
        "fact": fact.name,
        "says": fact.words.says,
        "grade": fact.words.grade,
        "verdict": finding.verdict,
        "seen": shape(finding.seen, words),
    }
    if fact.check is None or finding.answer is None:
        return said
    asked = {"get": fact.check.call.path.text, "query": fact.words.check.query if fact.words.check else {}}
    if finding.verdict != "differs":
        return {**said, **asked}
    return {**said, **asked, "answer": answer_shape(finding.answer, words)}


def answer_shape(answer: dict[str, Any], words: frozenset[str]) -> dict[str, Any]:
    """Status, header names and the form of the body."""
    return {
        "status": answer["status"],
        "type": shape(answer["type"], words),
        "headers": sorted(name for name in answer["headers"] if name in RESPONSE_HEADERS or "ratelimit" in name),
        "body": shape(answer["body"], words),
    }


def shape(value: Any, words: frozenset[str] = frozenset(), depth: int = 0) -> Any:
    """The form of a value: keys and kinds stay, numbers if small, texts only as a form without letters.

    A text of digits and signs becomes its pattern (``9999-99-99``); words of the provider file, kinds of JSON, media
    types and version numbers stay, as they are nobody's; any other text is ``text``.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < SMALL_NUMBER else "number"
    if isinstance(value, str):
        return _text(value, words)
    if depth == DEEPEST:
        return "..."
    if isinstance(value, list):
        return _list(value, words, depth)
    return {
        name if KEY.match(name) else "(another key)": shape(held, words, depth + 1)
        for name, held in list(value.items())[:LONGEST]
    }


def _list(value: list[Any], words: frozenset[str], depth: int) -> Any:
    """How many elements there are, and the first forms that occur."""
    forms: list[Any] = []
    for element in value[:LONGEST]:
        form = shape(element, words, depth + 1)
        if form not in forms and len(forms) < FORMS:
            forms.append(form)
    return {"list": len(value), "of": forms}


def _text(value: str, words: frozenset[str]) -> str:
    if value in words or value in KINDS or VERSION.match(value) or MEDIA_TYPE.match(value):
        return value
    bare = value.replace("T", "").removesuffix("Z")
    if 0 < len(value) <= LONGEST and not any(character.isalpha() for character in bare) and value.isascii():
        return DIGIT.sub("9", value)
    return "text" if value else ""


def _words(provider: Provider) -> frozenset[str]:
    """The provider's own words, as the file's tables have them."""
    return frozenset(word for table in provider.words.enums.values() for word in table)

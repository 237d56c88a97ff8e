"""A provider's own version: read from an answer, and compared with the one that a mapping asks for."""

from re import compile as pattern
from typing import Any

from proxy.language.expression import EvaluationError
from proxy.provider.model import Provider

LENGTH = 64
"""Characters of a version that are kept: its column's."""
_NUMBERS = pattern(r"v?(\d{1,6}(?:\.\d{1,6}){0,5})(.*)")


def version_in(provider: Provider, body: Any) -> str | None:
    """The version that the answer to the provider file's ``version`` call tells; None where it tells none."""
    if provider.version is None:
        return None
    try:
        value = provider.version(body)
    except EvaluationError:
        return None
    usable = isinstance(value, str) and value.isprintable() and _NUMBERS.fullmatch(value)
    return value[:LENGTH] if usable else None


def reached(version: str | None, since: str) -> bool:
    """Whether a version is ``since`` or later, number by number.

    One that is not known has not reached anything, nor has what only leads up to ``since`` (``4.14.2-rc1``).
    """
    match = _NUMBERS.fullmatch(version or "")
    if match is None:
        return False
    there, wanted = _numbers(match[1]), _numbers(since)
    return there > wanted or (there == wanted and not match[2])


def _numbers(text: str) -> list[int]:
    """Without zeros at the end, so that 4.14 and 4.14.0 are the same."""
    numbers = [int(one) for one in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers

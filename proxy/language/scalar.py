"""Plain YAML scalars by the core schema of YAML 1.2: what is not named here is a string."""

import math
import re
from collections.abc import Callable

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
DIGITS = 300
"""Longest number; Python itself refuses to read more than 4,300 digits."""

NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar.

    :raises ValueError: a number that JSON cannot carry.
    """
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    for pattern, read in NUMBERS if text[0] in "+-.0123456789" else ():
        if pattern.fullmatch(text):
            return _finite(text, read)
    return text


def _finite(text: str, read: Callable[[str], int | float]) -> int | float:
    if len(text) > DIGITS or not math.isfinite(number := read(text)):
        raise ValueError("is no number that JSON can carry; quote it if it is text")
    return number

"""The stretch of time a report is about, and its days, weeks and months."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.chatwoot.clock import SECOND
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.params import Params, blank

GROUPS = ("day", "week", "month", "year", "hour")
MOST_PERIODS = 50_000
FURTHEST = 253_402_300_799
"""The last second of the year 9999."""
_SECONDS = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class Range:
    """Microseconds from ``since`` up to, without, ``until``."""

    since: int
    until: int

    def holds(self, time: int) -> bool:
        """Whether that moment is in it."""
        return self.since <= time < self.until


def asked_range(params: Params) -> Range | None:
    """``since`` and ``until`` as epoch seconds; none unless both are there. What is no number is a crash."""
    if blank(params.get("since")) or blank(params.get("until")):
        return None
    return Range(_moment(params["since"]), _moment(params["until"]))


def before(one: Range | None) -> Range | None:
    """The stretch of the same length that ends where this one begins."""
    return None if one is None else Range(2 * one.since - one.until, one.since)


def offset_of(given: Any) -> timedelta:
    """A timezone offset in hours; nonsense is none."""
    try:
        hours = float(str(given or 0))
    except ValueError:
        return timedelta()
    return timedelta(hours=hours) if -14 <= hours <= 14 else timedelta()


def starts(one: Range, group: str, offset: timedelta) -> Iterator[int]:
    """The beginnings of the periods that touch the range, as epoch seconds."""
    period = begin(one.since, group, offset)
    for _ in range(MOST_PERIODS):
        if period * SECOND >= one.until:
            return
        yield period
        period = _following(period, group, offset)


def begin(time: int, group: str, offset: timedelta) -> int:
    """When the period of a moment began, as epoch seconds; weeks begin on Sunday."""
    at = datetime.fromtimestamp(time // SECOND, timezone(offset)).replace(minute=0, second=0)
    if group != "hour":
        at = at.replace(hour=0)
    if group == "week":
        at -= timedelta(days=(at.weekday() + 1) % 7)
    if group in ("month", "year"):
        at = at.replace(day=1)
    if group == "year":
        at = at.replace(month=1)
    return int(at.timestamp())


def mean(values: Iterable[float]) -> float | None:
    """An average as the database gives it: none of nothing."""
    known = list(values)
    return sum(known) / len(known) if known else None


def _following(period: int, group: str, offset: timedelta) -> int:
    """Far enough to be in the next period, then back to its beginning."""
    step = {"hour": 3600, "day": 86_400, "week": 7 * 86_400, "month": 32 * 86_400, "year": 367 * 86_400}[group]
    return begin((period + step) * SECOND, group, offset)


def _moment(given: Any) -> int:
    found = _SECONDS.match(str(given))
    if found is None:
        raise Crash
    seconds = int(found[0])
    if not 0 <= seconds <= FURTHEST - 2 * 366 * 86_400:
        raise Crash
    return seconds * SECOND

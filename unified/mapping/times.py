"""Moments: from what providers write to RFC 3339 in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

NAIVE_LENGTH = len("2026-06-02 08:14:05")
"""Date and time to the second, without a zone: the form that Laravel applications answer."""

SECONDS = frozenset(f"{second:02d}" for second in range(60))

MILLISECONDS_FROM = 100_000_000_000
"""Epoch numbers above this are milliseconds: as seconds they would be after the year 5138."""


def rfc3339(moment: datetime) -> str:
    """A moment with a zone as RFC 3339 in UTC with milliseconds, rounded to the nearest."""
    utc = moment.astimezone(UTC)
    milliseconds = round(utc.timestamp() * 1000)
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def time_converter(zone: ZoneInfo, *, zero_is_null: bool) -> Callable[[object], str | None]:
    """A function from a provider's time to ours; it raises ValueError for what is not a time.

    A text without a zone is local time of ``zone`` (in the doubled hour of autumn the first: fold 0). Numbers are epoch
    seconds, or milliseconds when they are that large.
    """

    @lru_cache(maxsize=16384)
    def utc_minute(minute: str) -> str:
        # Offsets are whole minutes in every zone of our century, so the seconds pass through unchanged.
        return _minute(minute, zone).astimezone(UTC).isoformat()[:16]

    def convert(value: object) -> str | None:
        if value is None or value == "" or value is False:
            return None
        if isinstance(value, str):
            seconds = value[17:]
            if len(value) == NAIVE_LENGTH and value[16] == ":" and seconds in SECONDS:
                return f"{utc_minute(value[:16])}:{seconds}.000Z"
            return _text(value, zone)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return None if zero_is_null and value == 0 else _epoch(value)
        raise ValueError(f"{type(value).__name__} is not a time")

    convert.null_passes = True  # type: ignore[attr-defined]  # a mark that the language reads: null stays null
    return convert


def _minute(text: str, zone: ZoneInfo) -> datetime:
    """A local minute: ``strptime`` takes odd spellings too, and 40 times as long."""
    if text[4] == text[7] == "-" and text[10] in " T" and text[13] == ":":
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    return datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M").replace(tzinfo=zone)


def _text(value: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r:.40} is not a time") from None
    return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _epoch(value: float) -> str:
    milliseconds = round(value) if abs(value) >= MILLISECONDS_FROM else round(value * 1000)
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def parse_time(value: str) -> datetime:
    """A caller's time (RFC 3339 or a date, UTC where it names no zone); raises ValueError."""
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""The logical clock and the spellings of time this provider mixes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

START = 1_781_510_400
"""2026-06-15 08:00:00 UTC: where the clock of every sandbox begins."""

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def local(at: int | None) -> str | None:
    """What reads answer: wall clock of Amsterdam without a zone (ambiguous in the last hour of summer time)."""
    return None if at is None else datetime.fromtimestamp(at, AMSTERDAM).strftime("%Y-%m-%d %H:%M:%S")


def naive_utc(at: int | None) -> str | None:
    """What sending a message answers: UTC without a zone."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def zulu(at: int | None, micro: int = 0) -> str | None:
    """What raw models answer: UTC with microseconds and ``Z``."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{micro:06d}Z")


def offset(at: int) -> str:
    """What templates answer: UTC with ``+00:00``."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def audit(at: int) -> str:
    """Inside the text of an audit: day first, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%d-%m-%Y, %H:%M")


def parse(text: str) -> int | None:
    """Epoch seconds of a filter's value; without a zone it is Amsterdam's wall clock (the provider's is unknown)."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=AMSTERDAM)
    return int(moment.timestamp())

"""The logical clock, and the ways the API writes a time: epoch seconds, epoch with fraction, ISO 8601, 0 for none."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
"""Times are whole microseconds since 1970, as PostgreSQL keeps them."""
DAY = 86_400 * SECOND
BASE = int(datetime(2026, 5, 11, 12, 0, tzinfo=UTC).timestamp()) * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """Stands still between writes and moves one second with each."""

    now: int = BASE

    def tick(self) -> int:
        """Moves one second and says the new time."""
        self.now += SECOND
        return self.now

    def untick(self) -> None:
        """Takes one second back: the write was refused."""
        self.now -= SECOND


def epoch(time: int) -> int:
    """Whole seconds."""
    return time // SECOND


def epoch_or_zero(time: int | None) -> int:
    """Whole seconds; the views print 0 where there is no time."""
    return 0 if time is None else time // SECOND


def fraction(time: int) -> float:
    """Seconds as a float, microseconds behind the point."""
    return time / SECOND


def iso(time: int | None) -> str | None:
    """ISO 8601 in UTC with milliseconds."""
    if time is None:
        return None
    return f"{_moment(time):%Y-%m-%dT%H:%M:%S}.{time % SECOND // 1000:03d}Z"


def database_form(time: int) -> str:
    """The form Rails gives a time as database text."""
    return f"{_moment(time):%Y-%m-%d %H:%M:%S}"


def day(time: int) -> str:
    """The day, in UTC."""
    return f"{_moment(time):%Y-%m-%d}"


def parse_iso(text: str) -> int | None:
    """A time column's reading of text; what is no time becomes none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def _moment(time: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time)

"""Moments as columns hold them (milliseconds since 1970, UTC) and as answers show them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(seconds: float) -> int:
    """A clock's seconds as a column holds them."""
    return int(seconds * 1000)


def shown(at: int) -> str:
    """RFC 3339 in UTC with milliseconds, as everywhere in the API."""
    moment = EPOCH + timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Where a row stands when a request with its key comes: pure.

| row | standing | the request |
|---|---|---|
| running, lease not over | `live` | 409, `Retry-After` |
| older than a day | `expired` | runs, as if there were no row |
| finished | `finished` | gets the stored answer |
| suspended, or running with its lease over | `free` | continues it |

A refused write leaves no row.
"""

from typing import Literal

RUNNING = "running"
SUSPENDED = "suspended"
FINISHED = "finished"

KEPT_SECONDS = 24 * 3600.0
"""How long a row is kept (contract of ``Idempotency-Key``); clients that repeat do so within minutes."""

LEASE_SECONDS = 10.0
"""A worker that dies holds its writes up for so long: short enough that a client's next try comes through, and three
renewals long, so that a slow disk or a busy loop does not lose a run that lives."""
RENEW_SECONDS = 3.0

Standing = Literal["live", "expired", "finished", "free"]


def standing(state: str, lease_until: int | None, expires_at: int, now: int) -> Standing:
    """The standing of a row; all times in milliseconds. A live run is never expired under its feet."""
    if state == RUNNING and lease_until is not None and lease_until > now:
        return "live"
    if expires_at <= now:
        return "expired"
    return "finished" if state == FINISHED else "free"

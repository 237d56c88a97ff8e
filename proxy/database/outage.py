"""Whether a failed statement says that the database is busy or away: then the same request may succeed in a moment."""

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

LOCKED = "55P03"
"""``lock_not_available`` (PostgreSQL's manual, appendix A)."""


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether others hold all connections, or a lock, for longer than is waited."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None) == LOCKED or _sqlite_is(error, "SQLITE_BUSY", "SQLITE_LOCKED")
    return isinstance(error, NoConnectionFree)


def is_away(error: SQLAlchemyError) -> bool:
    """Whether the database cannot be reached, or went while it was asked."""
    if not isinstance(error, DBAPIError):
        return False
    refused = isinstance(error, OperationalError) and not hasattr(error.orig, "sqlite_errorname")
    return error.connection_invalidated or refused or _sqlite_is(error, "SQLITE_CANTOPEN")


def _sqlite_is(error: DBAPIError, *names: str) -> bool:
    return getattr(error.orig, "sqlite_errorname", "").startswith(names)

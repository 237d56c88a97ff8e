"""PostgreSQL by its driver asyncpg: one pool, and faults in the family of SQLAlchemy, in words that quote no value."""

import time
from typing import Any

from sqlalchemy import ExceptionContext, event, func, select, text
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_SECONDS = 5
"""Below the deadline of a request; the driver itself would wait for a minute."""
CONNECTIONS = 10
"""Of one worker, and all are kept: a connection opened for one statement costs more than the statement."""
WAIT_SECONDS = 10
"""For a connection that others use."""
LOCK_SECONDS = 5
"""For a lock that others hold, as SQLite's writers wait for one another."""
TRUSTED_SECONDS = 30
"""A connection that was used so lately is not asked whether it lives."""
PING_SECONDS = 5
USED_AT = "interline_used_at"

PATIENT = text("SET LOCAL lock_timeout = 0")
"""A migration waits for its locks as long as it takes."""
MIGRATION_LOCK = select(func.pg_advisory_xact_lock(0x696E7465726C696E))
"""Held until its transaction ends: several servers that start together migrate one after the other."""

QUOTING = ("22",)
"""Classes of SQLSTATE whose message quotes the value: data exceptions (PostgreSQL's manual, appendix A)."""


def open_postgres(url: URL) -> AsyncEngine:
    """An engine whose connections are looked at before they are lent, so that a restart of the database goes unnoticed.

    The one used last is lent first: it is the most likely to live, and has most statements prepared.
    """
    arguments = {"timeout": CONNECT_SECONDS, "server_settings": {"lock_timeout": f"{LOCK_SECONDS}s"}}
    pool = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_timeout": WAIT_SECONDS, "pool_use_lifo": True}
    engine = create_async_engine(url, hide_parameters=True, connect_args=arguments, **pool)
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "handle_error", _hush)
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", _look_at)
    return engine


def words_of(error: BaseException) -> str:
    """What may be said of a driver's error: its name, and its message unless that quotes values.

    The detail is left out always: it holds whole rows (``Failing row contains (..)``). What the driver refuses itself
    has no SQLSTATE and quotes the argument.
    """
    name, state = type(error).__name__, getattr(error, "sqlstate", None)
    if state is None or state.startswith(QUOTING):
        return name
    return f"{name}: {error.args[0]}"


def _connect(dialect: Dialect, _record: Any, arguments: Any, options: Any) -> Any:
    """Connects; SQLAlchemy itself would let the driver's and the system's errors pass as they are."""
    driver: Any = dialect.loaded_dbapi
    try:
        return dialect.connect(*arguments, **options)
    except (OSError, driver.asyncpg.PostgresError, driver.asyncpg.InterfaceError) as error:
        raise driver.OperationalError(f"cannot connect: {words_of(error)}") from None


def _note_use(_driver: Any, record: ConnectionPoolEntry) -> None:
    record.info[USED_AT] = time.monotonic()


def _look_at(driver: Any, record: ConnectionPoolEntry, _lent: Any) -> None:
    """Has the pool connect anew where the server has closed a connection, or it is silent after a long rest.

    Closing is seen without asking, once the event loop has been round: a statement that follows a ping finds out no
    earlier. Only a connection that rests long may have been dropped without a word, by a firewall for one.
    """
    rested = time.monotonic() - record.info.get(USED_AT, time.monotonic())
    if driver.driver_connection.is_closed() or (rested > TRUSTED_SECONDS and not _answers(driver)):
        raise InvalidatePoolError("the connection has ended")


def _answers(driver: Any) -> bool:
    known = driver.dbapi.asyncpg
    try:
        driver.run_async(lambda connection: connection.execute("SELECT 1", timeout=PING_SECONDS))
    except (OSError, known.PostgresError, known.InterfaceError):  # TimeoutError is an OSError
        return False
    return True


def _hush(context: ExceptionContext) -> None:
    """Rewrites the messages of the whole chain in place: a traceback shows every link of it."""
    error: Any = context.original_exception
    driver: Any = context.dialect.loaded_dbapi
    cause: Any = error.__cause__
    if not isinstance(error, driver.Error) or cause is None:
        return
    words = words_of(cause)
    cause.detail = None
    for one in (cause, error, context.sqlalchemy_exception):
        if one is not None:
            one.args = (words,)

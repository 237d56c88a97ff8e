"""PostgreSQL by its driver asyncpg: faults in the family of SQLAlchemy, in words that quote no value."""

from typing import Any

from sqlalchemy import ExceptionContext, event, func, select
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_SECONDS = 5
"""Below the deadline of a request; the driver itself would wait for a minute."""

MIGRATION_LOCK = select(func.pg_advisory_xact_lock(0x696E7465726C696E))
"""Held until its transaction ends: several servers that start together migrate one after the other."""

QUOTING = ("22",)
"""Classes of SQLSTATE whose message quotes the value: data exceptions (PostgreSQL's manual, appendix A)."""


def open_postgres(url: URL) -> AsyncEngine:
    """An engine whose connections are tried before they are lent, so that a restart of the database goes unnoticed."""
    arguments = {"timeout": CONNECT_SECONDS}
    engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "handle_error", _hush)
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

"""Opens the database with the guarantees that the rooms rely on.

SQLite: write-ahead log, every commit on disk before it counts (a credential or a journal entry that was acknowledged
survives the power), foreign keys kept, 5 seconds of waiting for another writer. A transaction takes the write lock when
it begins, since one that reads first and writes later fails at once where another wrote in between; ``reading`` is for
those that only read, which wait for nobody. PostgreSQL: ``postgres.py``; what is one statement is not put into a
transaction there, which would cost three round trips more.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Executable, Row, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from proxy.database.postgres import open_postgres

PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # an erased credential, sealed as it is, leaves the file too
)
FLUSH_WAIT = "PRAGMA busy_timeout = 250"
"""Writers wait while the log waits for its readers."""
READING = "interline_reading"
OUTSIDE = "interline_outside"
"""Marks a connection that begins no transaction of its own."""


def open_engine(url: str) -> AsyncEngine:
    """An engine for ``url`` (an async driver); errors never quote the values of a statement."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    return open_postgres(parsed)


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same engine and pool for statements that only read, each of which sees what was committed when it began.

    Several on one connection see one state in SQLite alone; nothing here needs that. What does takes a transaction.
    """
    return single(engine).execution_options(**{READING: True})


def single(engine: AsyncEngine) -> AsyncEngine:
    """The same engine and pool for what is one statement, which is done as a whole when it has returned."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")


async def found(engine: AsyncEngine, query: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
    """The rows of one statement by an engine of ``reading``; asked once more where its connection had ended."""
    try:
        return await _rows(engine, query, values)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return await _rows(engine, query, values)


async def _rows(engine: AsyncEngine, query: Executable, values: Mapping[str, Any] | None) -> Sequence[Row[Any]]:
    async with engine.connect() as connection:
        return (await connection.execute(query, values)).all()


async def flush_erased(engine: AsyncEngine) -> None:
    """Moves SQLite's write-ahead log into the file and empties it: until then it holds what was erased or replaced.

    What a long reader holds back is left to a later one. PostgreSQL has no such step: its vacuum does that.
    """
    if engine.dialect.name != "sqlite":
        return
    async with engine.execution_options(**{OUTSIDE: True}).connect() as connection:
        try:
            await connection.exec_driver_sql(FLUSH_WAIT)
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except OperationalError:
            return  # what was to be erased is erased; the log is flushed another time
        finally:
            await connection.exec_driver_sql(PRAGMAS[0])


async def schema_revision(engine: AsyncEngine) -> str | None:
    """The migration the database stands at, ``None`` for an empty one; compare with ``tables.HEAD``."""
    try:
        rows = await found(reading(engine), text("SELECT version_num FROM alembic_version"))
    except (OperationalError, ProgrammingError) as error:
        # The one reason that is not a fault: the table does not exist yet, which each database says in its own words.
        if "alembic_version" in str(error.orig):
            return None
        raise
    return rows[0][0] if rows else None


async def damage_of(engine: AsyncEngine) -> str | None:
    """What is wrong with an SQLite file, in its own words, if anything is; PostgreSQL looks after its own."""
    if engine.dialect.name != "sqlite":
        return None
    try:
        async with reading(engine).connect() as connection:
            found = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar()
    except DatabaseError as error:
        return str(error.orig) if _is_damage(error) else None
    return None if found == "ok" else str(found)


def _is_damage(error: DatabaseError) -> bool:
    """Whether SQLite says so, and not that it is busy or cannot open the file."""
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _open_sqlite(url: URL) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    # The driver would begin transactions itself, before the first change and never before a CREATE TABLE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get(OUTSIDE, False):
        connection.exec_driver_sql("BEGIN" if options.get(READING, False) else "BEGIN IMMEDIATE")

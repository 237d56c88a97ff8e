"""The table ``journal`` as statements; whatever the database refuses is ``JournalUnavailable``."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy import BindParameter, and_, bindparam, delete, func, not_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.database.engine import single
from proxy.database.postgres import CONNECTIONS
from proxy.database.tables import journal as table
from proxy.errors import InProgress, JournalUnavailable
from proxy.journal.standing import LEASE_SECONDS, RUNNING

RETRY_AFTER = "1"
"""Most writes take less; a client that comes too early is told again."""
TURN_SECONDS = 10.0
"""For a turn to use the database; a third of a request's time."""
TURNS = CONNECTIONS - 3
"""At the same time: a journal that is locked leaves connections to those who only read."""

_SCOPES: BindParameter[str] = bindparam("scopes", expanding=True)
_WANTED = select(table).where(table.c.scope.in_(_SCOPES)).with_for_update()
_HELD = and_(table.c.id == bindparam("row_id"), table.c.run == bindparam("held_by"), table.c.state == RUNNING)
_CHANGE = update(table).where(_HELD)
_REMOVE = delete(table).where(_HELD)

_log = structlog.get_logger("interline.journal")


class Rows:
    """The rows, and the clock they are dated by: wall clock seconds, since workers share them."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._single = single(engine)
        self.clock = clock
        # SQLite's writers wait by sleeping, and a few that are quick can starve one: in this process they take turns.
        self._turns = asyncio.Semaphore(1 if engine.dialect.name == "sqlite" else TURNS)

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def lease_until(self) -> int:
        """When a lease that begins now is over."""
        return self.now() + int(LEASE_SECONDS * 1000)

    @asynccontextmanager
    async def transaction(self, *, of_one: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes, by one statement or several.

        Raises ``JournalUnavailable``, and ``IntegrityError`` as it is.
        """
        try:
            async with self._turn(), (self._single if of_one else self._engine).begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise _unavailable(error) from None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with asyncio.timeout(TURN_SECONDS):
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

    async def change(self, row_id: str, run: str, values: dict[str, Any]) -> None:
        """Changes a row that this run holds, and goes on to hold; raises ``InProgress`` where another took it over."""
        try:
            await self._change(row_id, run, values)
        except JournalUnavailable as problem:
            if not connection_lost(problem):
                raise
            await self._change(row_id, run, values)  # twice comes to the same

    async def conclude(self, row_id: str, run: str, values: dict[str, Any] | None) -> None:
        """Writes the end of a run, or removes its row where there are no values; raises ``InProgress``."""
        if values is None:
            await self._of_holder(_REMOVE, row_id, run, {})
        else:
            await self._change(row_id, run, values)

    async def sweep(self) -> int:
        """Removes the rows that are over, except of runs that live; how many."""
        now = self.now()
        live = and_(table.c.state == RUNNING, table.c.lease_until > now)
        async with self.transaction(of_one=True) as connection:
            return (await connection.execute(delete(table).where(table.c.expires_at <= now, not_(live)))).rowcount

    async def _change(self, row_id: str, run: str, values: dict[str, Any]) -> None:
        await self._of_holder(_CHANGE, row_id, run, {**values, "updated_at": self.now()})

    async def _of_holder(self, statement: Any, row_id: str, run: str, values: dict[str, Any]) -> None:
        async with self.transaction(of_one=True) as connection:
            changed = (await connection.execute(statement, {"row_id": row_id, "held_by": run, **values})).rowcount
        if changed != 1:
            raise taken_over()


async def find(connection: AsyncConnection, scopes: tuple[str, ...], scope: bytes) -> Any:
    """The row of a scope, locked until the transaction ends; ``None`` where there is none.

    With several sealing keys one scope has several digests, and ``UNIQUE`` is not enough where two servers seal with
    different ones. SQLite's transaction has locked the whole file; PostgreSQL locks the scope by a number.
    """
    if len(scopes) > 1 and connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_number(scope))))
    return (await connection.execute(_WANTED, {"scopes": scopes})).one_or_none()


def connection_lost(problem: JournalUnavailable) -> bool:
    """Whether the connection ended under a statement: whether that was carried out is not known."""
    error = problem.__context__
    return isinstance(error, DBAPIError) and error.connection_invalidated


def taken_over() -> InProgress:
    """The answer of a run that lost its row: the run that took it knows more."""
    return InProgress("another request with this key has taken the write over", headers={"Retry-After": RETRY_AFTER})


def _unavailable(error: Exception) -> JournalUnavailable:
    _log.error("journal-unavailable", reason=type(error).__name__)
    words = "the write journal cannot be written; nothing was sent for this step"
    return JournalUnavailable(words, headers={"Retry-After": RETRY_AFTER})


def _number(scope: bytes) -> int:
    return int.from_bytes(hashlib.sha256(scope).digest()[:8], "big", signed=True)

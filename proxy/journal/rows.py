"""The table ``journal`` as statements; whatever the database refuses is ``JournalUnavailable``."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, not_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.database.tables import journal as table
from proxy.errors import InProgress, JournalUnavailable
from proxy.journal.standing import LEASE_SECONDS, RUNNING

RETRY_AFTER = "1"
"""Most writes take less; a client that comes too early is told again."""

_log = structlog.get_logger("interline.journal")


class Rows:
    """The rows, and the clock they are dated by: wall clock seconds, since workers share them."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self.clock = clock
        # SQLite's writers wait by sleeping, and a few that are quick can starve one: in this process they take turns.
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def lease_until(self) -> int:
        """When a lease that begins now is over."""
        return self.now() + int(LEASE_SECONDS * 1000)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; raises ``JournalUnavailable``, and ``IntegrityError`` as it is."""
        try:
            async with self._turn, self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            _log.error("journal-unavailable", reason=type(error).__name__)
            raise JournalUnavailable("the write journal cannot be written; nothing was sent for this step") from None

    async def change(self, row_id: str, run: str, values: dict[str, Any]) -> None:
        """Changes a row that this run holds; raises ``InProgress`` where another has taken it over."""
        statement = update(table).where(_held(row_id, run)).values(**values, updated_at=self.now())
        await self._of_holder(statement)

    async def remove(self, row_id: str, run: str) -> None:
        """Removes a row that this run holds; raises ``InProgress``."""
        await self._of_holder(delete(table).where(_held(row_id, run)))

    async def sweep(self) -> int:
        """Removes the rows that are over, except of runs that live; how many."""
        now = self.now()
        live = and_(table.c.state == RUNNING, table.c.lease_until > now)
        async with self.transaction() as connection:
            return (await connection.execute(delete(table).where(table.c.expires_at <= now, not_(live)))).rowcount

    async def _of_holder(self, statement: Any) -> None:
        async with self.transaction() as connection:
            changed = (await connection.execute(statement)).rowcount
        if changed != 1:
            raise taken_over()


async def find(connection: AsyncConnection, scopes: tuple[str, ...], scope: bytes) -> Any:
    """The row of a scope, locked until the transaction ends; ``None`` where there is none.

    With several sealing keys one scope has several digests, and ``UNIQUE`` is not enough where two servers seal with
    different ones. SQLite's transaction has locked the whole file; PostgreSQL locks the scope by a number.
    """
    if len(scopes) > 1 and connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_number(scope))))
    wanted = select(table).where(table.c.scope.in_(scopes)).with_for_update()
    return (await connection.execute(wanted)).one_or_none()


def taken_over() -> InProgress:
    """The answer of a run that lost its row: the run that took it knows more."""
    return InProgress("another request with this key has taken the write over", headers={"Retry-After": RETRY_AFTER})


def _held(row_id: str, run: str) -> ColumnElement[bool]:
    return and_(table.c.id == row_id, table.c.run == run, table.c.state == RUNNING)


def _number(scope: bytes) -> int:
    return int.from_bytes(hashlib.sha256(scope).digest()[:8], "big", signed=True)

"""Brings every sealed column under the key that seals now, so that an older sealing key can be taken out.

What is done is seen in the rows themselves: a run that was killed is simply run again, and two at once share the work.
"""

import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.accounts import audit
from proxy.accounts.keys import USE
from proxy.accounts.moment import milliseconds
from proxy.database.engine import flush_erased, reading
from proxy.database.sealed import SEALED, SealedColumn
from proxy.database.tables import api_keys
from proxy.seal import SealBroken, Sealer

BATCH = 50
"""Rows of one transaction: a request that writes meanwhile waits for so many."""

Progress = Callable[[int], None]
"""Told how many rows were looked at since it was last told."""


class Broken(Struct, frozen=True):
    """A row that no configured key opens."""

    column: str
    row_id: str


class Resealed(Struct):
    """How many texts were sealed anew, and the rows that were left as they are."""

    done: int
    broken: list[Broken]


class IdleKey(Struct, frozen=True):
    """An API key in force whose digest is still made with an older sealing key."""

    id: str
    name: str
    last_used_at: int | None


async def to_reseal(engine: AsyncEngine, sealer: Sealer) -> int:
    """How many texts are not under the first key."""
    async with reading(engine).connect() as connection:
        counts = [await connection.scalar(_count(column, sealer)) or 0 for column in SEALED]
    return sum(counts)


async def reseal_all(
    engine: AsyncEngine, sealer: Sealer, clock: Callable[[], float] = time.time, progress: Progress = lambda _: None
) -> Resealed:
    """Works through every column in batches; may be stopped and started again at any moment."""
    outcome = Resealed(0, [])
    for column in SEALED:
        await _column(engine, sealer, column, outcome, progress)
    async with engine.begin() as connection:
        detail = {"done": outcome.done, "broken": len(outcome.broken)}
        await audit.note(connection, milliseconds(clock()), audit.CLI_ACTOR, "secrets.rotate", "secrets", **detail)
    await flush_erased(engine)
    return outcome


async def idle_keys(engine: AsyncEngine, sealer: Sealer, now: int) -> list[IdleKey]:
    """The API keys that nobody could be found by without the older sealing keys: their digests are renewed by use."""
    current = api_keys.c.digest.startswith(sealer.for_use(USE).digest_prefix, autoescape=True)
    in_force = api_keys.c.revoked_at.is_(None) & (api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > now))
    query = select(api_keys.c.id, api_keys.c.name, api_keys.c.last_used_at).where(~current, in_force)
    async with reading(engine).connect() as connection:
        rows = await connection.execute(query.order_by(api_keys.c.created_at, api_keys.c.id))
        return [IdleKey(row.id, row.name, row.last_used_at) for row in rows]


async def _column(
    engine: AsyncEngine, sealer: Sealer, column: SealedColumn, outcome: Resealed, progress: Progress
) -> None:
    keys = sealer.for_use(column.use)
    table, last = column.table, ""
    names = dict.fromkeys(("id", column.column, *column.bound_to))
    while True:
        query = select(*(table.c[name] for name in names)).where(_old(column, sealer), table.c.id > last)
        async with reading(engine).connect() as connection:
            rows = (await connection.execute(query.order_by(table.c.id).limit(BATCH))).mappings().all()
        if not rows:
            return
        last = rows[-1]["id"]
        async with engine.begin() as connection:
            for row in rows:
                await _row(connection, keys, column, row, outcome)
        progress(len(rows))


async def _row(connection: AsyncConnection, keys: Sealer, column: SealedColumn, row: Any, outcome: Resealed) -> None:
    text, place = row[column.column], column.place(row)
    try:
        fresh = keys.seal(keys.open(text, place), place)
    except SealBroken:
        outcome.broken.append(Broken(column.name, row["id"]))
        return
    # The old text in the condition: a row that was changed since it was read keeps its new one.
    unchanged = (column.table.c.id == row["id"]) & (column.table.c[column.column] == text)
    changed = await connection.execute(update(column.table).where(unchanged).values({column.column: fresh}))
    outcome.done += changed.rowcount


def _old(column: SealedColumn, sealer: Sealer) -> ColumnElement[bool]:
    text = column.table.c[column.column]
    current: ColumnElement[bool] = text.startswith(sealer.for_use(column.use).text_prefix, autoescape=True)
    return text.is_not(None) & ~current


def _count(column: SealedColumn, sealer: Sealer) -> Any:
    return select(func.count()).select_from(column.table).where(_old(column, sealer))

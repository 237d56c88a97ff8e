"""Brings the rows of a day under the key that seals now, so that an older sealing key can be retired at once."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.database.engine import reading
from proxy.database.tables import journal as table
from proxy.journal.sealed import COLUMNS, Seals
from proxy.seal import SealBroken, Sealer


async def reseal_journal(engine: AsyncEngine, sealer: Sealer) -> tuple[int, list[str]]:
    """How many rows were sealed anew, and the ids of those that no configured key opens; those expire within a day.

    Works row by row, and may be stopped and started again. A row that changes meanwhile is left as it is: its worker
    has sealed it, and a second time finds what is left.
    """
    seals = Seals(sealer)
    done, broken = 0, []
    async with reading(engine).connect() as connection:
        ids = (await connection.execute(select(table.c.id))).scalars().all()
    for row_id in ids:
        try:
            done += await _reseal(engine, seals, row_id)
        except SealBroken:
            broken.append(row_id)
    return done, broken


async def _reseal(engine: AsyncEngine, seals: Seals, row_id: str) -> int:
    async with reading(engine).connect() as connection:
        row = (await connection.execute(select(table).where(table.c.id == row_id))).one_or_none()
    fresh = {} if row is None else seals.renewed(row)
    if row is None or not fresh:
        return 0
    unchanged = [table.c[name].is_not_distinct_from(getattr(row, name)) for name in COLUMNS]
    try:
        async with engine.begin() as connection:
            return (
                await connection.execute(update(table).where(table.c.id == row_id, *unchanged).values(**fresh))
            ).rowcount
    except IntegrityError:  # the key ran anew under the current digest: that row counts
        return 0

"""Brings every stored credential under the key that seals now, so that an older sealing key can be retired."""

import time
from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.accounts import audit
from proxy.accounts.credential import reseal_credential
from proxy.accounts.moment import milliseconds
from proxy.database.engine import reading
from proxy.database.tables import accounts as table
from proxy.seal import SealBroken, Sealer


class Resealed(Struct):
    """How many credentials were sealed anew, and the ids of accounts whose credential no configured key opens."""

    done: int
    broken: list[str]


async def reseal_all(engine: AsyncEngine, sealer: Sealer, clock: Callable[[], float] = time.time) -> Resealed:
    """Works row by row, each in its own transaction, and may be stopped and started again at any moment."""
    outcome = Resealed(0, [])
    async with reading(engine).connect() as connection:
        rows = (await connection.execute(select(table.c.id, table.c.origin, table.c.credential))).all()
    for row in rows:
        try:
            fresh = reseal_credential(sealer, row.id, row.origin, row.credential)
        except SealBroken:
            outcome.broken.append(row.id)
            continue
        # The old text in the condition: an account relinked since it was read keeps its new credential.
        unchanged = (table.c.id == row.id) & (table.c.credential == row.credential)
        if fresh is not None:
            async with engine.begin() as connection:
                changed = await connection.execute(update(table).where(unchanged).values(credential=fresh))
                outcome.done += changed.rowcount
    async with engine.begin() as connection:
        at = milliseconds(clock())
        await audit.note(connection, at, f"key:{audit.CLI}", "secrets.reseal", "accounts", done=outcome.done)
    return outcome

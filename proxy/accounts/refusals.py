"""Counts how often in a row a provider refused an account's credential."""

from sqlalchemy import case, update
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.accounts.record import ACTIVE, NEEDS_REAUTH
from proxy.database.tables import accounts as table

ENOUGH = 2
"""One refusal may be the provider's mishap; two in a row are the credential's end."""

REASON = "the provider refused the credential"


class Refusals:
    """The column ``refusals``; it is added to in the database, so workers count together."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, account_id: str, at: int) -> int:
        """Notes one more and answers how many; 0 for an account that is gone."""
        count = table.c.refusals + 1
        ended = (count >= ENOUGH) & (table.c.status == ACTIVE)
        statement = (
            update(table)
            .where(table.c.id == account_id)
            .values(
                refusals=count,
                status=case((ended, NEEDS_REAUTH), else_=table.c.status),
                last_error=REASON,
                updated_at=at,
            )
            .returning(table.c.refusals)
        )
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).scalar_one_or_none() or 0

    async def clear(self, account_id: str) -> None:
        """Begins to count anew; an account that needs a new credential stays as it is."""
        doubtful = (table.c.id == account_id) & (table.c.refusals > 0) & (table.c.status == ACTIVE)
        async with self._engine.begin() as connection:
            await connection.execute(update(table).where(doubtful).values(refusals=0, last_error=None))

"""Counts how often in a row a provider refused an account's credential."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.accounts import audit
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
        this = table.c.id == account_id
        more = update(table).where(this).values(refusals=table.c.refusals + 1, last_error=REASON, updated_at=at)
        async with self._engine.begin() as connection:
            # The row is locked from here on: of several workers one ends the credential, and notes it.
            row = (await connection.execute(more.returning(table.c.refusals, table.c.status))).one_or_none()
            if row is None:
                return 0
            if row.refusals >= ENOUGH and row.status == ACTIVE:
                await connection.execute(update(table).where(this).values(status=NEEDS_REAUTH))
                detail = {"changed": ["status"], "status": NEEDS_REAUTH, "refusals": row.refusals}
                await audit.note(connection, at, audit.SERVER_ACTOR, "account.status", account_id, **detail)
            count: int = row.refusals
            return count

    async def clear(self, account_id: str) -> None:
        """Begins to count anew; an account that needs a new credential stays as it is."""
        doubtful = (table.c.id == account_id) & (table.c.refusals > 0) & (table.c.status == ACTIVE)
        async with self._engine.begin() as connection:
            await connection.execute(update(table).where(doubtful).values(refusals=0, last_error=None))

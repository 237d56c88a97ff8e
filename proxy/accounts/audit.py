"""Notes who changed what, in the transaction of the change; names of what changed, never content."""

from uuid import uuid4

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from proxy.database.tables import audit

CLI = "cli"
"""The key id under which a command typed on the server acts."""


async def note(connection: AsyncConnection, at: int, actor: str, action: str, subject: str, **detail: object) -> None:
    """Writes one line; ``at`` in milliseconds since 1970, ``detail`` holds names and numbers only."""
    values = {"id": str(uuid4()), "at": at, "actor": actor, "action": action, "subject": subject}
    await connection.execute(audit.insert().values(**values, detail=msgspec.json.encode(detail).decode()))

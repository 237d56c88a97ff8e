"""Notes who changed what, in the transaction of the change; names of what changed, never content."""

from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.database.engine import reading
from proxy.database.tables import audit

CLI = "cli"
"""The key id under which a command typed on the server acts."""
CLI_ACTOR = f"key:{CLI}"
SERVER_ACTOR = "server"
"""Changes that the server makes by itself."""


class Entry(Struct, frozen=True):
    """One line: ``at`` in milliseconds since 1970, ``actor`` as ``key:<id>``, ``token:<id>`` or ``server``."""

    at: int
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


async def note(connection: AsyncConnection, at: int, actor: str, action: str, subject: str, **detail: object) -> None:
    """Writes one line; ``at`` in milliseconds since 1970, ``detail`` holds names and numbers only."""
    values = {"id": str(uuid4()), "at": at, "actor": actor, "action": action, "subject": subject}
    await connection.execute(audit.insert().values(**values, detail=msgspec.json.encode(detail).decode()))


async def prune(engine: AsyncEngine, before: int, now: int, actor: str) -> int:
    """Deletes the lines that are older than ``before`` and writes one that says so; how many they were."""
    async with engine.begin() as connection:
        gone: int = (await connection.execute(delete(audit).where(audit.c.at < before))).rowcount
        if gone:
            await note(connection, now, actor, "audit.prune", actor, before=before, lines=gone)
    return gone


async def entries(
    engine: AsyncEngine,
    *,
    since: int | None = None,
    actor: str | None = None,
    subject: str | None = None,
    action: str | None = None,
    most: int,
) -> list[Entry]:
    """The newest ``most`` lines that fit, the oldest of them first; an actor may be named by its id alone."""
    query = select(audit).order_by(audit.c.at.desc(), audit.c.id).limit(most)
    if since is not None:
        query = query.where(audit.c.at >= since)
    if actor is not None:
        query = query.where(audit.c.actor.in_([actor, f"key:{actor}", f"token:{actor}"]))
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    if action is not None:
        query = query.where(audit.c.action.startswith(action, autoescape=True))
    async with reading(engine).connect() as connection:
        rows = (await connection.execute(query)).all()
    return [
        Entry(row.at, row.actor, row.action, row.subject, msgspec.json.decode(row.detail)) for row in reversed(rows)
    ]

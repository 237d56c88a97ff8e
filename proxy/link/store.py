"""The rows of links: made, found, held by one browser, used once, and emptied when their time is over."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.accounts import audit
from proxy.accounts.keys import new_key
from proxy.accounts.moment import milliseconds
from proxy.accounts.record import BLOCKED
from proxy.database.engine import reading
from proxy.database.tables import accounts, api_keys, links
from proxy.errors import AccountBlocked, LinkAttempts, LinkElsewhere, LinkExpired, LinkUsed, UnknownLink
from proxy.link.bodies import NewLink
from proxy.link.record import Link, link_of
from proxy.seal import Sealer
from proxy.secret import Secret

KIND = "ill"
USE = "link-token"
LIFE_MS = 15 * 60 * 1000
MOST_ATTEMPTS = 20
"""Provider calls that one link may cause: enough for mistakes in typing, too few to try tokens or hosts out."""
KEPT_MS = 24 * 60 * 60 * 1000
"""For so long a link that is over says so, instead of being unknown."""

_WITH_KEY: Select[Any] = select(links, api_keys.c.revoked_at, api_keys.c.expires_at.label("key_expires_at")).join_from(
    links, api_keys, links.c.api_key_id == api_keys.c.id
)


class Links:
    """The links of a server."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._digests = sealer.for_use(USE).digests
        self._clock = clock

    async def create(self, new: NewLink, actor: str) -> tuple[Secret, int]:
        """Makes a link; its token and the end of its life."""
        link_id, token, now = str(uuid4()), new_key(KIND), self._now()
        values = {
            "id": link_id,
            "digest": self._digests(token.reveal())[0],
            "api_key_id": new.api_key_id,
            "tenant_id": new.tenant_id,
            "tenant_name": new.tenant_name,
            "integrations": _json(new.integrations),
            "account_id": new.account_id,
            "context": _json(new.context),
            "redirect_uri": new.redirect_uri,
            "origin": new.origin,
            "expires_at": now + LIFE_MS,
            "created_at": now,
        }
        detail = {"tenant": new.tenant_id, "account": new.account_id}
        async with self._engine.begin() as connection:
            await connection.execute(links.insert().values(**values))
            await audit.note(connection, now, actor, "link.create", link_id, **detail)
        return token, now + LIFE_MS

    async def by_token(self, token: str) -> Link:
        """The link of a token; raises ``UnknownLink``."""
        return await self._one(_WITH_KEY.where(links.c.digest.in_(self._digests(token))))

    async def get(self, link_id: str) -> Link:
        """The link of an id; raises ``UnknownLink``."""
        return await self._one(_WITH_KEY.where(links.c.id == link_id))

    async def attempt(self, link: Link, holder: str) -> None:
        """Counts a try of one browser, which holds the link from its first on.

        Raises ``LinkElsewhere``, ``LinkAttempts``.
        """
        await self._hold(link, holder, {"attempts": links.c.attempts + 1})

    async def propose(self, link: Link, holder: str, candidate: str | None) -> None:
        """Keeps or erases what the customer is asked about; raises ``LinkElsewhere``, ``LinkExpired``, ``LinkUsed``."""
        still = (links.c.used_at.is_(None)) & (links.c.expires_at > self._now())
        statement = update(links).where(links.c.id == link.id, still).values(candidate=candidate)
        mine = links.c.holder.is_(None) | (links.c.holder == holder)
        async with self._engine.begin() as connection:
            changed = (await connection.execute(statement.where(mine))).rowcount
        if not changed:
            raise _why_not(await self.get(link.id), holder)

    async def use(self, connection: AsyncConnection, link: Link, account_id: str) -> None:
        """Uses the link up in the transaction that writes the account; raises ``LinkUsed``, ``LinkExpired``.

        The one row that matches has the very candidate that the customer was shown.
        """
        now = self._now()
        open_still = (links.c.used_at.is_(None)) & (links.c.expires_at > now) & (links.c.candidate == link.candidate)
        values = {"used_at": now, "linked_id": account_id, "candidate": None}
        used = await connection.execute(update(links).where(links.c.id == link.id, open_still).values(**values))
        if used.rowcount != 1:
            raise LinkUsed("the link has been used, or has expired")
        if link.account_id is not None:
            status = await connection.scalar(select(accounts.c.status).where(accounts.c.id == account_id))
            if status == BLOCKED:
                raise AccountBlocked("the operator blocked this account")
        await audit.note(connection, now, f"link:{link.id}", "link.use", link.id, account=account_id)

    async def label(self, account_id: str) -> tuple[str, str] | None:
        """The name of an account and its provider."""
        query = select(accounts.c.label, accounts.c.integration).where(accounts.c.id == account_id)
        async with self._reading.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (row.label, row.integration)

    async def sweep(self) -> None:
        """Erases what links that are over still hold, and forgets those of yesterday."""
        now = self._now()
        over = (links.c.expires_at <= now) & links.c.candidate.is_not(None)
        async with self._engine.begin() as connection:
            await connection.execute(update(links).where(over).values(candidate=None))
            await connection.execute(delete(links).where(links.c.expires_at <= now - KEPT_MS))

    async def _hold(self, link: Link, holder: str, values: dict[str, Any]) -> None:
        mine = links.c.holder.is_(None) | (links.c.holder == holder)
        free = (links.c.id == link.id) & mine & (links.c.attempts < MOST_ATTEMPTS)
        async with self._engine.begin() as connection:
            held = (await connection.execute(update(links).where(free).values(holder=holder, **values))).rowcount
        if not held:
            now = await self.get(link.id)
            raise LinkAttempts("ask for a new link") if now.holder == holder else _why_not(now, holder)

    async def _one(self, query: Select[Any]) -> Link:
        async with self._reading.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise UnknownLink("no link has this token")
        return link_of(row, self._now())

    def _now(self) -> int:
        return milliseconds(self._clock())


def _why_not(link: Link, holder: str) -> LinkElsewhere | LinkUsed | LinkExpired:
    if link.holder not in (None, holder):
        return LinkElsewhere("another browser has begun with this link")
    return LinkUsed("the link has been used") if link.linked_id else LinkExpired("the link has expired")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

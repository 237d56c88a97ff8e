"""Makes and ends API keys and account tokens; what is made is shown once and stored as a digest."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.accounts import audit
from proxy.accounts.caller import no_such_account
from proxy.accounts.keys import ACCOUNT_TOKEN, KEY, new_key, scope_words, shown_prefix
from proxy.accounts.moment import milliseconds
from proxy.database.engine import reading
from proxy.database.tables import account_tokens, api_keys
from proxy.secret import Secret

_NEVER = 2**63 - 1


class NewKey(Struct, frozen=True, kw_only=True):
    """What a key is minted with; ``replaces`` is the id of a key whose idempotency keys it goes on with."""

    name: str
    scopes: tuple[str, ...]
    tenant_ids: tuple[str, ...] | None = None
    expires_in_seconds: float | None = None
    replaces: str | None = None


class NewToken(Struct, frozen=True, kw_only=True):
    """What an account token is minted with; without ``expires_in_seconds`` it lives as long as key and account."""

    account_id: str
    key_id: str
    scopes: tuple[str, ...] = ("read",)
    allowed_origins: tuple[str, ...] | None = None
    expires_in_seconds: float | None = 900


class Minted(Struct, frozen=True):
    """A fresh key or token, shown this once; ``expires_at`` in milliseconds since 1970."""

    id: str
    key: Secret
    expires_at: int | None


class KeyRecord(Struct, frozen=True):
    """A key as a list shows it."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    tenant_ids: tuple[str, ...] | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None


class Mint:
    """Writes keys and tokens; ``changed`` is told when one ends."""

    def __init__(
        self,
        engine: AsyncEngine,
        digests: Callable[[str], tuple[str, ...]],
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._digests = digests
        self._clock = clock
        self._changed = changed

    async def key(self, new: NewKey, actor: str) -> Minted:
        """Makes an API key; raises ``LookupError`` where the key it replaces does not exist."""
        now = self._now()
        async with self._engine.begin() as connection:
            minted = await self._insert_key(connection, new, now)
            detail = {"scopes": scope_words(new.scopes), "replaces": new.replaces}
            await audit.note(connection, now, actor, "key.create", minted.id, **detail)
        return minted

    async def _insert_key(self, connection: AsyncConnection, new: NewKey, now: int) -> Minted:
        key_id, key = str(uuid4()), new_key(KEY)
        ends = _later(now, new.expires_in_seconds)
        values = {
            "id": key_id,
            "name": new.name,
            "digest": self._digests(key.reveal())[0],
            "prefix": shown_prefix(key),
            "scopes": scope_words(new.scopes),
            "tenant_ids": _json_list(new.tenant_ids),
            "owner_id": await _owner_of(connection, new.replaces) if new.replaces else key_id,
            "expires_at": ends,
            "created_at": now,
        }
        await connection.execute(api_keys.insert().values(**values))
        return Minted(key_id, key, ends)

    async def rotate(self, key_id: str, overlap_seconds: float, actor: str, life: float | None = None) -> Minted:
        """Makes the successor of a key, with its name, scopes and tenants; the key itself ends after the overlap.

        The successor lives ``life`` seconds, else as long as the key was made for. Raises ``LookupError`` where there
        is no such key in force.
        """
        now = self._now()
        async with self._engine.begin() as connection:
            old = await _in_force(connection, key_id, now)
            was_made_for = None if old.expires_at is None else (old.expires_at - old.created_at) / 1000
            new = NewKey(
                name=old.name,
                scopes=tuple(old.scopes.split()),
                tenant_ids=None if old.tenant_ids is None else tuple(msgspec.json.decode(old.tenant_ids)),
                expires_in_seconds=life or was_made_for,
                replaces=key_id,
            )
            minted = await self._insert_key(connection, new, now)
            ends = min(old.expires_at or _NEVER, now + milliseconds(overlap_seconds))
            await connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(expires_at=ends))
            detail = {"successor": minted.id, "overlap_seconds": int(overlap_seconds)}
            await audit.note(connection, now, actor, "key.rotate", key_id, **detail)
        self._changed()
        return minted

    async def token(self, new: NewToken, actor: str) -> Minted:
        """Makes an account token; whether account and scopes are within reach has been decided before.

        Raises ``NotFound`` where the account has been erased since.
        """
        token_id, token, now = str(uuid4()), new_key(ACCOUNT_TOKEN), self._now()
        values = {
            "id": token_id,
            "digest": self._digests(token.reveal())[0],
            "account_id": new.account_id,
            "api_key_id": new.key_id,
            "scopes": scope_words(new.scopes),
            "allowed_origins": _json_list(new.allowed_origins),
            "expires_at": _later(now, new.expires_in_seconds),
            "created_at": now,
        }
        detail = {"account": new.account_id, "scopes": values["scopes"]}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(account_tokens.insert().values(**values))
                await audit.note(connection, now, actor, "token.create", token_id, **detail)
        except IntegrityError:
            raise no_such_account() from None
        return Minted(token_id, token, _later(now, new.expires_in_seconds))

    async def keys(self) -> list[KeyRecord]:
        """Every key, the oldest first, revoked ones too."""
        async with reading(self._engine).connect() as connection:
            rows = await connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
            return [_key_record(row) for row in rows]

    async def revoke(self, key_id: str, actor: str) -> bool:
        """Ends a key and its account tokens; false where there is no such key in force."""
        now = self._now()
        live = (api_keys.c.id == key_id) & api_keys.c.revoked_at.is_(None)
        async with self._engine.begin() as connection:
            revoked = (await connection.execute(update(api_keys).where(live).values(revoked_at=now))).rowcount == 1
            if revoked:
                await audit.note(connection, now, actor, "key.revoke", key_id)
        self._changed()
        return revoked

    def _now(self) -> int:
        return milliseconds(self._clock())


async def _owner_of(connection: AsyncConnection, key_id: str) -> str:
    owner: str | None = await connection.scalar(select(api_keys.c.owner_id).where(api_keys.c.id == key_id))
    if owner is None:
        raise LookupError(f"there is no key {key_id}")
    return owner


async def _in_force(connection: AsyncConnection, key_id: str, now: int) -> Any:
    live = api_keys.c.revoked_at.is_(None) & (api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > now))
    row = (await connection.execute(select(api_keys).where(api_keys.c.id == key_id, live))).one_or_none()
    if row is None:
        raise LookupError(f"there is no key {key_id} in force")
    return row


def _key_record(row: Any) -> KeyRecord:
    return KeyRecord(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes.split()),
        tenant_ids=None if row.tenant_ids is None else tuple(msgspec.json.decode(row.tenant_ids)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _later(now: int, seconds: float | None) -> int | None:
    return None if seconds is None else now + milliseconds(seconds)


def _json_list(words: Iterable[str] | None) -> str | None:
    return None if words is None else msgspec.json.encode(sorted(words)).decode()

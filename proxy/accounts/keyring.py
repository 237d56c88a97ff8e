"""Finds who sends a request, by API key or account token."""

import secrets
import time
from collections.abc import Callable
from hashlib import blake2b
from re import compile as pattern
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import BindParameter, Select, Table, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.accounts.cache import RowCache
from proxy.accounts.caller import Caller
from proxy.accounts.keys import ACCOUNT_TOKEN, KEY, USE, kind_of
from proxy.accounts.mint import Mint
from proxy.accounts.moment import milliseconds
from proxy.database.engine import found, reading
from proxy.database.tables import account_tokens, api_keys
from proxy.errors import Unauthorized
from proxy.seal import Sealer

USE_NOTED_EVERY_MS = 60_000
"""``last_used_at`` tells whether a key is in use, not when to the second; a write for each request would cost more."""

_BEARER = pattern(r"[Bb]earer +([0-9A-Za-z_]{1,80}) *\Z")
_log = structlog.get_logger("interline.accounts")


class _Known(Struct):
    """A key or token found before: who it is, and until when."""

    caller: Caller
    expires_at: int | None


class Keyring:
    """The keys of the server; what it found is remembered for a few seconds, so a busy key costs one hash.

    It is remembered by a digest whose key dies with the process; no wrong key is.
    """

    def __init__(self, engine: AsyncEngine, sealer: Sealer, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._digests = sealer.for_use(USE).digests
        self._clock = clock
        self._known: RowCache[_Known] = RowCache(clock)
        self._names = secrets.token_bytes(blake2b.MAX_KEY_SIZE)
        self.mint = Mint(engine, self._digests, clock, self.forget)

    async def caller(self, authorization: str | None) -> Caller:
        """Who sends this ``Authorization``; raises ``Unauthorized``, the same for every reason."""
        match = _BEARER.match(authorization or "")
        if match is None:
            raise Unauthorized
        name = self._name(match[1])
        known = self._known.get(name) or await self._looked_up(match[1], name)
        if known is None or _is_over(known.expires_at, self._now()):
            raise Unauthorized
        return known.caller

    def forget(self) -> None:
        """Drops what is remembered: a key or the account of a token has changed."""
        self._known.clear()

    def _name(self, text: str) -> str:
        """What a key is remembered by."""
        return blake2b(text.encode(), digest_size=32, key=self._names).hexdigest()

    async def _looked_up(self, text: str, name: str) -> _Known | None:
        kind = kind_of(text)
        if kind is None:
            return None
        async with self._known.turn(name):
            known = self._known.get(name)
            if known is None:
                changes = self._known.changes
                known = await self._find(kind, self._digests(text))
                if known is not None and self._known.changes == changes:
                    self._known.put(name, known)
            return known

    async def _find(self, kind: str, digests: tuple[str, ...]) -> _Known | None:
        table, query = _TABLES[kind]
        row = next(iter(await found(self._reading, query, {"digests": digests})), None)
        now = self._now()
        if row is None or row.revoked_at is not None or _is_over(row.key_expires_at, now):
            return None
        known = _MAKERS[kind](row)
        if not _is_over(known.expires_at, now):
            await self._note_use(table, row, digests[0], now)
        return known

    async def _note_use(self, table: Table, row: Any, digest: str, now: int) -> None:
        """At most once a minute; and a digest under an older sealing key is renewed, so that key can be retired."""
        try:
            if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY_MS:
                await self._set(api_keys, row.api_key_id, {"last_used_at": now})
            if row.digest != digest:
                await self._set(table, row.id, {"digest": digest})
        except SQLAlchemyError as error:
            # A full or locked disk stops notes about keys, not those who hold them.
            _log.warning("key-use-not-noted", reason=type(error).__name__)

    async def _set(self, table: Table, row_id: str, values: dict[str, Any]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(update(table).where(table.c.id == row_id).values(**values))

    def _now(self) -> int:
        return milliseconds(self._clock())


_DIGESTS: BindParameter[str] = bindparam("digests", expanding=True)
_KEYS_BY_DIGEST: Select[Any] = select(
    api_keys, api_keys.c.id.label("api_key_id"), api_keys.c.expires_at.label("key_expires_at")
).where(api_keys.c.digest.in_(_DIGESTS))
_TOKENS_BY_DIGEST: Select[Any] = (
    select(
        account_tokens,
        api_keys.c.scopes.label("key_scopes"),
        api_keys.c.tenant_ids,
        api_keys.c.owner_id,
        api_keys.c.revoked_at,
        api_keys.c.last_used_at,
        api_keys.c.expires_at.label("key_expires_at"),
    )
    .join_from(account_tokens, api_keys, account_tokens.c.api_key_id == api_keys.c.id)
    .where(account_tokens.c.digest.in_(_DIGESTS))
)


def _known_key(row: Any) -> _Known:
    return _Known(Caller(row.id, row.owner_id, frozenset(row.scopes.split()), _set_of(row.tenant_ids)), row.expires_at)


def _known_token(row: Any) -> _Known:
    ends = [at for at in (row.expires_at, row.key_expires_at) if at is not None]
    caller = Caller(
        key_id=row.id,
        owner=row.owner_id,
        scopes=frozenset(row.scopes.split()) & frozenset(row.key_scopes.split()),
        tenant_ids=_set_of(row.tenant_ids),
        account_id=row.account_id,
        allowed_origins=_set_of(row.allowed_origins),
    )
    return _Known(caller, min(ends, default=None))


_TABLES: dict[str, tuple[Table, Select[Any]]] = {
    KEY: (api_keys, _KEYS_BY_DIGEST),
    ACCOUNT_TOKEN: (account_tokens, _TOKENS_BY_DIGEST),
}
_MAKERS: dict[str, Callable[[Any], _Known]] = {KEY: _known_key, ACCOUNT_TOKEN: _known_token}


def _is_over(expires_at: int | None, now: int) -> bool:
    return expires_at is not None and now >= expires_at


def _set_of(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(msgspec.json.decode(text))

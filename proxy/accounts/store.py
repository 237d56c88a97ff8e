"""The linked accounts: making, finding, changing and erasing them, and what a request needs of one.

Every method takes the caller and sees only what the caller may reach. What lies outside answers like what does not
exist, by the same query. A busy account costs no query and no decryption: what was read is kept for a few seconds.
Accounts that are asked for at the same moment are read by one query.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from re import compile as pattern
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, and_, bindparam, case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.accounts import audit
from proxy.accounts.assemble import Assembler
from proxy.accounts.cache import RowCache
from proxy.accounts.caller import Caller, no_such_account
from proxy.accounts.keyring import Keyring
from proxy.accounts.loading import Loader
from proxy.accounts.moment import milliseconds
from proxy.accounts.record import ACTIVE, BLOCKED, NEEDS_REAUTH, Account, Status, account_of
from proxy.accounts.refusals import ENOUGH, Refusals
from proxy.accounts.renewal import Renewal
from proxy.accounts.verify import Verified
from proxy.database.engine import flush_erased, found, reading
from proxy.database.tables import account_tokens
from proxy.database.tables import accounts as table
from proxy.errors import Problem
from proxy.provider.account import LinkedAccount
from proxy.provider.model import Provider
from proxy.seal import Sealer
from proxy.settings import Settings

_ID = pattern(r"[0-9A-Za-z-]{1,36}\Z")
_BY_IDS = select(table).where(table.c.id.in_(bindparam("ids", expanding=True)))

Also = Callable[[AsyncConnection, str], Awaitable[None]]
"""What else happens in the transaction that writes an account, whose id it is told; what it raises undoes both."""


class _Known(Struct):
    """An account read before, with its credential opened."""

    linked: LinkedAccount
    refusals: int
    row: Any
    """As it was read, sealed."""


class Accounts:
    """The accounts of a server, and its keys (``keyring``); one per worker."""

    def __init__(
        self,
        engine: AsyncEngine,
        sealer: Sealer,
        providers: Mapping[str, Provider],
        settings: Settings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self._reading = reading(engine)
        self.assembler = Assembler(sealer, providers, settings)
        self._clock = clock
        self._known: RowCache[_Known] = RowCache(clock)
        self._renewal = Renewal(self._known, self._read_anew)
        self._loader: Loader[Row[Any]] = Loader(self._rows)
        self._refusals = Refusals(engine)
        self.keyring = Keyring(engine, sealer, clock)
        self.caller = self.keyring.caller

    async def linked(self, caller: Caller, account_id: str) -> LinkedAccount:
        """What a provider call needs of an account; raises ``NotFound``, the same for every reason.

        Raises ``ReauthRequired`` where the stored credential does not open: it was verified at another origin than the
        provider file or the settings name now, or its sealing key is gone. The status is for the caller to look at.
        """
        known = self._seen(caller, account_id)
        if known is None:
            known = await self._read(caller, account_id)
        else:
            self._renewal.ask(account_id)
        return known.linked

    def _seen(self, caller: Caller, account_id: str) -> _Known | None:
        known = self._known.get(account_id)
        return known if known is not None and caller.sees(account_id, known.linked.tenant_id) else None

    async def _read(self, caller: Caller, account_id: str) -> _Known:
        changes = self._known.changes
        known = self._open(await self._row(caller, account_id))
        if self._known.changes == changes:
            self._known.put(account_id, known)
        return known

    async def _read_anew(self, account_ids: Collection[str]) -> dict[str, _Known]:
        """What is now known of accounts; one that does not open is left out, and the next request is told why."""
        opened = {}
        for account_id, row in (await self._rows(account_ids)).items():
            with suppress(Problem):
                opened[account_id] = self._open(row)
        return opened

    async def _rows(self, account_ids: Collection[str]) -> dict[str, Row[Any]]:
        return {row.id: row for row in await found(self._reading, _BY_IDS, {"ids": _padded(list(account_ids))})}

    def _open(self, row: Any) -> _Known:
        """An account as its row says; one whose row is the same as before keeps what was opened of it."""
        known = self._known.last(row.id)
        if known is not None and known.row == row:
            return known
        return _Known(self.assembler.open(row), row.refusals, row)

    async def get(self, caller: Caller, account_id: str) -> Account:
        """One account; raises ``NotFound``."""
        return account_of(await self._row(caller, account_id))

    async def list(
        self,
        caller: Caller,
        *,
        tenant_ids: Collection[str] = (),
        statuses: Collection[str] = (),
        integrations: Collection[str] = (),
    ) -> list[Account]:
        """The accounts within reach, the oldest first; an empty filter is none."""
        wanted = [_reach(caller)]
        filters = {table.c.tenant_id: tenant_ids, table.c.status: statuses, table.c.integration: integrations}
        wanted += [column.in_(_storable(values)) for column, values in filters.items() if values]
        query = select(table).where(*wanted).order_by(table.c.created_at, table.c.id)
        async with self._reading.connect() as connection:
            return [account_of(row) for row in await connection.execute(query)]

    async def create(
        self, caller: Caller, linked: LinkedAccount, verified: Verified, also: Also | None = None
    ) -> Account:
        """Stores a candidate that was verified."""
        now = self._now()
        values = self.assembler.columns(linked) | {
            "id": linked.id,
            "tenant_id": linked.tenant_id,
            "integration": linked.provider.name,
            "label": verified.label,
            "identity": verified.identity,
            "version": verified.version,
            "version_at": now,
            "status": ACTIVE,
            "created_at": now,
            "updated_at": now,
        }
        async with self.engine.begin() as connection:
            if also is not None:
                await also(connection, linked.id)
            row = (await connection.execute(table.insert().values(**values).returning(table))).one()
            detail = {"tenant": linked.tenant_id, "integration": linked.provider.name}
            await audit.note(connection, now, caller.actor, "account.create", linked.id, **detail)
        return account_of(row)

    async def identity(self, caller: Caller, account_id: str) -> str:
        """The provider's own id of what an account is linked to; raises ``NotFound``."""
        identity: str = (await self._row(caller, account_id)).identity
        return identity

    async def relink(
        self,
        caller: Caller,
        account_id: str,
        linked: LinkedAccount,
        label: str,
        version: str | None = None,
        also: Also | None = None,
    ) -> Account:
        """Replaces connection and credential by those of a candidate that was verified; the account is active again.

        Except for one that the operator blocked: that is not the customer's to undo.
        """
        moved = msgspec.structs.replace(linked, id=account_id)
        status = case((table.c.status == BLOCKED, BLOCKED), else_=ACTIVE)
        fresh = {"status": status, "refusals": 0, "last_error": None, "label": label}
        fresh |= {"version": version, "version_at": self._now()}
        account = await self._change(caller, account_id, "account.relink", self.assembler.columns(moved) | fresh, also)
        await flush_erased(self.engine)
        return account

    async def describe(
        self, caller: Caller, account_id: str, *, label: str | None = None, status: Status | None = None
    ) -> Account:
        """Sets label and status; raises ``NotFound``.

        An account whose credential has ended does not become active by a word: it needs a new credential.
        """
        ended = case((table.c.refusals >= ENOUGH, NEEDS_REAUTH), else_=ACTIVE)
        given = {"label": label, "status": ended if status == ACTIVE else status}
        values = {name: value for name, value in given.items() if value is not None}
        return await self._change(caller, account_id, "account.update", values)

    async def delete(self, caller: Caller, account_id: str) -> None:
        """Erases an account with its credential and its tokens; raises ``NotFound``."""
        _check_form(account_id)
        now = self._now()
        async with self.engine.begin() as connection:
            await connection.execute(delete(account_tokens).where(account_tokens.c.account_id == account_id))
            erasing = delete(table).where(_is(account_id), _reach(caller))
            gone = await connection.execute(erasing.returning(table.c.tenant_id, table.c.integration))
            row = gone.one_or_none()
            if row is None:
                await connection.rollback()
                raise no_such_account()
            detail = {"tenant": row.tenant_id, "integration": row.integration}
            await audit.note(connection, now, caller.actor, "account.delete", account_id, **detail)
        self.forget(account_id)
        self.keyring.forget()
        await flush_erased(self.engine)

    async def note_refusal(self, account_id: str) -> int:
        """The provider refused the credential: how often in a row now; at the second the account needs a new one."""
        count = await self._refusals.add(account_id, self._now())
        self.forget(account_id)
        return count

    async def note_success(self, account_id: str) -> None:
        """The provider took the credential; writes only where a refusal had been noted."""
        known = self._known.last(account_id)  # a call that took long is no reason to write
        if known is None or known.refusals:
            await self._refusals.clear(account_id)
            self.forget(account_id)

    async def note_version(self, account_id: str, version: str | None) -> None:
        """The provider was asked for its version just now; one that it did not tell keeps what was known."""
        told = {} if version is None else {"version": version}
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(_is(account_id)).values(version_at=self._now(), **told))
        self.forget(account_id)

    def forget(self, account_id: str) -> None:
        """Drops what is remembered of an account."""
        self._known.forget(account_id)

    async def _change(
        self, caller: Caller, account_id: str, action: str, values: dict[str, Any], also: Also | None = None
    ) -> Account:
        _check_form(account_id)
        now = self._now()
        wanted = and_(_is(account_id), _reach(caller))
        statement = update(table).where(wanted).values(**values, updated_at=now).returning(table)
        async with self.engine.begin() as connection:
            if also is not None:
                await also(connection, account_id)
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                raise no_such_account()
            status = {"status": row.status} if "status" in values else {}
            await audit.note(connection, now, caller.actor, action, account_id, changed=sorted(values), **status)
        self.forget(account_id)
        return account_of(row)

    async def _row(self, caller: Caller, account_id: str) -> Any:
        _check_form(account_id)
        row = await self._loader.load(account_id)
        if row is None or not caller.sees(row.id, row.tenant_id):
            raise no_such_account()
        return row

    def _now(self) -> int:
        return milliseconds(self._clock())


def _check_form(account_id: str) -> None:
    if not _ID.match(account_id):
        raise no_such_account()


def _storable(texts: Collection[str]) -> list[str]:
    """Those that a column could hold: PostgreSQL refuses a statement with a NUL in a text."""
    return [text for text in texts if "\0" not in text]


def _padded(ids: list[str]) -> list[str]:
    """Filled up to a power of two by the last one: every number is a statement of its own, and to be prepared."""
    return ids + ids[-1:] * ((1 << (len(ids) - 1).bit_length()) - len(ids))


def _is(account_id: str) -> ColumnElement[bool]:
    return table.c.id == account_id


def _reach(caller: Caller) -> ColumnElement[bool]:
    """What ``Caller.sees`` says, as a condition."""
    wanted: list[ColumnElement[bool]] = [table.c.id.is_not(None)]
    if caller.account_id is not None:
        wanted.append(_is(caller.account_id))
    if caller.tenant_ids is not None:
        wanted.append(table.c.tenant_id.in_(sorted(caller.tenant_ids)))
    return and_(*wanted)

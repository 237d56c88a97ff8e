"""``Journal``: who may run a write."""

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import structlog
from msgspec.structs import replace
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proxy.database.tables import journal as table
from proxy.errors import AnswerNotKept, IdempotencyMismatch, InProgress, JournalUnavailable, NotFound
from proxy.journal.claim import Claim, StoredAnswer
from proxy.journal.entry import Entry
from proxy.journal.lease import Lease
from proxy.journal.rows import RETRY_AFTER, Rows, connection_lost, find
from proxy.journal.sealed import Answered, Progress, Request, Seals, request_of
from proxy.journal.standing import KEPT_SECONDS, RENEW_SECONDS, RUNNING, standing
from proxy.journal.unwritten import Ending, Unwritten
from proxy.seal import SealBroken, Sealer

SWEEP_SECONDS = 3600.0
"""Rows that are over are removed when their key comes again; the sweep is for those whose key never does."""
ATTEMPTS = 3
_INSERT = insert(table)

_log = structlog.get_logger("interline.journal")


class Journal:
    """The journal of one worker; all workers share its rows."""

    def __init__(
        self,
        engine: AsyncEngine,
        sealer: Sealer,
        clock: Callable[[], float] = time.time,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        self._rows = Rows(engine, clock)
        self._unwritten = Unwritten(self._rows)
        self._seals = Seals(sealer)
        self._renew_seconds = renew_seconds

    async def claim(self, claim: Claim) -> Entry | StoredAnswer:
        """The answer of a write that was finished, or the entry of one that is to be run, by this caller alone.

        Raises ``IdempotencyMismatch``, ``InProgress``, ``AnswerNotKept``, ``JournalUnavailable``, and ``NotFound``
        where the account has gone meanwhile.
        """
        scopes = self._seals.scopes(claim.scope())
        known = await self._known(claim, scopes[0])
        if known is not None:
            return known
        for attempt in range(ATTEMPTS):
            try:
                return await self._claimed(claim, scopes)
            except JournalUnavailable as problem:
                if attempt or not connection_lost(problem):
                    raise
            except IntegrityError:  # another request with the key was first, or the account has gone
                continue
        raise NotFound("no such account within reach of this key")

    async def sweep(self) -> int:
        """Removes the rows that are over; how many."""
        return await self._rows.sweep()

    async def keep_swept(self, stopping: asyncio.Event) -> None:
        """Sweeps now and every hour, until the server stops: a statement under way is not cut off.

        Then what is not written yet gets its last chance.
        """
        while not stopping.is_set():
            try:
                _log.debug("journal-swept", rows=await self.sweep())
            except JournalUnavailable:  # the next time may do better
                _log.warning("journal-not-swept")
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), SWEEP_SECONDS)
        await self._unwritten.write_all()

    async def _known(self, claim: Claim, scope: str) -> StoredAnswer | None:
        """The answer that this process has given and not yet written; any other end is written before it is asked."""
        ending = self._unwritten.get(scope)
        if ending is None:
            return None
        if ending.answered is None:
            await self._unwritten.write(scope)
            return None
        if ending.fingerprint != claim.fingerprint:
            raise _mismatch()
        return _stored(ending.answered)

    async def _claimed(self, claim: Claim, scopes: tuple[str, ...]) -> Entry | StoredAnswer:
        async with self._rows.transaction() as connection:
            row = await find(connection, scopes, claim.scope())
            if row is None:
                return await self._first(connection, claim, scopes[0])
            stands = standing(row.state, row.lease_until, row.expires_at, self._rows.now())
            if stands == "expired":
                await connection.execute(delete(table).where(table.c.id == row.id))
                return await self._first(connection, claim, scopes[0])
            self._compare(row, claim)
            if stands == "live":
                raise InProgress("a request with this key is under way", headers={"Retry-After": RETRY_AFTER})
            if stands == "finished":
                return _stored(self._open(row, "answer", Answered))
            return await self._next(connection, claim, scopes[0], row)

    async def _first(self, connection: AsyncConnection, claim: Claim, scope: str) -> Entry:
        row_id, now = str(uuid.uuid4()), self._rows.now()
        lease, progress = self._lease(row_id), Progress(self._rows.clock(), {}, {})
        values = {
            "id": row_id,
            "scope": scope,
            "account_id": claim.account_id,
            "state": RUNNING,
            "run": lease.run,
            "lease_until": self._rows.lease_until(),
            "request": self._seals.seal(claim.account_id, row_id, "request", request_of(claim)),
            "progress": self._seals.seal(claim.account_id, row_id, "progress", progress),
            "created_at": now,
            "updated_at": now,
            "expires_at": now + int(KEPT_SECONDS * 1000),
        }
        await connection.execute(_INSERT, values)
        return self._entry(claim, scope, row_id, lease, progress)

    async def _next(self, connection: AsyncConnection, claim: Claim, scope: str, row: Any) -> Entry:
        """Goes on where a run ended; one that sent nothing is begun anew, with values of its own."""
        lease, progress = self._lease(row.id), self._open(row, "progress", Progress)
        if not progress.begun:
            progress = Progress(self._rows.clock(), {}, {})
        values = {
            "state": RUNNING,
            "run": lease.run,
            "lease_until": self._rows.lease_until(),
            "progress": self._seals.seal(row.account_id, row.id, "progress", progress),
            "updated_at": self._rows.now(),
        }
        await connection.execute(update(table).where(table.c.id == row.id).values(**values))
        return self._entry(claim, scope, row.id, lease, progress)

    def _lease(self, row_id: str) -> Lease:
        return Lease(self._rows, row_id, self._renew_seconds)

    def _entry(self, claim: Claim, scope: str, row_id: str, lease: Lease, progress: Progress) -> Entry:
        def keep(ending: Ending) -> None:
            self._unwritten.keep(scope, replace(ending, fingerprint=claim.fingerprint))

        lease.begin()
        return Entry(self._rows, self._seals, (claim.account_id, row_id), lease, progress, keep)

    def _compare(self, row: Any, claim: Claim) -> None:
        if self._open(row, "request", Request).fingerprint != claim.fingerprint:
            raise _mismatch()

    def _open(self, row: Any, column: str, kind: Any) -> Any:
        try:
            return self._seals.open(row, column, kind)
        except SealBroken:
            _refuse_damaged(row.id)


def _mismatch() -> IdempotencyMismatch:
    return IdempotencyMismatch("the key was used for another request; a new write needs a new key")


def _stored(answered: Answered) -> StoredAnswer:
    """Raises ``AnswerNotKept``."""
    if answered.body is None:
        raise AnswerNotKept(
            f"the write was carried out and answered {answered.status}; that answer was not kept",
            provider_status=answered.status,
        )
    return StoredAnswer(answered.status, answered.headers, answered.body)


def _refuse_damaged(row_id: str) -> NoReturn:
    _log.error("journal-row-does-not-open", row=row_id)
    raise JournalUnavailable("what the write journal holds for this key cannot be read") from None

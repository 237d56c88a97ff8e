"""Reading a list page by page for as long as it takes: the provider's budget is waited for, a failure tried again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from msgspec import Struct, json

from proxy.errors import (
    DeadlineExceeded,
    NotFound,
    Overloaded,
    ProviderError,
    ProviderForbidden,
    ProviderNotFound,
    ProviderNotJson,
    ProviderUnreachable,
    RateLimited,
    ScanLimit,
)
from proxy.outbound.redact import masked_json, needles_of
from proxy.provider.account import LinkedAccount
from proxy.trace import Deadline, Trace
from unified.app import Server
from unified.in_process import linked
from unified.mapping.model import ResourceMapping
from unified.query import ListRequest, read_list
from unified.schemas.resources import RESOURCES, Resource
from unified.upstream import Upstream

PAGE_SECONDS = 900.0
"""One page, waits for the budget included; a provider that hangs is given up earlier, by the transport's own pause."""
TRIES = 6
WAIT_SECONDS = 2.0
"""Before the second try; doubled before each further one, so that the last comes after about a minute."""
PASSING = (ProviderUnreachable, ProviderError, ProviderNotJson, DeadlineExceeded, Overloaded)
"""Failures that a later try may not meet."""
GONE = (ProviderNotFound, ProviderForbidden, NotFound)
"""A record that was merged, erased or taken out of reach since its page was read: told in the record."""

T = TypeVar("T")
Record = dict[str, Any]


class Page(Struct, frozen=True):
    """What one list request gave, and the cursor to the next."""

    records: list[Record]
    cursor: str | None


class Tally(Struct):
    """What is told at the end."""

    calls: int = 0
    waited: float = 0.0
    partial: int = 0
    unmapped: int = 0
    drift: bool = False


def included(resource: Resource) -> dict[str, Resource]:
    """The lists that belong to one record each: those that are listed by its id alone, as comments by their ticket."""
    wanted = f"{resource.singular}_id"
    return {
        one.name: one
        for one in RESOURCES
        if one.model == resource.model and any(known.required and known.name == wanted for known in one.filters)
    }


class Pages:
    """One account's lists; ``note`` is told what is waited for."""

    def __init__(self, server: Server, account_id: str, note: Callable[[str], None]) -> None:
        self._server = server
        self._account_id = account_id
        self._note = note
        self.tally = Tally()

    async def read(self, resource: Resource, query: Sequence[tuple[str, str]]) -> Page:
        """One page of a resource; ``query`` is that of a list request."""
        request = read_list(resource, query, self._server.settings.bounds)
        return await self._patiently(lambda upstream: self._page(resource, request, upstream))

    async def add(self, records: Sequence[Record], resource: Resource, part: Resource) -> None:
        """Puts into each record the whole list of ``part`` that belongs to it, the oldest first."""
        for record in records:
            record[part.name] = []
            try:
                record[part.name] = await self._whole(part, (f"{resource.singular}_id", record["id"]))
            except GONE as gone:
                self.tally.unmapped += 1
                record.setdefault("_errors", []).append({"attribute": part.name, "detail": gone.detail})

    async def _whole(self, part: Resource, owner: tuple[str, str]) -> list[Record]:
        mapping = await self._mapping(part)
        rising = any("created_at" in plan.sorts for plan in mapping.lists)
        size = ("limit", str(self._server.settings.bounds.limit_max))
        query = [owner, size, *([("sort", "created_at")] if rising else [])]
        found: list[Record] = []
        while True:
            page = await self.read(part, query)
            found += page.records
            if page.cursor is None:
                return found if rising else found[::-1]
            query = [("next_cursor", page.cursor)]

    async def _mapping(self, resource: Resource) -> ResourceMapping:
        account = await linked(self._server, self._account_id)
        return self._server.mappings.of(account.provider, resource)

    async def _page(self, resource: Resource, request: ListRequest, upstream: Upstream) -> Page:
        mapping = self._server.mappings.of(upstream.account.provider, resource)
        try:
            answer = await self._server.reader.list(mapping, request, upstream)
        except ScanLimit as nothing_yet:
            return Page([], nothing_yet.members["next_cursor"])
        self.tally.partial += answer.partial
        self.tally.drift = self.tally.drift or answer.drift
        self.tally.unmapped += sum(1 for record in answer.result if record.get("_errors"))
        return Page(_shown(answer.result, upstream.account), answer.next_cursor)

    async def _patiently(self, read: Callable[[Upstream], Awaitable[T]]) -> T:
        failures = 0
        while True:
            upstream = await self._upstream()
            try:
                return await read(upstream)
            except RateLimited as busy:
                await self._wait(float(busy.headers.get("Retry-After", 1)), "the provider's rate limit")
            except PASSING as failure:
                failures += 1
                if failures == TRIES:
                    raise
                await self._wait(WAIT_SECONDS * 2 ** (failures - 1), failure.detail)
            finally:
                self.tally.calls += upstream.trace.upstream_calls
                self.tally.waited += upstream.trace.stages.get("budget", 0.0)

    async def _upstream(self) -> Upstream:
        """The account as it is now: it may have been linked anew since the page before."""
        account = await linked(self._server, self._account_id)
        trace = Trace("export", Deadline(PAGE_SECONDS))
        return Upstream(self._server.outbound, account, trace, raw_errors=False, patience=PAGE_SECONDS, lane="bulk")

    async def _wait(self, seconds: float, reason: str) -> None:
        self._note(f"waiting {seconds:.0f} s: {reason}")
        await asyncio.sleep(seconds)
        self.tally.waited += seconds
        self._note("")


def _shown(records: list[Record], account: LinkedAccount) -> list[Record]:
    """The records; where they hold the linked credential, each text that does is masked, as in the API."""
    encoded = json.encode(records)
    shown = masked_json(encoded, needles_of(account.credential))
    return records if shown is encoded else json.decode(shown, type=list[Record])

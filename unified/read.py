"""Reading: open cursor, plan, call, translate, filter, complete, seal cursor, wrap.

The stage names are those of the log line and of ``Server-Timing``.
"""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, to_builtins

from proxy.bounds import Bounds
from proxy.cursor import Cursors
from proxy.errors import FieldError, InvalidCursor, NotFound, ProviderTooLarge, ScanLimit, UnsupportedOperation
from proxy.language.expression import Context
from proxy.outbound.credentials import claims_of
from proxy.paging.position import Page, Position, Row, Seen
from proxy.paging.walk import Walk
from proxy.seal import bind
from unified.enrich import enrich
from unified.gaps import Gap
from unified.listing import Pages, Record, translations
from unified.mapping.ids import ID_MAX, split_id
from unified.mapping.model import GetPlan, ResourceMapping
from unified.mapping.requests import Listing, choose, plan_listing
from unified.query import ListRequest, required_filters
from unified.references import SmallLists
from unified.upstream import Upstream
from unified.version import Versions
from unified.view import WHOLE, View, shown


class Place(Struct, array_like=True):
    """What a list cursor carries: the query, so that the caller need not repeat it, and the reader's place."""

    filters: dict[str, tuple[str, ...]]
    sort: str | None
    limit: int
    strict: bool
    position: Position
    seen: list[str]
    remote: dict[str, str] = {}
    version: str | None = None
    """The provider's, at the start of the walk: another one later could serve the list in another order."""


class ListAnswer(Struct):
    """What a list request found."""

    result: list[Record]
    next_cursor: str | None
    warnings: list[Gap]
    drift: bool

    @property
    def partial(self) -> bool:
        """Whether something that belongs here could not be read."""
        return bool(self.warnings)

    def body(self) -> dict[str, Any]:
        """The envelope: the members that are always there, and those that have something to say."""
        always = {
            "result": self.result,
            "next_cursor": self.next_cursor,
            "prev_cursor": None,
            "result_count": len(self.result),
        }
        extra = {"partial": self.partial, "warnings": to_builtins(self.warnings), "drift": self.drift}
        return always | {name: value for name, value in extra.items() if value}


class Reader:
    """What reading needs beside the request: cursors, small lists, bounds."""

    def __init__(self, cursors: Cursors, lists: SmallLists, versions: Versions, bounds: Bounds) -> None:
        self._cursors = cursors
        self._lists = lists
        self._versions = versions
        self._bounds = bounds

    async def list(self, mapping: ResourceMapping, request: ListRequest, upstream: Upstream) -> ListAnswer:
        """One page of a resource, of the size asked for."""
        trace = upstream.trace
        with trace.stage("open"):
            place = self._open(mapping, request, upstream)
        if request.cursor is None and mapping.versioned(place.filters):
            place.version = await self._versions.of(upstream.account, trace)
        with trace.stage("plan"):
            mapping = mapping.at(place.version)
            pages = self._pages(mapping, place, upstream)
            walk = self._walk(pages, place)
        most = self._bounds.scan_calls if pages.listing.scan else self._bounds.list_calls
        rows = await walk.collect(place.limit, most)
        with trace.stage("complete"):
            gaps = await self._enrich(mapping, rows, upstream, request.view)
        with trace.stage("seal"):
            cursor = self._seal(mapping, place, walk, upstream)
        if not rows and cursor is not None:
            raise _scan_limit(pages.listing, cursor, walk.calls)
        return ListAnswer(
            result=[shown(row, request.view, mapping.provider) for row in rows],
            next_cursor=cursor,
            warnings=sorted({*gaps, *pages.gaps}),
            drift=walk.drift,
        )

    async def get(
        self, mapping: ResourceMapping, record_id: str | None, upstream: Upstream, view: View = WHOLE
    ) -> dict[str, Any]:
        """The envelope of one record, of the caller's own where there is no id; raises NotFound."""
        row, gaps = await self.row(mapping, record_id, upstream, view)
        said = {"partial": True, "warnings": to_builtins(sorted(set(gaps)))} if gaps else {}
        return {"result": shown(row, view, mapping.provider), **said}

    async def row(
        self, mapping: ResourceMapping, record_id: str | None, upstream: Upstream, view: View = WHOLE
    ) -> tuple[Row, Sequence[Gap]]:
        """One row with its record complete, and what small lists could not tell of it; raises NotFound."""
        if mapping.get is None:
            raise cannot(mapping, "get")
        context = context_of(upstream)
        if record_id is not None:
            context.id = id_value(mapping, record_id)
        if isinstance(mapping.get, GetPlan):
            row = await _get(mapping, mapping.get, record_id, context, upstream)
        else:
            row = await self._find(mapping, record_id, upstream)
        if row is None:
            raise NotFound(f"{upstream.account.provider.words.label} has no {mapping.resource.singular} of that id")
        with upstream.trace.stage("complete"):
            return row, await self._enrich(mapping, [row], upstream, view)

    async def _enrich(
        self, mapping: ResourceMapping, rows: Sequence[Row], upstream: Upstream, view: View
    ) -> Sequence[Gap]:
        """Completes what is shown: an attribute that nobody sees costs no call."""
        records = [row.record for row in rows if row.record is not None]
        references = [one for one in mapping.references if view.shows(one.attribute)]
        joins = [one for one in mapping.joins if view.shows(one.attribute)]
        return await enrich(records, references, joins, upstream, self._lists)

    def _open(self, mapping: ResourceMapping, request: ListRequest, upstream: Upstream) -> Place:
        if request.cursor is None:
            required_filters(mapping.resource, request.filters)
            limit = request.limit or self._bounds.limit_default
            strict = request.consistency == "strict"
            return Place(dict(request.filters), request.sort, limit, strict, Position(), [], dict(request.remote_query))
        place = self._cursors.open(request.cursor, Place, _bound_to(mapping, upstream), time.time())
        _same(place, request)
        return place

    def _pages(self, mapping: ResourceMapping, place: Place, upstream: Upstream) -> Pages:
        if not mapping.lists:
            raise cannot(mapping, "list")
        context = context_of(upstream)
        plan = choose(mapping, place.filters, place.sort)
        listing = plan_listing(mapping, plan, place.filters, place.sort, context, place.remote)
        context.query = listing.query
        return Pages(mapping, listing, upstream, context)

    def _walk(self, pages: Pages, place: Place) -> Walk:
        listing = pages.listing
        place.position.done = place.position.done or not listing.one_by_one

        async def fetch(position: Position) -> Page:
            return await pages.fetch(position, self._lists)

        return Walk(
            fetch,
            place.position,
            Seen(place.seen),
            style=listing.plan.paging.style,
            values=len(listing.one_by_one),
            strict=place.strict,
            provider=pages.mapping.provider.name,
        )

    def _seal(self, mapping: ResourceMapping, place: Place, walk: Walk, upstream: Upstream) -> str | None:
        if walk.position.done:
            return None
        place.position, place.seen = walk.position, walk.seen.window()
        return self._cursors.seal(place, _bound_to(mapping, upstream), time.time())

    async def _find(self, mapping: ResourceMapping, record_id: str | None, upstream: Upstream) -> Row | None:
        place = Place(filters={}, sort=None, limit=self._bounds.limit_max, strict=False, position=Position(), seen=[])
        pages = self._pages(mapping, place, upstream)
        walk = self._walk(pages, place)
        while not walk.position.done and walk.calls < self._bounds.list_calls:
            for row in await walk.collect(place.limit, self._bounds.list_calls):
                if row.id == record_id:
                    return row
        if pages.gaps or not walk.position.done:
            raise ProviderTooLarge(
                f"the record is not among the {mapping.resource.name} that are read, and there are more",
                provider=mapping.provider.name,
            )
        return None


def context_of(upstream: Upstream) -> Context:
    """What expressions reach of an account."""
    account = upstream.account
    return Context(connection=account.connection, claims=claims_of(account))


async def _get(
    mapping: ResourceMapping, plan: GetPlan, record_id: str | None, context: Context, upstream: Upstream
) -> Row | None:
    if plan.needs is not None and plan.needs({}, context) is None:
        raise UnsupportedOperation(
            f"this account's credential does not say what {mapping.resource.name} needs: {plan.needs.text}",
            supported=[method for method in mapping.methods if method != "get"],
        )
    query = [(name, str(expression({}, context))) for name, expression in plan.query.items()]
    answer = await upstream.json("GET", plan.path.fill(context), at_base=plan.path.at_base, query=query)
    with upstream.trace.stage("translate"):
        item = plan.item(answer, context)
        if item is None:
            return None
        for part, record in translations(mapping, item, context, plan.parts):
            if record["id"] is not None and record_id in (None, record["id"]):
                return Row(record["id"], record, "", part)
    return None


def id_value(mapping: ResourceMapping, record_id: str) -> str | Mapping[str, str]:
    """What ``id()`` gives: the id, or its parts where it is made of several. Raises NotFound.

    An id that no record of the provider can have is refused too, where a call is made by it: some providers answer such
    a call with a page of their own.
    """
    value = record_id if mapping.id_parts is None else split_id(record_id, mapping.id_parts)
    parts = [value] if isinstance(value, str) else list((value or {}).values())
    pattern = None if mapping.get == "find" else mapping.provider.words.id_pattern
    strange = pattern is not None and not all(re.fullmatch(pattern, part) for part in parts)
    if value is None or len(record_id) > ID_MAX or strange:
        raise NotFound(f"that is no id of a {mapping.resource.singular}")
    return value


def _same(place: Place, request: ListRequest) -> None:
    """With a cursor, what is said again must be what the cursor says."""
    said = {"limit": request.limit, "sort": request.sort, "remote_query": dict(request.remote_query) or None}
    kept = {"limit": place.limit, "sort": place.sort, "remote_query": place.remote}
    differing = [name for name, value in said.items() if value is not None and value != kept[name]]
    if request.consistency is not None and (request.consistency == "strict") != place.strict:
        differing.append("consistency")
    differing += [name for name, values in request.filters.items() if set(values) != set(place.filters.get(name, ()))]
    if differing:
        raise InvalidCursor(
            f"the cursor was given for another {', '.join(differing)}; leave them out or begin the list again",
            errors=[FieldError(name, "differs from the cursor's") for name in differing],
        )


def _bound_to(mapping: ResourceMapping, upstream: Upstream) -> bytes:
    return bind(upstream.account.id, mapping.resource.model, mapping.resource.name)


def _scan_limit(listing: Listing, cursor: str, calls: int) -> ScanLimit:
    narrowing = sorted(name for name, plan in listing.plan.filters.items() if plan.place != "scan")
    return ScanLimit(
        f"nothing matched in {calls} provider calls; go on with next_cursor, or add a filter that the provider narrows "
        f"by: {', '.join(narrowing) or 'there is none'}",
        next_cursor=cursor,
        narrowing=narrowing,
    )


def cannot(mapping: ResourceMapping, method: str) -> UnsupportedOperation:
    """The refusal of a method, naming those that the provider has."""
    label, name = mapping.provider.words.label, mapping.resource.name
    return UnsupportedOperation(
        f"{label} has no {method} for {name}; supported: {', '.join(mapping.methods) or 'none'}",
        supported=mapping.methods,
    )

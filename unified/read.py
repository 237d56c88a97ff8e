"""Reading: open cursor, plan, call, translate, filter, complete, seal cursor, wrap.

The stage names are those of the log line and of ``Server-Timing``.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from proxy.bounds import Bounds
from proxy.cursor import Cursors
from proxy.errors import FieldError, InvalidCursor, NotFound, ProviderError, ScanLimit, UnsupportedOperation
from proxy.language.expression import Context, EvaluationError, Expression
from proxy.seal import bind
from unified.mapping.filters import Predicate, predicate
from unified.mapping.ids import ID_MAX, split_id
from unified.mapping.model import GetPlan, ListPlan, ResourceMapping
from unified.mapping.paging import Page, Position, Row, Seen
from unified.mapping.requests import Listing, choose, page_params, plan_listing
from unified.query import ListQuery, ListRequest, required_filters
from unified.references import SmallLists, complete
from unified.upstream import Upstream
from unified.walk import Walk

Record = dict[str, Any]


class Place(Struct, array_like=True):
    """What a list cursor carries: the query, so that the caller need not repeat it, and the reader's place."""

    filters: dict[str, tuple[str, ...]]
    sort: str | None
    limit: int
    strict: bool
    position: Position
    seen: list[str]


class ListAnswer(Struct):
    """What a list request found."""

    result: list[Record]
    next_cursor: str | None
    partial: bool
    warnings: list[dict[str, str]]
    drift: bool

    def body(self) -> dict[str, Any]:
        """The envelope: the members that are always there, and those that have something to say."""
        always = {
            "result": self.result,
            "next_cursor": self.next_cursor,
            "prev_cursor": None,
            "result_count": len(self.result),
        }
        extra = {"partial": self.partial, "warnings": self.warnings, "drift": self.drift}
        return always | {name: value for name, value in extra.items() if value}


class Reader:
    """What reading needs beside the request: cursors, small lists, bounds."""

    def __init__(self, cursors: Cursors, lists: SmallLists, bounds: Bounds) -> None:
        self._cursors = cursors
        self._lists = lists
        self._bounds = bounds

    async def list(self, mapping: ResourceMapping, request: ListRequest, upstream: Upstream) -> ListAnswer:
        """One page of a resource, of the size asked for."""
        trace = upstream.trace
        with trace.stage("open"):
            place = self._open(mapping, request, upstream)
            query = ListQuery(place.filters, place.sort, place.limit, place.strict)
        with trace.stage("plan"):
            context = Context(connection=upstream.account.connection)
            listing = self._plan(mapping, query, context)
            pages = _Pages(mapping, listing, query, upstream, context, self._lists)
            walk = self._walk(pages, place)
        rows = await walk.collect(query.limit, self._bounds.scan_calls if listing.scan else self._bounds.list_calls)
        records = [row.record for row in rows if row.record is not None]
        with trace.stage("complete"):
            failed = await complete(records, mapping.references, upstream.account.id, self._lists, upstream.small_list)
        with trace.stage("seal"):
            cursor = self._seal(mapping, query, walk, upstream)
        if not records and cursor is not None:
            raise _scan_limit(listing, cursor, walk.calls)
        failed = sorted({*failed, *pages.failed})
        return ListAnswer(
            result=records,
            next_cursor=cursor,
            partial=bool(failed),
            warnings=[_list_failed(name) for name in failed],
            drift=walk.drift,
        )

    async def get(self, mapping: ResourceMapping, record_id: str, upstream: Upstream) -> dict[str, Any]:
        """The envelope of one record; raises NotFound."""
        if mapping.get is None:
            raise cannot(mapping, "get")
        context = Context(connection=upstream.account.connection)
        context.id = _id_value(mapping, record_id)
        if isinstance(mapping.get, GetPlan):
            record = await _get(mapping, mapping.get, context, upstream)
        else:
            record = await self._find(mapping, record_id, upstream, context)
        if record is None or record["id"] != record_id:
            raise NotFound(f"{upstream.account.provider.words.label} has no {mapping.resource.singular} of that id")
        with upstream.trace.stage("complete"):
            failed = await complete([record], mapping.references, upstream.account.id, self._lists, upstream.small_list)
        said = {"partial": True, "warnings": [_list_failed(name) for name in failed]} if failed else {}
        return {"result": record, **said}

    def _open(self, mapping: ResourceMapping, request: ListRequest, upstream: Upstream) -> Place:
        if request.cursor is None:
            required_filters(mapping.resource, request.filters)
            limit = request.limit or self._bounds.limit_default
            strict = request.consistency == "strict"
            return Place(dict(request.filters), request.sort, limit, strict, Position(), [])
        place = self._cursors.open(request.cursor, Place, _bound_to(mapping, upstream), time.time())
        _same(place, request)
        return place

    def _plan(self, mapping: ResourceMapping, query: ListQuery, context: Context) -> Listing:
        if not mapping.lists:
            raise cannot(mapping, "list")
        plan = choose(mapping, query.filters, query.sort)
        listing = plan_listing(mapping, plan, query.filters, query.sort, context)
        context.query = listing.query
        return listing

    def _walk(self, pages: "_Pages", place: Place) -> Walk:
        listing = pages.listing
        position = place.position
        if not listing.one_by_one:
            position.done = True
        return Walk(
            pages.fetch,
            position,
            Seen(place.seen),
            style=listing.plan.paging.style,
            values=len(listing.one_by_one),
            strict=place.strict,
            provider=pages.mapping.provider.name,
        )

    def _seal(self, mapping: ResourceMapping, query: ListQuery, walk: Walk, upstream: Upstream) -> str | None:
        if walk.position.done:
            return None
        place = Place(dict(query.filters), query.sort, query.limit, query.strict, walk.position, walk.seen.window())
        return self._cursors.seal(place, _bound_to(mapping, upstream), time.time())

    async def _find(
        self, mapping: ResourceMapping, record_id: str, upstream: Upstream, context: Context
    ) -> Record | None:
        query = ListQuery({}, None, self._bounds.limit_max, strict=False)
        pages = _Pages(mapping, self._plan(mapping, query, context), query, upstream, context, self._lists)
        walk = self._walk(pages, Place({}, None, query.limit, False, Position(), []))  # noqa: FBT003 - a record's field
        while not walk.position.done and walk.calls < self._bounds.list_calls:
            for row in await walk.collect(query.limit, self._bounds.list_calls):
                if row.id == record_id:
                    return row.record
        return None


class _Pages:
    """Reads and translates the pages of one listing."""

    def __init__(
        self,
        mapping: ResourceMapping,
        listing: Listing,
        query: ListQuery,
        upstream: Upstream,
        context: Context,
        lists: SmallLists,
    ) -> None:
        self.mapping = mapping
        self.listing = listing
        self.failed: list[str] = []
        self._upstream = upstream
        self._context = context
        self._lists = lists
        filters = [(listing.plan.filters[name].filter, values) for name, values in query.filters.items()]
        self._matches: Predicate | None = predicate(filters)
        tested = {path.partition(".")[0] for one, _ in filters for path in one.paths}
        self._early = [one for one in mapping.references if one.attribute in tested]

    async def fetch(self, position: Position) -> Page:
        """One page: its rows mapped, and null in place of the records that do not pass the filters."""
        plan, trace = self.listing.plan, self._upstream.trace
        answer = None if plan.path is None else await self._call(plan, position)
        with trace.stage("translate"):
            items = list(plan.rows) if plan.path is None else _items(plan.items, answer, self._context, self.mapping)
            records = [translate(self.mapping, item, self._context) for item in items]
        if self._early:
            account = self._upstream.account.id
            self.failed += await complete(records, self._early, account, self._lists, self._upstream.small_list)
        with trace.stage("filter"):
            rows = [
                self._row(item, record, index) for index, (item, record) in enumerate(zip(items, records, strict=True))
            ]
        return Page(
            rows,
            more=None if plan.paging.more is None else _truth(plan.paging.more(answer, self._context)),
            count=None if plan.paging.count is None else _count(plan.paging.count(answer, self._context)),
        )

    async def _call(self, plan: ListPlan, position: Position) -> Any:
        assert plan.path is not None  # noqa: S101 - fetch asks only then
        return await self._upstream.json(
            plan.method,
            plan.path.fill(self._context),
            at_base=plan.path.at_base,
            query=page_params(self.listing, position),
            body=None if plan.body is None else plan.body(self._context),
        )

    def _row(self, item: Any, record: Record, index: int) -> Row:
        matches = self._matches is None or self._matches(record)
        mark = item.get("id") if isinstance(item, dict) else None
        return Row(record["id"] or f"#{index}:{mark}", record if matches else None, str(mark))


def translate(mapping: ResourceMapping, item: Any, context: Context) -> Record:
    """A provider's object as a record; what could not be mapped is null and told in ``_errors``."""
    record, errors = mapping.translate(item, context)
    if errors:
        record["_errors"] = [{"attribute": name, "detail": detail} for name, detail in errors]
    return record


async def _get(mapping: ResourceMapping, plan: GetPlan, context: Context, upstream: Upstream) -> Record | None:
    query = [(name, str(expression({}, context))) for name, expression in plan.query.items()]
    answer = await upstream.json("GET", plan.path.fill(context), at_base=plan.path.at_base, query=query)
    with upstream.trace.stage("translate"):
        item = plan.item(answer, context)
        return None if item is None else translate(mapping, item, context)


def _items(expression: Expression, answer: Any, context: Context, mapping: ResourceMapping) -> Sequence[Any]:
    try:
        items = expression(answer, context)
    except EvaluationError:
        items = None
    if not isinstance(items, list):
        raise ProviderError(
            f"the answer holds no list at {expression.text!r}, where {mapping.resource.name} are expected",
            provider=mapping.provider.name,
        )
    return items


def _truth(value: Any) -> bool:
    return value is not None and value is not False and value != ""


def _count(value: Any) -> int | None:
    return value if type(value) is int else None


def _id_value(mapping: ResourceMapping, record_id: str) -> str | Mapping[str, str]:
    value = record_id if mapping.id_parts is None else split_id(record_id, mapping.id_parts)
    if value is None or len(record_id) > ID_MAX:
        raise NotFound(f"that is no id of a {mapping.resource.singular}")
    return value


def _same(place: Place, request: ListRequest) -> None:
    """With a cursor, what is said again must be what the cursor says."""
    said = {"limit": request.limit, "sort": request.sort}
    kept = {"limit": place.limit, "sort": place.sort}
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


def _list_failed(name: str) -> dict[str, str]:
    return {
        "code": "reference-unavailable",
        "detail": f"the provider's list of {name} could not be read; names may be null",
    }


def cannot(mapping: ResourceMapping, method: str) -> UnsupportedOperation:
    """The refusal of a method, naming those that the provider has."""
    label, name = mapping.provider.words.label, mapping.resource.name
    return UnsupportedOperation(
        f"{label} has no {method} for {name}; supported: {', '.join(mapping.methods) or 'none'}",
        supported=mapping.methods,
    )

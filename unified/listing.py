"""Reads and translates the pages of one listing, for a walk to hand out."""

from collections.abc import Iterator, Sequence
from typing import Any

from proxy.errors import ProviderError
from proxy.language.expression import Context, EvaluationError, Expression
from proxy.paging.page import more, page_of
from proxy.paging.position import Page, Position, Row
from unified.enrich import enrich
from unified.gaps import Gap, list_cut
from unified.mapping.filters import Predicate, predicate
from unified.mapping.model import ListPlan, ResourceMapping
from unified.mapping.requests import Listing, page_params
from unified.references import SmallLists
from unified.upstream import Upstream

Record = dict[str, Any]
WHOLE_PAGES = 20
"""Pages of a list that is read whole; one that goes on is cut there, which the answer says."""


class Pages:
    """The pages of one listing of one account; ``gaps`` says what could not be read."""

    def __init__(self, mapping: ResourceMapping, listing: Listing, upstream: Upstream, context: Context) -> None:
        self.mapping = mapping
        self.listing = listing
        self.gaps: list[Gap] = []
        self._upstream = upstream
        self._context = context
        filters = [(listing.plan.filters[name].filter, values) for name, values in listing.filters.items()]
        self._matches: Predicate | None = predicate(filters)
        tested = {path.partition(".")[0] for one, _ in filters for path in one.paths}
        self._references = [one for one in mapping.references if one.attribute in tested]
        self._joins = [one for one in mapping.joins if one.attribute in tested]

    async def fetch(self, position: Position, lists: SmallLists) -> Page:
        """One page: its rows mapped, and null in place of the records that do not pass the filters."""
        plan, trace = self.listing.plan, self._upstream.trace
        items, answer = await self._items(plan, position)
        with trace.stage("translate"):
            rows = [row for item in (*self._also(plan, position), *items) for row in self._rows(plan, item)]
        if self._references or self._joins:
            records = [row.record for row in rows if row.record is not None]
            self.gaps += await enrich(records, self._references, self._joins, self._upstream, lists)
        with trace.stage("filter"):
            if self._matches is not None:
                rows = [row if row.record is None or self._matches(row.record) else row.without() for row in rows]
            if self.listing.local_sort is not None:
                rows = sorted(rows, key=sort_key(self.listing.local_sort), reverse=self.listing.local_sort[0] == "-")
        return page_of(plan.paging, rows, len(items), answer, self._context)

    def _also(self, plan: ListPlan, position: Position) -> Sequence[Any]:
        """What the provider does not list: before the first page of the walk, once."""
        first = position.value == 0 and position.mark is None
        return plan.rows if first and (position.page == 1 or plan.paging.style == "whole") else ()

    async def _items(self, plan: ListPlan, position: Position) -> tuple[list[Any], Any]:
        """The provider's items of a page, with its answer; of a list that is read whole those of all its pages."""
        if plan.path is None:
            return [], None
        if plan.paging.style == "whole":
            return await self._whole(plan)
        answer = await self._call(plan, position)
        return list(self._found(plan.items, answer)), answer

    async def _whole(self, plan: ListPlan) -> tuple[list[Any], Any]:
        """Every page for every value of a filter that is walked, so that orders made here are orders of the whole."""
        items: list[Any] = []
        answer: Any = None
        for value in range(len(self.listing.at_once)):
            for page in range(1, WHOLE_PAGES + 1):
                answer = await self._call(plan, Position(value=value, page=page))
                items += self._found(plan.items, answer)
                if not more(plan.paging, answer, self._context):
                    break
            else:
                self.gaps.append(list_cut(self.mapping.resource.name, WHOLE_PAGES))
        return items, answer

    async def _call(self, plan: ListPlan, position: Position) -> Any:
        assert plan.path is not None  # noqa: S101 - the caller asks only then
        return await self._upstream.json(
            plan.method,
            plan.path.fill(self._context),
            at_base=plan.path.at_base,
            query=page_params(self.listing, position),
            body=None if plan.body is None else plan.body(self._context),
        )

    def _rows(self, plan: ListPlan, item: Any) -> Iterator[Row]:
        mark = str(item.get("id")) if isinstance(item, dict) else ""
        made = list(translations(self.mapping, item, self._context, plan.parts))
        for index, (part, record) in enumerate(made):
            yield Row(record["id"] or f"#{mark}:{index}", record, mark, part)
        if not made:
            yield Row(f"#{mark}", None, mark, None)

    def _found(self, expression: Expression, answer: Any) -> Sequence[Any]:
        try:
            items = expression(answer, self._context)
        except EvaluationError:
            items = None
        if not isinstance(items, list):
            raise ProviderError(
                f"the answer holds no list at {expression.text!r}, where {self.mapping.resource.name} are expected",
                provider=self.mapping.provider.name,
            )
        return items


def translations(
    mapping: ResourceMapping, item: Any, context: Context, parts: Expression | None
) -> Iterator[tuple[Any, Record]]:
    """The records of a provider's object, each with what it was made of: the object, or each of its parts."""
    if parts is None:
        yield item, mapping.record(item, context)
        return
    context.parent = item
    found = parts(item, context)
    for part in found if isinstance(found, list) else ():
        yield part, mapping.record(part, context)
    context.parent = None


def sort_key(sort: str) -> Any:
    """The key of a local order: texts without case; rows that lack the attribute come last, whatever the direction."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")

    def key(row: Row) -> tuple[bool, Any]:
        value = None if row.record is None else row.record.get(name)
        missing = value is None
        return (missing != descending, value.casefold() if isinstance(value, str) else value or "")

    return key

"""From a caller's list query to the provider's requests: which list serves it, which parameters narrow it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from proxy.errors import (
    FieldError,
    InvalidRequest,
    NotFound,
    RemoteQueryConflict,
    UnsupportedCombination,
    UnsupportedFilter,
)
from proxy.language.expression import Context
from proxy.paging.page import position_params
from proxy.paging.position import Position
from unified.mapping.filters import digits, moment
from unified.mapping.model import FilterPlan, ListPlan, ResourceMapping
from unified.schemas.resources import Resource

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""A time sent to a provider is between these: no record is outside, and widening cannot leave the calendar."""

Params = list[tuple[str, str]]
Filters = Mapping[str, tuple[str, ...]]


class Listing(Struct, frozen=True):
    """How one list request is carried out: the list, its fixed parameters, the values walked one by one."""

    plan: ListPlan
    params: Params
    one_by_one: tuple[Params, ...]
    """One walk for each; a single empty one where no filter needs it, or where the list is read whole."""
    at_once: tuple[Params, ...]
    """The same for a list that is read whole: every one is read before the first row is handed out."""
    filters: Filters
    local_sort: str | None
    """The order that is made here."""
    scan: bool
    """A filter is tested on the records without any narrowing, over a list that is not read whole."""
    query: Mapping[str, Any]
    """What ``query()`` gives: filter values, a single text for those that take one value."""


def choose(mapping: ResourceMapping, filters: Filters, sort: str | None) -> ListPlan:
    """The list that knows every filter and the sort and narrows by most of them, the first of equals.

    Raises UnsupportedFilter or UnsupportedCombination where there is none.
    """
    able = [
        plan
        for plan in mapping.lists
        if set(filters) <= set(plan.filters) and (sort is None or sort in plan.sorts or sort in plan.local_sorts)
    ]
    if able:
        return min(able, key=lambda plan: sum(_scanned(plan.filters[name], values) for name, values in filters.items()))
    _refuse_unknown(mapping, filters, sort)
    asked = [*filters, *([f"sort={sort}"] if sort else [])]
    raise UnsupportedCombination(
        f"{mapping.provider.words.label} lists no {mapping.resource.name} by {', '.join(asked)} together",
        errors=[FieldError(name.partition("=")[0], "not with the others") for name in asked],
    )


def _refuse_unknown(mapping: ResourceMapping, filters: Filters, sort: str | None) -> None:
    label, resource = mapping.provider.words.label, mapping.resource
    known = sorted({name for plan in mapping.lists for name in plan.filters})
    unknown = [name for name in filters if name not in known]
    if unknown:
        raise UnsupportedFilter(
            f"{label} cannot filter {resource.name} by {', '.join(unknown)}; supported: {', '.join(known) or 'none'}",
            errors=[FieldError(name, _why(mapping, resource, name)) for name in unknown],
            supported=known,
        )
    sorts = sorted(mapping.sorts)
    if sort is not None and sort not in sorts:
        raise UnsupportedFilter(
            f"{label} cannot sort {resource.name} by {sort}; supported: {', '.join(sorts) or 'none'}",
            errors=[FieldError("sort", "not supported")],
            supported=sorts,
        )


def _why(mapping: ResourceMapping, resource: Resource, name: str) -> str:
    known = resource.filter(name)
    attribute = known.paths[0].partition(".")[0] if known and known.paths else ""
    return mapping.unsupported.get(attribute, "not supported")


def plan_listing(
    mapping: ResourceMapping,
    plan: ListPlan,
    filters: Filters,
    sort: str | None,
    context: Context,
    remote: Mapping[str, str] = MappingProxyType({}),
) -> Listing:
    """The provider's parameters of a whole walk, ``remote`` among them as they are.

    Raises InvalidRequest for a value that no table or form takes, RemoteQueryConflict for a remote parameter that the
    mapping or its paging uses.
    """
    _refuse_conflicts(plan, remote)
    params: dict[str, list[str]] = {}
    alone: dict[str, list[tuple[str, ...]]] = {}
    scan = False
    asked_for = {name: _words(plan.filters[name], values) for name, values in filters.items()}
    for name, words in asked_for.items():
        one = plan.filters[name]
        if _scanned(one, words):
            scan = True
        elif one.one_by_one:
            alone.setdefault(one.param, []).append(words)
        elif one.place == "query" and not _taken(one, params):
            params[one.param] = _form(one, mapping, words)
    for one in plan.filters.values():
        if one.always and one.param not in alone and one.words is not None:
            alone[one.param] = [tuple(dict.fromkeys(word for words in one.words.values() for word in words))]
    fixed = {name: [str(expression({}, context))] for name, expression in plan.query.items()}
    asked = {name: [value] for name, value in (plan.sorts.get(sort, {}) if sort else {}).items()}
    merged = {**fixed, **asked, **params}
    walked = _alone(alone) if all(asked_for.values()) else ()
    whole = plan.paging.style == "whole"
    return Listing(
        plan=plan,
        params=[
            *((name, value) for name, values in merged.items() if name not in alone for value in values),
            *remote.items(),
        ],
        one_by_one=([],) if whole and walked else walked,
        at_once=walked if whole else (),
        filters=filters,
        local_sort=None if sort is None or sort in plan.sorts else sort,
        scan=scan and not whole,
        query={
            name: _said(plan.filters[name], words)
            for name, words in asked_for.items()
            if plan.filters[name].place != "scan"
        },
    )


def _refuse_conflicts(plan: ListPlan, remote: Mapping[str, str]) -> None:
    """A caller's own parameter may add to the provider's request, not change what the mapping asks for."""
    ours = {*plan.query, plan.paging.param, *(one.param for one in plan.filters.values())}
    ours |= {name for params in plan.sorts.values() for name in params}
    ours = {name.removesuffix("[]") for name in ours}
    conflicts = [name for name in remote if name.partition("[")[0] in ours]
    if conflicts:
        raise RemoteQueryConflict(
            f"the mapping uses {', '.join(conflicts)} itself; use the filters, sorts and paging of this API",
            errors=[FieldError(f"remote_query[{name}]", "used by the mapping") for name in conflicts],
        )


def _said(one: FilterPlan, words: tuple[str, ...]) -> Any:
    """What ``query()`` gives for a filter: the provider's words, a single text where one value is taken.

    Raises NotFound for the id in a path that is the id of nothing.
    """
    if one.place == "path" and not words:
        raise NotFound(f"there is nothing of that {one.filter.name}")
    return list(words) if one.filter.many else next(iter(words), None)


def _taken(one: FilterPlan, params: Mapping[str, list[str]]) -> bool:
    """Whether another filter narrows by this parameter already.

    Sent twice, a provider would read either one. One is enough for a filter that is tested on the records, while the
    provider's own search, which is not, must be the one that is sent.
    """
    return one.param in params and one.filter.compare != "provider"


def _words(one: FilterPlan, values: tuple[str, ...]) -> tuple[str, ...]:
    """The provider's words for a filter's values; none for one of the vocabulary that the provider has no word for."""
    if one.words is None:
        return tuple(value for value in values if one.id_pattern is None or re.fullmatch(one.id_pattern, value))
    unknown = [value for value in values if value not in one.words and value not in one.filter.words]
    if unknown:
        raise InvalidRequest(
            f"{one.filter.name} is one of: {', '.join(sorted(one.words))}",
            errors=[FieldError(one.filter.name, f"{value[:40]!r} is not known") for value in unknown],
        )
    return tuple(dict.fromkeys(word for value in values for word in one.words.get(value, ())))


def _scanned(one: FilterPlan, words: tuple[str, ...]) -> bool:
    """Whether nothing narrows the filter for these values."""
    return one.place == "scan" or (bool(words) and not _fits(one, words))


def _fits(one: FilterPlan, words: tuple[str, ...]) -> bool:
    """Whether the provider's parameter can carry all the values: a set needs ``[]``, a body, or a walk for each."""
    return len(words) == 1 or one.one_by_one or one.place != "query" or one.param.endswith("[]")


def _alone(alone: Mapping[str, Sequence[tuple[str, ...]]]) -> tuple[Params, ...]:
    """One parameter set for each value; two filters on one parameter leave what both allow."""
    for param, sets in alone.items():
        common = [word for word in sets[0] if all(word in other for other in sets[1:])]
        return tuple([(param, word)] for word in common)
    return ([],)


def _form(one: FilterPlan, mapping: ResourceMapping, words: tuple[str, ...]) -> list[str]:
    if one.form is None:
        return list(words)
    if one.form == "digits":
        return [digits(word) for word in words]
    outwards = -1 if one.filter.compare == "after" else 1
    within = min(max(moment(one.filter, words[0]), EARLIEST), LATEST)
    at = within + outwards * timedelta(seconds=one.widen_seconds)
    if one.form == "epoch":
        return [str(int(at.timestamp()))]
    local = at.astimezone(mapping.provider.zone)
    return [f"{local:%Y-%m-%d %H:%M:%S}" if one.form == "naive" else at.isoformat()]


def page_params(listing: Listing, position: Position) -> Params:
    """The whole query of one page: the walk's parameters, the value being walked, the position."""
    paging = listing.plan.paging
    values = listing.at_once if paging.style == "whole" else listing.one_by_one
    return [*listing.params, *values[position.value], *position_params(paging, position)]

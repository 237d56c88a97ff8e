"""A mapping file ready for use: expressions compiled, references checked, conversions chosen."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from proxy.errors import UnsupportedOperation
from proxy.language.expression import Context, Expression
from proxy.provider.load import with_limit
from proxy.provider.model import Provider
from proxy.provider.paging import Paging
from proxy.provider.template import PathTemplate
from proxy.provider.version import reached
from unified.mapping.plan import Plan
from unified.schemas.resources import Filter, Resource

Translate = Callable[[Any, Context], tuple[dict[str, Any], list[tuple[str, str]]]]
"""A provider's object to a record, and the attributes that could not be mapped with the reason."""


class Reference(Struct, frozen=True):
    """An attribute that a small list completes: columns of the record to columns of the list's rows."""

    attribute: str
    each: bool
    list: str
    columns: Mapping[str, str]


class Join(Struct, frozen=True):
    """An attribute made of the rows of a small list whose column ``on`` holds the record's id."""

    attribute: str
    list: str
    on: tuple[str, ...]
    give: tuple[str, ...] | Mapping[str, tuple[str, ...]]
    convert: Callable[[Any], Any]


class FilterPlan(Struct, frozen=True):
    """How one filter reaches the provider; ``place`` says whether it narrows at all."""

    filter: Filter
    place: Literal["query", "body", "path", "scan"]
    param: str = ""
    words: Mapping[str, tuple[str, ...]] | None = None
    """Our id, name or category to the provider's words."""
    one_by_one: bool = False
    always: bool = False
    id_pattern: str | None = None
    """What an id that the provider is asked by looks like."""
    form: Literal["rfc3339", "naive", "epoch", "digits"] | None = None
    widen_seconds: int = 0
    since: str | None = None
    """The provider's version from which it narrows."""

    def at(self, version: str | None) -> "FilterPlan":
        """What it is at a version of the provider: a scan below ``since``."""
        return self if self.since is None or reached(version, self.since) else FilterPlan(self.filter, "scan")


class ListPlan(Struct, frozen=True):
    """One way to list the resource."""

    method: Literal["GET", "POST"]
    path: PathTemplate | None
    rows: tuple[Mapping[str, Any], ...]
    """Rows beside the provider's, before them; those of an enum table."""
    parts: Expression | None
    """The parts of an item that are the records."""
    items: Expression
    paging: Paging
    query: Mapping[str, Expression]
    body: Callable[[Context], Any] | None
    filters: Mapping[str, FilterPlan]
    sorts: Mapping[str, Mapping[str, str]]
    local_sorts: tuple[str, ...] = ()
    """Orders made here, where the whole list is read at once."""

    @property
    def versioned(self) -> bool:
        """Whether what it can do depends on the provider's version."""
        return any(one.since is not None for one in self.filters.values())

    def at(self, version: str | None) -> "ListPlan":
        """What it can do at a version of the provider."""
        if not self.versioned:
            return self
        return replace(self, filters={name: one.at(version) for name, one in self.filters.items()})


class GetPlan(Struct, frozen=True):
    """How one record is read by its id."""

    path: PathTemplate
    item: Expression
    query: Mapping[str, Expression]
    parts: Expression | None = None
    needs: Expression | None = None


class EnumTable(Struct, frozen=True):
    """The provider's words for an attribute that is an object: what each means, and which one a category is set by."""

    rows: Mapping[str, Mapping[str, Any]]
    write: Mapping[str, str]


class ResourceMapping(Struct, frozen=True):
    """One resource of one provider."""

    provider: Provider
    resource: Resource
    translate: Translate
    id_parts: tuple[str, ...] | None
    references: tuple[Reference, ...]
    joins: tuple[Join, ...]
    lists: tuple[ListPlan, ...]
    get: GetPlan | Literal["find"] | None
    unsupported: Mapping[str, str]
    plans: Mapping[str, Plan] = {}
    """The writes, by method."""
    enums: Mapping[str, EnumTable] = {}
    """The attributes that are objects made of an enum table."""

    def versioned(self, filters: Collection[str]) -> bool:
        """Whether the provider's version decides how one of these filters is served."""
        return any(name in plan.filters and plan.filters[name].since for plan in self.lists for name in filters)

    def at(self, version: str | None) -> "ResourceMapping":
        """What the provider can do at a version of it."""
        if not any(plan.versioned for plan in self.lists):
            return self
        return replace(self, lists=tuple(plan.at(version) for plan in self.lists))

    def record(self, item: Any, context: Context) -> dict[str, Any]:
        """A provider's object as a record; what could not be mapped is null and told in ``_errors``."""
        record, errors = self.translate(item, context)
        if errors:
            record["_errors"] = [{"attribute": name, "detail": detail} for name, detail in errors]
        return record

    @property
    def methods(self) -> list[str]:
        """What this provider can do with the resource."""
        reads = [name for name, there in (("list", bool(self.lists)), ("get", self.get is not None)) if there]
        return [*reads, *self.plans]

    @property
    def small(self) -> bool:
        """Whether the resource is a short list, which references may be completed from."""
        return any(plan.paging.style == "whole" for plan in self.lists)

    @property
    def filters(self) -> dict[str, str]:
        """Every filter that some list knows, and how it reaches the provider: ``scan`` where not at all."""
        places: dict[str, str] = {}
        for plan in self.lists:
            for name, one in plan.filters.items():
                if places.get(name, "scan") == "scan":
                    places[name] = "local" if one.place == "scan" and plan.paging.style == "whole" else one.place
        return places

    @property
    def since(self) -> dict[str, str]:
        """The filters that narrow from a version of the provider on, with that version."""
        return {name: one.since for plan in self.lists for name, one in plan.filters.items() if one.since is not None}

    @property
    def sorts(self) -> list[str]:
        """Every order that some list gives."""
        return list(dict.fromkeys(name for plan in self.lists for name in (*plan.sorts, *plan.local_sorts)))


class Mappings(Struct, frozen=True):
    """Everything read from the mappings folder."""

    providers: Mapping[str, Provider]
    resources: Mapping[tuple[str, str, str], ResourceMapping]
    """(provider, model, resource) to its mapping."""

    def with_limits(self, calls: Mapping[str, int]) -> "Mappings":
        """The same with other rate limits, by provider; raises ValueError for one that has no file."""
        unknown = set(calls) - set(self.providers)
        if unknown:
            raise ValueError(f"no such provider: {', '.join(sorted(unknown))}")
        changed = {name: with_limit(self.providers[name], number) for name, number in calls.items()}
        return Mappings({**self.providers, **changed}, self.resources)

    def of(self, provider: Provider, resource: Resource) -> ResourceMapping:
        """The mapping of a resource; raises UnsupportedOperation where the provider has none."""
        found = self.resources.get((provider.name, resource.model, resource.name))
        if found is None:
            supported = sorted(
                name for one, model, name in self.resources if (one, model) == (provider.name, resource.model)
            )
            raise UnsupportedOperation(
                f"{provider.words.label} has no {resource.name}; supported: {', '.join(supported) or 'none'}",
                supported=supported,
            )
        return found

"""Builds the ways to list a resource and to get one of it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from proxy.language.expression import Context, compile_expression
from proxy.provider.paging import paging_of
from unified.mapping.model import FilterPlan, GetPlan, ListPlan
from unified.mapping.parts import Parts, Path
from unified.mapping.vocabulary import AttributeWords, FilterWords, GetWords, ListWords, MappingWords
from unified.schemas.resources import Filter, Resource

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TIME_FORMS = ("rfc3339", "naive", "epoch")
FORMS: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(TIME_FORMS, ("after", "before")), "digits": ("phone",)}
"""The comparisons whose values a form can write."""


class ListBuild:
    """Makes the plans of one resource."""

    def __init__(self, parts: Parts, words: MappingWords, resource: Resource) -> None:
        self._parts = parts
        self._words = words
        self._resource = resource

    def lists(self) -> tuple[ListPlan, ...]:
        """Every way to list, in the order of the file."""
        words = self._words.lists
        if isinstance(words, ListWords):
            return (self._list(words, ("list",)),)
        return tuple(self._list(one, ("list", index)) for index, one in enumerate(words or ()))

    def get(self) -> GetPlan | Literal["find"] | None:
        """The way to one record, if there is any."""
        words = self._words.get
        if words is None:
            return None
        if words == "find":
            if self._words.lists is None:
                self._parts.note(("get",), "'find' needs a list")
            return "find"
        if isinstance(words, GetWords):
            return GetPlan(
                path=self._parts.template(words.get, ("get", "get")),
                item=self._parts.expression(words.item, ("get", "item")),
                query=self._parts.expressions(words.query, ("get", "query")),
                parts=self._parts.optional(words.rows, ("get", "rows")),
                needs=self._parts.optional(words.needs, ("get", "needs")),
            )
        if not words.startswith(("/", "^/")):
            self._parts.note(("get",), "is 'find', or a path that starts with / or ^/")
        return GetPlan(self._parts.template(words, ("get",)), compile_expression("@"), {})

    def _list(self, words: ListWords, path: Path) -> ListPlan:
        ways = [name for name in ("get", "post", "enum") if getattr(words, name) is not None]
        if len(ways) != 1:
            self._parts.note(path, "a list has exactly one of 'get', 'post' and 'enum'")
        where = words.get or words.post
        for name in words.sort:
            if name not in self._resource.sorts:
                self._parts.note((*path, "sort", name), f"is no sort of {self._resource.name}")
        paging = paging_of(words.paging, lambda text, word: self._parts.optional(text, (*path, "paging", word)))
        whole = paging.style == "whole"
        return ListPlan(
            method="POST" if words.post is not None else "GET",
            path=None if where is None else self._parts.template(where, (*path, ways[0])),
            rows=(*self._enum_rows(words.enum, (*path, "enum")), *words.also),
            parts=self._parts.optional(words.rows, (*path, "rows")),
            items=self._parts.expression(words.items, (*path, "items")),
            paging=paging,
            query=self._parts.expressions(words.query, (*path, "query")),
            body=None if words.body is None else self._body(words.body, (*path, "body")),
            filters={**(self._local_filters() if whole else {}), **self._filters(words, path)},
            sorts=words.sort,
            local_sorts=self._local_sorts() if whole else (),
        )

    def _enum_rows(self, name: str | None, path: Path) -> tuple[Mapping[str, Any], ...]:
        if name is None:
            return ()
        return tuple({"id": word, **row} for word, row in self._parts.enum(name, path).items())

    def _local_filters(self) -> dict[str, FilterPlan]:
        """A list that is read whole is filtered here by whatever its records say."""
        return {
            one.name: FilterPlan(one, "scan")
            for one in self._resource.filters
            if one.compare != "provider" and not one.required and self._said(one.paths[0])
        }

    def _local_sorts(self) -> tuple[str, ...]:
        return tuple(name for name in self._resource.sorts if self._said(name.removeprefix("-")))

    def _said(self, path: str) -> bool:
        words = self._words.record.get(path.partition(".")[0])
        return not (isinstance(words, AttributeWords) and words.unsupported is not None)

    def _body(self, template: Any, path: Path) -> Callable[[Context], Any]:
        if isinstance(template, str):
            expression = self._parts.expression(template, path)
            return lambda context: expression({}, context)
        if isinstance(template, dict):
            parts = {key: self._body(value, (*path, key)) for key, value in template.items()}
            return lambda context: {key: part(context) for key, part in parts.items()}
        self._parts.note(path, "is an expression or a mapping of expressions")
        return lambda _: None

    def _filters(self, words: ListWords, path: Path) -> dict[str, FilterPlan]:
        made = {}
        for name, entry in words.filters.items():
            at = (*path, "filters", name)
            known = self._resource.filter(name)
            if known is None:
                self._parts.note(at, f"is no filter of {self._resource.name}")
                continue
            made[name] = self._filter(known, entry, at)
        if sum(plan.one_by_one for plan in made.values()) > 1 and not _same_param(made):
            self._parts.note((*path, "filters"), "only one parameter can be walked one by one")
        return made

    def _pattern(self, known: Filter) -> str | None:
        return self._parts.provider.words.id_pattern if known.compare == "id" else None

    def _filter(self, known: Filter, entry: str | FilterWords, path: Path) -> FilterPlan:
        if isinstance(entry, str):
            place: Literal["body", "path", "scan"] = entry  # type: ignore[assignment]  # the words allow these three
            return FilterPlan(known, place, id_pattern=None if place == "scan" else self._pattern(known))
        if (entry.query is None) != entry.body:
            self._parts.note(path, "needs either 'query' or 'body', or is one of: body, path, scan")
        for name in ("one_by_one", "always", "form", "widen") if entry.body else ():
            if getattr(entry, name):
                self._parts.note((*path, name), "is for a parameter of the query")
        if entry.form is not None and known.compare not in FORMS[entry.form]:
            self._parts.note((*path, "form"), f"is no form of a value that is compared by {known.compare}")
        if entry.widen is not None and entry.form not in TIME_FORMS:
            self._parts.note((*path, "widen"), f"needs a 'form' of times: {', '.join(TIME_FORMS)}")
        if entry.always and not (entry.one_by_one and entry.enum):
            self._parts.note((*path, "always"), "needs 'one_by_one' and 'enum'")
        if entry.since is not None and self._parts.provider.words.version is None:
            self._parts.note((*path, "since"), "needs the word 'version' in provider.yaml")
        table = None if entry.enum is None else self._parts.enum(entry.enum, (*path, "enum"))
        return FilterPlan(
            known,
            "body" if entry.body else "query",
            param=entry.query or "",
            words=None if table is None else _words(known, table),
            one_by_one=entry.one_by_one,
            always=entry.always,
            id_pattern=self._pattern(known),
            form=entry.form,
            widen_seconds=_seconds(entry.widen),
            since=entry.since,
        )


def _words(known: Filter, table: Mapping[str, dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """What a caller may write in this filter, to the provider's words that are meant."""
    found: dict[str, list[str]] = {}
    by_id = any(path.endswith(".id") for path in known.paths)
    for word, row in table.items():
        named = {row.get("name"), word if by_id else None}
        said = {row.get("category")} if known.compare == "category" else named
        for one in said - {None}:
            found.setdefault(str(one), []).append(word)
    return {said: tuple(words) for said, words in found.items()}


def _same_param(plans: Mapping[str, FilterPlan]) -> bool:
    return len({plan.param for plan in plans.values() if plan.one_by_one}) == 1


def _seconds(text: str | None) -> int:
    return 0 if text is None else int(text[:-1]) * UNIT_SECONDS[text[-1]]

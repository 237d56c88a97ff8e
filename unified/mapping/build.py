"""Builds one compiled mapping from its words and checks it against schema and provider."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from msgspec import inspect

from proxy.language.document import Document, Mistake
from proxy.language.expression import (
    Context,
    Expression,
    ExpressionMistake,
    Field,
    compile_expression,
    compile_record,
)
from proxy.provider.model import Provider
from unified.mapping.convert import Convert, converter, null_passes
from unified.mapping.ids import join_id
from unified.mapping.model import FilterPlan, GetPlan, ListPlan, Paging, Reference, ResourceMapping, Translate
from unified.mapping.template import PathTemplate, compile_template
from unified.mapping.times import time_converter
from unified.mapping.vocabulary import AttributeWords, FilterWords, GetWords, ListWords, MappingWords, PagingWords
from unified.schemas.resources import Filter, Resource

Path = tuple[str | int, ...]
Made = TypeVar("Made")

PAGE_PARAMS = {"page": "page", "id_before": "before", "id_after": "after", "whole": ""}
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TIME_FORMS = ("rfc3339", "naive", "epoch")
FORMS: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(TIME_FORMS, ("after", "before")), "digits": ("phone",)}
"""The comparisons whose values a form can write."""
WRITE = "write"
"""The key of an enum table that serves writing alone."""


def build_mapping(
    document: Document, words: MappingWords, resource: Resource, provider: Provider
) -> tuple[ResourceMapping | None, list[Mistake]]:
    """The compiled mapping, or every mistake in it."""
    build = _Build(document, words, resource, provider)
    mapping = ResourceMapping(
        provider=provider,
        resource=resource,
        translate=build.record(),
        id_parts=tuple(words.id) if words.id else None,
        references=build.references(),
        lists=build.lists(),
        get=build.get(),
        unsupported={
            name: one.unsupported
            for name, one in words.record.items()
            if isinstance(one, AttributeWords) and one.unsupported is not None
        },
    )
    return (None if build.mistakes else mapping), build.mistakes


class _Build:
    """Makes the parts of a mapping and collects what is wrong with them."""

    def __init__(self, document: Document, words: MappingWords, resource: Resource, provider: Provider) -> None:
        self._document = document
        self._words = words
        self._resource = resource
        self._provider = provider
        self._types = {field.encode_name: field.type for field in _fields(resource.record)}
        self._time = time_converter(provider.zone, zero_is_null=provider.words.zero_is_null)
        self.mistakes: list[Mistake] = []

    def note(self, path: Path, message: str) -> None:
        self.mistakes.append(self._document.mistake(path, message))

    def _try(self, path: Path, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except ExpressionMistake as mistake:
            self.note(path, str(mistake))
            return None

    def expression(self, text: str, path: Path) -> Expression:
        return self._try(path, lambda: compile_expression(text)) or compile_expression("@")

    def template(self, text: str, path: Path) -> PathTemplate:
        return self._try(path, lambda: compile_template(text)) or compile_template("/")

    # The record

    def record(self) -> Translate:
        fields: dict[str, Field] = {}
        for name in self._resource.attributes:
            words = self._words.record.get(name)
            if name == "id" and self._words.id is not None:
                fields[name] = self._compound_id()
            elif words is None:
                self.note(("record", name), "is neither mapped nor declared unsupported")
            elif not isinstance(words, AttributeWords):
                fields[name] = self._field(words, self._convert(name), ("record", name))
            else:
                fields[name] = self._attribute(name, words)
        for name in self._words.record:
            if name not in self._types:
                self.note(("record", name), f"is no attribute of {self._resource.name}")
        return compile_record(fields).map

    def _attribute(self, name: str, words: AttributeWords) -> Field:
        path = ("record", name)
        if words.unsupported is not None:
            if words.from_ is not None or words.enum is not None:
                self.note(path, "is either unsupported or mapped")
            return Field("`null`", None)
        if words.from_ is None or words.enum is None:
            self.note(path, "needs both 'from' and 'enum', or 'unsupported'")
            return Field("`null`", None)
        table = self._enum(words.enum, (*path, "enum"))
        return self._field(words.from_, self._enum_convert(name, table, path), (*path, "from"))

    def _field(self, text: str, convert: Convert | None, path: Path) -> Field:
        return Field(self.expression(text, path), convert)

    def _convert(self, name: str) -> Convert:
        return converter(self._types[name], self._time)

    def _compound_id(self) -> Field:
        parts = self._words.id or {}
        if "id" in self._words.record:
            self.note(("record", "id"), "is made of the parts under 'id'")
        texts = [self.expression(text, ("id", name)).text for name, text in parts.items()]
        return Field(f"[{', '.join(texts)}]", join_id)

    def _enum(self, name: str, path: Path) -> Mapping[str, dict[str, Any]]:
        table = self._provider.words.enums.get(name)
        if table is None:
            self.note(path, f"the provider file has no enum {name!r}")
            return {}
        return {word: row for word, row in table.items() if word != WRITE}

    def _enum_convert(self, name: str, table: Mapping[str, dict[str, Any]], path: Path) -> Convert:
        """A provider's word to the row of the table; a word that it lacks keeps its id and has a null name."""
        change = self._convert(name)
        columns = set(_struct_names(self._types[name]))
        rows: dict[str, Any] = {}
        for word, row in table.items():
            chosen = {key: value for key, value in row.items() if key in columns}
            try:
                rows[word] = change({"id": word, **chosen})
            except ValueError as mistake:
                self.note(path, f"{word}: {mistake}")

        def convert(value: Any) -> Any:
            if value is None or value is False or value == "":
                return None
            row = rows.get(value) if isinstance(value, str) else None
            return dict(row) if row is not None else change({"id": value})

        return null_passes(convert)

    # References

    def references(self) -> tuple[Reference, ...]:
        made = []
        for key, columns in self._words.refs.items():
            path: Path = ("refs", key)
            attribute = key.removesuffix("[]")
            known = _struct_names(self._types[attribute]) if attribute in self._types else []
            if attribute not in self._types:
                self.note(path, f"is no attribute of {self._resource.name}")
            for column in columns:
                if column != "in" and column not in known:
                    self.note((*path, column), f"is no part of {attribute}")
            for needed in ("id", "name"):
                if needed not in columns:
                    self.note(path, f"needs the column {needed!r}: rows are found by it")
            if columns.get("in") not in self._provider.words.lists:
                self.note((*path, "in"), "names no list of the provider file")
            rest = {ours: theirs for ours, theirs in columns.items() if ours != "in"}
            made.append(Reference(attribute, key.endswith("[]"), columns.get("in", ""), rest))
        return tuple(made)

    # Lists and get

    def lists(self) -> tuple[ListPlan, ...]:
        words = self._words.lists
        if isinstance(words, ListWords):
            return (self._list(words, ("list",)),)
        return tuple(self._list(one, ("list", index)) for index, one in enumerate(words or ()))

    def _list(self, words: ListWords, path: Path) -> ListPlan:
        ways = [name for name in ("get", "post", "enum") if getattr(words, name) is not None]
        if len(ways) != 1:
            self.note(path, "a list has exactly one of 'get', 'post' and 'enum'")
        where = words.get or words.post
        for name in words.sort:
            if name not in self._resource.sorts:
                self.note((*path, "sort", name), f"is no sort of {self._resource.name}")
        return ListPlan(
            method="POST" if words.post is not None else "GET",
            path=None if where is None else self.template(where, (*path, ways[0])),
            rows=self._enum_rows(words.enum, (*path, "enum")),
            items=self.expression(words.items, (*path, "items")),
            paging=self._paging(words.paging, (*path, "paging")),
            query={name: self.expression(text, (*path, "query", name)) for name, text in words.query.items()},
            body=None if words.body is None else self._body(words.body, (*path, "body")),
            filters=self._filters(words, path),
            sorts=words.sort,
        )

    def _enum_rows(self, name: str | None, path: Path) -> tuple[Mapping[str, Any], ...]:
        if name is None:
            return ()
        return tuple({"id": word, **row} for word, row in self._enum(name, path).items())

    def _paging(self, words: Literal["whole"] | PagingWords, path: Path) -> Paging:
        if isinstance(words, str):
            return Paging(style="whole", param="")
        return Paging(
            style=words.style,
            param=words.param or PAGE_PARAMS[words.style],
            more=None if words.more is None else self.expression(words.more, (*path, "more")),
            count=None if words.count is None else self.expression(words.count, (*path, "count")),
            first=words.first,
        )

    def _body(self, template: Any, path: Path) -> Callable[[Context], Any]:
        if isinstance(template, str):
            expression = self.expression(template, path)
            return lambda context: expression({}, context)
        if isinstance(template, dict):
            parts = {key: self._body(value, (*path, key)) for key, value in template.items()}
            return lambda context: {key: part(context) for key, part in parts.items()}
        self.note(path, "is an expression or a mapping of expressions")
        return lambda _: None

    def _filters(self, words: ListWords, path: Path) -> dict[str, FilterPlan]:
        made = {}
        for name, entry in words.filters.items():
            at = (*path, "filters", name)
            known = self._resource.filter(name)
            if known is None:
                self.note(at, f"is no filter of {self._resource.name}")
                continue
            made[name] = self._filter(known, entry, at)
        if sum(plan.one_by_one for plan in made.values()) > 1 and not _same_param(made):
            self.note((*path, "filters"), "only one parameter can be walked one by one")
        return made

    def _filter(self, known: Filter, entry: str | FilterWords, path: Path) -> FilterPlan:
        if isinstance(entry, str):
            place: Literal["body", "path", "scan"] = entry  # type: ignore[assignment]  # the words allow these three
            return FilterPlan(known, place)
        if entry.query is None:
            self.note(path, "needs 'query', or is one of: body, path, scan")
        if entry.form is not None and known.compare not in FORMS[entry.form]:
            self.note((*path, "form"), f"is no form of a value that is compared by {known.compare}")
        if entry.widen is not None and entry.form not in TIME_FORMS:
            self.note((*path, "widen"), f"needs a 'form' of times: {', '.join(TIME_FORMS)}")
        table = None if entry.enum is None else self._enum(entry.enum, (*path, "enum"))
        return FilterPlan(
            known,
            "query",
            param=entry.query or "",
            words=None if table is None else _words(known, table),
            one_by_one=entry.one_by_one,
            form=entry.form,
            widen_seconds=_seconds(entry.widen),
        )

    def get(self) -> GetPlan | Literal["find"] | None:
        words = self._words.get
        if words is None:
            return None
        if words == "find":
            if self._words.lists is None:
                self.note(("get",), "'find' needs a list")
            return "find"
        if isinstance(words, GetWords):
            return GetPlan(
                path=self.template(words.get, ("get", "get")),
                item=self.expression(words.item, ("get", "item")),
                query={name: self.expression(text, ("get", "query", name)) for name, text in words.query.items()},
            )
        if not words.startswith(("/", "^/")):
            self.note(("get",), "is 'find', or a path that starts with / or ^/")
        return GetPlan(self.template(words, ("get",)), compile_expression("@"), {})


def _words(known: Filter, table: Mapping[str, dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """What a caller may write in this filter, to the provider's words that are meant."""
    found: dict[str, list[str]] = {}
    for word, row in table.items():
        said = {row.get("category")} if known.compare == "category" else {word, row.get("name")}
        for one in said - {None}:
            found.setdefault(str(one), []).append(word)
    return {said: tuple(words) for said, words in found.items()}


def _same_param(plans: Mapping[str, FilterPlan]) -> bool:
    return len({plan.param for plan in plans.values() if plan.one_by_one}) == 1


def _seconds(text: str | None) -> int:
    return 0 if text is None else int(text[:-1]) * UNIT_SECONDS[text[-1]]


def _fields(record: type) -> tuple[inspect.Field, ...]:
    kind = inspect.type_info(record)
    return kind.fields if isinstance(kind, inspect.StructType) else ()


def _struct_names(kind: inspect.Type) -> list[str]:
    """The attributes of the object that a type is, or holds."""
    if isinstance(kind, inspect.StructType):
        return [field.encode_name for field in kind.fields]
    if isinstance(kind, inspect.UnionType):
        return [name for one in kind.types for name in _struct_names(one)]
    if isinstance(kind, inspect.ListType):
        return _struct_names(kind.item_type)
    return _struct_names(kind.type) if isinstance(kind, inspect.Metadata) else []

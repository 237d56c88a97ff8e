"""Builds the translation of a provider's object to a record, with its references and joins."""

from collections.abc import Mapping
from typing import Any

from msgspec import inspect

from proxy.language.expression import Field, compile_record
from unified.mapping.convert import Convert, converter, null_passes, unless_unsaid
from unified.mapping.ids import join_id
from unified.mapping.model import EnumTable, Join, Reference, Translate
from unified.mapping.parts import WRITE, Parts, Path
from unified.mapping.times import time_converter
from unified.mapping.vocabulary import AttributeWords, MappingWords
from unified.schemas.resources import Resource

NOTHING = Field("`null`", None)
WAYS = ("unsupported", "enum", "id_of", "as_")
"""The ways of an attribute that is more than an expression; exactly one is taken."""


class RecordBuild:
    """Makes the parts of one resource's records."""

    def __init__(self, parts: Parts, words: MappingWords, resource: Resource) -> None:
        self._parts = parts
        self._words = words
        self._resource = resource
        self._types = {field.encode_name: field.type for field in _fields(resource.record)}
        provider = parts.provider
        self._time = time_converter(provider.zone, zero_is_null=provider.words.zero_is_null)

    def translate(self) -> Translate:
        """One fused function for all attributes."""
        fields: dict[str, Field] = {}
        for name in self._resource.attributes:
            words = self._words.record.get(name)
            if name == "id" and self._words.id is not None:
                fields[name] = self._compound_id()
            elif name in self._words.joins:
                fields[name] = NOTHING
            elif words is None:
                self._parts.note(("record", name), "is neither mapped nor declared unsupported")
            elif isinstance(words, AttributeWords):
                fields[name] = self._attribute(name, words, ("record", name))
            else:
                fields[name] = self._field(words, self._convert(name), ("record", name))
        for name in self._words.record:
            if name not in self._types:
                self._parts.note(("record", name), f"is no attribute of {self._resource.name}")
            elif name in self._words.joins:
                self._parts.note(("joins", name), "is mapped under 'record' already")
        return compile_record(fields).map

    def references(self) -> tuple[Reference, ...]:
        """The attributes that small lists complete."""
        return tuple(self._reference(key, columns, ("refs", key)) for key, columns in self._words.refs.items())

    def joins(self) -> tuple[Join, ...]:
        """The attributes that small lists make."""
        made = []
        for name, words in self._words.joins.items():
            if name not in self._types:
                self._parts.note(("joins", name), f"is no attribute of {self._resource.name}")
                continue
            self._parts.small_list(words.in_, ("joins", name, "in"))
            give = _path(words.give) if isinstance(words.give, str) else {k: _path(v) for k, v in words.give.items()}
            made.append(Join(name, words.in_, _path(words.on), give, self._convert(name)))
        return tuple(made)

    def enums(self) -> dict[str, EnumTable]:
        """The attributes that are objects made of an enum table, for what writes say of them."""
        made = {}
        for name, words in self._words.record.items():
            if isinstance(words, AttributeWords) and words.enum is not None and struct_names(self._types.get(name)):
                table = self._parts.provider.words.enums.get(words.enum, {})
                rows = {word: row for word, row in table.items() if word != WRITE}
                made[name] = EnumTable(rows, table.get(WRITE, {}))
        return made

    def _attribute(self, name: str, words: AttributeWords, path: Path) -> Field:
        ways = [way for way in WAYS if getattr(words, way) is not None]
        if len(ways) != 1:
            both = "unsupported" in ways or (words.unsupported is not None and words.from_ is not None)
            needs = "needs both 'from' and 'enum', or 'unsupported'"
            self._parts.note(path, "is either unsupported or mapped" if both else needs)
            return NOTHING
        if words.unsupported is not None:
            if words.from_ is not None:
                self._parts.note(path, "is either unsupported or mapped")
            return NOTHING
        if words.id_of is not None:
            return self._id_of(words, path)
        if words.from_ is None:
            self._parts.note(path, "needs both 'from' and 'enum', or 'unsupported'")
            return NOTHING
        if words.enum is None:
            return self._field(words.from_, unless_unsaid(self._convert(name)), (*path, "from"))
        table = self._parts.enum(words.enum, (*path, "enum"))
        return self._field(words.from_, self._enum_convert(name, table, path), (*path, "from"))

    def _field(self, text: str, convert: Convert | None, path: Path) -> Field:
        return Field(self._parts.expression(text, path), convert)

    def _convert(self, name: str) -> Convert:
        return converter(self._types[name], self._time)

    def _compound_id(self) -> Field:
        if "id" in self._words.record:
            self._parts.note(("record", "id"), "is made of the parts under 'id'")
        return self._joined(self._words.id or {}, ("id",))

    def _id_of(self, words: AttributeWords, path: Path) -> Field:
        if not words.parts:
            self._parts.note(path, "an id of another resource is made of 'parts'")
            return NOTHING
        return self._joined(words.parts, (*path, "parts"))

    def _joined(self, parts: Mapping[str, str], path: Path) -> Field:
        texts = [self._parts.expression(text, (*path, name)).text for name, text in parts.items()]
        return Field(f"[{', '.join(texts)}]", join_id)

    def _enum_convert(self, name: str, table: Mapping[str, dict[str, Any]], path: Path) -> Convert:
        """A provider's word to what the table says of it.

        An object that the table lacks keeps its id and has a null name; a plain word that it lacks is an error of the
        record.
        """
        change = self._convert(name)
        columns = set(struct_names(self._types[name]))
        rows: dict[str, Any] = {}
        for word, row in table.items():
            chosen = {key: value for key, value in row.items() if key in columns}
            try:
                rows[word] = change({"id": word, **chosen} if columns else row.get("name"))
            except ValueError as mistake:
                self._parts.note(path, f"{word}: {mistake}")

        def convert(value: Any) -> Any:
            if value is None or value is False or value == "":
                return None
            row = rows.get(value) if isinstance(value, str) else None
            if row is None:
                return change({"id": value} if columns else value)
            return dict(row) if columns else row

        return null_passes(convert)

    def _reference(self, key: str, columns: Mapping[str, str], path: Path) -> Reference:
        attribute = key.removesuffix("[]")
        known = struct_names(self._types[attribute]) if attribute in self._types else []
        if attribute not in self._types:
            self._parts.note(path, f"is no attribute of {self._resource.name}")
        for column in columns:
            if column != "in" and column not in known:
                self._parts.note((*path, column), f"is no part of {attribute}")
        for needed in ("id", "name"):
            if needed not in columns:
                self._parts.note(path, f"needs the column {needed!r}: rows are found by it")
        self._parts.small_list(columns.get("in", ""), (*path, "in"))
        rest = {ours: theirs for ours, theirs in columns.items() if ours != "in"}
        return Reference(attribute, key.endswith("[]"), columns.get("in", ""), rest)


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


def _fields(record: type) -> tuple[inspect.Field, ...]:
    kind = inspect.type_info(record)
    return kind.fields if isinstance(kind, inspect.StructType) else ()


def struct_names(kind: inspect.Type | None) -> list[str]:
    """The attributes of the object that a type is, or holds."""
    if isinstance(kind, inspect.StructType):
        return [field.encode_name for field in kind.fields]
    if isinstance(kind, inspect.UnionType):
        return [name for one in kind.types for name in struct_names(one)]
    if isinstance(kind, inspect.ListType):
        return struct_names(kind.item_type)
    return struct_names(kind.type) if isinstance(kind, inspect.Metadata) else []

"""Examples of a mapping: given a provider's object, the record that is expected; run by ``mappings check``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from proxy.language.expression import Context
from unified.mapping.example_files import example_rows
from unified.mapping.joins import join_rows
from unified.mapping.model import Mappings, Reference, ResourceMapping
from unified.mapping.vocabulary import ExampleWords


class Example(msgspec.Struct, frozen=True):
    """One example of one resource of one provider, and where it stands."""

    provider: str
    file: str
    line: int
    words: ExampleWords


def read_examples(folder: Path, mappings: Mappings) -> list[Example]:
    """Every example below the folder; raises Mistakes for those that cannot be read."""
    return [Example(*one) for one in example_rows(folder, mappings, "examples", ExampleWords)]


def failures(example: Example, mappings: Mappings) -> Iterator[str]:
    """What is wrong with an example: attributes that differ, a record that its schema does not allow."""
    mapping = mapping_of(example, mappings)
    if mapping is None:
        yield f"{example.provider} has no {example.words.model} resource {example.words.resource!r}"
        return
    record = mapped(example, mapping)
    for name, expected in example.words.expect.items():
        if name not in record:
            yield f"{name}: the record has no such attribute"
        elif record[name] != expected:
            yield f"{name}: expected {expected!r}, mapped {record[name]!r}"
    if "_errors" in record and "_errors" not in example.words.expect:
        yield f"not mapped: {record['_errors']}"
    try:
        msgspec.convert(record, mapping.resource.record)
    except msgspec.ValidationError as error:
        yield f"the record does not fit its schema: {error}"


def mapped(example: Example, mapping: ResourceMapping) -> dict[str, Any]:
    """The record of the example's object, its references completed from the example's lists."""
    context = Context(connection=example.words.connection, parent=example.words.parent)
    record = mapping.record(example.words.given, context)
    for reference in mapping.references:
        _complete(record, reference, example.words.lists.get(reference.list, []))
    for join in mapping.joins:
        join_rows([record], join, example.words.lists.get(join.list, []))
    return record


def mapping_of(example: Example, mappings: Mappings) -> ResourceMapping | None:
    """The mapping that an example is of."""
    return mappings.resources.get((example.provider, example.words.model, example.words.resource))


def _complete(record: dict[str, Any], reference: Reference, rows: list[dict[str, Any]]) -> None:
    value = record.get(reference.attribute)
    for one in value if isinstance(value, list) else [value] if value else []:
        if (one["id"] is None) == (one["name"] is None):
            continue
        ours = "id" if one["name"] is None else "name"
        row = next((row for row in rows if str(row.get(reference.columns[ours])) == one[ours]), {})
        for column, theirs in reference.columns.items():
            if one[column] is None and row.get(theirs) is not None:
                one[column] = str(row[theirs])

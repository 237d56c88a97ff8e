"""Checks of the mappings folder as a whole: every file, every example, the editor schema."""

from pathlib import Path

import msgspec

from proxy.language.document import Mistake, Mistakes
from proxy.provider.model import ProviderWords
from unified.mapping.examples import failures, read_examples
from unified.mapping.load import load_mappings
from unified.mapping.plan_examples import plan_failures, read_plan_examples
from unified.mapping.plan_words import PlanExampleWords
from unified.mapping.vocabulary import ExampleWords, MappingWords

SCHEMA_FILE = "schema.json"


class Found(msgspec.Struct):
    """The outcome of a check."""

    mistakes: list[Mistake]
    files: int
    examples: int


def check(folder: Path) -> Found:
    """Everything that is wrong below the folder."""
    files = sum(1 for _ in folder.glob("*/**/*.yaml"))
    try:
        mappings = load_mappings(folder)
        examples = read_examples(folder, mappings)
        writes = read_plan_examples(folder, mappings)
    except Mistakes as error:
        return Found(list(error.mistakes), files, 0)
    mistakes = [
        Mistake(example.file, example.line, example.words.resource, failure)
        for example in examples
        for failure in failures(example, mappings)
    ]
    mistakes += [
        Mistake(example.file, example.line, example.words.resource, failure)
        for example in writes
        for failure in plan_failures(example, mappings)
    ]
    planned = {(*key, method) for key, mapping in mappings.resources.items() for method in mapping.plans}
    mistakes += [
        Mistake(str(folder / provider / "examples" / "writes"), 0, f"{model}/{resource}", f"{method} has no example")
        for provider, model, resource, method in sorted(planned - {(*one.key, one.words.method) for one in writes})
    ]
    shown = {(example.provider, example.words.model, example.words.resource) for example in examples}
    mistakes += [
        Mistake(str(folder / provider / "examples"), 0, f"{model}/{resource}", "has no example")
        for provider, model, resource in mappings.resources
        if (provider, model, resource) not in shown
    ]
    return Found(mistakes + _schema_mistakes(folder), files, len(examples) + len(writes))


def _schema_mistakes(folder: Path) -> list[Mistake]:
    file = folder / SCHEMA_FILE
    if file.is_file() and file.read_bytes() == editor_schema():
        return []
    return [Mistake(str(file), 0, "", "differs from the vocabulary: run `interline mappings schema`")]


def editor_schema() -> bytes:
    """A JSON Schema of the words of all files, for editors; line 1 of each file names its part of it."""
    _, found = msgspec.json.schema_components(
        [MappingWords, ProviderWords, list[ExampleWords], list[PlanExampleWords]], ref_template="#/$defs/{name}"
    )
    found["Examples"] = {"type": "array", "items": {"$ref": "#/$defs/ExampleWords"}}
    found["PlanExamples"] = {"type": "array", "items": {"$ref": "#/$defs/PlanExampleWords"}}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": dict(sorted(_strict(found).items()))}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


def _strict(definitions: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Unknown keys are mistakes in every Struct: msgspec does not say so itself."""
    return {
        name: {**one, "additionalProperties": False} if "properties" in one else one
        for name, one in definitions.items()
    }

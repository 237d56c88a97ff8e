"""Every example of every mapping holds, and together they show every attribute."""

from pathlib import Path

import pytest

from proxy.language.expression import Context
from unified.folders import data_folder
from unified.mapping.check import check
from unified.mapping.examples import failures, mapped, read_examples
from unified.mapping.load import load_mappings
from unified.mapping.plan_examples import read_plan_examples
from unified.schemas.resources import RESOURCES as VOCABULARY

FOLDER = data_folder("mappings")
MAPPINGS = load_mappings(FOLDER)
EXAMPLES = read_examples(FOLDER, MAPPINGS)
RESOURCES = sorted(MAPPINGS.resources)


def of(*key):
    """The examples of a provider's model and resource."""
    return [one for one in EXAMPLES if (one.provider, one.words.model, one.words.resource) == key]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.provider} {Path(one.file).stem}: {one.words.says}")
def test_example(example):
    assert list(failures(example, MAPPINGS)) == []


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_every_attribute_has_an_example_with_a_value_or_a_declared_reason(provider, model, resource):
    mapping = MAPPINGS.resources[provider, model, resource]
    shown = {
        name
        for one in of(provider, model, resource)
        for name, value in one.words.expect.items()
        if value not in (None, [])
    }
    assert set(mapping.resource.attributes) - set(mapping.unsupported) - shown == set()


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_an_unsupported_attribute_is_null_in_every_example(provider, model, resource):
    mapping = MAPPINGS.resources[provider, model, resource]
    for example in of(provider, model, resource):
        record = mapped(example, mapping)
        assert {name: record[name] for name in mapping.unsupported} == dict.fromkeys(mapping.unsupported)


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_the_first_example_is_whole(provider, model, resource):
    mapping = MAPPINGS.resources[provider, model, resource]
    assert tuple(of(provider, model, resource)[0].words.expect) == mapping.resource.attributes


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_no_two_examples_of_a_resource_say_the_same(provider, model, resource):
    said = [one.words.says for one in of(provider, model, resource)]
    assert len(said) == len(set(said))


def file_of(model, resource):
    """The file of a resource's examples, which names of the directory share with no other."""
    return f"directory_{resource}" if model == "user-directory" and resource != "me" else resource


def test_the_examples_are_one_file_for_each_resource():
    files = {(one.provider, Path(one.file).stem, one.words.model, one.words.resource) for one in EXAMPLES}
    assert files == {(provider, file_of(model, name), model, name) for provider, model, name in RESOURCES}


def test_every_resource_of_the_vocabulary_is_mapped_for_every_provider():
    assert set(RESOURCES) == {(provider, *one.key) for provider in MAPPINGS.providers for one in VOCABULARY}


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_every_join_has_an_example_in_which_rows_of_other_records_are_left_out(provider, model, resource):
    for join in MAPPINGS.resources[provider, model, resource].joins:
        rows = [
            (len(one.words.lists.get(join.list, [])), len(one.words.expect.get(join.attribute) or []))
            for one in of(provider, model, resource)
        ]
        assert any(0 < taken < there for there, taken in rows), join.attribute
        assert any(taken == 0 for _, taken in rows), join.attribute


ENUMS = [
    # provider, model, resource, attribute, the key that the provider says it by, the table
    ("trengo", "ticketing", "fields", "type", "field_type", "field_type"),
    ("trengo", "ticketing", "fields", "entity_type", "type", "field_entity"),
    ("trengo", "user-directory", "users", "status", "status", "user_status"),
    ("trengo", "user-directory", "me", "status", "status", "user_status"),
    ("chatwoot", "ticketing", "fields", "type", "attribute_display_type", "field_type"),
    ("chatwoot", "ticketing", "fields", "entity_type", "attribute_model", "field_entity"),
]


@pytest.mark.parametrize(("provider", "model", "resource", "attribute", "key", "enum"), ENUMS)
def test_every_word_of_a_table_is_a_word_of_the_vocabulary_with_an_example(
    provider, model, resource, attribute, key, enum
):
    mapping = MAPPINGS.resources[provider, model, resource]
    table = mapping.provider.words.enums[enum]
    for word, row in table.items():
        record, errors = mapping.translate({"id": 1, key: word}, Context())
        assert (record[attribute], errors) == (row["name"], [])
    if resource != "me":
        shown = {one.words.given.get(key) for one in of(provider, model, resource)}
        assert set(table) <= shown


def test_the_whole_folder_has_no_mistakes():
    found = check(FOLDER)
    assert [str(one) for one in found.mistakes] == []
    assert found.examples == len(EXAMPLES) + len(read_plan_examples(FOLDER, MAPPINGS))

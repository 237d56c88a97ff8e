"""Every example of every mapping holds, and together they show every attribute."""

from pathlib import Path

import pytest

from unified.folders import data_folder
from unified.mapping.check import check
from unified.mapping.examples import failures, mapped, read_examples
from unified.mapping.load import load_mappings

FOLDER = data_folder("mappings")
MAPPINGS = load_mappings(FOLDER)
EXAMPLES = read_examples(FOLDER, MAPPINGS)
RESOURCES = sorted(MAPPINGS.resources)


def of(provider, resource):
    return [one for one in EXAMPLES if (one.provider, one.words.resource) == (provider, resource)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.provider} {one.words.resource}: {one.words.says}")
def test_example(example):
    assert list(failures(example, MAPPINGS)) == []


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_every_attribute_has_an_example_with_a_value_or_a_declared_reason(provider, model, resource):
    mapping = MAPPINGS.resources[provider, model, resource]
    shown = {
        name for one in of(provider, resource) for name, value in one.words.expect.items() if value not in (None, [])
    }
    assert set(mapping.resource.attributes) - set(mapping.unsupported) - shown == set()


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_an_unsupported_attribute_is_null_in_every_example(provider, model, resource):
    mapping = MAPPINGS.resources[provider, model, resource]
    for example in of(provider, resource):
        record = mapped(example, mapping)
        assert {name: record[name] for name in mapping.unsupported} == dict.fromkeys(mapping.unsupported)


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_the_first_example_is_whole(provider, model, resource):
    mapping = MAPPINGS.resources[provider, model, resource]
    assert tuple(of(provider, resource)[0].words.expect) == mapping.resource.attributes


@pytest.mark.parametrize(("provider", "model", "resource"), RESOURCES)
def test_no_two_examples_of_a_resource_say_the_same(provider, model, resource):
    said = [one.words.says for one in of(provider, resource)]
    assert len(said) == len(set(said))


def test_the_examples_are_one_file_for_each_resource():
    assert {(one.provider, Path(one.file).stem) for one in EXAMPLES} == {(one, name) for one, _, name in RESOURCES}
    assert all(Path(one.file).stem == one.words.resource for one in EXAMPLES)


def test_the_whole_folder_has_no_mistakes():
    found = check(FOLDER)
    assert [str(one) for one in found.mistakes] == []
    assert found.examples == len(EXAMPLES)

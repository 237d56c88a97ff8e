"""Every example of a write holds; together they show every plan, and what is wrong with one is told."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from unified.folders import data_folder
from unified.mapping.check import check
from unified.mapping.load import load_mappings
from unified.mapping.plan_examples import outcome, plan_failures, read_plan_examples

FOLDER = data_folder("mappings")
MAPPINGS = load_mappings(FOLDER)
EXAMPLES = read_plan_examples(FOLDER, MAPPINGS)
PLANS = [(*key, method) for key, mapping in sorted(MAPPINGS.resources.items()) for method in mapping.plans]
TAGS = "chatwoot/examples/writes/tags.yaml"
USERS = "trengo/examples/writes/users.yaml"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.provider} {Path(one.file).stem}: {one.words.says}")
def test_an_example_of_a_write(example):
    assert list(plan_failures(example, MAPPINGS)) == []


def of(provider, model, resource, method):
    return [one.words for one in EXAMPLES if (*one.key, one.words.method) == (provider, model, resource, method)]


@pytest.mark.parametrize(("provider", "model", "resource", "method"), PLANS)
def test_every_step_of_a_plan_has_an_example_in_which_it_runs(provider, model, resource, method):
    mapping = MAPPINGS.resources[provider, model, resource]
    plan = mapping.plans[method]
    ran = {name for one in of(provider, model, resource, method) for name in outcome(one, mapping, plan).ran}
    assert {step.name for step in plan.steps} - ran == set()


@pytest.mark.parametrize(("provider", "model", "resource", "method"), PLANS)
def test_every_attribute_that_a_plan_takes_has_an_example(provider, model, resource, method):
    plan = MAPPINGS.resources[provider, model, resource].plans[method]
    sent = {name for one in of(provider, model, resource, method) if one.calls for name in one.body}
    assert {name for name in plan.attributes if not name.endswith(("_add", "_remove"))} - sent == set()


def test_no_two_examples_of_a_resource_say_the_same():
    said = Counter((*one.key, one.words.says) for one in EXAMPLES)
    assert [key for key, count in said.items() if count > 1] == []


def test_an_example_stands_in_the_file_of_its_resource():
    assert [one for one in EXAMPLES if Path(one.file).stem != one.words.resource] == []


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "mappings")


def found(folder, file, old, new):
    """What is wrong after one edit of a file."""
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return [str(one).removeprefix(f"{folder}/") for one in check(folder).mistakes]


MADE = "{'post': '/labels', 'body': {'title': 'urgent', 'color': '#D9534F', 'description': 'Now'}}"
WRONG = [
    # old, new, what is told of the first example
    (
        "calls: [{ post: /labels,",
        "calls: [{ put: /labels,",
        f"calls[0]: expected {MADE.replace('post', 'put')}, made {MADE}",
    ),
    (
        'calls: [{ post: /labels, body: { title: urgent, color: "#D9534F", description: Now } }]',
        "",
        f"calls: {MADE} is made too",
    ),
    ('made: "65"', 'made: "66"', "made: expected '66', found '65'"),
    ("answers: { label: { id: 65 } }", "answers: { label: { id: 65 }, tag: {} }", "answers.tag: no such step ran"),
]


@pytest.mark.parametrize(
    ("old", "new", "told"), WRONG, ids=["other call", "call too many", "other id", "unused answer"]
)
def test_check_tells_an_example_of_a_write_that_does_not_hold(folder, old, new, told):
    assert found(folder, TAGS, old, new) == [f"{TAGS}:2: tags: {told}"]


def test_check_tells_a_call_that_is_not_made(folder):
    old = "calls: [{ delete: /labels/65 }]"
    told = found(folder, TAGS, old, "calls: [{ delete: /labels/65 }, { delete: /labels/66 }]")
    assert [one.partition(": ")[2] for one in told] == ["tags: calls: {'delete': '/labels/66'} is not made"]


def test_check_tells_a_refusal_that_is_not_expected(folder):
    told = found(folder, USERS, "refused: [roles]", "refused: []")
    assert [one.partition(": ")[2] for one in told] == ["users: refused: expected [], found ['roles']"]


def test_check_tells_a_call_that_has_no_path(folder):
    told = found(folder, TAGS, 'method: delete, id: "65"', "method: delete, id: a/b")
    assert [one.partition(": ")[2] for one in told] == [
        "tags: delete: no such record",
        "tags: calls: {'delete': '/labels/65'} is not made",
    ]


def test_check_tells_a_plan_without_an_example(folder):
    (folder / TAGS).unlink()
    told = [str(one).removeprefix(f"{folder}/") for one in check(folder).mistakes]
    assert told == [
        f"chatwoot/examples/writes:0: ticketing/tags: {method} has no example"
        for method in ("create", "delete", "update")
    ]


def test_check_tells_an_example_of_no_plan(folder):
    told = found(folder, TAGS, "method: delete,", "method: merge,")
    assert "tags: chatwoot has no plan for merge of tags" in told[0]


def test_check_tells_every_mistake_of_a_file_of_examples(folder):
    told = found(folder, TAGS, "  method: create\n", "  methods: create\n")
    assert [one.partition(": ")[2] for one in told] == [
        "[0].method: is missing",
        "[0].methods: is not known here; did you mean method?",
    ]

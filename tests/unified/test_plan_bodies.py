"""What a plan sends: leaves with their nulls and words, the calls in order, and the proof that a note stays one."""

import pytest

from proxy.language.expression import Context, compile_expression
from unified.folders import data_folder
from unified.mapping.load import load_mappings
from unified.mapping.plan import Leaf, each_call, filled, value_of
from unified.mapping.plan_examples import read_plan_examples

FOLDER = data_folder("mappings")
MAPPINGS = load_mappings(FOLDER)


def leaf(text, **words):
    return Leaf(compile_expression(text), **words)


LEAVES = [
    # what is said, the body, what is sent
    ("a null is left out", leaf("name"), {"name": None}, {}),
    ("a null is sent", leaf("name", send_null=True), {}, {"x": None}),
    ("false is sent", leaf("on"), {"on": False}, {"x": False}),
    ("an empty list is sent", leaf("tags"), {"tags": []}, {"x": []}),
    ("an empty object that an expression gives is sent", leaf("`{}`"), {}, {"x": {}}),
    ("what cannot be evaluated is null", leaf("length(not_null(name, 'a'))"), {"name": 5}, {}),
    ("a word is translated", leaf("kind", words={"ticket": "T"}), {"kind": "ticket"}, {"x": "T"}),
    ("a word that the table lacks is left out", leaf("kind", words={"ticket": "T"}), {"kind": "other"}, {}),
    ("given and null is sent", leaf("emails[0].email", given="emails"), {"emails": []}, {"x": None}),
    ("not given is left out", leaf("`1`", given="emails"), {"phones": []}, {}),
    ("added to is given", leaf("tags_add", given="tags"), {"tags_add": [1]}, {"x": [1]}),
]


@pytest.mark.parametrize(("one", "body", "sent"), [one[1:] for one in LEAVES], ids=[one[0] for one in LEAVES])
def test_a_leaf(one, body, sent):
    assert filled({"x": one}, body, Context(body=body)) == sent


def test_objects_that_end_empty_are_left_out_and_lists_stay():
    template = {"a": {"b": {"c": leaf("none")}}, "d": [leaf("none")], "e": {"f": leaf("name")}}
    assert filled(template, {"name": "x"}, Context()) == {"d": [None], "e": {"f": "x"}}


def test_calls_see_what_the_steps_before_them_have_kept():
    plan = MAPPINGS.resources["trengo", "ticketing", "comments"].plans["create"]
    body = {"ticket": {"id": "1"}, "body": "Hi", "is_private": False}
    context = Context(body=body, steps={})
    ran = []
    for step, index, _ in each_call(plan, body, context):
        ran.append((step.name, index))
        context.steps[step.name] = {"id": None}
    assert ran == [("message", None), ("sent", None)]
    context.steps = {}
    for step, *_ in each_call(plan, body, context):
        context.steps[step.name] = {"id": 5}
    assert list(context.steps) == ["message"]


SAYING = [
    (*key, method, step)
    for key, mapping in sorted(MAPPINGS.resources.items())
    for method, plan in mapping.plans.items()
    for step in plan.steps
    if step.says_text
]


def test_every_step_that_says_a_text_is_known():
    assert [(one[0], one[2], one[4].name) for one in SAYING] == [
        ("chatwoot", "comments", "message"),
        ("chatwoot", "tickets", "comment"),
        ("trengo", "comments", "message"),
        ("trengo", "tickets", "comment"),
    ]


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("one", SAYING, ids=[f"{one[0]} {one[2]}" for one in SAYING])
def test_what_a_step_says_is_proved_private_just_where_it_is(one, private):
    step = one[4]
    comment = {"body": "Hi", "is_private": private}
    body = comment if one[2] == "comments" else {"comment": comment}
    context = Context(body=body, steps={})
    sent = filled(step.call.body, body, context)
    assert value_of(step.private, sent, context) is private


@pytest.mark.parametrize("one", SAYING, ids=[f"{one[0]} {one[2]}" for one in SAYING])
@pytest.mark.parametrize("asked", [{}, {"is_private": None}], ids=["absent", "null"])
def test_a_text_whose_privacy_is_not_said_is_sent_as_public(one, asked):
    """The body of a caller always says it; this is what an unsaid one would be."""
    step, comment = one[4], {"body": "Hi", **asked}
    body = comment if one[2] == "comments" else {"comment": comment}
    sent = filled(step.call.body, body, Context(body=body, steps={}))
    assert value_of(step.private, sent, Context()) is False


@pytest.mark.parametrize(("provider", "model", "resource"), sorted(MAPPINGS.resources))
def test_a_step_that_is_not_repeated_has_a_probe_or_is_known_to_have_none(provider, model, resource):
    plans = MAPPINGS.resources[provider, model, resource].plans
    without = {
        (method, step.name) for method, plan in plans.items() for step in plan.steps if not step.safe and not step.probe
    }
    assert without == ({("merge", "merge")} if (provider, resource) == ("trengo", "tickets") else set())


def test_a_probe_keeps_what_later_steps_need_of_its_step():
    for key, mapping in MAPPINGS.resources.items():
        for plan in mapping.plans.values():
            for step in plan.steps:
                assert step.probe is None or set(step.probe.keep) == set(step.keep), (key, step.name)


def test_examples_of_writes_are_found():
    assert len(read_plan_examples(FOLDER, MAPPINGS)) > 100

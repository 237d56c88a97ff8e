"""Privacy fails closed: what is not proved is not sent."""

import pytest

from proxy.errors import PrivateNotProved
from proxy.language.expression import Context, compile_expression
from proxy.provider.template import compile_template
from unified.mapping.plan import Call, Plan, Step
from unified.writing.privacy import private_path, prove_carried, prove_step

CALL = Call("POST", compile_template("/messages"))


def step(private):
    return Step("note", CALL, says_text=True, private=None if private is None else compile_expression(private))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"is_private": True}, "is_private"),
        ({"comment": {"is_private": True}}, "comment.is_private"),
        ({"is_private": False}, None),
        ({"comment": {"is_private": False}}, None),
        ({}, None),
    ],
)
def test_where_a_body_says_that_it_is_private(body, path):
    assert private_path(body) == path


@pytest.mark.parametrize("sent", [{}, {"note": False}, {"note": "true"}, {"note": 1}, {"note": None}, []])
@pytest.mark.parametrize("private", ["note", None])
def test_anything_but_true_is_no_proof(sent, private):
    with pytest.raises(PrivateNotProved):
        prove_step(step(private), sent, {"is_private": True}, Context())


def test_true_is_proof_and_a_public_text_needs_none():
    prove_step(step("note"), {"note": True}, {"is_private": True}, Context())
    prove_step(step(None), {}, {"is_private": False}, Context())


def test_a_plan_that_carries_no_text_proves_nothing():
    plan = Plan("create", (Step("other", CALL),))
    with pytest.raises(PrivateNotProved):
        prove_carried(plan, 0, {"is_private": True})
    prove_carried(plan, 1, {"is_private": True})
    prove_carried(plan, 0, {"is_private": False})

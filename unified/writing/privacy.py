"""Fail-closed privacy: what is meant for agents alone is sent only where the provider's body proves that it stays so.

The body is looked at as it would be sent, after every merge: before the first call of a plan, and again with the bytes
of the step at hand.
"""

from collections.abc import Mapping
from typing import Any

from proxy.errors import FieldError, PrivateNotProved
from proxy.language.expression import Context
from unified.mapping.plan import Plan, Step, value_of

PRIVATE = "is_private"


def private_path(body: Mapping[str, Any]) -> str | None:
    """The attribute by which a body says that its text is for agents alone; null where it says no such thing."""
    if body.get(PRIVATE):
        return PRIVATE
    return next((f"{name}.{PRIVATE}" for name, one in body.items() if isinstance(one, dict) and one.get(PRIVATE)), None)


def prove_step(step: Step, sent: Any, body: Mapping[str, Any], context: Context) -> None:
    """Raises ``PrivateNotProved`` where a step would say a private text in the open."""
    path = private_path(body)
    if path is None or not step.says_text:
        return
    if step.private is None or value_of(step.private, sent, context) is not True:
        raise _not_proved(path)


def prove_carried(plan: Plan, ran: int, body: Mapping[str, Any]) -> None:
    """Raises ``PrivateNotProved`` where no step of the plan is known to carry the private text: ``ran`` do."""
    path = private_path(body)
    if path is not None and ran == 0 and plan.steps:
        raise _not_proved(path)


def _not_proved(path: str) -> PrivateNotProved:
    return PrivateNotProved(
        "the provider call, as it would be sent, does not prove that no customer sees the comment; nothing was sent",
        errors=[FieldError(path, "cannot be proved for what would be sent")],
    )

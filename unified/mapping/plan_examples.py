"""Examples of writes: the calls that a body leads to, worked out without a network; run by ``mappings check``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from proxy.errors import NotFound, Problem
from proxy.language.expression import Context, EvaluationError
from unified.mapping.example_files import example_rows
from unified.mapping.model import Mappings, ResourceMapping
from unified.mapping.plan import Plan, Step, each_call, filled, kept_of, value_of
from unified.mapping.plan_words import PlanExampleWords
from unified.mapping.prepare import (
    changes,
    choose_enums,
    find_in,
    refuse_impossible,
    refuse_unsupported,
    spoken_of,
)

FOLDER = Path("examples") / "writes"
Call = dict[str, Any]


class PlanExample(msgspec.Struct, frozen=True):
    """One example of one write of one provider, and where it stands."""

    provider: str
    file: str
    line: int
    words: PlanExampleWords

    @property
    def key(self) -> tuple[str, str, str]:
        """Provider, model and resource."""
        return self.provider, self.words.model, self.words.resource


class Outcome(msgspec.Struct):
    """What comes of a body: the calls in order, the id of what was made, or the attributes that were refused."""

    ran: list[str] = []
    """The steps of the calls."""
    calls: list[Call] = []
    made: Any = None
    created: Any = None
    refused: list[str] = []
    unused: list[str] = []
    """Answers to steps that did not run."""
    wrong: list[str] = []
    """Calls that could not be made."""


def read_plan_examples(folder: Path, mappings: Mappings) -> list[PlanExample]:
    """Every example of a write below the folder; raises Mistakes for those that cannot be read."""
    return [PlanExample(*one) for one in example_rows(folder, mappings, FOLDER, PlanExampleWords)]


def plan_failures(example: PlanExample, mappings: Mappings) -> Iterator[str]:
    """What is wrong with an example: calls that differ, another id, a refusal that is not expected."""
    mapping = mappings.resources.get(example.key)
    plan = None if mapping is None else mapping.plans.get(example.words.method)
    if mapping is None or plan is None:
        yield f"{example.provider} has no plan for {example.words.method} of {example.words.resource}"
        return
    words, found = example.words, outcome(example.words, mapping, plan)
    yield from found.wrong
    yield from (f"answers.{name}: no such step ran" for name in found.unused)
    wanted = [_shown(one) for one in words.calls]
    for index, (expected, made) in enumerate(zip(wanted, found.calls, strict=False)):
        if expected != made:
            yield f"calls[{index}]: expected {expected!r}, made {made!r}"
    yield from (f"calls: {one!r} is not made" for one in wanted[len(found.calls) :])
    yield from (f"calls: {one!r} is made too" for one in found.calls[len(wanted) :])
    for name in ("made", "created", "refused"):
        if getattr(words, name) != getattr(found, name):
            yield f"{name}: expected {getattr(words, name)!r}, found {getattr(found, name)!r}"


def outcome(words: PlanExampleWords, mapping: ResourceMapping, plan: Plan) -> Outcome:
    """What comes of the body of an example."""
    context = Context(connection=words.connection, id=words.id, now=words.now, steps={})
    try:
        body = _prepared(words, mapping, plan, context)
    except Problem as problem:
        return Outcome(refused=[one.path for one in problem.errors] or [problem.code])
    return _carried_out(words, plan, body, context)


def _prepared(words: PlanExampleWords, mapping: ResourceMapping, plan: Plan, context: Context) -> dict[str, Any]:
    refuse_unsupported(mapping, plan, words.body)
    files = [{"file_name": name, "content_type": "application/octet-stream", "size": 1} for name in words.files]
    body = choose_enums(mapping, {**words.body, "attachments": files} if files else words.body, words.now)
    for reference in mapping.references:
        rows = words.lists.get(reference.list, [])
        for name in spoken_of(reference, body):
            body[name] = find_in(reference, name, body[name], words.now, rows)
    context.body, context.sets = body, changes(body, words.now)
    refuse_impossible(plan, body, context)
    return body


def _carried_out(words: PlanExampleWords, plan: Plan, body: dict[str, Any], context: Context) -> Outcome:
    found = Outcome(unused=list(words.answers))
    steps: dict[str, Any] = {}
    context.steps = steps
    for step, index, element in each_call(plan, body, context):
        context.each = element
        found.ran.append(step.name)
        try:
            found.calls.append(_call(step, index, words, body, context))
        except (NotFound, EvaluationError) as error:
            found.wrong.append(f"{step.name}: {error}")
        kept = kept_of(step.keep, _answer(words.answers.get(step.name), index), context)
        if index is None:
            steps[step.name] = kept
        else:
            steps.setdefault(step.name, []).append(kept)
        found.unused = [name for name in found.unused if name != step.name]
    context.each = None
    found.made = _id(plan, body, context)
    found.created = None if plan.created is None else value_of(plan.created, body, context)
    return found


def _answer(answer: Any, index: int | None) -> Any:
    if index is None or not isinstance(answer, list):
        return answer
    return answer[index] if index < len(answer) else None


def _call(step: Step, index: int | None, words: PlanExampleWords, body: dict[str, Any], context: Context) -> Call:
    call = step.call
    made: Call = {call.method.lower(): call.path.fill(context, body)}
    if call.query:
        made["query"] = {name: value_of(one, body, context) for name, one in call.query.items()}
    if call.body is not None:
        made["body"] = filled(call.body, body, context)
    if step.files is not None and words.files:
        made["files"] = words.files if index is None else [words.files[index]]
    return _said(made)


def _shown(words: msgspec.Struct) -> Call:
    return _said(msgspec.structs.asdict(words))


def _said(call: Call) -> Call:
    """A call without what says nothing."""
    return {name: value for name, value in call.items() if value not in (None, [], {})}


def _id(plan: Plan, body: dict[str, Any], context: Context) -> Any:
    if plan.id is None:
        return None
    if isinstance(plan.id, Mapping):
        return {name: value_of(one, body, context) for name, one in plan.id.items()}
    found = value_of(plan.id, body, context)
    return None if found is None else str(found)

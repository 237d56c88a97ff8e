"""Tells the calls that a write would make, without making any that changes something."""

from collections.abc import Iterator, Mapping
from typing import Any

from proxy.language.expression import Context
from proxy.provider.template import PathTemplate, segment
from unified.mapping.plan import Step, each_call, kept_of, value_of
from unified.upstream import Upstream, json_payload
from unified.writing.privacy import prove_carried, prove_step
from unified.writing.run import Work, sent_body


async def planned_calls(work: Work, upstream: Upstream) -> list[dict[str, Any]]:
    """Method, path, query and body of each call in order; reads are made, what only a step can tell is ``{"from"}``."""
    told = []
    work.context.steps = {}
    for step, index, element in each_call(work.plan, work.body, work.context):
        work.context.each = element
        call = step.call
        path = shown_path(call.path, work.body, work.context)
        query = {name: value_of(one, work.body, work.context) for name, one in call.query.items()}
        kept = stand_ins(step)
        if step.reads and "{" not in path:
            pairs = [(name, str(value)) for name, value in query.items()]
            sent = None if call.body is None else json_payload(sent_body(step, work))
            answer = await upstream.send(
                call.method, path, at_base=call.path.at_base, query=pairs, payload=sent, safe=True
            )
            kept = kept_of(step.keep, answer.body, work.context)
        work.context.steps[step.name] = kept
        said: dict[str, Any] = {
            "name": step.name if index is None else f"{step.name}:{index}",
            "method": call.method,
            "path": path,
        }
        if query:
            said["query"] = query
        if call.body is not None or (step.main and work.remote_data):
            said["body"] = sent_body(step, work)
        if step.files is not None and work.files:
            said["files"] = [file.told() for file in (work.files if index is None else (work.files[index],))]
        told.append(said)
    work.context.each = None
    work.context.steps = None
    return told


def check_privacy(work: Work) -> None:
    """Proves before the first call that a private text stays private; raises ``PrivateNotProved``."""
    work.context.steps = {}
    carrying = 0
    for step, _, element in each_call(work.plan, work.body, work.context):
        work.context.each = element
        prove_step(step, sent_body(step, work), work.body, work.context)
        carrying += step.says_text
        work.context.steps[step.name] = stand_ins(step)
    work.context.each = None
    work.context.steps = None
    prove_carried(work.plan, carrying, work.body)


def stand_ins(step: Step) -> dict[str, Any]:
    """What stands in for the values that a step keeps, as long as it has not run."""
    return {name: {"from": f"{step.name}.{name}"} for name in step.keep}


def shown_path(path: PathTemplate, body: Mapping[str, Any], context: Context) -> str:
    """The path with ``{ticket.id}`` where a value is not known yet; raises NotFound for the id of no record."""
    return "".join(_pieces(path, body, context))


def _pieces(path: PathTemplate, body: Mapping[str, Any], context: Context) -> Iterator[str]:
    yield path.literals[0]
    for expression, literal in zip(path.expressions, path.literals[1:], strict=True):
        value = value_of(expression, body, context)
        known = not (isinstance(value, dict) and "from" in value)
        yield segment(value) if known else f"{{{value['from']}}}"
        yield literal

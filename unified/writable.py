"""What a provider takes in a write, told from its plan: for ``meta``, the capabilities and ``docs/coverage.md``."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from proxy.language.expression import Context
from unified.mapping.model import EnumTable, ResourceMapping
from unified.mapping.plan import Need, Plan, Step, value_of
from unified.mapping.plan_facts import fewest_calls, is_atomic, most_calls, plain_words, replaced_sets
from unified.schemas.resources import Resource

Told = dict[str, Any]
SHOWN = ("id", "name", "category")
"""The columns of an enum table by which a caller may choose a value."""
ADDITIONS = ("_add", "_remove")
READ_ONLY = "It is read, never written."


def write_meta(mapping: ResourceMapping, method: str, connection: Mapping[str, Any]) -> Told:
    """What a write takes and needs, and how it is carried out; ``connection`` may stand in for what is needed."""
    plan = mapping.plans[method]
    return {
        "attributes": {name: _attribute(mapping, plan, name) for name in body_attributes(mapping.resource, method)}
        | {name: _read_only() for name in _never_written(mapping.resource, method)},
        "required": [{"one_of": one_of, "detail": detail} for one_of, detail in needs(mapping, plan, connection)],
        "refused": [{"path": one.path, "detail": one.detail} for one in plan.refusals],
        "files": takes_files(plan),
        "remote_data": any(step.main for step in plan.steps),
        "steps": [_step(step) for step in plan.steps],
        "calls": {"at_least": fewest_calls(plan), "at_most": most_calls(plan)},
        "atomic": is_atomic(plan),
        "replaced_sets": replaced_sets(plan),
    }


def write_capability(mapping: ResourceMapping, method: str) -> Told:
    """A write in short."""
    plan = mapping.plans[method]
    accepted = [name for name in body_attributes(mapping.resource, method) if name in plan.attributes]
    return {"attributes": accepted, "files": takes_files(plan), "atomic": is_atomic(plan)}


def why_not(mapping: ResourceMapping, plan: Plan, name: str) -> str:
    """Why the provider cannot set an attribute of the body."""
    base = next((name.removesuffix(end) for end in ADDITIONS if name.endswith(end)), name)
    label = mapping.provider.words.label
    return mapping.unsupported.get(base, f"{label} cannot set it by {plan.method}")


def needs(mapping: ResourceMapping, plan: Plan, connection: Mapping[str, Any]) -> Iterator[tuple[list[str], str]]:
    """What a body must have: attributes of which one must be there, and why."""
    body = _body(mapping.resource, plan.method)
    for name in () if body is None else required_of(body):
        yield [name], f"{name} is needed in every body"
    for need in plan.needs:
        if not _stands_in(need, connection):
            yield need.paths, need.detail


def takes_files(plan: Plan) -> bool:
    """Whether a write may bring files."""
    return any(step.files for step in plan.steps)


def body_attributes(resource: Resource, method: str) -> tuple[str, ...]:
    """The attributes of a method's body, as the vocabulary has them; none where there is no body."""
    body = _body(resource, method)
    names = () if body is None else body.__struct_encode_fields__
    return tuple(name for name in names if name != "remote_data")


def required_of(body: type[Struct]) -> list[str]:
    """The attributes that every body has, whoever the provider."""
    return [one.encode_name for one in msgspec.structs.fields(body) if one.required]


def _body(resource: Resource, method: str) -> type[Struct] | None:
    return None if resource.writes is None else resource.writes.body(method)


def _never_written(resource: Resource, method: str) -> list[str]:
    """Attributes of the record that a body of this method does not have."""
    taken = body_attributes(resource, method)
    return [name for name in resource.attributes if name not in taken] if taken else []


def _read_only() -> Told:
    return {"supported": False, "reason": READ_ONLY}


def _attribute(mapping: ResourceMapping, plan: Plan, name: str) -> Told:
    if name not in plan.attributes:
        return {"supported": False, "reason": why_not(mapping, plan, name)}
    body = _body(mapping.resource, plan.method)
    told: Told = {"supported": True, "reason": None}
    if body is not None:
        told |= {"required": name in required_of(body), "schema": attribute_schemas(body)[name]}
    if name in mapping.enums:
        return told | _choices(mapping.enums[name])
    words = plain_words(plan).get(name)
    return (
        told if words is None else told | {"values": [{"name": ours, "id": theirs} for ours, theirs in words.items()]}
    )


def _choices(table: EnumTable) -> Told:
    """The values of an attribute that is chosen by id, name or category."""
    rows = [{"id": word, **{key: row[key] for key in SHOWN if key in row}} for word, row in table.rows.items()]
    return {"values": rows, "categories": dict(table.write)} if table.write else {"values": rows}


def _step(step: Step) -> Told:
    return {
        "name": step.name,
        "method": step.call.method,
        "given": list(step.given),
        "conditional": step.when is not None,
        "for_each": step.each is not None,
    }


def _stands_in(need: Need, connection: Mapping[str, Any]) -> bool:
    """Whether the account's connection gives what a body would have to say."""
    context = Context(connection=connection)
    return any(value_of(one, {}, context) is not None for one in need.one_of if one.text not in need.paths)


@cache
def attribute_schemas(body: type[Struct]) -> Mapping[str, Told]:
    """JSON Schema of each attribute of a body, whole in itself."""
    _, parts = msgspec.json.schema_components([body], ref_template="{name}")
    properties: dict[str, Told] = parts[body.__name__]["properties"]
    return {name: _inlined(schema, parts) for name, schema in properties.items()}


def _inlined(schema: Any, parts: Mapping[str, Told]) -> Any:
    if isinstance(schema, list):
        return [_inlined(one, parts) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"]], parts)
    return {name: _inlined(one, parts) for name, one in schema.items()}

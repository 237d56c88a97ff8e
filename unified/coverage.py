"""``docs/coverage.md``: what each provider can say and do, written from the mapping files."""

from collections.abc import Iterator
from pathlib import Path

from unified.capabilities import HOW
from unified.folders import HERE
from unified.mapping.model import Mappings, ResourceMapping
from unified.mapping.plan import Plan
from unified.mapping.plan_facts import fewest_calls, is_atomic, most_calls, replaced_sets
from unified.schemas.resources import RESOURCES, Resource
from unified.writable import body_attributes, needs, why_not

HEAD = """# Coverage

What each provider can say and do, by resource. Written from `mappings/` by `interline mappings coverage`; do not edit.

- **narrowed**: the provider is asked for at least the wanted rows, and every record is tested.
- **scan**: pages are read and tested, at most ten provider calls a request.
- **local**: the whole list is read and tested here.
- Any other filter or sort is refused with `unsupported-filter`.
- **create**, **update**, **merge**, **delete**: what a body may have. Anything else is `unsupported-attribute`.
- **calls** are those that change something. **All or nothing** is a write of one call that replaces no set as a whole;
  any other can end half-way, and is continued with its idempotency key.
"""
BAR = "\\|"
"""A bar within a cell."""
BREAK = "<br>"
"""A new line within a cell."""


def coverage_file() -> Path:
    """Where the page is committed."""
    return HERE.parent / "docs" / "coverage.md"


def coverage(mappings: Mappings) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for resource in RESOURCES for line in _resource(resource, mappings))])


def _resource(resource: Resource, mappings: Mappings) -> Iterator[str]:
    found = {name: mappings.resources.get((name, *resource.key)) for name in mappings.providers}
    labels = [mappings.providers[name].words.label for name in found]
    yield f"## {resource.model}: {resource.name}"
    yield ""
    yield from _table(["", *labels], [["methods", *(_methods(one) for one in found.values())]])
    rows = [[f"`{name}`", *(_attribute(one, name) for one in found.values())] for name in resource.attributes]
    yield from _table(["attribute", *labels], rows)
    filters = [
        [f"`{one.name}`", *(_filter(mapping, one.name) for mapping in found.values())] for one in resource.filters
    ]
    if filters:
        yield from _table(["filter", *labels], filters)
    if resource.sorts:
        yield from _table(
            ["sort", *labels], [[f"`{name}`", *(_sort(one, name) for one in found.values())] for name in resource.sorts]
        )

    for method in resource.writes.methods if resource.writes else ():
        plans = [None if one is None else one.plans.get(method) for one in found.values()]
        if any(plans):
            columns = [_write(one, resource, method) for one in found.values()]
            yield from _table(
                [method, *labels], [list(row) for row in zip(_rows(resource, method), *columns, strict=True)]
            )


def _rows(resource: Resource, method: str) -> list[str]:
    return [
        "calls",
        "all or nothing",
        "needed",
        "refused",
        *(f"`{name}`" for name in body_attributes(resource, method)),
    ]


def _write(mapping: ResourceMapping | None, resource: Resource, method: str) -> list[str]:
    """The column of a provider in the table of a write."""
    plan = None if mapping is None else mapping.plans.get(method)
    if mapping is None or plan is None:
        return ["no"] * len(_rows(resource, method))
    return [
        _calls(plan),
        "yes" if is_atomic(plan) else f"no: {_why_not_atomic(plan)}",
        BREAK.join(detail for _, detail in needs(mapping, plan, {})) or "nothing",
        BREAK.join(f"`{one.path}`: {one.detail}" for one in plan.refusals) or "nothing",
        *(_writable(mapping, plan, name) for name in body_attributes(resource, method)),
    ]


def _writable(mapping: ResourceMapping, plan: Plan, name: str) -> str:
    return "yes" if name in plan.attributes else f"no: {why_not(mapping, plan, name)}"


def _calls(plan: Plan) -> str:
    fewest, most = fewest_calls(plan), most_calls(plan)
    if most is None:
        return f"{fewest} or more"
    return str(most) if fewest == most else f"{fewest} to {most}"


def _why_not_atomic(plan: Plan) -> str:
    replaced = ", ".join(f"`{name}`" for name in replaced_sets(plan))
    return f"replaces {replaced} as a whole" if replaced else "several calls"


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |"
    yield ""


def _methods(mapping: ResourceMapping | None) -> str:
    return "none" if mapping is None else ", ".join(mapping.methods) or "none"


def _attribute(mapping: ResourceMapping | None, name: str) -> str:
    if mapping is None:
        return "no"
    return f"no: {mapping.unsupported[name]}" if name in mapping.unsupported else "yes"


def _filter(mapping: ResourceMapping | None, name: str) -> str:
    if mapping is None or name not in mapping.filters:
        known = None if mapping is None else mapping.resource.filter(name)
        attribute = known.paths[0].partition(".")[0] if known and known.paths else ""
        reason = "" if mapping is None else mapping.unsupported.get(attribute, "")
        return f"refused: {reason}" if reason else "refused"
    how = HOW[mapping.filters[name]]
    return f"{how} from {mapping.since[name]} on, before that scan" if name in mapping.since else how


def _why_no_order(mapping: ResourceMapping | None, name: str) -> str:
    attribute = name.removeprefix("-")
    known = None if mapping is None else mapping.unsupported.get(attribute)
    return known or "the provider has no such order, and the list is not read whole"


def _sort(mapping: ResourceMapping | None, name: str) -> str:
    if mapping is None or name not in mapping.sorts:
        return f"refused: {_why_no_order(mapping, name)}"
    return "local" if any(name in plan.local_sorts for plan in mapping.lists) else "the provider's"

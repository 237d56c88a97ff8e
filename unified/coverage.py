"""``docs/coverage.md``: what each provider can say and do, written from the mapping files."""

from collections.abc import Iterator
from pathlib import Path

from unified.capabilities import HOW
from unified.folders import HERE
from unified.mapping.model import Mappings, ResourceMapping
from unified.schemas.resources import RESOURCES, Resource

HEAD = """# Coverage

What each provider can say and do, by resource. Written from `mappings/` by `interline mappings coverage`; do not edit.

- **narrowed**: the provider is asked for at least the wanted rows, and every record is tested.
- **scan**: pages are read and tested, at most ten provider calls a request.
- **local**: the whole list is read and tested here.
- Any other filter or sort is refused with `unsupported-filter`.
"""


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


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
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

"""Finds the references of a body in the provider's small lists, which are read before anything is changed."""

from collections.abc import Mapping
from typing import Any

from proxy.errors import ReferenceNotFound
from unified.mapping.model import Reference, ResourceMapping
from unified.mapping.prepare import Body, find_in, spoken_of
from unified.references import SmallLists
from unified.upstream import Upstream


async def find_references(
    mapping: ResourceMapping, body: Body, now: Mapping[str, Any] | None, upstream: Upstream, lists: SmallLists
) -> Body:
    """The body with each reference complete; raises ``ReferenceNotFound``, and what reading a list raises."""
    found = dict(body)
    for reference in mapping.references:
        for name in spoken_of(reference, body):
            found[name] = await _found(reference, name, body[name], now, upstream, lists)
    return found


async def _found(
    reference: Reference,
    name: str,
    given: Any,
    now: Mapping[str, Any] | None,
    upstream: Upstream,
    lists: SmallLists,
) -> Any:
    asked_at = lists.now()
    rows = await lists.get(upstream.account.id, reference.list, upstream.small_list)
    try:
        return find_in(reference, name, given, now, rows.rows)
    except ReferenceNotFound:
        if rows.read_at >= asked_at:
            raise
    rows = await lists.get(upstream.account.id, reference.list, upstream.small_list, newer_than=rows.read_at)
    return find_in(reference, name, given, now, rows.rows)

"""Finds out whether a step that must not be repeated arrived: by a list that would show its effect."""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import json

from proxy.errors import Problem
from proxy.language.expression import Context
from unified.mapping.plan import Probe, filled, value_of
from unified.upstream import Upstream, json_payload


async def matching_rows(probe: Probe, body: Mapping[str, Any], context: Context, upstream: Upstream) -> dict[str, Any]:
    """The rows that look like the step's effect, by id; raises what the call raises."""
    call = probe.call
    payload = None if call.body is None else json_payload(filled(call.body, body, context))
    query = [(name, str(value_of(one, body, context))) for name, one in call.query.items()]
    path = call.path.fill(context, body)
    answer = await upstream.send(call.method, path, at_base=call.path.at_base, query=query, payload=payload, safe=True)
    items = value_of(probe.items, answer.body, context)
    rows = items if isinstance(items, list) else []
    wanted = [(theirs, value_of(ours, body, context)) for theirs, ours in probe.same]
    return {
        str(value_of(probe.id, row, context)): row
        for row in rows
        if all(_same(value_of(theirs, row, context), value) for theirs, value in wanted)
    }


async def effect_of(
    probe: Probe, before: Collection[str], body: Mapping[str, Any], context: Context, upstream: Upstream
) -> list[Any] | None:
    """The rows that were not there before the step; null where the provider cannot be asked."""
    try:
        rows = await matching_rows(probe, body, context, upstream)
    except Problem:
        return None
    return [row for key, row in rows.items() if key not in before]


def _same(theirs: Any, ours: Any) -> bool:
    """Equal as texts: ids are numbers there and texts here, and nothing is an empty text."""
    return _text(theirs) == _text(ours)


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    return str(value).strip() if isinstance(value, str | int) else json.encode(value).decode()

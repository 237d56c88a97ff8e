"""Reports of version 2: series and sums of one metric after another, and the live counts."""

from collections.abc import Iterable
from typing import Any

from sandbox.chatwoot import events
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import INCOMING, OUTGOING, Conversation, Json, User
from sandbox.chatwoot.params import blank, page_number
from sandbox.chatwoot.periods import GROUPS, Range, asked_range, before, begin, mean, offset_of, starts
from sandbox.chatwoot.report_scope import Scope, of_agent, scope_of
from sandbox.http import Response, json_response

PAGE = 25
AVERAGES = {
    "avg_first_response_time": events.FIRST_RESPONSE,
    "avg_resolution_time": events.RESOLVED,
    "reply_time": events.REPLY_TIME,
}
"""Metrics that are means of the seconds of an event."""
COUNTS = (
    *("conversations_count", "incoming_messages_count", "outgoing_messages_count", "resolutions_count"),
    *("bot_resolutions_count", "bot_handoffs_count"),
)
SUMMARY = (*COUNTS[:3], *("avg_first_response_time", "avg_resolution_time", "resolutions_count", "reply_time"))
UNPROCESSABLE = Response(422, b"", (("content-type", "text/html"),))
Point = tuple[int, float]
"""A moment, and the seconds that are averaged there."""


def series(call: Call) -> Response:
    """GET /reports: one metric by period; an unknown metric is an empty object."""
    metric, params = str(call.params.get("metric")), call.params
    scope = _scope(call)
    if metric not in AVERAGES and metric not in COUNTS:
        return json_response({})
    wanted = asked_range(params)
    group = params.get("group_by") if params.get("group_by") in GROUPS else GROUPS[0]
    offset = offset_of(params.get("timezone_offset"))
    if wanted is None:
        return json_response([])
    grouped: dict[int, list[float]] = {start: [] for start in starts(wanted, str(group), offset)}
    for time, value in _points(scope, metric, wanted):
        grouped.setdefault(begin(time, str(group), offset), []).append(value)
    return json_response([_row(metric, start, values) for start, values in grouped.items()])


def summary(call: Call) -> Response:
    """GET /reports/summary: every metric, and the same of the stretch before."""
    scope, wanted = _scope(call), asked_range(call.params)
    return json_response({**_summary(scope, wanted), "previous": _summary(scope, before(wanted))})


def live(call: Call) -> Response:
    """GET /reports/conversations: open ones of the account, or of every agent, busiest first."""
    kind = call.params.get("type")
    if blank(kind):
        return UNPROCESSABLE
    if kind == "account":
        return json_response(_live(call.state.conversations.values(), account=True))
    start = (page_number(call.params) - 1) * PAGE
    people = list(call.state.users.values())[start : start + PAGE]
    rows = [_agent_row(one, of_agent(call.state, one.id)) for one in people]
    return json_response(sorted(rows, key=lambda row: int(row["metric"]["open"]))[::-1])


def _scope(call: Call) -> Scope:
    kind = call.params.get("type")
    if not isinstance(kind, str):
        raise Crash
    return scope_of(call, kind or "account", call.params.get("id"))


def _summary(scope: Scope, wanted: Range | None) -> Json:
    return {metric: _sum(scope, metric, wanted) for metric in SUMMARY}


def _sum(scope: Scope, metric: str, wanted: Range | None) -> float | int | None:
    values = [] if wanted is None else [value for _, value in _points(scope, metric, wanted)]
    return mean(values) if metric in AVERAGES else len(values)


def _points(scope: Scope, metric: str, wanted: Range) -> list[Point]:
    return [point for point in _all_points(scope, metric) if wanted.holds(point[0])]


def _all_points(scope: Scope, metric: str) -> list[Point]:
    if metric == "conversations_count":
        return [(one.created, 1) for one in scope.conversations]
    kinds = {"incoming_messages_count": INCOMING, "outgoing_messages_count": OUTGOING}
    if metric in kinds:
        return [(one.created, 1) for one in scope.messages if one.kind == kinds[metric]]
    name = AVERAGES.get(metric) or {"resolutions_count": events.RESOLVED}.get(metric)
    return [(one.end, one.value) for one in scope.events if one.name == name]


def _row(metric: str, start: int, values: list[float]) -> Json:
    if metric in AVERAGES:
        return {"value": mean(values) or 0, "timestamp": start, "count": len(values)}
    return {"value": len(values), "timestamp": start}


def _live(rows: Iterable[Conversation], *, account: bool) -> dict[str, Any]:
    known = list(rows)
    unresolved = [one for one in known if one.status == "open"]
    metric: Json = {
        "open": len(unresolved),
        "unattended": sum(1 for one in unresolved if one.first_reply is None or one.waiting_since is not None),
    }
    if account:
        metric["unassigned"] = sum(1 for one in unresolved if one.assignee_id is None)
        # The pending are looked for among the open: always none.
        metric["pending"] = 0
    return metric


def _agent_row(one: User, scope: Scope) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "thumbnail": "",
        "availability": one.availability,
        "metric": _live(scope.conversations, account=False),
    }

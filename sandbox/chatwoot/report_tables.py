"""Reports that are tables: by agent, team, inbox and channel, response times, labels by inbox, messages sent."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.chatwoot import errors, events
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import DAY
from sandbox.chatwoot.events import Event, all_events
from sandbox.chatwoot.model import OUTGOING, Conversation, Json, Message
from sandbox.chatwoot.params import to_i
from sandbox.chatwoot.periods import asked_range, mean
from sandbox.chatwoot.render_conversations import shown_labels
from sandbox.chatwoot.reports import UNPROCESSABLE
from sandbox.chatwoot.state import State
from sandbox.http import Response, json_response

LONGEST = 184 * DAY
"""Six months."""
BUCKETS = (("0-1h", 3600), ("1-4h", 14_400), ("4-8h", 28_800), ("8-24h", 86_400), ("24h+", float("inf")))
STATUSES = ("open", "resolved", "pending", "snoozed")
Key = Callable[[Conversation], int | None]


def by_agent(call: Call) -> Response:
    """GET /summary_reports/agent."""
    return _summary(call, list(call.state.users), lambda one: one.assignee_id)


def by_team(call: Call) -> Response:
    """GET /summary_reports/team."""
    return _summary(call, list(call.state.teams), lambda one: one.team_id)


def by_inbox(call: Call) -> Response:
    """GET /summary_reports/inbox."""
    return _summary(call, list(call.state.inboxes), lambda one: one.inbox_id)


def by_channel(call: Call) -> Response:
    """GET /summary_reports/channel: statuses by kind of channel, of at most six months."""
    wanted = asked_range(call.params)
    if wanted is not None and wanted.until - wanted.since > LONGEST:
        raise errors.unprocessable("Date range cannot exceed 6 months")
    table: dict[str, Counter[str]] = {}
    for one in _made(call):
        table.setdefault(call.state.inboxes[one.inbox_id].channel_type, Counter())[one.status] += 1
    rows = {
        kind: {**{status: counts[status] for status in STATUSES}, "total": counts.total()}
        for kind, counts in table.items()
    }
    return json_response(rows)


def response_times(call: Call) -> Response:
    """GET /reports/first_response_time_distribution: without dates, of all time."""
    wanted = asked_range(call.params)
    table: dict[str, dict[str, int]] = {}
    for one in all_events(call.state):
        if one.name != events.FIRST_RESPONSE or (wanted is not None and not wanted.holds(one.end)):
            continue
        kind = call.state.inboxes[one.conversation.inbox_id].channel_type
        row = table.setdefault(kind, dict.fromkeys((name for name, _ in BUCKETS), 0))
        row[next(name for name, most in BUCKETS if one.value < most)] += 1
    return json_response(table)


def labels_by_inbox(call: Call) -> Response:
    """GET /reports/inbox_label_matrix: a row for each inbox, a column for each label."""
    state, wanted = call.state, asked_range(call.params)
    inbox_ids, label_ids = _ids(call.params.get("inbox_ids")), _ids(call.params.get("label_ids"))
    inboxes = [one for one in state.inboxes.values() if not inbox_ids or one.id in inbox_ids]
    labels = [one for one in state.labels.values() if not label_ids or one.id in label_ids]
    inboxes.sort(key=lambda one: one.name)
    labels.sort(key=lambda one: one.title)
    counts: Counter[tuple[int, str]] = Counter()
    for one in state.conversations.values():
        if wanted is None or wanted.holds(one.created):
            counts.update((one.inbox_id, label) for label in shown_labels(one.labels))
    shown: Json = {
        "inboxes": [{"id": one.id, "name": one.name} for one in inboxes],
        "labels": [{"id": one.id, "title": one.title} for one in labels],
        "matrix": [[counts[inbox.id, label.title] for label in labels] for inbox in inboxes],
    }
    return json_response(shown)


def messages_sent(call: Call) -> Response:
    """GET /reports/outgoing_messages_count, by agent, team, inbox or label."""
    keys = GROUPED.get(str(call.params.get("group_by")))
    if keys is None:
        return UNPROCESSABLE
    wanted, counts = asked_range(call.params), Counter[Any]()
    for conversation in call.state.conversations.values():
        for message in conversation.messages:
            if message.kind == OUTGOING and wanted is not None and wanted.holds(message.created):
                counts.update(keys(conversation, message))
    name = NAMED[str(call.params["group_by"])]
    rows = [{**name(call.state, key), "outgoing_messages_count": count} for key, count in sorted(counts.items())]
    return json_response(rows)


def _summary(call: Call, ids: list[int], key: Key) -> Response:
    wanted = asked_range(call.params)
    made = Counter(key(one) for one in _made(call))
    happened: dict[int | None, list[Event]] = {}
    for one in all_events(call.state):
        if wanted is not None and wanted.holds(one.end):
            happened.setdefault(key(one.conversation), []).append(one)
    return json_response([_row(number, made[number], happened.get(number, [])) for number in ids])


def _row(number: int, made: int, happened: list[Event]) -> Json:
    def average(name: str) -> float | None:
        return mean(one.value for one in happened if one.name == name)

    return {
        "id": number,
        "conversations_count": made,
        "resolved_conversations_count": sum(1 for one in happened if one.name == events.RESOLVED),
        "avg_resolution_time": average(events.RESOLVED),
        "avg_first_response_time": average(events.FIRST_RESPONSE),
        "avg_reply_time": average(events.REPLY_TIME),
    }


def _made(call: Call) -> list[Conversation]:
    """Without dates none: the query then asks for conversations without a date of creation."""
    wanted = asked_range(call.params)
    rows = call.state.conversations.values()
    return [] if wanted is None else [one for one in rows if wanted.holds(one.created)]


def _ids(given: Any) -> set[int]:
    return {to_i(one) for one in given} if isinstance(given, list) else {to_i(given)} if given else set()


def _agent(_conversation: Conversation, message: Message) -> list[Any]:
    return [message.sender[1]] if message.sender and message.sender[0] == "User" else []


def _user_name(state: State, key: int) -> Json:
    return {"id": key, "name": state.users[key].name if key in state.users else None}


def _label_name(state: State, key: str) -> Json:
    return {"id": next((one.id for one in state.labels.values() if one.title == key), None), "name": key}


GROUPED: dict[str, Callable[[Conversation, Message], list[Any]]] = {
    "agent": _agent,
    "team": lambda conversation, _message: [] if conversation.team_id is None else [conversation.team_id],
    "inbox": lambda conversation, _message: [conversation.inbox_id],
    "label": lambda conversation, _message: shown_labels(conversation.labels),
}
NAMED: dict[str, Callable[[State, Any], Json]] = {
    "agent": _user_name,
    "team": lambda state, key: {"id": key, "name": state.teams[key].name if key in state.teams else None},
    "inbox": lambda state, key: {"id": key, "name": state.inboxes[key].name},
    "label": _label_name,
}

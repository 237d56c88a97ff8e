"""The conversation list's filters, counts and orders."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot.access import Viewer
from sandbox.chatwoot.clock import SECOND
from sandbox.chatwoot.model import INCOMING, OUTGOING, PRIORITIES, STATUSES, Conversation, Json
from sandbox.chatwoot.params import Params, page_number, to_i
from sandbox.chatwoot.state import State

PAGE = 25
Order = Callable[[Conversation], Any]


def _last_activity(one: Conversation) -> Any:
    return (one.last_activity, one.id)


def _created(one: Conversation) -> Any:
    return (one.created, one.id)


def _priority(sign: int) -> Order:
    return lambda one: (
        one.priority is None,
        sign * PRIORITIES.index(one.priority) if one.priority else 0,
        -one.last_activity,
        -one.id,
    )


def _waiting(sign: int) -> Order:
    return lambda one: (one.waiting_since is None, sign * (one.waiting_since or 0), one.created, one.id)


SORTS: dict[str, tuple[Order, bool]] = {
    "last_activity_at_asc": (_last_activity, False),
    "last_activity_at_desc": (_last_activity, True),
    "created_at_asc": (_created, False),
    "created_at_desc": (_created, True),
    "priority_asc": (_priority(1), False),
    "priority_desc": (_priority(-1), False),
    "waiting_since_asc": (_waiting(1), False),
    "waiting_since_desc": (_waiting(-1), False),
    "latest": (_last_activity, True),
    "sort_on_created_at": (_created, False),
    "sort_on_priority": (_priority(-1), False),
    "sort_on_waiting_since": (_waiting(1), False),
}
"""Name to key and whether it is reversed; the last four are old names that still work."""
NEWEST = SORTS["last_activity_at_desc"]


@dataclass(frozen=True, slots=True)
class Found:
    """A list in its order, and the counts taken before the assignee filter."""

    ids: list[int]
    counts: Json

    def page(self, number: int) -> list[int]:
        """One page of it."""
        return self.ids[(number - 1) * PAGE : number * PAGE]


def find(state: State, viewer: Viewer, params: Params) -> Found:
    """The conversations a list request means, remembered until the next change."""
    key = (viewer.id, repr(sorted((name, value) for name, value in params.items() if name != "page")))
    if params.get("q") is not None:
        return _search(state, viewer, params)
    found: Found | None = state.memo.get(key)
    return found or state.remember(key, _find(state, viewer, params))


def counts(viewer: Viewer, rows: list[Conversation]) -> Json:
    """The four counts; a conversation of a bot counts as unassigned."""
    mine = sum(1 for one in rows if one.assignee_id == viewer.id)
    unassigned = sum(1 for one in rows if one.assignee_id is None)
    return {
        "mine_count": mine,
        "assigned_count": len(rows) - unassigned,
        "unassigned_count": unassigned,
        "all_count": len(rows),
    }


def ordered(params: Params, rows: list[Conversation]) -> list[Conversation]:
    """Sorted as asked; an unknown word means newest activity first."""
    key, reverse = SORTS.get(str(params.get("sort_by")), NEWEST)
    return sorted(rows, key=key, reverse=reverse)


def _find(state: State, viewer: Viewer, params: Params) -> Found:
    rows = _narrowed(state, viewer, params, _status(params))
    counted = counts(viewer, rows)
    return Found([one.id for one in ordered(params, _by_assignee(viewer, params, rows))], counted)


def _search(state: State, viewer: Viewer, params: Params) -> Found:
    """``q`` looks in all statuses; its counts are the page's, as the relation is already limited when counted."""
    wanted = str(params["q"]).lower()
    rows = [one for one in _narrowed(state, viewer, params, None) if _says(one, wanted)]
    rows = ordered(params, _by_assignee(viewer, params, rows))
    start = (page_number(params) - 1) * PAGE
    return Found([one.id for one in rows], counts(viewer, rows[start : start + PAGE]))


def _status(params: Params) -> set[str] | None:
    asked = params.get("status")
    if asked == "all":
        return None
    if asked is None:
        return {"open"}
    if str(asked).isdecimal() and int(asked) < len(STATUSES):
        return {STATUSES[int(asked)]}
    # A word the enum does not know becomes IS NULL: nothing, silently.
    return {asked} if asked in STATUSES else set()


def _narrowed(state: State, viewer: Viewer, params: Params, statuses: set[str] | None) -> list[Conversation]:
    tests: list[Callable[[Conversation], bool]] = []
    if statuses is not None:
        tests.append(lambda one: one.status in statuses)
    if viewer.role == "agent":
        mine = {inbox.id for inbox in state.inboxes.values() if viewer.id in inbox.members}
        tests.append(lambda one: one.inbox_id in mine)
    if params.get("inbox_id") is not None:
        inbox = to_i(params["inbox_id"])
        tests.append(lambda one: one.inbox_id == inbox)
    if params.get("team_id") is not None:
        team = _team(state, params["team_id"])
        tests.append(lambda one: one.team_id == team)
    if params.get("labels") is not None:
        labels = _label_set(params["labels"])
        tests.append(lambda one: any(label.lower() in labels for label in one.labels))
    if (source := params.get("source_id")) is not None:
        tests.append(lambda one: one.source.source_id == source)
    if params.get("conversation_type") == "unattended":
        tests.append(lambda one: one.first_reply is None or one.waiting_since is not None)
    if within := to_i(params.get("updated_within")):
        tests.append(lambda one: one.updated > state.now - within * SECOND)
    return [one for one in state.conversations.values() if all(test(one) for test in tests)]


def _team(state: State, asked: Any) -> int:
    team_id = to_i(asked)
    if team_id not in state.teams:
        raise errors.not_found()
    return team_id


def _label_set(asked: Any) -> set[str]:
    names = asked if isinstance(asked, list) else str(asked).split(",")
    return {str(name).strip().lower() for name in names if str(name).strip()}


def _by_assignee(viewer: Viewer, params: Params, rows: list[Conversation]) -> list[Conversation]:
    tests: dict[str, Callable[[Conversation], bool]] = {
        "me": lambda one: one.assignee_id == viewer.id,
        "unassigned": lambda one: one.assignee_id is None,
        "assigned": lambda one: one.assignee_id is not None,
    }
    test = tests.get(str(params.get("assignee_type")))
    return rows if test is None else [one for one in rows if test(one)]


def _says(one: Conversation, wanted: str) -> bool:
    return any(
        message.kind in (INCOMING, OUTGOING) and wanted in (message.content or "").lower() for message in one.messages
    )

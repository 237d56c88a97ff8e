"""What a report counts: the whole account, or what belongs to one inbox, user, label or team."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import Call, find
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.events import Event, of_conversation
from sandbox.chatwoot.model import Conversation, Message
from sandbox.chatwoot.params import to_i
from sandbox.chatwoot.render_conversations import shown_labels
from sandbox.chatwoot.state import State

Test = Callable[[Conversation], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """Conversations, messages and events of one dimension."""

    conversations: list[Conversation]
    messages: list[Message]

    @property
    def events(self) -> list[Event]:
        """What happened in these conversations."""
        return [event for one in self.conversations for event in of_conversation(one)]


def scope_of(call: Call, kind: str, asked: Any) -> Scope:
    """The scope of ``type`` and ``id``; an unknown type is a crash, an unknown id a 404."""
    rows = list(call.state.conversations.values())
    if kind == "account":
        return _scope(rows)
    if kind == "agent":
        return of_agent(call.state, find(call.state.users, asked).id)
    test = _test(call.state, kind, to_i(asked))
    return _scope([one for one in rows if test(one)])


def of_agent(state: State, user_id: int) -> Scope:
    """What is assigned to a user, and what the user wrote, wherever that was."""
    rows = list(state.conversations.values())
    written = [message for one in rows for message in one.messages if message.sender == ("User", user_id)]
    return Scope([one for one in rows if one.assignee_id == user_id], written)


def _scope(rows: list[Conversation]) -> Scope:
    return Scope(rows, [message for one in rows for message in one.messages])


def _test(state: State, kind: str, number: int) -> Test:
    tables: dict[str, dict[int, Any]] = {"inbox": state.inboxes, "label": state.labels, "team": state.teams}
    if kind not in tables:
        raise Crash
    if number not in tables[kind]:
        raise errors.not_found()
    if kind == "label":
        title = state.labels[number].title
        return lambda one: title in shown_labels(one.labels)
    return (lambda one: one.inbox_id == number) if kind == "inbox" else (lambda one: one.team_id == number)

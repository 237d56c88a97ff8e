"""Reporting events, derived from the conversations: the first reply and the resolution of each."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.chatwoot.clock import SECOND, iso
from sandbox.chatwoot.model import Conversation, Json
from sandbox.chatwoot.state import ACCOUNT, State

FIRST_RESPONSE, REPLY_TIME, RESOLVED = "first_response", "reply_time", "conversation_resolved"
_NUMBERS = {FIRST_RESPONSE: 1, REPLY_TIME: 2, RESOLVED: 3}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a conversation, from when to when."""

    name: str
    conversation: Conversation
    start: int
    end: int

    @property
    def id(self) -> int:
        """Made of the conversation's database id: no sequence of events is kept."""
        return self.conversation.key * 10 + _NUMBERS[self.name]

    @property
    def value(self) -> float:
        """How long it took, in whole seconds."""
        return float((self.end // SECOND) - (self.start // SECOND))


def of_conversation(one: Conversation) -> Iterator[Event]:
    """The events of one conversation; a resolution is dated by the last activity."""
    if one.first_reply is not None:
        yield Event(FIRST_RESPONSE, one, one.created, one.first_reply)
        yield Event(REPLY_TIME, one, one.created, one.first_reply)
    if one.status == "resolved":
        yield Event(RESOLVED, one, one.created, one.last_activity)


def all_events(state: State) -> list[Event]:
    """Every event of the account."""
    return [event for one in state.conversations.values() for event in of_conversation(one)]


def shown(one: Event) -> Json:
    """An event; ``conversation_id`` is the id in the database, which no route takes."""
    return {
        "id": one.id,
        "name": one.name,
        "value": one.value,
        "value_in_business_hours": one.value,
        "event_start_time": iso(one.start),
        "event_end_time": iso(one.end),
        "account_id": ACCOUNT,
        "inbox_id": one.conversation.inbox_id,
        "user_id": one.conversation.assignee_id,
        "conversation_id": one.conversation.key,
        "created_at": iso(one.end),
        "updated_at": iso(one.end),
    }

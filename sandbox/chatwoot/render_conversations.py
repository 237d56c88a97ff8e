"""The JSON of a conversation, kept as bytes per reader and host until something in it changes."""

import msgspec

from sandbox.chatwoot import render_messages, render_people
from sandbox.chatwoot.clock import BASE, DAY, epoch, epoch_or_zero, fraction, iso
from sandbox.chatwoot.model import INCOMING, Conversation, Json, Message
from sandbox.chatwoot.state import ACCOUNT, State

WINDOWED = "Channel::Whatsapp"
"""A channel that lets agents reply only within a day of the customer's last message."""


def rendered(state: State, conversation: Conversation, viewer_id: int, host: str) -> bytes:
    """The JSON bytes."""
    kept = state.rendered(viewer_id, host)
    fragment = kept.get(conversation.id)
    if fragment is None:
        shown = render(state, conversation, viewer_id, host)
        fragment = msgspec.json.encode(shown)
        kept[conversation.id] = fragment
    return fragment


def render(state: State, conversation: Conversation, viewer_id: int, host: str) -> Json:
    """A whole conversation; ``messages`` holds the last message alone."""
    last = [render_messages.embedded(state, conversation, message, host) for message in conversation.messages[-1:]]
    chat = render_messages.last_chat(conversation)
    same = bool(last) and chat is conversation.messages[-1]
    contact = state.contacts[conversation.contact_id]
    return {
        "meta": _meta(state, conversation, viewer_id),
        "id": conversation.id,
        "messages": last,
        "account_id": ACCOUNT,
        "uuid": conversation.uuid,
        "additional_attributes": conversation.additional,
        "agent_last_seen_at": epoch_or_zero(conversation.agent_seen),
        "assignee_last_seen_at": epoch_or_zero(conversation.assignee_seen),
        "can_reply": _can_reply(state, conversation),
        "contact_last_seen_at": epoch_or_zero(conversation.contact_seen),
        "custom_attributes": conversation.custom,
        "inbox_id": conversation.inbox_id,
        "labels": shown_labels(conversation.labels),
        "muted": contact.blocked,
        "snoozed_until": iso(conversation.snoozed_until),
        "status": conversation.status,
        "created_at": epoch(conversation.created),
        "updated_at": fraction(conversation.updated),
        "timestamp": epoch(conversation.last_activity),
        "first_reply_created_at": epoch_or_zero(conversation.first_reply),
        "unread_count": render_messages.unread_count(conversation),
        "last_non_activity_message": last[0] if same else _embedded(state, conversation, chat, host),
        "last_activity_at": epoch(conversation.last_activity),
        "priority": conversation.priority,
        "waiting_since": epoch_or_zero(conversation.waiting_since),
        "sla_policy_id": None,
    }


def shown_labels(labels: list[str]) -> list[str]:
    """The label list as it survives the comma-separated column it is kept in."""
    return [part for label in labels for part in (piece.strip() for piece in label.split(",")) if part]


def _embedded(state: State, conversation: Conversation, message: Message | None, host: str) -> Json | None:
    return None if message is None else render_messages.embedded(state, conversation, message, host)


def _meta(state: State, conversation: Conversation, viewer_id: int) -> Json:
    shown: Json = {
        "sender": render_people.contact(state.contacts[conversation.contact_id]),
        "channel": state.inboxes[conversation.inbox_id].channel_type,
    }
    if conversation.bot_id in state.bots:
        shown |= {"assignee": render_people.bot_slim(state.bots[conversation.bot_id]), "assignee_type": "AgentBot"}
    elif conversation.assignee_id in state.users:
        shown |= {"assignee": render_people.agent(state.users[conversation.assignee_id]), "assignee_type": "User"}
    if conversation.team_id in state.teams:
        shown["team"] = render_people.team(state.teams[conversation.team_id], viewer_id)
    return {**shown, "hmac_verified": conversation.source.hmac_verified}


def _can_reply(state: State, conversation: Conversation) -> bool:
    if state.inboxes[conversation.inbox_id].channel_type != WINDOWED:
        return True
    incoming = [message.created for message in conversation.messages if message.kind == INCOMING]
    return bool(incoming) and incoming[-1] > BASE - DAY

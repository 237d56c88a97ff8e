"""Reading a conversation's messages: pages by id, always oldest first."""

from sandbox.chatwoot import render_messages, render_people
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import iso
from sandbox.chatwoot.model import ACTIVITY, Conversation, Json, Message
from sandbox.chatwoot.params import Params, blank, to_i
from sandbox.chatwoot.render_conversations import shown_labels
from sandbox.http import Response, json_response

LATEST, AFTER, BETWEEN = 20, 100, 1000


def index(call: Call, display_id: str) -> Response:
    """GET messages: the last 20, 20 before an id, 100 after an id, or up to 1000 between two."""
    conversation = call.conversation(display_id)
    rows = [
        render_messages.listed(call.state, conversation, message, call.host)
        for message in select(conversation.messages, call.params)
    ]
    return json_response({"meta": _meta(call, conversation), "payload": rows})


def select(messages: list[Message], params: Params) -> list[Message]:
    """The messages that ``after`` and ``before`` ask for, of a list in order of time."""
    if not blank(params.get("filter_internal_messages")):
        messages = [one for one in messages if not one.private and one.kind != ACTIVITY]
    after, before = params.get("after"), params.get("before")
    if blank(before):
        if blank(after):
            return messages[-LATEST:]
        return [one for one in messages if one.id > to_i(after)][:AFTER]
    if blank(after):
        return [one for one in messages if one.id < to_i(before)][-LATEST:]
    return [one for one in messages if to_i(after) <= one.id < to_i(before)][:BETWEEN]


def _meta(call: Call, conversation: Conversation) -> Json:
    shown: Json = {
        "labels": shown_labels(conversation.labels),
        "additional_attributes": conversation.additional,
        "contact": render_people.contact_sender(call.state.contacts[conversation.contact_id]),
    }
    if conversation.assignee_id in call.state.users:
        shown["assignee"] = render_people.user_sender(call.state.users[conversation.assignee_id])
    return {
        **shown,
        "agent_last_seen_at": iso(conversation.agent_seen),
        "assignee_last_seen_at": iso(conversation.assignee_seen),
    }

"""POST /conversations: finding the contact's identity in the inbox, then the conversation, then its first message."""

from typing import Any

from sandbox.chatwoot import effects, errors
from sandbox.chatwoot.call import Call, find
from sandbox.chatwoot.clock import parse_iso
from sandbox.chatwoot.conversation_writes import actor, known_status
from sandbox.chatwoot.conversations import shown
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.message_writes import build
from sandbox.chatwoot.model import Contact, Conversation, Inbox, Source
from sandbox.chatwoot.params import Params, blank, to_i
from sandbox.chatwoot.state import State
from sandbox.http import Response

MADE_UP = ("Channel::Api", "Channel::WebWidget")
"""Channels whose source ids are invented; in the others they are the address or number of the contact."""
NUMBERED = {"Channel::Whatsapp": "", "Channel::Sms": "+", "Channel::TwilioSms": "+"}


def create(call: Call) -> Response:
    """POST /conversations: ``inbox_id`` with ``contact_id``, or ``source_id`` alone."""
    source = _source(call)
    inbox = call.state.inboxes[source.inbox_id]
    if not call.viewer.sees_inbox(call.state, inbox.id):
        raise errors.forbidden_action()
    if inbox.lock_single and (existing := _latest(call.state, source)) is not None:
        return shown(call, existing)
    conversation = _new(call, source, inbox)
    message = call.params.get("message")
    first = build(call, conversation, message, crash=True) if isinstance(message, dict) and message else None
    _keep(call.state, source)
    call.state.add_conversation(conversation)
    if first is not None:
        effects.post(call.state, conversation, first)
    _assigned(call, conversation)
    return shown(call, conversation)


def source_for(state: State, contact: Contact, inbox: Inbox, source_id: Any) -> Source:
    """The contact's identity in the inbox, made if need be but not yet kept."""
    wanted = str(source_id) if not blank(source_id) else _generated(state, contact, inbox)
    taken = state.source_of(wanted, inbox.id)
    if taken is None:
        return Source(wanted, inbox.id, contact.id)
    if taken.contact_id != contact.id:
        if inbox.channel_type in MADE_UP:
            raise errors.unprocessable("source_id should be unique")
        taken.source_id = f"0{taken.source_id}"
        return Source(wanted, inbox.id, contact.id)
    return taken


def _keep(state: State, source: Source) -> None:
    contact = state.contacts[source.contact_id]
    if not any(source is one for one in contact.sources):
        contact.sources.append(source)


def _source(call: Call) -> Source:
    params = call.params
    inbox = None if blank(params.get("inbox_id")) else find(call.state.inboxes, params["inbox_id"])
    contact = None if blank(params.get("contact_id")) else call.contact(params["contact_id"])
    if inbox is not None and contact is not None:
        return source_for(call.state, contact, inbox, params.get("source_id"))
    found = call.state.source_of(str(params.get("source_id") or ""))
    if found is None:
        raise errors.not_found()
    return found


def _generated(state: State, contact: Contact, inbox: Inbox) -> str:
    if inbox.channel_type in MADE_UP:
        return state.new_uuid()
    if inbox.channel_type == "Channel::Email":
        if contact.email is None:
            raise errors.missing("contact email")
        return contact.email
    if inbox.channel_type not in NUMBERED:
        raise Crash
    if contact.phone is None:
        raise errors.missing("contact phone number")
    return NUMBERED[inbox.channel_type] + contact.phone.lstrip("+")


def _latest(state: State, source: Source) -> Conversation | None:
    rows = (state.conversations[number] for number in state.of_contact.get(source.contact_id, ()))
    return max((one for one in rows if one.source is source), key=lambda one: one.id, default=None)


def _new(call: Call, source: Source, inbox: Inbox) -> Conversation:
    state, params = call.state, call.params
    conversation = Conversation(
        id=state.next_id("display"),
        key=state.next_id("conversations"),
        uuid=state.new_uuid(),
        contact_id=source.contact_id,
        source=source,
        created=state.now,
        updated=state.now,
        last_activity=state.now,
        status=_status(call, inbox, source),
        custom=_object(params, "custom_attributes"),
        additional=_object(params, "additional_attributes"),
        waiting_since=state.now,
        assignee_id=_known(state.users, params.get("assignee_id")),
    )
    if conversation.status == "snoozed":
        conversation.snoozed_until = parse_iso(str(params.get("snoozed_until")))
    return conversation


def _status(call: Call, inbox: Inbox, source: Source) -> str:
    asked = call.params.get("status")
    status = "open" if blank(asked) else known_status(asked)
    if call.state.contacts[source.contact_id].blocked:
        return "resolved"
    return "pending" if inbox.bot_active else status


def _assigned(call: Call, conversation: Conversation) -> None:
    team = call.state.teams.get(to_i(call.params.get("team_id")))
    if team is not None:
        effects.set_team(call.state, conversation, team, actor(call))
    elif conversation.assignee_id is not None:
        user = call.state.users[conversation.assignee_id]
        effects.activity(call.state, conversation, f"Assigned to {user.name} by {actor(call)}")
    if conversation.status == "open":
        effects.auto_assign(call.state, conversation)
    call.state.changed(conversation.id)


def _object(params: Params, name: str) -> dict[str, Any]:
    given = params.get(name)
    return dict(given) if isinstance(given, dict) else {}


def _known(table: dict[int, Any], asked: Any) -> int | None:
    number = to_i(asked)
    return number if number in table else None

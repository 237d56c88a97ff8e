"""Identities of a contact in inboxes, and merging one contact into another."""

import uuid
from collections.abc import Callable
from random import Random

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import Call, find
from sandbox.chatwoot.conversation_create import source_for
from sandbox.chatwoot.model import Contact, Inbox, Json
from sandbox.chatwoot.render_people import contact, inbox_slim
from sandbox.chatwoot.state import State
from sandbox.http import Response, json_response


def create_source(call: Call, contact_id: str) -> Response:
    """POST contact_inboxes: the identity, made at first use."""
    one, inbox = call.contact(contact_id), find(call.state.inboxes, call.params.get("inbox_id"))
    if not call.viewer.sees_inbox(call.state, inbox.id):
        raise errors.forbidden_action()
    source = source_for(call.state, one, inbox, call.params.get("source_id"))
    if all(source is not known for known in one.sources):
        one.sources.append(source)
    return json_response({"source_id": source.source_id, "inbox": inbox_slim(inbox)})


def contactable(call: Call, contact_id: str) -> Response:
    """GET contactable_inboxes: where a conversation with the contact can begin, and as whom."""
    one = call.contact(contact_id)
    found = ((inbox, _reached(call.state, one, inbox)) for inbox in call.state.inboxes.values())
    rows = [{"inbox": inbox_slim(inbox), "source_id": source} for inbox, source in found if source]
    return json_response({"payload": rows})


def merge(call: Call) -> Response:
    """POST /actions/contact_merge: the mergee's things go to the base, whose own values win."""
    base = call.contact(call.params.get("base_contact_id"))
    mergee = call.contact(call.params.get("mergee_contact_id"))
    if base is not mergee:
        _move(call.state, base, mergee)
        _fill(base, mergee)
        call.state.all_changed()
    return json_response(contact(base))


def _reached(state: State, one: Contact, inbox: Inbox) -> str | None:
    reach = REACHED.get(inbox.channel_type)
    return None if reach is None else reach(state, one, inbox)


def _by_phone(_state: State, one: Contact, _inbox: Inbox) -> str | None:
    return one.phone and one.phone.replace("+", "")


def _by_site(state: State, one: Contact, inbox: Inbox) -> str | None:
    """A visitor who has not written yet."""
    sources = [source for source in one.sources if source.inbox_id == inbox.id]
    met = (state.conversations[number].source for number in state.of_contact.get(one.id, ()))
    return sources[-1].source_id if sources and all(source is not sources[-1] for source in met) else None


def _by_api(_state: State, one: Contact, inbox: Inbox) -> str:
    """A new identity is offered, not kept; upstream's is random, ours the same at every reading."""
    sources = [source for source in one.sources if source.inbox_id == inbox.id]
    offered = uuid.UUID(int=Random(f"{one.id} in {inbox.id}").getrandbits(128), version=4)
    return sources[-1].source_id if sources else str(offered)


REACHED: dict[str, Callable[[State, Contact, Inbox], str | None]] = {
    "Channel::Email": lambda _state, one, _inbox: one.email,
    "Channel::Whatsapp": _by_phone,
    "Channel::WebWidget": _by_site,
    "Channel::Api": _by_api,
}


def _move(state: State, base: Contact, mergee: Contact) -> None:
    for source in mergee.sources:
        source.contact_id = base.id
        base.sources.append(source)
    base.notes = sorted([*base.notes, *mergee.notes], key=lambda one: one.id)
    numbers = state.of_contact.pop(mergee.id, set())
    state.of_contact.setdefault(base.id, set()).update(numbers)
    for number in numbers:
        conversation = state.conversations[number]
        conversation.contact_id = base.id
        for message in conversation.messages:
            if message.sender == ("Contact", mergee.id):
                message.sender = ("Contact", base.id)
    del state.contacts[mergee.id]


def _fill(base: Contact, mergee: Contact) -> None:
    for name in ("identifier", "name", "email", "phone"):
        setattr(base, name, getattr(base, name) or getattr(mergee, name))
    base.additional = _deep(mergee.additional, base.additional)
    base.custom = _deep(mergee.custom, base.custom)


def _deep(under: Json, over: Json) -> Json:
    both = {name: _deep(under[name], over[name]) for name in under.keys() & over.keys() if _objects(under, over, name)}
    return {**under, **over, **both}


def _objects(under: Json, over: Json, name: str) -> bool:
    return isinstance(under[name], dict) and isinstance(over[name], dict)

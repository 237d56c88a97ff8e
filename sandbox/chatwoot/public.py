"""The client API of an API inbox: no token, but the inbox's identifier and the contact's source id in the path."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from sandbox.chatwoot import effects, public_rows
from sandbox.chatwoot.call import EMPTY
from sandbox.chatwoot.clock import DAY
from sandbox.chatwoot.conversation_create import source_for
from sandbox.chatwoot.errors import Crash, invalid_record, unprocessable
from sandbox.chatwoot.message_writes import attach
from sandbox.chatwoot.messages import select
from sandbox.chatwoot.model import INCOMING, Contact, Conversation, Inbox, Json, Message, Source
from sandbox.chatwoot.params import Params, Upload, blank, read_params, text, to_i
from sandbox.chatwoot.state import State
from sandbox.chatwoot.storage import host_of
from sandbox.http import Request, Response, json_response

OLDEST_SURVEY = 14 * DAY


@dataclass(frozen=True, slots=False)
class Visit:
    """One request of a client; whatever the path names and is not there is a 404 page."""

    state: State
    request: Request
    inbox: Inbox

    @cached_property
    def params(self) -> Params:
        """Body and query, merged."""
        return read_params(self.request)

    @cached_property
    def host(self) -> str:
        """The host in attachment URLs."""
        return host_of(self.request)

    def source(self, source_id: str) -> Source:
        """The identity in the path."""
        found = self.state.source_of(source_id, self.inbox.id)
        if found is None:
            raise Crash(404)
        return found

    def contact(self, source: Source) -> Contact:
        """Who has that identity."""
        return self.state.contacts[source.contact_id]

    def conversations(self, source: Source) -> list[Conversation]:
        """Those of the identity; a verified one reaches all of the contact's."""
        numbers = sorted(self.state.of_contact.get(source.contact_id, ()))
        rows = [self.state.conversations[number] for number in numbers]
        return rows if source.hmac_verified else [one for one in rows if one.source is source]

    def conversation(self, source_id: str, display_id: str) -> Conversation:
        """The conversation in the path."""
        rows = self.conversations(self.source(source_id))
        found = next((one for one in rows if one.id == to_i(display_id)), None)
        if found is None:
            raise Crash(404)
        return found


Operation = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class OfInbox:
    """An operation of the inbox whose identifier the path begins with."""

    operation: Operation
    writes: bool

    def __call__(self, state: State, request: Request, identifier: str, *ids: str) -> Response:
        """Finds the inbox; only API inboxes have an identifier."""
        rows = (one for one in state.inboxes.values() if one.channel_type == "Channel::Api")
        inbox = next((one for one in rows if one.shown.get("inbox_identifier") == identifier), None)
        if inbox is None:
            raise Crash(404)
        if self.writes:
            state.clock.tick()
        return self.operation(Visit(state, request, inbox), *ids)


def show_inbox(visit: Visit) -> Response:
    """GET the inbox: its name, hours and switches."""
    return json_response(public_rows.inbox(visit.inbox))


def create_contact(visit: Visit) -> Response:
    """POST contacts: an identity that is known answers with its contact; so does an address that is."""
    params, state = visit.params, visit.state
    _verify(visit, None)
    source_id = text(params.get("source_id")) or state.new_uuid()
    known = state.source_of(source_id, visit.inbox.id)
    if known is None:
        contact = _known_contact(visit) or _new_contact(visit)
        known = source_for(state, contact, visit.inbox, source_id)
        known.hmac_verified = not blank(params.get("identifier_hash"))
        contact.sources.append(known)
    return json_response(public_rows.contact(known, visit.contact(known)))


def show_contact(visit: Visit, source_id: str) -> Response:
    """GET a contact by its identity."""
    source = visit.source(source_id)
    _verify(visit, source)
    return json_response(public_rows.contact(source, visit.contact(source)))


def update_contact(visit: Visit, source_id: str) -> Response:
    """PATCH a contact: answers with the bare row, not with what the others answer."""
    source, params = visit.source(source_id), visit.params
    _verify(visit, source)
    one = visit.contact(source)
    email = text(params.get("email", one.email))
    others = [other for other in visit.state.contacts.values() if other is not one]
    if email and any(other.email == email.lower() for other in others):
        raise invalid_record([("email", "Email has already been taken")])
    one.name = text(params.get("name")) or one.name
    one.email = email.lower() if email else one.email
    one.phone = text(params.get("phone_number")) or one.phone
    one.custom = {**one.custom, **_object(params.get("custom_attributes"))}
    visit.state.contact_changed(one.id)
    return json_response(public_rows.contact_row(one))


def conversations(visit: Visit, source_id: str) -> Response:
    """GET conversations of a contact, bare."""
    rows = visit.conversations(visit.source(source_id))
    return json_response([public_rows.conversation(visit.state, one, visit.host) for one in rows])


def create_conversation(visit: Visit, source_id: str) -> Response:
    """POST a conversation; custom attributes alone are permitted."""
    source, state = visit.source(source_id), visit.state
    contact = visit.contact(source)
    made = Conversation(
        id=state.next_id("display"),
        key=state.next_id("conversations"),
        uuid=state.new_uuid(),
        contact_id=contact.id,
        source=source,
        created=state.now,
        updated=state.now,
        last_activity=state.now,
        waiting_since=state.now,
        status="resolved" if contact.blocked else "pending" if visit.inbox.bot_active else "open",
        custom=_object(visit.params.get("custom_attributes")),
    )
    state.add_conversation(made)
    effects.auto_assign(state, made)
    return json_response(public_rows.conversation(state, made, visit.host))


def show_conversation(visit: Visit, source_id: str, display_id: str) -> Response:
    """GET a conversation with all that was said."""
    one = visit.conversation(source_id, display_id)
    return json_response(public_rows.conversation(visit.state, one, visit.host))


def toggle_status(visit: Visit, source_id: str, display_id: str) -> Response:
    """POST toggle_status: resolves; it never opens."""
    one = visit.conversation(source_id, display_id)
    effects.set_status(visit.state, one, "resolved", visit.state.contacts[one.contact_id].name)
    visit.state.changed(one.id)
    return json_response(public_rows.conversation(visit.state, one, visit.host))


def toggle_typing(visit: Visit, source_id: str, display_id: str) -> Response:
    """POST toggle_typing: heard by agents, kept nowhere."""
    visit.conversation(source_id, display_id)
    return EMPTY


def update_last_seen(visit: Visit, source_id: str, display_id: str) -> Response:
    """POST update_last_seen: the customer has read it."""
    one = visit.conversation(source_id, display_id)
    one.contact_seen = one.updated = visit.state.now
    visit.state.changed(one.id)
    return EMPTY


def messages(visit: Visit, source_id: str, display_id: str) -> Response:
    """GET messages: the last 20, or 20 before an id; no notes, no activities."""
    one = visit.conversation(source_id, display_id)
    rows = select(one.messages, {"filter_internal_messages": True, "before": visit.params.get("before")})
    return json_response([public_rows.message(visit.state, one, row, visit.host) for row in rows])


def create_message(visit: Visit, source_id: str, display_id: str) -> Response:
    """POST a message from the customer."""
    one = visit.conversation(source_id, display_id)
    content, author = text(visit.params.get("content")), ("Contact", one.contact_id)
    files = visit.params.get("attachments") or []
    if not isinstance(files, list) or not all(isinstance(file, Upload) for file in files):
        raise Crash
    made = effects.new_message(visit.state, INCOMING, content, author)
    made.attachments = [attach(visit.state, made, file) for file in files]
    effects.post(visit.state, one, made)
    return json_response(public_rows.message(visit.state, one, made, visit.host))


def update_message(visit: Visit, source_id: str, display_id: str, message_id: str) -> Response:
    """PATCH a message: the answers to a form or a survey."""
    one = visit.conversation(source_id, display_id)
    found = visit.state.message(one, to_i(message_id))
    if found is None:
        raise Crash(404)
    if found.content_type == "input_csat" and visit.state.now - found.created > OLDEST_SURVEY:
        raise unprocessable("You cannot update the CSAT survey after 14 days")
    values = visit.params.get("submitted_values")
    if values is not None:
        _submit(visit, one, found, values)
    return json_response(public_rows.message(visit.state, one, found, visit.host))


def _submit(visit: Visit, one: Conversation, found: Message, values: object) -> None:
    found.content_attributes = {**found.content_attributes, "submitted_values": values}
    found.updated = visit.state.now
    visit.state.changed(one.id)


def _verify(visit: Visit, source: Source | None) -> None:
    """A wrong hash crashes; a right one marks the identity as verified."""
    given = visit.params.get("identifier_hash")
    if blank(given) and not visit.inbox.shown.get("hmac_mandatory"):
        return
    secret, identifier = str(visit.inbox.secret.get("hmac_token")), str(visit.params.get("identifier") or "")
    if given != hmac.new(secret.encode(), identifier.encode(), sha256).hexdigest():
        raise Crash
    if source is not None:
        source.hmac_verified = True
        visit.state.contact_changed(source.contact_id)


def _known_contact(visit: Visit) -> Contact | None:
    """By identifier, then address, then number."""
    rows, params = visit.state.contacts.values(), visit.params
    for attribute, name in (("identifier", "identifier"), ("email", "email"), ("phone", "phone_number")):
        wanted = text(params.get(name))
        found = next((one for one in rows if wanted and getattr(one, attribute) == wanted), None)
        if found is not None:
            return found
    return None


def _new_contact(visit: Visit) -> Contact:
    params, state = visit.params, visit.state
    number = state.next_id("contacts")
    name = text(params.get("name")) or f"bezoeker-{number}"
    email = (text(params.get("email")) or "").lower() or None
    made = Contact(number, name, email, text(params.get("phone_number")), text(params.get("identifier")), state.now)
    made.custom = _object(params.get("custom_attributes"))
    state.contacts[number] = made
    return made


def _object(given: object) -> Json:
    return dict(given) if isinstance(given, dict) else {}

"""Writing contacts: unique addresses, numbers and identifiers; attributes are merged."""

import re
from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.conversation_create import source_for
from sandbox.chatwoot.conversation_writes import clean_labels
from sandbox.chatwoot.model import Contact, Json
from sandbox.chatwoot.params import Params, blank, text, to_bool
from sandbox.chatwoot.render_inboxes import inbox_row
from sandbox.chatwoot.render_people import contact_with_inboxes
from sandbox.http import Response, json_response

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_E164 = re.compile(r"\+[1-9]\d{1,14}\Z")


def create(call: Call) -> Response:
    """POST /contacts: without an inbox the contact has no identity yet, and ``contact_inbox`` holds nulls."""
    values = _values(call.params)
    _validate(call, values, None)
    inbox = None if blank(call.params.get("inbox_id")) else find(call.state.inboxes, call.params["inbox_id"])
    state = call.state
    made = Contact(state.next_id("contacts"), values.pop("name", None) or "", None, None, None, state.now)
    _assign(made, values, call.params)
    source = None if inbox is None else source_for(state, made, inbox, call.params.get("source_id"))
    if source is not None:
        made.sources.append(source)
    state.contacts[made.id] = made
    contact_inbox = {
        "inbox": None if inbox is None else inbox_row(inbox),
        "source_id": None if source is None else source.source_id,
    }
    return json_response({"payload": {"contact": contact_with_inboxes(state, made), "contact_inbox": contact_inbox}})


def update(call: Call, contact_id: str) -> Response:
    """PUT or PATCH /contacts/{id}: only what is sent changes; both kinds of attributes are merged into the old."""
    one = call.contact(contact_id)
    values = _values(call.params)
    _validate(call, values, one)
    _assign(one, values, call.params)
    call.state.contact_changed(one.id)
    return json_response({"payload": contact_with_inboxes(call.state, one)})


def destroy(call: Call, contact_id: str) -> Response:
    """DELETE /contacts/{id}: takes the contact's conversations along."""
    one = call.contact(contact_id)
    for number in sorted(call.state.of_contact.get(one.id, ())):
        call.state.remove_conversation(call.state.conversations[number])
    del call.state.contacts[one.id]
    call.state.all_changed()
    return EMPTY


def set_labels(call: Call, contact_id: str) -> Response:
    """POST labels of a contact: replaces the list."""
    one = call.contact(contact_id)
    one.labels = clean_labels(call.params.get("labels"))
    return json_response({"payload": one.labels})


def _values(params: Params) -> Json:
    values: Json = {}
    for name, attribute in (("name", "name"), ("identifier", "identifier"), ("phone_number", "phone")):
        if name in params:
            values[attribute] = text(params[name])
    if "email" in params:
        values["email"] = None if blank(params["email"]) else str(params["email"]).lower()
    if "blocked" in params:
        values["blocked"] = to_bool(params["blocked"])
    return values


def _validate(call: Call, values: Json, own: Contact | None) -> None:
    problems: list[tuple[str, str]] = []
    others = [one for one in call.state.contacts.values() if one is not own]
    names = (
        ("email", "email", "Email"),
        ("identifier", "identifier", "Identifier"),
        ("phone", "phone_number", "Phone number"),
    )
    for attribute, name, title in names:
        value = values.get(attribute)
        if blank(value):
            continue
        if any(getattr(one, attribute) == value for one in others):
            problems.append((name, f"{title} has already been taken"))
        if attribute == "email" and not _EMAIL.match(str(value)):
            problems.append((name, "Email Invalid email"))
        if attribute == "phone" and not _E164.search(str(value)):
            problems.append((name, "Phone number should be in e164 format"))
    if problems:
        raise errors.invalid_record(problems)


def _assign(one: Contact, values: Json, params: Params) -> None:
    for attribute, value in values.items():
        setattr(one, attribute, "" if attribute == "name" and value is None else value)
    one.custom = {**one.custom, **_object(params.get("custom_attributes"))}
    one.additional = {**one.additional, **_object(params.get("additional_attributes"))}


def _object(given: Any) -> Json:
    return given if isinstance(given, dict) else {}

"""The JSON of the client API: what a customer may see."""

from hashlib import sha1

from sandbox.chatwoot import render_messages, render_people
from sandbox.chatwoot.clock import epoch, epoch_or_zero, iso
from sandbox.chatwoot.model import ACTIVITY, Contact, Conversation, Inbox, Json, Message, Source
from sandbox.chatwoot.render_inboxes import surveyed, week
from sandbox.chatwoot.state import ACCOUNT, State


def inbox(one: Inbox) -> Json:
    """An inbox with its identifier."""
    return {
        "identifier": one.shown.get("inbox_identifier"),
        "identity_validation_enabled": bool(one.shown.get("hmac_mandatory")),
        "name": one.name,
        "timezone": one.settings.get("timezone", "Europe/Amsterdam"),
        "working_hours": week(one),
        "working_hours_enabled": one.settings.get("working_hours_enabled", False),
        "csat_survey_enabled": surveyed(one),
        "greeting_enabled": one.settings.get("greeting_enabled", False),
    }


def contact(source: Source, one: Contact) -> Json:
    """A contact with its identity and the token its browser listens with."""
    return {
        "source_id": source.source_id,
        "pubsub_token": sha1(f"pubsub {source.source_id}".encode(), usedforsecurity=False).hexdigest()[:24],
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "phone_number": one.phone,
    }


def contact_row(one: Contact) -> Json:
    """The contact's table row."""
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "phone_number": one.phone,
        "account_id": ACCOUNT,
        "created_at": iso(one.created),
        "updated_at": iso(one.last_activity or one.created),
        "additional_attributes": one.additional,
        "identifier": one.identifier,
        "custom_attributes": one.custom,
        "last_activity_at": iso(one.last_activity),
        "contact_type": "lead" if one.resolved else "visitor",
        "middle_name": "",
        "last_name": "",
        "location": one.additional.get("city", ""),
        "country_code": one.additional.get("country_code", ""),
        "blocked": one.blocked,
        "company_id": None,
    }


def conversation(state: State, one: Conversation, host: str) -> Json:
    """A conversation with all messages but notes and activities."""
    rows = [row for row in one.messages if row.kind != ACTIVITY and not row.private]
    return {
        "id": one.id,
        "uuid": one.uuid,
        "inbox_id": one.inbox_id,
        "contact_last_seen_at": epoch_or_zero(one.contact_seen),
        "status": one.status,
        "agent_last_seen_at": epoch_or_zero(one.agent_seen),
        "messages": [message(state, one, row, host) for row in rows],
        "contact": contact_row(state.contacts[one.contact_id]),
    }


def message(state: State, parent: Conversation, one: Message, host: str) -> Json:
    """A message; ``attachments`` and ``sender`` are absent when there is none."""
    shown: Json = {
        "id": one.id,
        "content": one.content,
        "message_type": one.kind,
        "content_type": one.content_type,
        "content_attributes": one.content_attributes,
        "created_at": epoch(one.created),
        "conversation_id": parent.id,
    }
    if one.attachments:
        shown["attachments"] = [render_messages.attachment(state, file, host) for file in one.attachments]
    author = render_people.sender(state, one.sender)
    return shown if author is None else {**shown, "sender": author}

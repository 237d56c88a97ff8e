"""Which attributes of conversations and contacts can be filtered, and with which operators."""

from collections.abc import Callable
from typing import Any

from sandbox.chatwoot.filters import EQUALITY, ORDER, PRESENCE, SUBSTRING, Column, Language, compile_filter
from sandbox.chatwoot.model import PRIORITIES, STATUSES, Contact, Conversation
from sandbox.chatwoot.state import State

CUSTOM_KINDS = {"number": "number", "currency": "number", "percent": "number", "date": "date", "checkbox": "boolean"}
ANY_STATUS = "all"
SINCE = {"contact_id": (4, 14, 2)}
"""Upstream's first version that can filter conversations by it, where not all versions of the sandbox can."""


def _additional(key: str) -> Callable[[Any], Any]:
    return lambda one: one.additional.get(key)


def _custom(key: str) -> Callable[[Any], Any]:
    return lambda one: one.custom.get(key)


def _inbox(one: Conversation) -> int:
    return one.inbox_id


CONVERSATIONS = {
    "status": Column(lambda one: one.status, "enum", EQUALITY, STATUSES),
    "assignee_id": Column(lambda one: one.assignee_id, "number", EQUALITY + PRESENCE),
    "inbox_id": Column(_inbox, "number", EQUALITY + PRESENCE),
    "team_id": Column(lambda one: one.team_id, "number", EQUALITY + PRESENCE),
    "contact_id": Column(lambda one: one.contact_id, "number", EQUALITY),
    "priority": Column(lambda one: one.priority, "enum", EQUALITY, PRIORITIES),
    "display_id": Column(lambda one: one.id, "number", EQUALITY + SUBSTRING),
    "campaign_id": Column(lambda _: None, "number", EQUALITY + PRESENCE),
    "labels": Column(lambda one: one.labels, "labels", EQUALITY + PRESENCE),
    "browser_language": Column(_additional("browser_language"), "text", EQUALITY),
    "conversation_language": Column(_additional("conversation_language"), "text", EQUALITY),
    "referer": Column(_additional("referer"), "text", EQUALITY + SUBSTRING),
    "created_at": Column(lambda one: one.created, "date", ORDER),
    "last_activity_at": Column(lambda one: one.last_activity, "date", ORDER),
    "mail_subject": Column(_additional("mail_subject"), "text", EQUALITY + SUBSTRING),
}
CONTACTS = {
    "name": Column(lambda one: one.name, "folded", EQUALITY + SUBSTRING),
    "phone_number": Column(lambda one: one.phone, "text", (*EQUALITY, *SUBSTRING, "starts_with")),
    "email": Column(lambda one: one.email, "folded", EQUALITY + SUBSTRING),
    "identifier": Column(lambda one: one.identifier, "folded", EQUALITY),
    "country_code": Column(_additional("country_code"), "folded", EQUALITY),
    "city": Column(_additional("city"), "folded", EQUALITY + SUBSTRING),
    "company_name": Column(_additional("company_name"), "folded", EQUALITY + SUBSTRING),
    "labels": Column(lambda one: one.labels, "labels", EQUALITY + PRESENCE),
    "created_at": Column(lambda one: one.created, "date", ORDER),
    "last_activity_at": Column(lambda one: one.last_activity, "date", ORDER),
    "blocked": Column(lambda one: one.blocked, "boolean", EQUALITY),
}


def conversation_test(state: State, payload: Any) -> Callable[[Conversation], bool]:
    """The test of a conversation filter; ``all`` among the statuses means every status."""
    language = Language(_columns(state), _defined(state, "conversation_attribute"), first_only=False, today=state.now)
    return compile_filter(language, [_every_status(row) for row in payload] if isinstance(payload, list) else payload)


def _columns(state: State) -> dict[str, Column]:
    """Those that this version knows."""
    known = tuple(int(part) for part in state.version.split("."))
    return {name: column for name, column in CONVERSATIONS.items() if known >= SINCE.get(name, ())}


def contact_test(state: State, payload: Any) -> Callable[[Contact], bool]:
    """The test of a contact filter; a phone number is compared with exactly one plus in front."""
    language = Language(CONTACTS, _defined(state, "contact_attribute"), first_only=True, today=state.now)
    return compile_filter(language, [_one_plus(row) for row in payload] if isinstance(payload, list) else payload)


def _defined(state: State, model: str) -> dict[str, Column]:
    return {
        one.key: Column(_custom(one.key), CUSTOM_KINDS.get(one.display_type, "folded"), (), custom=True)
        for one in state.fields.values()
        if one.model == model
    }


def _every_status(row: Any) -> Any:
    if not isinstance(row, dict) or row.get("attribute_key") != "status":
        return row
    asked = row.get("values")
    return {**row, "values": list(STATUSES)} if isinstance(asked, list) and ANY_STATUS in asked else row


def _one_plus(row: Any) -> Any:
    if not isinstance(row, dict) or row.get("attribute_key") != "phone_number" or not row.get("values"):
        return row
    if row.get("filter_operator") in SUBSTRING:
        return row
    first = row["values"][0] if isinstance(row["values"], list) else row["values"]
    return {**row, "values": ["+" + str(first).replace("+", "")]}

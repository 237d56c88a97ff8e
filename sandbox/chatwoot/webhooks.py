"""Webhooks of the account, shown with their secrets."""

from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.model import Json, Webhook
from sandbox.chatwoot.params import Params, blank, text, to_i
from sandbox.chatwoot.state import ACCOUNT, State
from sandbox.http import Response, json_response

DEFAULT_EVENTS = (
    *("conversation_status_changed", "conversation_updated", "conversation_created", "contact_created"),
    *("contact_updated", "message_created", "message_updated", "webwidget_triggered"),
)
EVENTS = {
    *DEFAULT_EVENTS,
    *("inbox_created", "inbox_updated", "conversation_typing_on", "conversation_typing_off"),
}


def index(call: Call) -> Response:
    """GET /webhooks."""
    return json_response({"payload": {"webhooks": [_shown(call.state, one) for one in call.state.webhooks.values()]}})


def create(call: Call) -> Response:
    """POST /webhooks: without subscriptions it hears eight events."""
    given, state = call.root("webhook"), call.state
    made = Webhook(0, None, "", list(DEFAULT_EVENTS), "")
    _assign(call, made, given)
    made.id, made.secret = state.next_id("webhooks"), state.new_secret(32)
    state.webhooks[made.id] = made
    return json_response({"payload": {"webhook": _shown(state, made)}})


def update(call: Call, webhook_id: str) -> Response:
    """PATCH /webhooks/{id}."""
    one = find(call.state.webhooks, webhook_id)
    _assign(call, one, call.root("webhook"))
    return json_response({"payload": {"webhook": _shown(call.state, one)}})


def destroy(call: Call, webhook_id: str) -> Response:
    """DELETE /webhooks/{id}."""
    del call.state.webhooks[find(call.state.webhooks, webhook_id).id]
    return EMPTY


def _shown(state: State, one: Webhook) -> Json:
    row: Json = {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "account_id": ACCOUNT,
        "subscriptions": one.subscriptions,
        "secret": one.secret,
    }
    inbox = state.inboxes.get(one.inbox_id or 0)
    return row if inbox is None else {**row, "inbox": {"id": inbox.id, "name": inbox.name}}


def _assign(call: Call, one: Webhook, given: Params) -> None:
    url, events = str(given.get("url", one.url) or ""), given.get("subscriptions", one.subscriptions)
    problems = []
    if any(other.url == url for other in call.state.webhooks.values() if other is not one):
        problems.append(("url", "Url has already been taken"))
    if not url.startswith(("http://", "https://")):
        problems.append(("url", "Url is invalid"))
    if not _known(events):
        problems.append(("subscriptions", "Subscriptions Invalid events"))
    if problems:
        raise errors.invalid_record(problems)
    one.url, one.subscriptions = url, list(events)
    one.name = text(given.get("name", one.name))
    if "inbox_id" in given:
        one.inbox_id = None if blank(given["inbox_id"]) else to_i(given["inbox_id"])


def _known(events: Any) -> bool:
    return isinstance(events, list) and bool(events) and all(isinstance(one, str) and one in EVENTS for one in events)

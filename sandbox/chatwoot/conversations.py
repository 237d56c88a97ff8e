"""Reading conversations: list, counts, filter, one, and its attachments."""

import json

from sandbox.chatwoot import finder, render_messages
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.filter_columns import conversation_test
from sandbox.chatwoot.model import Conversation, Json
from sandbox.chatwoot.params import blank, page_number
from sandbox.chatwoot.render_conversations import rendered
from sandbox.http import Response, json_response

ATTACHMENTS_PAGE = 100
JSON_TYPE = (("content-type", "application/json"),)


def index(call: Call) -> Response:
    """GET /conversations: open ones unless told otherwise; ``updated_within`` answers without pages."""
    found = finder.find(call.state, call.viewer, call.params)
    unpaged = not blank(call.params.get("updated_within"))
    ids = found.ids if unpaged else found.page(page_number(call.params))
    head = json.dumps({"meta": found.counts}, separators=(",", ":"))
    return _joined(call, '{"data":' + head[:-1] + ',"payload":[', ids, "]}}")


def meta(call: Call) -> Response:
    """GET /conversations/meta."""
    return json_response({"meta": finder.find(call.state, call.viewer, call.params).counts})


def filtered(call: Call) -> Response:
    """POST /conversations/filter: its meta has no ``assigned_count``."""
    test = conversation_test(call.state, call.params.get("payload"))
    allowed = [one for one in call.state.conversations.values() if call.viewer.sees_inbox(call.state, one.inbox_id)]
    rows = finder.ordered({}, [one for one in allowed if test(one)])
    counts = finder.counts(call.viewer, rows)
    del counts["assigned_count"]
    head = json.dumps({"meta": counts}, separators=(",", ":"))
    page = finder.Found([one.id for one in rows], counts).page(page_number(call.params))
    return _joined(call, head[:-1] + ',"payload":[', page, "]}")


def show(call: Call, display_id: str) -> Response:
    """GET /conversations/{id}."""
    return shown(call, call.conversation(display_id))


def shown(call: Call, conversation: Conversation) -> Response:
    """One conversation, bare."""
    return Response(200, rendered(call.state, conversation, call.viewer.id, call.host), JSON_TYPE)


def attachments(call: Call, display_id: str) -> Response:
    """GET /conversations/{id}/attachments: newest first, 100 to a page."""
    conversation = call.conversation(display_id)
    files = [(one, message) for message in conversation.messages for one in message.attachments]
    files.sort(key=lambda pair: (-pair[0].created, pair[0].id))
    start = (page_number(call.params) - 1) * ATTACHMENTS_PAGE
    page: list[Json] = [
        render_messages.listed_attachment(call.state, one, message, call.host)
        for one, message in files[start : start + ATTACHMENTS_PAGE]
    ]
    return json_response({"meta": {"total_count": len(files)}, "payload": page})


def of_contact(call: Call, contact_id: str) -> Response:
    """GET /contacts/{id}/conversations: the 20 with the newest activity, no pages."""
    contact = call.contact(contact_id)
    rows = [call.state.conversations[number] for number in call.state.of_contact.get(contact.id, ())]
    allowed = [one for one in rows if call.viewer.sees_inbox(call.state, one.inbox_id)]
    newest = finder.ordered({}, allowed)[:20]
    return _joined(call, '{"payload":[', [one.id for one in newest], "]}")


def _joined(call: Call, head: str, ids: list[int], tail: str) -> Response:
    rows = call.state.conversations
    fragments = [rendered(call.state, rows[number], call.viewer.id, call.host) for number in ids]
    return Response(200, head.encode() + b",".join(fragments) + tail.encode(), JSON_TYPE)

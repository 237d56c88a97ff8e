"""Writing and deleting messages."""

import json
from html import escape
from typing import Any

from sandbox.chatwoot import effects, render_messages, storage
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import SECOND
from sandbox.chatwoot.errors import Crash, Refusal, not_found, unprocessable
from sandbox.chatwoot.model import (
    CONTENT_TYPES,
    INCOMING,
    MESSAGE_TYPES,
    OUTGOING,
    Attachment,
    Blob,
    Conversation,
    Json,
    Message,
    Sender,
)
from sandbox.chatwoot.params import Params, Upload, blank, text, to_bool, to_i
from sandbox.chatwoot.state import State
from sandbox.http import Response, json_response

LONGEST = 150_000
PER_MINUTE = 200
MOST_FILES = 15
DELETED = "This message was deleted"


def create(call: Call, display_id: str) -> Response:
    """POST messages: outgoing unless told otherwise; every failure of it is a 422."""
    conversation = call.conversation(display_id)
    message = effects.post(call.state, conversation, build(call, conversation, call.params))
    echo = call.params.get("echo_id")
    shown = render_messages.listed(call.state, conversation, message, call.host, None if echo is None else str(echo))
    return json_response(shown)


def destroy(call: Call, display_id: str, message_id: str) -> Response:
    """DELETE a message: it stays, with a fixed text, ``deleted`` and without files."""
    conversation = call.conversation(display_id)
    message = call.state.message(conversation, to_i(message_id))
    if message is None:
        raise not_found()
    message.content, message.content_type = DELETED, "text"
    message.content_attributes, message.attachments = {"deleted": True}, []
    message.updated = call.state.now
    call.state.changed(conversation.id)
    return json_response(render_messages.listed(call.state, conversation, message, call.host))


def build(call: Call, conversation: Conversation, params: Params, *, crash: bool = False) -> Message:
    """A message checked but not yet filed; with ``crash`` its failures are not rescued, as in POST /conversations."""
    try:
        kind, content, files = _check(call, conversation, params)
    except Refusal:
        if crash:
            raise Crash from None
        raise
    author: Sender = call.viewer.sender if kind == OUTGOING else ("Contact", conversation.contact_id)
    message = effects.new_message(
        call.state,
        kind,
        content,
        author,
        private=to_bool(params.get("private")),
        content_type=str(params.get("content_type") or "text"),
    )
    message.content_attributes = _attributes(call, conversation, params, message)
    message.source_id = text(params.get("source_id"))
    message.attachments = [attach(call.state, message, file) for file in files]
    return message


def attach(state: State, message: Message, file: Upload) -> Attachment:
    """Keeps a file, as an attachment of a message."""
    blob = state.next_id("blobs")
    state.blobs[blob] = Blob(file.name, file.content_type, file.data)
    number = state.next_id("attachments")
    return Attachment(number, message.id, storage.file_type(file.content_type), message.created, blob)


def _check(call: Call, conversation: Conversation, params: Params) -> tuple[int, str | None, list[Any]]:
    kind = params.get("message_type") or "outgoing"
    channel = call.state.inboxes[conversation.inbox_id].channel_type
    if kind == "incoming" and channel != "Channel::Api":
        raise unprocessable("Incoming messages are only allowed in Api inboxes")
    if kind not in MESSAGE_TYPES:
        raise unprocessable(f"'{kind}' is not a valid message_type")
    if (content_type := params.get("content_type") or "text") not in CONTENT_TYPES:
        raise unprocessable(f"'{content_type}' is not a valid content_type")
    content = text(params.get("content"))
    if content is not None and len(content) > LONGEST:
        raise unprocessable(f"Validation failed: Content is too long (maximum is {LONGEST} characters)")
    since = call.state.now - 60 * SECOND
    if sum(1 for one in conversation.messages if one.created >= since) >= PER_MINUTE:
        raise unprocessable("Validation failed: Too many messages")
    files = params.get("attachments") or []
    if not isinstance(files, list) or not all(isinstance(file, Upload) for file in files):
        raise unprocessable("mismatched digest")
    if len(files) > MOST_FILES:
        raise unprocessable("Validation failed: Attachments exceeded maximum allowed")
    return MESSAGE_TYPES.index(kind), content, files


def _attributes(call: Call, conversation: Conversation, params: Params, message: Message) -> Json:
    given = params.get("content_attributes")
    if isinstance(given, str):
        given = _parsed(given)
    attributes: Json = dict(given) if isinstance(given, dict) else {}
    if call.state.inboxes[conversation.inbox_id].channel_type != "Channel::Email" or message.kind == INCOMING:
        return attributes
    for name in ("cc_emails", "bcc_emails", "to_emails"):
        listed = str(params.get(name) or "").replace(" ", "")
        attributes[name] = listed.split(",") if listed else []
    if not message.private and not blank(message.content):
        attributes["email"] = _mail(str(message.content), params.get("email_html_content"))
    return attributes


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _mail(plain: str, html: Any) -> Json:
    paragraphs = "\n".join(f"<p>{escape(part)}</p>" for part in plain.split("\n\n"))
    body = html or paragraphs
    return {"html_content": {"full": body, "reply": body}, "text_content": {"full": plain, "reply": plain}}

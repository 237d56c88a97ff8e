"""The JSON of messages and attachments; a message has other keys in the messages endpoint than in a conversation."""

from pathlib import PurePosixPath

from sandbox.chatwoot import render_people, storage
from sandbox.chatwoot.clock import epoch, iso
from sandbox.chatwoot.model import ACTIVITY, INCOMING, Attachment, Conversation, Json, Message
from sandbox.chatwoot.state import ACCOUNT, State

MOST_UNREAD = 10


def listed(state: State, conversation: Conversation, message: Message, host: str, echo_id: str | None = None) -> Json:
    """A message of the messages endpoint; ``sender`` and ``attachments`` are absent, not null, when there is none."""
    shown: Json = {
        "id": message.id,
        "content": message.content,
        "inbox_id": conversation.inbox_id,
        "conversation_id": conversation.id,
        "message_type": message.kind,
        "content_type": message.content_type,
        "status": message.status,
        "content_attributes": message.content_attributes,
        "created_at": epoch(message.created),
        "private": message.private,
        "source_id": message.source_id,
    }
    if echo_id is not None:
        shown["echo_id"] = echo_id
    return _with_author(state, shown, message, host, sender_first=True)


def embedded(state: State, conversation: Conversation, message: Message, host: str) -> Json:
    """A message inside a conversation: the table row with nine more keys."""
    sender_type, sender_id = message.sender or (None, None)
    shown: Json = {
        "id": message.id,
        "content": message.content,
        "account_id": ACCOUNT,
        "inbox_id": conversation.inbox_id,
        "conversation_id": conversation.id,
        "message_type": message.kind,
        "created_at": epoch(message.created),
        "updated_at": iso(message.updated),
        "private": message.private,
        "status": message.status,
        "source_id": message.source_id,
        "content_type": message.content_type,
        "content_attributes": message.content_attributes,
        "sender_type": sender_type,
        "sender_id": sender_id,
        "external_source_ids": {},
        "additional_attributes": message.additional,
        "processed_message_content": _processed(message),
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.assignee_id,
            "unread_count": unread_count(conversation),
            "last_activity_at": epoch(conversation.last_activity),
            "contact_inbox": {"source_id": conversation.source.source_id},
        },
    }
    return _with_author(state, shown, message, host, sender_first=False)


def unread_count(conversation: Conversation) -> int:
    """Incoming messages after an agent last looked, at most ten."""
    seen = conversation.agent_seen or 0
    unread = sum(1 for message in conversation.messages if message.kind == INCOMING and message.created > seen)
    return min(MOST_UNREAD, unread)


def last_chat(conversation: Conversation) -> Message | None:
    """The newest message that is no activity."""
    return next((message for message in reversed(conversation.messages) if message.kind != ACTIVITY), None)


def attachment(state: State, one: Attachment, host: str) -> Json:
    """A file of a message; places, cards and links have other keys."""
    base: Json = {"id": one.id, "message_id": one.message_id, "file_type": one.file_type, "account_id": ACCOUNT}
    if one.blob is None:
        return {**base, **one.extra}
    blob = state.blobs[one.blob]
    shown = {
        **base,
        "extension": PurePosixPath(blob.name).suffix.removeprefix(".") or None,
        "content_type": blob.content_type,
        "data_url": storage.data_url(one.blob, blob, host),
        "thumb_url": storage.thumb_url(one, blob, host),
        "file_size": len(blob.data),
        "width": one.width,
        "height": one.height,
    }
    return {**shown, "transcribed_text": ""} if one.file_type == "audio" else shown


def listed_attachment(state: State, one: Attachment, message: Message, host: str) -> Json:
    """A file as the attachments endpoint of a conversation shows it: no content type, but who sent it and when."""
    full = attachment(state, one, host)
    keys = ("thumb_url", "data_url", "file_size", "file_type", "extension", "width", "height")
    shown: Json = {"id": one.id, "message_id": one.message_id, **{key: full.get(key) for key in keys}}
    shown["created_at"] = epoch(message.created)
    author = render_people.sender(state, message.sender)
    return shown if author is None else {**shown, "sender": author}


def _with_author(state: State, shown: Json, message: Message, host: str, *, sender_first: bool) -> Json:
    author = render_people.sender(state, message.sender)
    files = [attachment(state, one, host) for one in message.attachments]
    tail: Json = {"sender": author, "attachments": files or None}
    order = ("sender", "attachments") if sender_first else ("attachments", "sender")
    return {**shown, **{key: tail[key] for key in order if tail[key] is not None}}


def _processed(message: Message) -> str | None:
    mail = message.content_attributes.get("email") or {}
    quoted = [(mail.get(part) or {}).get("quoted") for part in ("text_content", "html_content")]
    text: str | None = next((one for one in quoted if one is not None), message.content)
    return text

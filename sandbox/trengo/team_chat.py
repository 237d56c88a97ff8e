"""The team chat: a bot's message to a colleague or into a thread."""

from sandbox.http import Response
from sandbox.trengo import clock
from sandbox.trengo.annex import ChatMessage
from sandbox.trengo.answers import answer, not_selectable, required
from sandbox.trengo.call import Call
from sandbox.trengo.form import Form


def send(call: Call) -> Response:
    """POST /internal_chat/messages: to ``toUserId`` or into ``threadId``, with ``body`` or ``attachmentIds``."""
    store, form = call.store, call.form
    thread, to = _number(form, "threadId", "thread_id"), _number(form, "toUserId", "to_user_id")
    if thread is None and to is None:
        raise required("threadId")
    if to is not None and to not in store.users:
        raise not_selectable("toUserId")
    files = form.numbers("attachmentIds") or form.numbers("attachment_ids") or []
    if any(number not in store.uploads for number in files):
        raise not_selectable("attachmentIds")
    body = form.text("body") if files else form.needed("body")
    parent = _number(form, "parentId", "parent_id")
    if parent is not None and parent not in store.annex.chat:
        raise not_selectable("parentId")
    message = ChatMessage(store.next_id("chat"), call.user.id, body or "", store.tick(), thread, to, parent)
    store.annex.chat[message.id] = message
    view = {
        "id": message.id,
        "thread_id": message.thread,
        "to_user_id": message.to,
        "user_id": message.user,
        "bot": form.flag("bot"),
        "body": message.body,
        "parent_id": message.parent,
        "attachment_ids": files,
        "created_at": clock.zulu(message.created),
    }
    return answer(view, 201)


def _number(form: Form, *names: str) -> int | None:
    return next((number for number in (form.number(name) for name in names) if number is not None), None)


ROUTES = (("POST", "internal_chat/messages", send),)

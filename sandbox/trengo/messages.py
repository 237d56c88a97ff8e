"""Messages of tickets, and the files in them."""

import mimetypes

from sandbox.http import Request, Response
from sandbox.trengo.answers import answer, app_page, dumps, missing, not_selectable
from sandbox.trengo.call import Call, chosen
from sandbox.trengo.envelopes import page_number, simple, window
from sandbox.trengo.form import File
from sandbox.trengo.model import Attachment, Message, Ticket
from sandbox.trengo.raw_view import sent_message
from sandbox.trengo.store import Store, media_name
from sandbox.trengo.ticket_view import attachment_view, mail_view, message_view, signature


def list_messages(call: Call, key: str) -> Response:
    """GET /tickets/{id}/messages: newest first."""
    ticket = call.ticket(key)
    page = page_number(call.request)
    cut = ticket.messages[::-1][window(page)]
    return simple(call.request, page, [dumps(message_view(one, ticket, call.store, call.origin)) for one in cut])


def get_message(call: Call, key: str, message_key: str) -> Response:
    """GET /tickets/{id}/messages/{mid}."""
    ticket = call.ticket(key)
    return answer(message_view(_message(ticket, message_key), ticket, call.store, call.origin))


def get_mail(call: Call, key: str, message_key: str) -> Response:
    """GET /tickets/{id}/email_messages/{mid}: the whole mail of a collapsed message."""
    ticket = call.ticket(key)
    message = _message(ticket, message_key)
    if not message.mail:
        raise missing("EmailMessage", message_key)
    return answer(mail_view(message, ticket, call.store, collapsed=False))


def send(call: Call, key: str) -> Response:
    """POST /tickets/{id}/messages: the text goes in ``message``; ``internal_note`` makes it a note."""
    ticket, store, form = call.ticket(key), call.store, call.form
    text = form.needed("message")
    files = uploads(store, form.numbers("attachment_ids") or [])
    now = store.tick()
    message = Message("NOTE" if form.flag("internal_note") else "OUTBOUND", text, now, user=call.user.id)
    message.attachments = files
    message.mail = message.type == "OUTBOUND" and store.channels[ticket.channel].type == "EMAIL"
    store.say(ticket, message)
    return answer(sent_message(message, ticket, store, call.origin))


def send_media(call: Call, key: str) -> Response:
    """POST /tickets/{id}/messages/media: a file with an optional caption."""
    ticket, store, form = call.ticket(key), call.store, call.form
    file = form.file("file")
    now = store.tick()
    message = Message("OUTBOUND", form.text("caption") or "", now, user=call.user.id)
    message.attachments = [keep_file(store, file)]
    store.say(ticket, message)
    return answer(sent_message(message, ticket, store, call.origin))


def delete_message(call: Call, key: str, message_key: str) -> Response:
    """DELETE /tickets/{id}/messages/{mid}."""
    ticket = call.ticket(key)
    ticket.messages.remove(_message(ticket, message_key))
    call.store.tick()
    call.store.touch(ticket)
    return Response(204)


def upload(call: Call) -> Response:
    """POST /upload/messages/multipart: gives the id that ``attachment_ids`` takes."""
    attachment = _uploaded(call)
    return answer(attachment_view(attachment, call.origin))


def upload_draft(call: Call) -> Response:
    """POST /ticket_draft_attachments: the same for a draft; answers 201."""
    form = call.form
    if call.request.first("channel_id") is None:
        chosen(call.store.channels, form, "channel_id")
    return answer(attachment_view(_uploaded(call), call.origin), 201)


def upload_nowhere(call: Call) -> Response:
    """POST /attachments: an address but no id, so no message can name the file."""
    view = attachment_view(_uploaded(call), call.origin)
    return answer({"file_path": f"media/{view['file_name']}", "file_url": view["full_url"]})


def uploads(store: Store, numbers: list[int]) -> list[Attachment]:
    """The uploaded files of those ids, else 422."""
    if any(number not in store.uploads for number in numbers):
        raise not_selectable("attachment_ids")
    return [store.uploads[number] for number in numbers]


def keep_file(store: Store, file: File) -> Attachment:
    """Stores a file under a new id, its type guessed from the name where none is told."""
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kind = guessed if file.mime_type in ("", "text/plain", "application/octet-stream") else file.mime_type
    attachment = Attachment(store.next_id("attachment"), file.name, kind, store.now, file.content, len(file.content))
    store.uploads[attachment.id] = attachment
    store.media[media_name(attachment)] = attachment
    return attachment


def media(request: Request, store: Store) -> Response:
    """GET /media/{name}: a file by its signed address, without any token; 403 in XML when the signature is wrong."""
    attachment = store.media.get(request.path.removeprefix("/media/"))
    if attachment is None:
        return app_page()
    if request.first("X-Amz-Signature") != signature(attachment):
        body = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SignatureDoesNotMatch</Code></Error>'
        return Response(403, body, (("content-type", "application/xml"),))
    return Response(200, attachment.content, (("content-type", attachment.mime_type),))


def _message(ticket: Ticket, key: str) -> Message:
    message = next((one for one in ticket.messages if str(one.id) == key), None)
    if message is None:
        raise missing("Message", key)
    return message


def _uploaded(call: Call) -> Attachment:
    file = call.form.file("file")
    call.store.tick()
    return keep_file(call.store, file)


ROUTES = (
    ("GET", "tickets/{id}/messages", list_messages),
    ("POST", "tickets/{id}/messages", send),
    ("POST", "tickets/{id}/messages/media", send_media),
    ("GET", "tickets/{id}/messages/{message}", get_message),
    ("DELETE", "tickets/{id}/messages/{message}", delete_message),
    ("GET", "tickets/{id}/email_messages/{message}", get_mail),
    ("POST", "upload/messages/multipart", upload),
    ("POST", "attachments", upload_nowhere),
    ("POST", "ticket_draft_attachments", upload_draft),
)

"""Phone calls of outside telephone systems, logged as tickets."""

from sandbox.http import Response
from sandbox.trengo import clock
from sandbox.trengo.annex import CallLog
from sandbox.trengo.answers import answer, dumps, invalid, not_selectable
from sandbox.trengo.call import Call, chosen, found
from sandbox.trengo.directory_view import View
from sandbox.trengo.envelopes import SMALL, length_aware
from sandbox.trengo.model import Message
from sandbox.trengo.reach import reached, running

DIRECTIONS = ("INBOUND", "OUTBOUND")


def log_call(call: Call) -> Response:
    """POST /voice/logs: a message of the kind CALL_LOG on the contact's ticket, and a note where one is given."""
    store, form = call.store, call.form
    channel = chosen(store.channels, form, "channel_id")
    phone, direction, duration = form.needed("phone"), form.needed("direction"), form.number("duration")
    if not phone.removeprefix("+").replace(" ", "").isdigit():
        raise invalid(phone="The phone must be a number.")
    if direction not in DIRECTIONS:
        raise not_selectable("direction")
    now = store.tick()
    contact = reached(store, channel, phone, form.text("contact_name"))
    ticket = running(call, contact, channel)
    author = call.user.id if direction == "OUTBOUND" else None
    store.say(ticket, Message(direction, f"{duration or 0} s", now, user=author, body_type="CALL_LOG"))
    number, note = store.next_id("call"), form.text("note")
    if note is not None:
        store.say(ticket, Message("NOTE", note, now, user=call.user.id))
    log = CallLog(number, channel.id, contact.id, ticket.id, call.user.id, phone, direction, now, duration, note)
    log.recording_url = form.text("recording_url")
    store.annex.calls[number] = log
    return answer(_view(log), 201)


def list_calls(call: Call) -> Response:
    """GET /voice/logs: newest first."""
    logs = reversed(call.store.annex.calls.values())
    return length_aware(call.request, [dumps(_view(log)) for log in logs], SMALL)


def get_call(call: Call, key: str) -> Response:
    """GET /voice/logs/{id}."""
    return answer(_view(found(call.store.annex.calls, key, "VoiceLog")))


def _view(log: CallLog) -> View:
    return {
        "id": log.id,
        "channel_id": log.channel,
        "contact_id": log.contact,
        "ticket_id": log.ticket,
        "user_id": log.user,
        "phone": log.phone,
        "direction": log.direction,
        "duration": log.duration,
        "note": log.note,
        "recording_url": log.recording_url,
        "created_at": clock.local(log.created),
    }


ROUTES = (
    ("GET", "voice/logs", list_calls),
    ("POST", "voice/logs", log_call),
    ("GET", "voice/logs/{id}", get_call),
)

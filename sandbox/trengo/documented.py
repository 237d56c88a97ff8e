"""The operations that public documents describe otherwise than the provider does them, as the documents have them."""

from sandbox.http import Response
from sandbox.trengo import profiles, wa_sessions
from sandbox.trengo.answers import answer, invalid, not_selectable
from sandbox.trengo.call import Call, chosen, found
from sandbox.trengo.contacts import find_or_create
from sandbox.trengo.directory_writes import EVENTS, SCOPES
from sandbox.trengo.documented_view import channel_doc, contact_doc, field_doc, message_doc, ticket_doc, webhook_doc
from sandbox.trengo.form import Form
from sandbox.trengo.messages import keep_file, uploads
from sandbox.trengo.model import Contact, CustomField, Message, Ticket, Webhook
from sandbox.trengo.outcome import added, changed, removed
from sandbox.trengo.reach import known_contact, opened, reached
from sandbox.trengo.roles import Route, for_administrators

FIELD_TYPES = ("TEXT", "NUMBER", "DATE", "DROPDOWN")


def create_ticket(call: Call) -> Response:
    """POST /tickets: by ``contact_identifier`` or ``contact_id``, handed to a user or team in the same call."""
    store, form = call.store, call.form
    channel = chosen(store.channels, form, "channel_id")
    contact = _customer(call)
    if contact is not None and contact.private != channel.private:
        raise invalid(contact_identifier="Een privécontact en een gedeeld kanaal gaan niet samen")
    user, team = _hands(call, "delegate_to_user_id", "delegate_to_team_id")
    store.tick()
    contact = contact or reached(store, channel, form.needed("contact_identifier"), None)
    ticket = opened(call, contact, channel, form.text("subject"))
    if user or team:
        ticket.user = None
        _hand(call, ticket, user, team)
    return answer(ticket_doc(ticket, store), 201)


def assign(call: Call, key: str) -> Response:
    """PATCH /tickets/{id}/assign: to a user, a team or both."""
    ticket = call.ticket(key)
    user, team = _hands(call, "user_id", "team_id")
    if user is None and team is None:
        raise invalid(user_id="The user id field is required when team id is not present.")
    call.store.tick()
    _hand(call, ticket, user, team)
    return answer(ticket_doc(ticket, call.store))


def close(call: Call, key: str) -> Response:
    """PATCH /tickets/{id}/close."""
    ticket, store = call.ticket(key), call.store
    ticket.status, ticket.closed, ticket.closed_by = "CLOSED", store.tick(), call.user.id
    store.touch(ticket)
    return answer(ticket_doc(ticket, store))


def send(call: Call, key: str) -> Response:
    """POST /tickets/{id}/messages: the text in ``body``, or in ``message``."""
    ticket, store, form = call.ticket(key), call.store, call.form
    text = form.text("message") or form.needed("body")
    files = uploads(store, form.numbers("attachment_ids") or [])
    kind = "NOTE" if form.flag("internal_note") else "OUTBOUND"
    message = Message(kind, text, store.tick(), user=call.user.id, attachments=files)
    message.mail = kind == "OUTBOUND" and store.channels[ticket.channel].type == "EMAIL"
    return answer(message_doc(store.say(ticket, message), ticket, call.origin), 201)


def send_media(call: Call, key: str) -> Response:
    """POST /tickets/{id}/messages/media: ``file`` with its text in ``body``."""
    ticket, store, form = call.ticket(key), call.store, call.form
    file = form.file("file")
    text = form.text("body") or form.text("caption") or ""
    message = Message("OUTBOUND", text, store.tick(), user=call.user.id)
    message.attachments = [keep_file(store, file)]
    return answer(message_doc(store.say(ticket, message), ticket, call.origin), 201)


def create_contact(call: Call) -> Response:
    """POST /contacts: the channel in the body."""
    channel = chosen(call.store.channels, call.form, "channel_id")
    call.form.needed("name")
    find_or_create(call, str(channel.id))
    contact = known_contact(call.store, call.form.needed("identifier"))
    return answer(contact and contact_doc(contact), 201)


def list_voice_channels(call: Call) -> Response:
    """GET /channels/voice."""
    voices = [channel_doc(one) for one in call.store.channels.values() if one.type == "VOIP"]
    return answer({"data": voices})


def create_field(call: Call) -> Response:
    """POST /custom_fields: ``type`` is the kind of data; a scope is taken too, a ticket's where none is said."""
    form, store = call.form, call.store
    title, kind = form.needed("title"), form.needed("type")
    if kind not in (*FIELD_TYPES, *SCOPES):
        raise not_selectable("type")
    order = min((field.sort_order for field in store.fields.values()), default=1) - 1
    scope = kind if kind in SCOPES else "TICKET"
    field = CustomField(store.next_id("field"), title, scope, order, store.now + 1)
    field.field_type = kind if kind in FIELD_TYPES else "TEXT"
    return added(call, store.fields, field, field_doc(field))


def create_webhook(call: Call) -> Response:
    """POST /webhooks: an address is enough; without a type it hears of incoming messages."""
    form, store = call.form, call.store
    url, kind = form.needed("url"), _event(form, "INBOUND")
    number = store.next_id("webhook")
    webhook = Webhook(number, form.text("name") or url, url, kind, f"sandbox-signing-secret-{number}")
    return added(call, store.webhooks, webhook, webhook_doc(webhook))


def update_webhook(call: Call, key: str) -> Response:
    """PUT /webhooks/{id}."""
    webhook, form = found(call.store.webhooks, key, "Webhook"), call.form
    webhook.type = _event(form, webhook.type)
    webhook.title, webhook.url = form.text("name") or webhook.title, form.needed("url")
    return changed(call, webhook_doc(webhook))


def delete_webhook(call: Call, key: str) -> Response:
    """DELETE /webhooks/{id}: 204."""
    removed(call, call.store.webhooks, found(call.store.webhooks, key, "Webhook").id)
    return Response(204)


def send_template(call: Call) -> Response:
    """POST /whatsapp/messages: on a channel that must be the template's."""
    channel = chosen(call.store.channels, call.form, "channel_id")
    if chosen(call.store.templates, call.form, "hsm_id").channel != channel.id:
        raise not_selectable("channel_id")
    call.form.needed("recipient_phone_number")
    message, ticket = wa_sessions.sent(call)
    return answer(message_doc(message, ticket, call.origin), 201)


def _customer(call: Call) -> Contact | None:
    """The contact a body names by id or identifier; None for an identifier nobody has yet."""
    if call.form.text("contact_id") is not None:
        return chosen(call.store.contacts, call.form, "contact_id")
    return known_contact(call.store, call.form.needed("contact_identifier"))


def _hands(call: Call, user_field: str, team_field: str) -> tuple[int | None, int | None]:
    """User and team a body names, each None where it names none."""
    form, store = call.form, call.store
    user = None if form.text(user_field) is None else chosen(store.users, form, user_field).id
    team = None if form.text(team_field) is None else chosen(store.teams, form, team_field).id
    return user, team


def _hand(call: Call, ticket: Ticket, user: int | None, team: int | None) -> None:
    ticket.user, ticket.team = user or ticket.user, team or ticket.team
    ticket.status = "ASSIGNED" if ticket.user or ticket.team else "OPEN"
    ticket.closed = ticket.closed_by = ticket.result = None
    ticket.assigned, ticket.assigned_by = call.store.now, call.user.id
    call.store.touch(ticket)


def _event(form: Form, otherwise: str) -> str:
    kind = form.text("type") or otherwise
    if kind not in EVENTS:
        raise not_selectable("type")
    return kind


ROUTES: tuple[Route, ...] = (
    ("POST", "tickets", create_ticket),
    ("PATCH", "tickets/{id}/assign", assign),
    ("PATCH", "tickets/{id}/close", close),
    ("POST", "tickets/{id}/messages", send),
    ("POST", "tickets/{id}/messages/media", send_media),
    ("POST", "contacts", create_contact),
    ("GET", "channels/voice", list_voice_channels),
    ("POST", "whatsapp/messages", send_template),
    *for_administrators(
        (
            ("POST", "custom_fields", create_field),
            ("POST", "webhooks", create_webhook),
            ("PUT", "webhooks/{id}", update_webhook),
            ("DELETE", "webhooks/{id}", delete_webhook),
            ("POST", "profile", profiles.create),
        )
    ),
)
GONE = frozenset({("POST", "tickets/{id}/assign"), ("POST", "tickets/{id}/close")})
"""What the provider has and the documents know only under another method."""

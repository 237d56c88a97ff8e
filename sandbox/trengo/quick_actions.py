"""Contact, ticket and message in one call: the quick action, and messages that come in on a custom channel."""

from sandbox.http import Response
from sandbox.trengo.answers import answer, invalid, not_selectable, required
from sandbox.trengo.call import Call, chosen
from sandbox.trengo.form import Form
from sandbox.trengo.model import Channel, Message
from sandbox.trengo.raw_view import sent_message
from sandbox.trengo.reach import known_contact, reached, running


def send(call: Call) -> Response:
    """POST /messages: to an address or number; the name and the subject count only where something new is made."""
    store, form = call.store, call.form
    channel = chosen(store.channels, form, "channel_id")
    identifier, text = form.needed("contact_identifier"), form.needed("message")
    if (channel.type == "EMAIL") != ("@" in identifier):
        raise invalid(contact_identifier="The contact identifier does not fit the channel.")
    known = known_contact(store, identifier)
    if known is not None and known.private != channel.private:
        raise invalid(contact_identifier="Een privécontact en een gedeeld kanaal gaan niet samen")
    store.tick()
    contact = reached(store, channel, identifier, form.text("contact_name"))
    ticket = running(call, contact, channel, form.text("email_subject"))
    message = Message("OUTBOUND", text, store.now, user=call.user.id, mail=channel.type == "EMAIL")
    return answer(sent_message(store.say(ticket, message), ticket, store, call.origin))


def receive(call: Call) -> Response:
    """POST /custom_channel_messages: ``channel`` is the token of a custom channel, the text is in ``body``."""
    store, form = call.store, call.form
    channel = _custom_channel(call, form.needed("channel"))
    sender, text = _inner(form, "contact"), _inner(form, "body").text("text")
    identifier = sender.text("identifier") or sender.text("email") or sender.text("phone")
    if identifier is None:
        raise required("contact.identifier")
    if text is None:
        raise required("body.text")
    store.tick()
    contact = reached(store, channel, identifier, sender.text("name"))
    ticket = running(call, contact, channel)
    message = store.say(ticket, Message("INBOUND", text, store.now))
    return answer({"ticket_id": ticket.id, "message_id": message.id, "contact_id": contact.id}, 201)


def _custom_channel(call: Call, token: str) -> Channel:
    for channel in call.store.channels.values():
        if channel.type == "CUSTOM" and token in (channel.username, str(channel.id)):
            return channel
    raise not_selectable("channel")


def _inner(form: Form, name: str) -> Form:
    value = form.fields.get(name)
    return Form(value if isinstance(value, dict) else {})


ROUTES = (
    ("POST", "messages", send),
    ("POST", "custom_channel_messages", receive),
)

"""Sending approved WhatsApp templates, to a ticket or to a number."""

import re

from sandbox.http import Response
from sandbox.trengo.answers import answer, invalid, not_selectable
from sandbox.trengo.call import Call, chosen
from sandbox.trengo.model import Message, Template, Ticket
from sandbox.trengo.raw_view import sent_template
from sandbox.trengo.reach import reached, running

_NESTED = re.compile(r"params\[(\d+)\]\[(key|value)\]")
_HOLE = re.compile(r"\{\{\d+\}\}")


def send_template(call: Call) -> Response:
    """POST /wa_sessions: the ticket's own conversation, or the running one of the number's contact."""
    message, ticket = sent(call)
    return answer(sent_template(message, ticket, call.store))


def sent(call: Call) -> tuple[Message, Ticket]:
    """The template's message and the ticket it went to; 422 when the template is not approved or left with holes."""
    store = call.store
    template = chosen(store.templates, call.form, "hsm_id")
    if template.status != "ACCEPTED":
        raise not_selectable("hsm_id")
    text = _filled(template, _values(call))
    ticket = _ticket(call, template)
    message = Message("OUTBOUND", text, store.now, user=call.user.id, body_type="COMPONENTS")
    message.template = template.id
    return store.say(ticket, message), ticket


def _ticket(call: Call, template: Template) -> Ticket:
    store, form = call.store, call.form
    if form.text("ticket_id") is not None:
        ticket = chosen(store.tickets, form, "ticket_id")
        if store.channels[ticket.channel].type != "WA_BUSINESS":
            raise not_selectable("ticket_id")
        store.tick()
        return ticket
    number = form.needed("recipient_phone_number")
    if not number.removeprefix("+").replace(" ", "").isdigit():
        raise invalid(recipient_phone_number="The recipient phone number format is invalid.")
    store.tick()
    channel = store.channels[template.channel]
    return running(call, reached(store, channel, number, None), channel)


def _filled(template: Template, values: dict[str, str]) -> str:
    text = _HOLE.sub(lambda hole: values.get(hole[0], hole[0]), template.message)
    if _HOLE.search(text):
        raise invalid(params="The params do not fill the template.")
    return text


def _values(call: Call) -> dict[str, str]:
    """``params`` as JSON sends them, or as the brackets of a form."""
    fields = call.form.fields
    listed = fields.get("params")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    nested: dict[str, dict[str, str]] = {}
    for name, value in fields.items():
        match = _NESTED.fullmatch(name)
        if match:
            nested.setdefault(match[1], {})[match[2]] = str(value)
    return {str(row.get("key")): str(row.get("value", "")) for row in [*rows, *nested.values()]}


ROUTES = (("POST", "wa_sessions", send_template),)

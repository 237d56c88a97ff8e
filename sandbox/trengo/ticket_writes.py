"""Changing tickets: create, assign, close, reopen, spam, merge, delete, labels, field values."""

from sandbox.http import Response
from sandbox.trengo.answers import answer, invalid, missing, not_selectable
from sandbox.trengo.call import Call, chosen, found
from sandbox.trengo.directory_view import full_name, label_view
from sandbox.trengo.field_values import field_value, pivot, put_value
from sandbox.trengo.model import Contact, Message, Ticket
from sandbox.trengo.raw_view import created_ticket
from sandbox.trengo.reach import known_contact, opened, reached
from sandbox.trengo.store import Store


def create(call: Call) -> Response:
    """POST /tickets: assigned to the user of the token at once; nothing reaches the customer yet.

    An identifier instead of the contact's id is taken too, although only the documents of others say so.
    """
    store, form = call.store, call.form
    channel = chosen(store.channels, form, "channel_id")
    contact = _customer(call)
    if contact is not None and channel.private != contact.private:
        raise invalid(contact_id="Een privécontact en een gedeeld kanaal gaan niet samen")
    store.tick()
    contact = contact or reached(store, channel, form.needed("contact_identifier"), None)
    return answer(created_ticket(opened(call, contact, channel, form.text("subject")), store), 201)


def delete(call: Call, key: str) -> Response:
    """DELETE /tickets/{id}."""
    ticket = call.ticket(key)
    call.store.tick()
    call.store.drop_ticket(ticket)
    return Response(204)


def assign(call: Call, key: str) -> Response:
    """POST /tickets/{id}/assign: to a team it leaves nobody in charge, to a user it keeps the team."""
    ticket, store, form = call.ticket(key), call.store, call.form
    kind = form.needed("type")
    if kind == "team":
        team = chosen(store.teams, form, "team_id")
        ticket.team, ticket.user, whom = team.id, None, team.name
    elif kind == "user":
        user = chosen(store.users, form, "user_id")
        ticket.user, whom = user.id, full_name(user)
    else:
        raise not_selectable("type")
    ticket.assigned, ticket.assigned_by = store.tick(), call.user.id
    _open(ticket)
    store.audit(ticket, "TICKET_PICKED_UP", f"Assigned to {whom} by {full_name(call.user)}")
    store.touch(ticket)
    note = form.text("note")
    if note is not None:
        store.say(ticket, Message("NOTE", note, store.now, user=call.user.id))
    return _confirmed("Ticket assigned.")


def close(call: Call, key: str) -> Response:
    """POST /tickets/{id}/close: a reason is optional."""
    ticket, store, form = call.ticket(key), call.store, call.form
    if form.text("ticket_result_id") is not None:
        ticket.result = chosen(store.results, form, "ticket_result_id").id
    ticket.status, ticket.closed, ticket.closed_by = "CLOSED", store.tick(), call.user.id
    store.touch(ticket)
    return _confirmed("Ticket closed.")


def reopen(call: Call, key: str) -> Response:
    """POST /tickets/{id}/reopen: back to whoever had it."""
    ticket = call.ticket(key)
    call.store.tick()
    ticket.reopened += ticket.status == "CLOSED"
    _open(ticket)
    call.store.touch(ticket)
    return _confirmed("Ticket reopened.")


def mark_spam(call: Call, key: str) -> Response:
    """POST /tickets/{id}/spam."""
    ticket = call.ticket(key)
    call.store.tick()
    ticket.status = "INVALID"
    call.store.touch(ticket)
    return _confirmed("Ticket marked as spam.")


def unmark_spam(call: Call, key: str) -> Response:
    """DELETE /tickets/{id}/spam."""
    return reopen(call, key)


def merge(call: Call, key: str) -> Response:
    """POST /tickets/{target}/merge: the source's messages move over, its id is 404 from then on."""
    target, store = call.ticket(key), call.store
    source = chosen(store.tickets, call.form, "source_ticket_id")
    if source is target:
        raise not_selectable("source_ticket_id")
    store.tick()
    absorb(call.store, source, target)
    return _confirmed("Tickets merged.")


def absorb(store: Store, source: Ticket, target: Ticket) -> None:
    """Moves the messages of one ticket into another and drops the first."""
    store.drop_ticket(source)
    for message in source.messages:
        message.ticket = target.id
    target.messages = sorted([*target.messages, *source.messages], key=lambda one: (one.created, one.id))
    source.messages = []
    store.bump(target)


def add_label(call: Call, key: str) -> Response:
    """POST /tickets/{id}/labels: one per call; adding it twice changes nothing."""
    ticket, store = call.ticket(key), call.store
    label = chosen(store.labels, call.form, "label_id")
    if label.id not in ticket.labels:
        store.tick()
        ticket.labels.append(label.id)
        store.audit(ticket, "TICKET_LABELED", f"Label {label.name} added by {full_name(call.user)}")
        store.touch(ticket)
    return answer(label_view(label))


def remove_label(call: Call, key: str, label_key: str) -> Response:
    """DELETE /tickets/{id}/labels/{label_id}."""
    ticket, label = call.ticket(key), found(call.store.labels, label_key, "Label")
    if label.id not in ticket.labels:
        raise missing("Label", label_key)
    call.store.tick()
    ticket.labels.remove(label.id)
    call.store.touch(ticket)
    return answer([])


def set_field(call: Call, key: str) -> Response:
    """POST /tickets/{id}/custom_fields: one value per call; an empty one clears."""
    ticket = call.ticket(key)
    field, value = field_value(call, "TICKET")
    call.store.tick()
    put_value(ticket, field, value)
    call.store.touch(ticket)
    return answer({"ticket_id": ticket.id, **pivot(field, value, call.store.now)})


def star(call: Call, key: str) -> Response:
    """POST /tickets/{id}/favorited: for the user of the token alone."""
    ticket = call.ticket(key)
    call.store.tick()
    ticket.starred = [*(number for number in ticket.starred if number != call.user.id), call.user.id]
    return _confirmed("Ticket favorited.")


def unstar(call: Call, key: str, _place: str) -> Response:
    """DELETE /tickets/{id}/favorited/0: the last segment means nothing."""
    ticket = call.ticket(key)
    call.store.tick()
    ticket.starred = [number for number in ticket.starred if number != call.user.id]
    return answer([])


def _customer(call: Call) -> Contact | None:
    """The contact a body names; None for an identifier nobody has yet."""
    identifier = call.form.text("contact_identifier")
    if identifier is None or call.form.text("contact_id") is not None:
        return chosen(call.store.contacts, call.form, "contact_id")
    return known_contact(call.store, identifier)


def _open(ticket: Ticket) -> None:
    ticket.status = "ASSIGNED" if ticket.user or ticket.team else "OPEN"
    ticket.closed = ticket.closed_by = ticket.result = None


def _confirmed(sentence: str) -> Response:
    return answer({"message": sentence})


ROUTES = (
    ("POST", "tickets", create),
    ("DELETE", "tickets/{id}", delete),
    ("POST", "tickets/{id}/assign", assign),
    ("POST", "tickets/{id}/close", close),
    ("POST", "tickets/{id}/reopen", reopen),
    ("POST", "tickets/{id}/spam", mark_spam),
    ("DELETE", "tickets/{id}/spam", unmark_spam),
    ("POST", "tickets/{id}/merge", merge),
    ("POST", "tickets/{id}/labels", add_label),
    ("DELETE", "tickets/{id}/labels/{label}", remove_label),
    ("POST", "tickets/{id}/custom_fields", set_field),
    ("POST", "tickets/{id}/favorited", star),
    ("DELETE", "tickets/{id}/favorited/{place}", unstar),
)

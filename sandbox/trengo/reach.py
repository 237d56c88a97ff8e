"""Reaching a customer by number or address: the contact is found or made, the ticket continued or opened."""

from sandbox.trengo.call import Call
from sandbox.trengo.directory_view import full_name
from sandbox.trengo.model import Channel, Contact, Ticket
from sandbox.trengo.store import Store, identity

_COLOR = "#7e57c2"
_RUNNING = ("OPEN", "ASSIGNED")


def known_contact(store: Store, identifier: str) -> Contact | None:
    """Who has that number or mail address, in whatever spelling."""
    return store.contacts.get(store.contacts_by_identity.get(identity(identifier), 0))


def reached(store: Store, channel: Channel, identifier: str, name: str | None) -> Contact:
    """The contact with that identifier, known by its old name, or a new one; it is on the channel from now on."""
    contact = known_contact(store, identifier)
    if contact is None:
        number = store.next_id("contact")
        contact = Contact(number, name or identifier, *split_identifier(identifier), _COLOR, store.now)
        contact.private = channel.private
        store.add_contact(contact)
    if channel.id not in contact.channels:
        contact.channels.append(channel.id)
    return contact


def opened(call: Call, contact: Contact, channel: Channel, subject: str | None) -> Ticket:
    """A new ticket at the present second, in the hands of the user of the token."""
    store, me = call.store, call.user
    ticket = Ticket(contact.id, channel.id, store.now, subject, store.next_id("ticket"), "ASSIGNED")
    ticket.updated = ticket.activity = ticket.assigned = store.now
    ticket.user = ticket.assigned_by = me.id
    store.add_ticket(ticket)
    store.audit(ticket, "TICKET_CREATED", f"Created by {full_name(me)}")
    return ticket


def running(call: Call, contact: Contact, channel: Channel, subject: str | None = None) -> Ticket:
    """The customer's open ticket on that channel, the youngest of several, or a new one."""
    for ticket in reversed(call.store.tickets_of(contact.id)):
        if ticket.channel == channel.id and ticket.status in _RUNNING:
            return ticket
    return opened(call, contact, channel, subject)


def split_identifier(identifier: str) -> tuple[str | None, str | None]:
    """Mail address or number; the number keeps the spelling it came in, with ``+`` or without."""
    return (identifier, None) if "@" in identifier else (None, "".join(identifier.split()))

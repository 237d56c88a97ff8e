"""Changes under a reader: what other people do while somebody walks the list."""

from collections.abc import Mapping

from sandbox import people
from sandbox.trengo.model import Message, Ticket
from sandbox.trengo.seed import channel_for, new_contact
from sandbox.trengo.store import Store
from sandbox.trengo.ticket_writes import absorb


def churn(store: Store, change: Mapping[str, int]) -> dict[str, list[int]]:
    """Applies counts of insert, close, bump and merge; answers the ids touched by each (merge: those that vanished)."""
    return {name: [number for _ in range(change.get(name, 0)) for number in act(store)] for name, act in _ACTS.items()}


def _insert(store: Store) -> list[int]:
    """A new ticket with a first message, at the top; its customer may be new too."""
    rng, now = store.rng, store.tick()
    known = list(store.contacts.values())
    if not known or rng.random() < 0.3:
        contact = new_contact(store, now)
        contact.channels.append(channel_for(store, contact).id)
        store.add_contact(contact)
    else:
        contact = rng.choice(known)
    channel, locale = channel_for(store, contact), rng.choice(people.LOCALES)
    ticket = Ticket(contact.id, channel.id, now, people.subject(rng, locale), store.next_id("ticket"))
    ticket.activity = ticket.updated = now
    store.add_ticket(ticket)
    store.audit(ticket, "TICKET_CREATED", "Created by a customer")
    store.say(ticket, _said(store, ticket, locale))
    return [ticket.id]


def _close(store: Store) -> list[int]:
    open_ones = [ticket for ticket in store.tickets.values() if ticket.status in ("OPEN", "ASSIGNED")]
    if not open_ones:
        return []
    ticket = store.rng.choice(open_ones)
    ticket.status, ticket.closed, ticket.closed_by = "CLOSED", store.tick(), ticket.user
    store.touch(ticket)
    return [ticket.id]


def _bump(store: Store) -> list[int]:
    if not store.tickets:
        return []
    store.tick()
    ticket = store.rng.choice(list(store.tickets.values()))
    store.say(ticket, _said(store, ticket, store.rng.choice(people.LOCALES)))
    return [ticket.id]


def _merge(store: Store) -> list[int]:
    if len(store.tickets) < 2:
        return []
    store.tick()
    source, target = store.rng.sample(list(store.tickets.values()), 2)
    absorb(store, source, target)
    return [source.id]


def _said(store: Store, ticket: Ticket, locale: str) -> Message:
    message = Message("INBOUND", people.message(store.rng, locale), store.now)
    message.mail = store.channels[ticket.channel].type == "EMAIL"
    return message


_ACTS = {"insert": _insert, "close": _close, "bump": _bump, "merge": _merge}

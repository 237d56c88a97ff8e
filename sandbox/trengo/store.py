"""All state of one sandbox, with the order of tickets and the cached JSON of list items."""

import random
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.trengo import clock
from sandbox.trengo.annex import Annex
from sandbox.trengo.model import (
    Attachment,
    Audit,
    Channel,
    Contact,
    CustomField,
    Label,
    Message,
    Named,
    Profile,
    QuickReply,
    Team,
    Template,
    Ticket,
    User,
    Webhook,
)

_CACHED_QUERIES = 64


@dataclass
class Store:
    """The tables by id, the logical clock, and what is derived from them."""

    rng: random.Random
    now: int = clock.START
    users: dict[int, User] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    fields: dict[int, CustomField] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    profiles: dict[int, Profile] = field(default_factory=dict)
    groups: dict[int, Named] = field(default_factory=dict)
    results: dict[int, Named] = field(default_factory=dict)
    quick_replies: dict[int, QuickReply] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    templates: dict[int, Template] = field(default_factory=dict)
    uploads: dict[int, Attachment] = field(default_factory=dict)
    media: dict[str, Attachment] = field(default_factory=dict)
    annex: Annex = field(default_factory=Annex)
    last_id: dict[str, int] = field(default_factory=dict)
    contacts_by_identity: dict[str, int] = field(default_factory=dict)
    _order: list[tuple[int, int]] = field(default_factory=list)
    _of_contact: dict[int, set[int]] = field(default_factory=dict)
    _items: dict[int, bytes] = field(default_factory=dict)
    _queries: dict[object, list[int]] = field(default_factory=dict)

    # Time and ids.

    def tick(self) -> int:
        """Moves the logical clock one second: every applied write takes one."""
        self.now += 1
        return self.now

    def next_id(self, kind: str) -> int:
        """A fresh id of that kind, above all it has had."""
        self.last_id[kind] = self.last_id.get(kind, 0) + 1
        return self.last_id[kind]

    # Tickets: order, cached items, cached queries.

    def add_ticket(self, ticket: Ticket) -> None:
        """Puts a new ticket where its activity places it."""
        self.tickets[ticket.id] = ticket
        self._of_contact.setdefault(ticket.contact, set()).add(ticket.id)
        insort(self._order, (ticket.activity, ticket.id))
        self._queries.clear()

    def drop_ticket(self, ticket: Ticket) -> None:
        """Removes a deleted or merged ticket."""
        del self.tickets[ticket.id]
        self._of_contact[ticket.contact].discard(ticket.id)
        self._unplace(ticket)
        self.changed(ticket)

    def bump(self, ticket: Ticket) -> None:
        """Moves a ticket to the top: something was said in it just now."""
        self._unplace(ticket)
        ticket.activity = self.now
        insort(self._order, (ticket.activity, ticket.id))
        self.touch(ticket)

    def touch(self, ticket: Ticket) -> None:
        """A ticket was changed just now."""
        ticket.updated = self.now
        self.changed(ticket)

    def changed(self, ticket: Ticket) -> None:
        """Forgets what was derived from a ticket."""
        self._items.pop(ticket.id, None)
        self._queries.clear()

    def contact_changed(self, contact: Contact) -> None:
        """Forgets what was derived from a contact's tickets."""
        for number in self._of_contact.get(contact.id, ()):
            self._items.pop(number, None)
        self._queries.clear()

    def everything_changed(self) -> None:
        """Forgets all that was derived, as after a change of labels or fields."""
        self._items.clear()
        self._queries.clear()

    def item(self, ticket: Ticket, make: Callable[[Ticket], bytes]) -> bytes:
        """The list item of a ticket as JSON, made once per change."""
        found = self._items.get(ticket.id)
        if found is None:
            found = self._items[ticket.id] = make(ticket)
        return found

    def newest_first(self) -> list[int]:
        """Ids of all tickets by activity, newest first."""
        return self.query("all", None)

    def query(self, key: object, keep: Callable[[Ticket], bool] | None) -> list[int]:
        """Ids of the tickets to ``keep``, newest first; ``key`` says the same as ``keep`` and names the cached list."""
        found = self._queries.get(key)
        if found is None:
            if len(self._queries) >= _CACHED_QUERIES:
                self._queries.clear()
            found = [number for _, number in reversed(self._order) if keep is None or keep(self.tickets[number])]
            self._queries[key] = found
        return found

    def tickets_of(self, contact: int) -> list[Ticket]:
        """The tickets of a contact, oldest id first."""
        return [self.tickets[number] for number in sorted(self._of_contact.get(contact, ()))]

    def _unplace(self, ticket: Ticket) -> None:
        at = bisect_left(self._order, (ticket.activity, ticket.id))
        del self._order[at]

    # Small writes several operations share.

    def say(self, ticket: Ticket, message: Message) -> Message:
        """Adds a message to a ticket at the present second and moves the ticket to the top."""
        message.id, message.ticket = self.next_id("message"), ticket.id
        ticket.messages.append(message)
        for attachment in message.attachments:
            self.media[media_name(attachment)] = attachment
        self.bump(ticket)
        return message

    def audit(self, ticket: Ticket, kind: str, text: str) -> None:
        """Adds a line to a ticket's history."""
        line = f"{text} at {clock.audit(self.now)}"
        ticket.audits.append(Audit(self.next_id("audit"), kind, line, self.now))

    def add_contact(self, contact: Contact) -> None:
        """Puts a contact where it is found by id and by identity."""
        self.contacts[contact.id] = contact
        for value in (contact.email, contact.phone):
            if value:
                self.contacts_by_identity.setdefault(identity(value), contact.id)

    def forget_identities(self, contact: Contact) -> None:
        """Frees the mail address and number of a contact."""
        for value in (contact.email, contact.phone):
            if value and self.contacts_by_identity.get(identity(value)) == contact.id:
                del self.contacts_by_identity[identity(value)]


def identity(identifier: str) -> str:
    """The form in which two spellings of one mail address or number are equal."""
    if "@" in identifier:
        return identifier.strip().lower()
    digits = "".join(letter for letter in identifier if letter.isdigit())
    return digits.removeprefix("00") or identifier.strip().lower()


def media_name(attachment: Attachment) -> str:
    """The stored file's name: unlike the original one it is unique."""
    return f"{attachment.id:x}-{attachment.client_name}"

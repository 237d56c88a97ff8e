"""Customers and conversations of a sandbox, all from one seed."""

import random

from sandbox import people
from sandbox.trengo.clock import START, audit
from sandbox.trengo.directory_view import full_name
from sandbox.trengo.model import Attachment, Audit, Channel, Contact, Message, Note, Profile, Ticket
from sandbox.trengo.seed_annex import seed_annex
from sandbox.trengo.seed_directory import FIRST_CHANNEL, FIRST_USER, seed_directory
from sandbox.trengo.store import Store, media_name

_FIRST_IDS = {
    "ticket": 731_190_000,
    "message": 3_448_655_000,  # above 2^31 on purpose
    "contact": 451_500_000,
    "attachment": 388_120_000,
    "audit": 52_000_000,
    "user": FIRST_USER - 1,
    "channel": FIRST_CHANNEL - 1,
    "label": 1_790_310,
    "team": 88_120,
    "field": 633_400,
    "profile": 13_570_000,
    "note": 6_120_000,
    "result": 30_440,
    "group": 41_870,
    "quick_reply": 51_200,
    "webhook": 87_300,
    "template": 228_400,
    "sms": 9_310_020,
    "call": 5_870_100,
    "chat": 71_440_300,
    "help_center": 3_110,
    "help_item": 120_400,
}
_SPAN = 300 * 86_400
_HOUR = 3_600
_OVERLAP = (1_761_438_600, 1_761_442_200)
"""Both are 02:30 on 26 October 2025 in Amsterdam: before and after the clock went back."""

_FILES = (
    ("foto van het pakket.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
    ("factuur-2026.pdf", "application/pdf", b"%PDF-1.4\n% sandbox\n%%EOF\n"),
    ("схема & <план>.txt", "text/plain", "Ünïcödé & 見本\n".encode()),
    ("opname.mp3", "audio/mpeg", b"ID3" + bytes(32)),
)
_STATUSES, _STATUS_WEIGHTS = ("OPEN", "ASSIGNED", "CLOSED", "INVALID"), (28, 34, 32, 6)


def seeded(tickets: int, seed: int) -> Store:
    """A fresh state with that many tickets; equal arguments give equal states."""
    store = Store(random.Random(seed))
    store.last_id = dict(_FIRST_IDS)
    seed_directory(store)
    _contacts(store, max(6, tickets * 3 // 5))
    made = [_ticket(store, place, tickets) for place in range(tickets)]
    _number(store, made)
    for ticket in sorted(made, key=lambda one: one.activity):
        store.add_ticket(ticket)
    _profiles(store)
    seed_annex(store)
    return store


def new_contact(store: Store, created: int) -> Contact:
    """A customer known by number, by mail, or (a visitor of the chat) by neither; details are missing now and then."""
    rng = store.rng
    someone = people.person(rng)
    kind = rng.choices(("mail", "phone", "visitor"), (58, 38, 4))[0]
    email = someone.email if kind == "mail" else None
    phone = someone.phone if kind == "phone" else None
    if phone and rng.random() < 0.3:
        phone = phone.removeprefix("+")
    name = None if kind != "visitor" and rng.random() < 0.03 else someone.full_name
    color = rng.choice(("#e91e63", "#607d8b", "#ff5722", "#4caf50"))
    contact = Contact(store.next_id("contact"), name, email, phone, color, created)
    contact.php_map = rng.random() < 0.15
    return contact


def channel_for(store: Store, contact: Contact) -> Channel:
    """A shared channel on which that customer can be reached."""
    kinds = ("EMAIL",) if contact.email else ("WA_BUSINESS", "WA_BUSINESS", "VOIP") if contact.phone else ("CHAT",)
    kind = store.rng.choice(kinds)
    return store.rng.choice([one for one in store.channels.values() if one.type == kind and not one.private])


def _contacts(store: Store, count: int) -> None:
    rng = store.rng
    scoped = [number for number, field in store.fields.items() if field.type == "CONTACT"]
    for place in range(count):
        contact = new_contact(store, START - _SPAN - (count - place) * 97)
        contact.channels.append(channel_for(store, contact).id)
        if rng.random() < 0.4:
            contact.values[scoped[0]] = f"K-{rng.randrange(10_000, 99_999)}"
        if rng.random() < 0.15:
            contact.values[scoped[1]] = rng.choice(("nl", "日本語", "ar"))
        if rng.random() < 0.1:
            contact.groups.append(rng.choice(list(store.groups)))
        if rng.random() < 0.08:
            author = rng.choice(list(store.users))
            contact.notes.append(Note(store.next_id("note"), author, people.note(rng), contact.created + 60))
        store.add_contact(contact)


def _ticket(store: Store, place: int, total: int) -> Ticket:
    """The conversation at ``place``, 0 being the one with the newest activity."""
    rng = store.rng
    contact = store.contacts[rng.randint(_FIRST_IDS["contact"] + 1, store.last_id["contact"])]
    channel = channel_for(store, contact)
    locale = rng.choice(people.LOCALES)
    last = START - 45 - int(_SPAN * (place / max(1, total)) ** 1.6) - rng.randrange(30)
    if place and place in (total // 2, total // 2 + 1):
        last = _OVERLAP[place - total // 2]
    ticket = Ticket(contact.id, channel.id, last)
    ticket.subject = None if channel.type != "EMAIL" or rng.random() < 0.08 else people.subject(rng, locale)
    ticket.status = rng.choices(_STATUSES, _STATUS_WEIGHTS)[0]
    ticket.older = place >= total * 7 // 10
    ticket.php_map = rng.random() < 0.1
    ticket.messages = _conversation(store, ticket, channel, locale, last)
    ticket.created = ticket.messages[0].created if ticket.messages else last
    ticket.activity = ticket.updated = last
    _settle(store, ticket)
    return ticket


def _conversation(store: Store, ticket: Ticket, channel: Channel, locale: str, last: int) -> list[Message]:
    """Messages from old to new, the newest at ``last``; few tickets have none, few have more than a page."""
    rng = store.rng
    count = rng.choices((0, rng.randint(1, 4), rng.randint(3, 9), rng.randint(26, 60)), (2, 55, 40, 3))[0]
    times = [*sorted(last - rng.randrange(60, 9 * _HOUR) for _ in range(count - 1)), last]
    if count == 0:
        return []
    return [_message(store, ticket, channel, locale, at, opening=not place) for place, at in enumerate(times)]


def _message(store: Store, ticket: Ticket, channel: Channel, locale: str, at: int, *, opening: bool) -> Message:
    rng = store.rng
    kind = "INBOUND" if opening else rng.choices(("INBOUND", "OUTBOUND", "NOTE"), (42, 43, 15))[0]
    text = {"INBOUND": people.message, "OUTBOUND": people.reply}.get(kind, lambda r, _: people.note(r))(rng, locale)
    message = Message(kind, text, at, user=None if kind == "INBOUND" else rng.choice(list(store.users)))
    message.mail = channel.type == "EMAIL" and kind != "NOTE"
    message.collapsed = message.mail and not ticket.older and rng.random() < 0.05
    if kind == "NOTE" and rng.random() < 0.5:
        message.mentions.append(rng.choice(list(store.users)))
    if kind == "OUTBOUND" and channel.type == "WA_BUSINESS" and rng.random() < 0.2:
        message.body_type, message.template = "COMPONENTS", rng.choice(list(store.templates))
    if channel.type == "VOIP" and kind == "INBOUND":
        message.body_type = "CALL_LOG"
    if kind != "NOTE" and rng.random() < 0.09:
        name, mime, content = rng.choice(_FILES)
        size = len(content) if rng.random() < 0.5 else None
        message.attachments.append(Attachment(0, name, mime, at, content, size))
    return message


def _settle(store: Store, ticket: Ticket) -> None:
    """Assignment, closing, labels and values that fit the status."""
    rng = store.rng
    if ticket.status in ("ASSIGNED", "CLOSED"):
        ticket.user = rng.choice(list(store.users)) if rng.random() < 0.85 else None
        if ticket.user is None or rng.random() < 0.3:
            ticket.team = rng.choice(list(store.teams))
        ticket.assigned = min(ticket.created + rng.randrange(20, 600), ticket.activity)
        ticket.assigned_by = rng.choice(list(store.users))
    if ticket.status == "CLOSED":
        ticket.updated = ticket.closed = ticket.activity + rng.randrange(1, 40)
        ticket.closed_by = ticket.user or ticket.assigned_by
        ticket.result = rng.choice((None, *store.results))
    ticket.labels = sorted(rng.sample(list(store.labels), rng.choices((0, 1, 2, 3), (45, 35, 15, 5))[0]))
    for number, field in store.fields.items():
        if field.type == "TICKET" and rng.random() < 0.2:
            ticket.values[number] = rng.choice(("LT-", "", "№ ")) + str(rng.randrange(1, 9_999))


def _number(store: Store, tickets: list[Ticket]) -> None:
    """Ids in the order of creation, with gaps as in a shared database."""
    rng = store.rng
    for ticket in sorted(tickets, key=lambda one: one.created):
        store.last_id["ticket"] += rng.randrange(1, 7)
        ticket.id = store.last_id["ticket"]
        _history(store, ticket)
    spoken = [(message, ticket) for ticket in tickets for message in ticket.messages]
    for message, ticket in sorted(spoken, key=lambda pair: (pair[0].created, pair[1].id)):
        store.last_id["message"] += rng.randrange(1, 5)
        message.id, message.ticket = store.last_id["message"], ticket.id
        for attachment in message.attachments:
            attachment.id = store.next_id("attachment")
            store.media[media_name(attachment)] = attachment


def _history(store: Store, ticket: Ticket) -> None:
    contact = store.contacts[ticket.contact]
    _line(store, ticket, "TICKET_CREATED", f"Created by {contact.name or 'a visitor'}", ticket.created)
    if ticket.assigned and ticket.user:
        _line(store, ticket, "TICKET_PICKED_UP", f"Picked up by {full_name(store.users[ticket.user])}", ticket.assigned)
    for number in ticket.labels:
        _line(
            store,
            ticket,
            "TICKET_LABELED",
            f"Label {store.labels[number].name} added",
            min(ticket.created + 30, ticket.activity),
        )


def _line(store: Store, ticket: Ticket, kind: str, text: str, at: int) -> None:
    ticket.audits.append(Audit(store.next_id("audit"), kind, f"{text} at {audit(at)}", at))


def _profiles(store: Store) -> None:
    named = [contact for contact in store.contacts.values() if contact.name]
    for place in range(min(30, len(named) // 3)):
        first, second = named[place * 3], named[place * 3 + 1]
        number = store.next_id("profile")
        profile = Profile(number, f"Huishouden {first.name}", "#8d6e63", START - 80_000 + place)
        profile.contacts = [first.id, second.id]
        store.profiles[number] = profile

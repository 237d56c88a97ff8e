"""The customers: most with an address or a number, some with neither, who are in no contact list."""

from random import Random

from sandbox import people
from sandbox.chatwoot.clock import BASE, DAY, SECOND
from sandbox.chatwoot.model import Contact, Json, Source
from sandbox.chatwoot.state import State

COUNTRIES = {
    "nl-NL": ("Groningen", "Netherlands", "NL"),
    "en-GB": ("Hull", "United Kingdom", "GB"),
    "de-DE": ("Köln", "Germany", "DE"),
    "es-ES": ("Cádiz", "Spain", "ES"),
    "fr-FR": ("Orléans", "France", "FR"),
    "ja-JP": ("札幌", "Japan", "JP"),
}
COMPANIES = ("Bakkerij 't Stoepje", "Müller & Söhne", "Café Olé S.L.", "Hull <Marine> Ltd", "北国商店")


def fill_contacts(state: State, rng: Random, count: int) -> dict[int, str]:
    """Makes the contacts; answers their languages."""
    locales = {}
    for position in range(count):
        who = people.person(rng)
        number = state.next_id("contacts")
        contact = Contact(number, who.full_name, who.email, who.phone, None, _created(rng))
        _thin_out(contact, position, rng)
        contact.additional = _additional(who.locale, position, rng)
        contact.custom = _custom(position, rng)
        contact.labels = ["vip"] if position % 14 == 0 else []
        state.contacts[number] = contact
        locales[number] = who.locale
    _make_unique(state)
    return locales


def source_in(state: State, contact: Contact, inbox_id: int) -> Source:
    """The contact's identity in an inbox, made at first use."""
    found = next((source for source in contact.sources if source.inbox_id == inbox_id), None)
    if found is not None:
        return found
    source_id = {
        "Channel::Email": contact.email,
        "Channel::Whatsapp": contact.phone and contact.phone.lstrip("+"),
    }.get(state.inboxes[inbox_id].channel_type)
    made = Source(source_id or state.new_uuid(), inbox_id, contact.id, hmac_verified=contact.id % 11 == 0)
    contact.sources.append(made)
    return made


def _created(rng: Random) -> int:
    return BASE - rng.randrange(140, 390) * DAY - rng.randrange(86_400) * SECOND - rng.randrange(SECOND)


def _thin_out(contact: Contact, position: int, rng: Random) -> None:
    if position % 6 == 5:
        contact.email = contact.phone = None
        contact.name = contact.name if position % 12 == 5 else ""
    elif position % 6 == 3:
        contact.email = None
    elif position % 3 == 1:
        contact.phone = None
    if position % 5 == 2 and contact.resolved:
        contact.identifier = f"crm-{rng.randrange(1000, 9999)}-{position}"
    contact.blocked = position % 45 == 44


def _additional(locale: str, position: int, rng: Random) -> Json:
    if position % 4 == 3 or locale not in COUNTRIES:
        return {}
    city, country, code = COUNTRIES[locale]
    shown: Json = {"city": city, "country": country, "country_code": code}
    return {**shown, "company_name": rng.choice(COMPANIES)} if position % 3 == 0 else shown


def _custom(position: int, rng: Random) -> Json:
    if position % 3 == 2:
        return {}
    return {"plan": rng.choice(("free", "silver", "gold")), "seats": rng.randrange(1, 60)}


def _make_unique(state: State) -> None:
    """Addresses and numbers are unique in an account: a later contact with a taken one loses it."""
    seen: set[str] = set()
    for contact in state.contacts.values():
        if contact.email in seen:
            contact.email = None
        if contact.phone in seen:
            contact.phone = None
        seen |= {value for value in (contact.email, contact.phone) if value}

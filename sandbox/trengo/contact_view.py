"""Contacts as reads answer them; how much is shown differs by where the contact stands."""

from sandbox.trengo import clock
from sandbox.trengo.directory_view import View, channel_view, group_view, initial, user_view
from sandbox.trengo.model import Contact, Note
from sandbox.trengo.store import Store

_AVATAR = "https://assets.example.com/img/avatar.png"


def contact_view(contact: Contact, store: Store, *, profile: bool) -> View:
    """The common part; inside messages and write answers there is no ``profile``."""
    shown = shown_identifier(contact)
    name = contact.name
    titles = {field.id: field.title for field in store.fields.values() if field.type == "CONTACT"}
    all_titles = {title: contact.values.get(number) for number, title in titles.items()}
    return {
        "id": contact.id,
        "name": name,
        "full_name": name,
        "email": contact.email,
        "abbr": initial(name or shown),
        "color": contact.color,
        "profile_image": None,
        "is_phone": contact.phone is not None,
        "phone": contact.phone,
        "formatted_phone": formatted(contact.phone),
        "avatar": _AVATAR,
        "identifier": shown,
        "custom_field_data": all_titles if contact.values else empty_map(contact.php_map),
        **({"profile": []} if profile else {}),
        "pivot": None,
        "formatted_custom_field_data": all_titles or [],
        "display_name": f"{name} ({shown})" if name and shown else name or shown or f"#{contact.id}",
        "is_private": contact.private,
        "custom_field_values": value_views(contact.values, titles),
    }


def listed_contact_view(contact: Contact, store: Store) -> View:
    """An item of the contact list."""
    channels = [channel_view(store.channels[n]) for n in contact.channels if n in store.channels]
    return {**contact_view(contact, store, profile=True), "channels": channels}


def whole_contact_view(contact: Contact, store: Store) -> View:
    """A contact read by id."""
    return {
        **listed_contact_view(contact, store),
        "notes": [note_view(note, contact, store) for note in contact.notes],
        "groups": group_views(contact, store),
    }


def note_view(note: Note, contact: Contact, store: Store) -> View:
    """A note with its contact and author; who wrote it may be gone."""
    author = store.users.get(note.user)
    return {
        "id": note.id,
        "contact": contact_view(contact, store, profile=False),
        "user": author and user_view(author),
        "body": note.body,
        "created_at": clock.local(note.created),
    }


def group_views(contact: Contact, store: Store) -> list[View]:
    """The groups a contact is in."""
    return [group_view(store.groups[number]) for number in contact.groups if number in store.groups]


def value_views(values: dict[int, str], titles: dict[int, str]) -> list[View]:
    """The view of field values that has ids."""
    return [
        {"custom_field_id": number, "field_name": titles[number], "value": value}
        for number, value in values.items()
        if number in titles
    ]


def shown_identifier(contact: Contact) -> str | None:
    """The formatted number, or the mail address, or nothing (a visitor of the chat)."""
    return formatted(contact.phone) or contact.email


def formatted(phone: str | None) -> str | None:
    """A number in groups, always with ``+`` although ``phone`` itself may lack it."""
    if not phone:
        return None
    digits = phone.removeprefix("+")
    code = 1 if digits.startswith("1") else 2
    rest = digits[code:]
    return f"+{digits[:code]} {rest[:4]} {rest[4:]}".strip()


def empty_map(php_map: bool) -> list[str] | None:
    """How an empty map arrives: null, or the empty list PHP makes of it."""
    return [] if php_map else None

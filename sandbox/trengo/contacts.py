"""Contacts: list, read, find or create on a channel, update, delete, notes, field values."""

from sandbox.http import Response
from sandbox.trengo.answers import answer, dumps, not_selectable
from sandbox.trengo.call import Call, found
from sandbox.trengo.contact_view import contact_view, listed_contact_view, note_view, whole_contact_view
from sandbox.trengo.envelopes import page_number, simple, window
from sandbox.trengo.field_values import field_value, pivot, put_value
from sandbox.trengo.model import Contact, Note
from sandbox.trengo.reach import known_contact, reached, split_identifier
from sandbox.trengo.store import identity


def list_contacts(call: Call) -> Response:
    """GET /contacts: newest first; ``term`` matches anywhere in name, mail and number."""
    store, page = call.store, page_number(call.request)
    term = (call.request.first("term") or "").strip().casefold()
    matching = [one for one in reversed(store.contacts.values()) if not term or _mentions(one, term)]
    return simple(
        call.request, page, [dumps(listed_contact_view(contact, store)) for contact in matching[window(page)]]
    )


def get_contact(call: Call, key: str) -> Response:
    """GET /contacts/{id}."""
    return answer(whole_contact_view(call.contact(key), call.store))


def find_or_create(call: Call, key: str) -> Response:
    """POST /channels/{id}/contacts: an identifier that is known gives the contact that has it, unchanged in name."""
    store, form = call.store, call.form
    channel = found(store.channels, key, "Channel")
    identifier = form.needed("identifier")
    status = 201 if known_contact(store, identifier) is None else 200
    store.tick()
    contact = reached(store, channel, identifier, form.text("name"))
    return answer(contact_view(contact, store, profile=False), status)


def update(call: Call, key: str) -> Response:
    """PUT /contacts/{id}: only what is sent changes."""
    contact, store, form = call.contact(key), call.store, call.form
    identifier, groups = form.text("identifier"), form.numbers("contact_group_ids")
    if groups is not None and any(number not in store.groups for number in groups):
        raise not_selectable("contact_group_ids")
    if identifier is not None and store.contacts_by_identity.get(identity(identifier), contact.id) != contact.id:
        raise not_selectable("identifier")
    store.tick()
    contact.name = form.text("name") or contact.name
    contact.groups = contact.groups if groups is None else groups
    if identifier is not None:
        store.forget_identities(contact)
        contact.email, contact.phone = split_identifier(identifier)
        store.add_contact(contact)
    store.contact_changed(contact)
    return answer(contact_view(contact, store, profile=False))


def delete(call: Call, key: str) -> Response:
    """DELETE /contacts/{id}: its tickets stay and show no contact any more."""
    contact, store = call.contact(key), call.store
    store.tick()
    store.forget_identities(contact)
    del store.contacts[contact.id]
    store.contact_changed(contact)
    return Response(204)


def add_note(call: Call, key: str) -> Response:
    """POST /contacts/{id}/notes."""
    contact, store = call.contact(key), call.store
    text = call.form.needed("note")
    note = Note(store.next_id("note"), call.user.id, text, store.tick())
    contact.notes.append(note)
    return answer(note_view(note, contact, store), 201)


def remove_note(call: Call, key: str, note_key: str) -> Response:
    """DELETE /contacts/{id}/notes/{nid}."""
    contact = call.contact(key)
    contact.notes.remove(found({note.id: note for note in contact.notes}, note_key, "Note"))
    call.store.tick()
    return Response(204)


def set_field(call: Call, key: str) -> Response:
    """POST /contacts/{id}/custom_fields: one value per call; an empty one clears."""
    contact, store = call.contact(key), call.store
    field, value = field_value(call, "CONTACT")
    store.tick()
    put_value(contact, field, value)
    store.contact_changed(contact)
    return answer({"contact_id": contact.id, **pivot(field, value, store.now)})


def _mentions(contact: Contact, term: str) -> bool:
    digits = identity(term)
    if contact.phone and digits.isdigit() and digits in identity(contact.phone):
        return True
    return any(term in text.casefold() for text in (contact.name, contact.email) if text)


ROUTES = (
    ("GET", "contacts", list_contacts),
    ("GET", "contacts/{id}", get_contact),
    ("PUT", "contacts/{id}", update),
    ("DELETE", "contacts/{id}", delete),
    ("POST", "contacts/{id}/notes", add_note),
    ("DELETE", "contacts/{id}/notes/{note}", remove_note),
    ("POST", "contacts/{id}/custom_fields", set_field),
    ("POST", "channels/{id}/contacts", find_or_create),
)

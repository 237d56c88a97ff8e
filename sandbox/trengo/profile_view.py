"""Profiles (several contacts that are one customer) as reads and writes answer them."""

from sandbox.trengo import clock
from sandbox.trengo.contact_view import contact_view
from sandbox.trengo.directory_view import View, initial, user_view
from sandbox.trengo.model import Note, Profile
from sandbox.trengo.store import Store
from sandbox.trengo.tokens import AGENCY


def profile_view(profile: Profile, store: Store) -> View:
    """A profile with its contacts."""
    members = [store.contacts[number] for number in profile.contacts if number in store.contacts]
    fields = [field for field in store.fields.values() if field.type == "PROFILE"]
    held = {field.title: profile.values[field.id] for field in fields if field.id in profile.values}
    return {
        "id": profile.id,
        "name": profile.name,
        "color": profile.color,
        "abbr": initial(profile.name),
        "profile_image": profile.image,
        "contacts": [contact_view(contact, store, profile=True) for contact in members],
        "custom_field_data": held or None,
        "created_at": clock.local(profile.created),
    }


def profile_note_view(note: Note, profile: Profile, store: Store) -> View:
    """A note about a profile, formed like one about a contact."""
    author = store.users.get(note.user)
    return {
        "id": note.id,
        "profile": {"id": profile.id, "name": profile.name},
        "user": author and user_view(author),
        "body": note.body,
        "created_at": clock.local(note.created),
    }


def raw_profile_view(profile: Profile, creator: int) -> View:
    """A profile as creating it answers."""
    return {
        "agency_id": AGENCY,
        "created_by": creator,
        "name": profile.name,
        "color": profile.color,
        "updated_at": clock.zulu(profile.created),
        "created_at": clock.zulu(profile.created),
        "id": profile.id,
        "profile_image": profile.image,
        "abbr": initial(profile.name),
    }

"""Profiles: read with notes, create, change, delete; their contacts, field values, notes and picture."""

from urllib.parse import quote

from sandbox.http import Response
from sandbox.trengo.answers import answer, missing, not_selectable
from sandbox.trengo.call import Call, chosen, found
from sandbox.trengo.field_values import field_value, pivot, put_value
from sandbox.trengo.model import Note, Profile
from sandbox.trengo.outcome import added, changed, removed
from sandbox.trengo.profile_view import profile_note_view, profile_view, raw_profile_view
from sandbox.trengo.roles import for_administrators


def get_profile(call: Call, key: str) -> Response:
    """GET /profiles/{id}: with its notes when ``with`` (or ``include``) asks for them."""
    profile = _profile(call, key)
    view = profile_view(profile, call.store)
    if "notes" in {*call.request.all("with"), *call.request.all("include")}:
        view["notes"] = [profile_note_view(note, profile, call.store) for note in profile.notes]
    return answer(view)


def create(call: Call) -> Response:
    """POST /profiles: answers the raw model."""
    store = call.store
    profile = Profile(store.next_id("profile"), call.form.needed("name"), "#8d6e63", store.now + 1)
    return added(call, store.profiles, profile, raw_profile_view(profile, call.user.id))


def update(call: Call, key: str) -> Response:
    """PUT /profiles/{id}."""
    profile = _profile(call, key)
    profile.name = call.form.text("name") or profile.name
    return changed(call, profile_view(profile, call.store))


def delete(call: Call, key: str) -> Response:
    """DELETE /profiles/{id}."""
    return removed(call, call.store.profiles, _profile(call, key).id)


def attach(call: Call, key: str) -> Response:
    """POST /profiles/{id}/contacts: ``type`` may say on which kind of channel; nothing shows it."""
    profile = _profile(call, key)
    contact = chosen(call.store.contacts, call.form, "contact_id")
    if contact.id not in profile.contacts:
        profile.contacts.append(contact.id)
    return changed(call, profile_view(profile, call.store))


def detach(call: Call, key: str, contact_key: str) -> Response:
    """DELETE /profiles/{id}/contacts/{cid}."""
    profile = _profile(call, key)
    profile.contacts.remove(found({number: number for number in profile.contacts}, contact_key, "Contact"))
    call.store.tick()
    return answer([])


def set_field(call: Call, key: str) -> Response:
    """POST /profiles/{id}/custom_fields: one value per call; an empty one clears."""
    profile = _profile(call, key)
    field, value = field_value(call, "PROFILE")
    put_value(profile, field, value)
    return answer({"profile_id": profile.id, **pivot(field, value, call.store.tick())})


def add_note(call: Call, key: str) -> Response:
    """POST /profiles/{id}/notes: in the name of ``user_id`` where that is given."""
    profile, store, form = _profile(call, key), call.store, call.form
    text = form.needed("note")
    author = call.user if form.text("user_id") is None else chosen(store.users, form, "user_id")
    note = Note(store.next_id("note"), author.id, text, store.tick())
    profile.notes.append(note)
    return answer(profile_note_view(note, profile, store), 201)


def remove_note(call: Call, key: str, note_key: str) -> Response:
    """DELETE /profiles/{id}/notes/{nid}."""
    profile = _profile(call, key)
    profile.notes.remove(found({note.id: note for note in profile.notes}, note_key, "Note"))
    call.store.tick()
    return Response(204)


def set_image(call: Call, key: str) -> Response:
    """POST /profiles/{id}/image: the picture's address shows in reads, its bytes are not kept."""
    profile = _profile(call, key)
    image = call.form.file("image")
    if not image.mime_type.startswith("image/"):
        raise not_selectable("image")
    profile.image = f"https://assets.example.com/profiles/{profile.id}/{quote(image.name, safe='')}"
    return changed(call, profile_view(profile, call.store))


def unset_image(call: Call, key: str, _place: str) -> Response:
    """DELETE /profiles/{id}/images/0: the last segment means nothing."""
    profile = _profile(call, key)
    if profile.image is None:
        raise missing("ProfileImage", key)
    profile.image = None
    call.store.tick()
    return answer([])


def _profile(call: Call, key: str) -> Profile:
    return found(call.store.profiles, key, "Profile")


ROUTES = (
    ("GET", "profiles/{id}", get_profile),
    *for_administrators(
        (
            ("POST", "profiles", create),
            ("PUT", "profiles/{id}", update),
            ("DELETE", "profiles/{id}", delete),
            ("POST", "profiles/{id}/contacts", attach),
            ("DELETE", "profiles/{id}/contacts/{contact}", detach),
            ("POST", "profiles/{id}/custom_fields", set_field),
            ("POST", "profiles/{id}/notes", add_note),
            ("DELETE", "profiles/{id}/notes/{note}", remove_note),
            ("POST", "profiles/{id}/image", set_image),
            ("DELETE", "profiles/{id}/images/{place}", unset_image),
        )
    ),
)

"""Notes on a contact, which agents alone see: newest first, without pages."""

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.clock import epoch
from sandbox.chatwoot.model import Json, Note
from sandbox.chatwoot.params import blank, text
from sandbox.chatwoot.render_people import agent
from sandbox.http import Response, json_response


def index(call: Call, contact_id: str) -> Response:
    """GET notes, bare."""
    return json_response([_shown(call, one) for one in reversed(call.contact(contact_id).notes)])


def show(call: Call, contact_id: str, note_id: str) -> Response:
    """GET notes/{id}."""
    return json_response(_shown(call, _note(call, contact_id, note_id)))


def create(call: Call, contact_id: str) -> Response:
    """POST notes: by the user of the token."""
    contact, content = call.contact(contact_id), text(call.root("note").get("content"))
    if blank(content):
        raise errors.invalid_record([("content", "Content can't be blank")])
    note = Note(call.state.next_id("notes"), str(content), call.viewer.id, call.state.now)
    contact.notes.append(note)
    return json_response(_shown(call, note))


def destroy(call: Call, contact_id: str, note_id: str) -> Response:
    """DELETE notes/{id}."""
    call.contact(contact_id).notes.remove(_note(call, contact_id, note_id))
    return EMPTY


def _note(call: Call, contact_id: str, note_id: str) -> Note:
    return find({one.id: one for one in call.contact(contact_id).notes}, note_id)


def _shown(call: Call, one: Note) -> Json:
    """The key ``user`` is absent when the author is gone."""
    author = call.state.users.get(one.user_id)
    by: Json = {} if author is None else {"user": agent(author)}
    moment = epoch(one.created)
    return {"id": one.id, "content": one.content, **by, "created_at": moment, "updated_at": moment}

"""The account's labels; titles are lower-cased on save, and a rename or deletion reaches every ticket and contact."""

import re
from collections.abc import Callable

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.model import Contact, Conversation, Json, Label
from sandbox.chatwoot.params import Params, text, to_bool
from sandbox.chatwoot.state import State
from sandbox.http import Response, json_response

_TITLE = re.compile(r"[\w-]+\Z")


def index(call: Call) -> Response:
    """GET /labels, by title."""
    rows = sorted(call.state.labels.values(), key=lambda one: one.title)
    return json_response({"payload": [shown(one) for one in rows]})


def show(call: Call, label_id: str) -> Response:
    """GET /labels/{id}, bare."""
    return json_response(shown(find(call.state.labels, label_id)))


def create(call: Call) -> Response:
    """POST /labels."""
    given = call.root("label")
    title = _title(call, given, None)
    made = Label(call.state.next_id("labels"), title)
    _assign(made, given)
    call.state.labels[made.id] = made
    return json_response(shown(made))


def update(call: Call, label_id: str) -> Response:
    """PATCH /labels/{id}."""
    one, given = find(call.state.labels, label_id), call.root("label")
    if "title" in given:
        title, before = _title(call, given, one), one.title
        one.title = title
        _relabel(call.state, lambda label: title if label == before else label)
    _assign(one, given)
    return json_response(shown(one))


def destroy(call: Call, label_id: str) -> Response:
    """DELETE /labels/{id}."""
    one = find(call.state.labels, label_id)
    del call.state.labels[one.id]
    _relabel(call.state, lambda label: None if label == one.title else label)
    return EMPTY


def shown(one: Label) -> Json:
    """A label."""
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "color": one.color,
        "show_on_sidebar": one.show_on_sidebar,
    }


def _title(call: Call, given: Params, own: Label | None) -> str:
    title = str(given.get("title") or "").lower()
    if not title.strip():
        raise errors.invalid_record([("title", "Title must not be blank")])
    if not _TITLE.match(title):
        raise errors.invalid_record([("title", "Title is invalid")])
    if any(one.title == title for one in call.state.labels.values() if one is not own):
        raise errors.invalid_record([("title", "Title has already been taken")])
    return title


def _assign(one: Label, given: Params) -> None:
    one.description = text(given.get("description", one.description))
    one.color = text(given.get("color")) or one.color
    if "show_on_sidebar" in given:
        one.show_on_sidebar = to_bool(given["show_on_sidebar"])


def _relabel(state: State, change: Callable[[str], str | None]) -> None:
    rows: list[Conversation | Contact] = [*state.conversations.values(), *state.contacts.values()]
    for row in rows:
        row.labels = [label for label in map(change, row.labels) if label is not None]
    state.all_changed()

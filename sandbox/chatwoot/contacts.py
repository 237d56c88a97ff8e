"""Reading contacts: list, search, filter, one."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.chatwoot.call import Call
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.filter_columns import contact_test
from sandbox.chatwoot.model import Contact, Json
from sandbox.chatwoot.params import blank, page_number, to_i
from sandbox.chatwoot.render_people import contact, contact_with_inboxes
from sandbox.http import Response, json_response

PAGE = 15
SORTS: dict[str, Callable[[Contact], Any]] = {
    "name": lambda one: one.name.lower(),
    "email": lambda one: one.email,
    "phone_number": lambda one: one.phone,
    "last_activity_at": lambda one: one.last_activity,
    "created_at": lambda one: one.created,
    "company_name": lambda one: one.additional.get("company_name"),
    "city": lambda one: one.additional.get("city"),
    "country": lambda one: one.additional.get("country"),
}


def index(call: Call) -> Response:
    """GET /contacts: only those with an address, a number or an identifier."""
    rows: Iterable[Contact] = (one for one in call.state.contacts.values() if one.resolved)
    labels = call.params.get("labels")
    if not blank(labels):
        wanted = {str(one).lower() for one in (labels if isinstance(labels, list) else str(labels).split(","))}
        rows = (one for one in rows if wanted & {label.lower() for label in one.labels})
    return _page(call, list(rows))


def filtered(call: Call) -> Response:
    """POST /contacts/filter: the same contacts, narrowed."""
    test = contact_test(call.state, call.params.get("payload"))
    return _page(call, [one for one in call.state.contacts.values() if one.resolved and test(one)])


def search(call: Call) -> Response:
    """GET /contacts/search: every contact; counts this page only and says whether there is more."""
    query = call.params.get("q")
    if blank(query):
        # The guard returns before it refuses, so an empty page is rendered.
        meta = {"count": None, "current_page": _asked(call), "has_more": None}
        return json_response({"meta": meta, "payload": []})
    start = (to_i(_asked(call)) - 1) * PAGE
    if start < 0:
        raise Crash
    wanted = str(query).strip()
    rows = _sorted(call, [one for one in call.state.contacts.values() if _says(one, wanted)])
    page = rows[start : start + PAGE]
    meta = {"count": len(page), "current_page": _asked(call), "has_more": len(rows) > start + PAGE}
    return json_response({"meta": meta, "payload": [_shown(call, one) for one in page]})


def show(call: Call, contact_id: str) -> Response:
    """GET /contacts/{id}."""
    return json_response({"payload": _shown(call, call.contact(contact_id))})


def labels(call: Call, contact_id: str) -> Response:
    """GET labels of a contact."""
    return json_response({"payload": call.contact(contact_id).labels})


def _page(call: Call, rows: list[Contact]) -> Response:
    start = (page_number(call.params) - 1) * PAGE
    page: list[Json] = [_shown(call, one) for one in _sorted(call, rows)[start : start + PAGE]]
    return json_response({"meta": {"count": len(rows), "current_page": _asked(call)}, "payload": page})


def _asked(call: Call) -> Any:
    """The page as it came: the number 1 if none was sent, the text that was sent otherwise."""
    page = call.params.get("page")
    return 1 if page is None or page is False else page


def _sorted(call: Call, rows: list[Contact]) -> list[Contact]:
    asked = str(call.params.get("sort") or "")
    key = SORTS.get(asked.removeprefix("-"))
    if key is None:
        return sorted(rows, key=lambda one: one.id)
    valued = [one for one in rows if key(one) is not None]
    valued.sort(key=lambda one: (key(one), one.id), reverse=asked.startswith("-"))
    return valued + [one for one in rows if key(one) is None]


def _says(one: Contact, wanted: str) -> bool:
    folded = wanted.lower()
    found = any(folded in (text or "").lower() for text in (one.name, one.email, one.phone))
    return found or wanted in (one.identifier or "")


def _shown(call: Call, one: Contact) -> Json:
    include = call.params.get("include_contact_inboxes")
    bare = not blank(include) and include != "true"
    return contact(one) if bare else contact_with_inboxes(call.state, one)

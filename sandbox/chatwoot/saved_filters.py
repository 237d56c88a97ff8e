"""Saved filters: each user's own, of conversations unless asked for another kind."""

from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import iso
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.extras import Filter
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import to_i
from sandbox.http import Response, json_response

KINDS = ("conversation", "contact", "report")


def index(call: Call) -> Response:
    """GET /custom_filters, bare; an unknown kind finds nothing."""
    kind = call.params.get("filter_type") or KINDS[0]
    rows = [one for one in call.state.filters.values() if one.user_id == call.viewer.id]
    return json_response([_shown(one) for one in rows if one.filter_type == kind])


def show(call: Call, filter_id: str) -> Response:
    """GET /custom_filters/{id}."""
    return json_response(_shown(_own(call, filter_id)))


def create(call: Call) -> Response:
    """POST /custom_filters."""
    given, state = call.root("custom_filter"), call.state
    if given.get("name") is None:
        raise Crash
    kind, query = _kind(given.get("filter_type", KINDS[0])), _object(given.get("query"))
    made = Filter(
        state.next_id("filters"), call.viewer.id, str(given["name"]), kind, query, created=state.now, updated=state.now
    )
    state.filters[made.id] = made
    return json_response(_shown(made))


def update(call: Call, filter_id: str) -> Response:
    """PATCH /custom_filters/{id}."""
    one, given = _own(call, filter_id), call.root("custom_filter")
    kind = _kind(given.get("filter_type", one.filter_type))
    one.name, one.filter_type = str(given.get("name", one.name)), kind
    one.query = _object(given["query"]) if "query" in given else one.query
    one.updated = call.state.now
    return json_response(_shown(one))


def destroy(call: Call, filter_id: str) -> Response:
    """DELETE /custom_filters/{id}: 204."""
    del call.state.filters[_own(call, filter_id).id]
    return Response(204)


def _shown(one: Filter) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "filter_type": one.filter_type,
        "query": one.query,
        "created_at": iso(one.created),
        "updated_at": iso(one.updated),
    }


def _own(call: Call, filter_id: str) -> Filter:
    one = call.state.filters.get(to_i(filter_id))
    if one is None or one.user_id != call.viewer.id:
        raise errors.not_found()
    return one


def _kind(given: Any) -> str:
    if given in KINDS:
        return str(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(KINDS):
        return KINDS[given]
    raise Crash


def _object(given: Any) -> Json:
    return given if isinstance(given, dict) else {}

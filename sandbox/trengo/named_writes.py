"""Changing closing reasons, contact groups and quick replies; only administrators may."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.http import Response
from sandbox.trengo import directory_view as views
from sandbox.trengo.answers import not_selectable
from sandbox.trengo.call import Call, found
from sandbox.trengo.form import Form
from sandbox.trengo.model import Named, QuickReply
from sandbox.trengo.outcome import added, changed, removed
from sandbox.trengo.roles import Route, for_administrators
from sandbox.trengo.store import Store

REPLY_TYPES = ("SMS", "MESSAGING", "EMAIL")


@dataclass(frozen=True, slots=True)
class Names:
    """One kind of small thing with a name."""

    path: str
    model: str
    kind: str
    table: Callable[[Store], dict[int, Named]]
    view: Callable[[Named], views.View]


NAMES = (
    Names("ticket_results", "TicketResult", "result", lambda store: store.results, views.result_view),
    Names("contact_groups", "ContactGroup", "group", lambda store: store.groups, views.group_view),
)


def _writes(names: Names) -> tuple[Route, ...]:
    def create(call: Call) -> Response:
        table, form = names.table(call.store), call.form
        name, order = form.needed("name"), form.number("sort_order")
        thing = Named(call.store.next_id(names.kind), name, len(table) + 1 if order is None else order)
        return added(call, table, thing, names.view(thing))

    def update(call: Call, key: str) -> Response:
        thing, form = found(names.table(call.store), key, names.model), call.form
        order = form.number("sort_order")
        thing.name = form.text("name") or thing.name
        thing.sort_order = thing.sort_order if order is None else order
        return changed(call, names.view(thing))

    def delete(call: Call, key: str) -> Response:
        table = names.table(call.store)
        return removed(call, table, found(table, key, names.model).id)

    single = f"{names.path}/{{id}}"
    return ("POST", names.path, create), ("PUT", single, update), ("DELETE", single, delete)


def create_reply(call: Call) -> Response:
    """POST /quick_replies."""
    form, store = call.form, call.store
    title, message = form.needed("title"), form.needed("message")
    kind = _reply_type(form, "MESSAGING")
    _check_channels(call)
    reply = QuickReply(store.next_id("quick_reply"), title, message, kind)
    return added(call, store.quick_replies, reply, views.quick_reply_view(reply))


def update_reply(call: Call, key: str) -> Response:
    """PUT /quick_replies/{id}: only what is sent changes."""
    reply, form = found(call.store.quick_replies, key, "QuickReply"), call.form
    kind = _reply_type(form, reply.type)
    _check_channels(call)
    reply.title, reply.message = form.text("title") or reply.title, form.text("message") or reply.message
    reply.type = kind
    return changed(call, views.quick_reply_view(reply))


def delete_reply(call: Call, key: str) -> Response:
    """DELETE /quick_replies/{id}."""
    table = call.store.quick_replies
    return removed(call, table, found(table, key, "QuickReply").id)


def _reply_type(form: Form, otherwise: str) -> str:
    kind = form.text("type") or otherwise
    if kind not in REPLY_TYPES:
        raise not_selectable("type")
    return kind


def _check_channels(call: Call) -> None:
    """Channels a reply is meant for must exist; no read shows them."""
    if any(number not in call.store.channels for number in call.form.numbers("channel_ids") or []):
        raise not_selectable("channel_ids")


ROUTES = for_administrators(
    (
        *(route for names in NAMES for route in _writes(names)),
        ("POST", "quick_replies", create_reply),
        ("PUT", "quick_replies/{id}", update_reply),
        ("DELETE", "quick_replies/{id}", delete_reply),
    )
)

"""Reading users, teams, channels, labels, fields, profiles and other small things."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.http import Response
from sandbox.trengo import directory_view as views
from sandbox.trengo.answers import answer, dumps
from sandbox.trengo.call import Call, found
from sandbox.trengo.envelopes import SMALL, WHOLE, bare, length_aware
from sandbox.trengo.profile_view import profile_view
from sandbox.trengo.store import Store


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of thing: its table, its view, and how many stand on a page (None: only ``data``)."""

    path: str
    model: str
    table: Callable[[Store], Mapping[int, Any]]
    view: Callable[[Any, Store], views.View]
    per_page: int | None = WHOLE


COLLECTIONS = (
    Collection("users", "User", lambda store: store.users, lambda one, _: views.user_view(one)),
    Collection("teams", "Team", lambda store: store.teams, views.team_view),
    Collection("labels", "Label", lambda store: store.labels, lambda one, _: views.label_view(one)),
    Collection("channels", "Channel", lambda store: store.channels, lambda one, _: views.channel_view(one), None),
    Collection("custom_fields", "CustomField", lambda store: store.fields, lambda one, _: views.field_view(one)),
    Collection("profiles", "Profile", lambda store: store.profiles, profile_view, SMALL),
    Collection("ticket_results", "TicketResult", lambda store: store.results, lambda one, _: views.result_view(one)),
    Collection("contact_groups", "ContactGroup", lambda store: store.groups, lambda one, _: views.group_view(one)),
    Collection("webhooks", "Webhook", lambda store: store.webhooks, lambda one, _: views.webhook_view(one)),
    Collection(
        "quick_replies", "QuickReply", lambda store: store.quick_replies, lambda one, _: views.quick_reply_view(one)
    ),
    Collection(
        "wa_templates", "WaTemplate", lambda store: store.templates, lambda one, _: views.template_view(one), SMALL
    ),
)
_WITHOUT_SINGLE = frozenset({"channels", "quick_replies", "wa_templates", "profiles"})
"""Collections with no documented read by id, or with one of its own."""


def lister(kind: Collection) -> Callable[..., Response]:
    """The operation that lists a collection, narrowed by what ``_WANTED`` knows and sorted by ``sort``."""

    def list_them(call: Call) -> Response:
        shown = [kind.view(one, call.store) for one in kind.table(call.store).values()]
        wanted = _WANTED.get(kind.path)
        items = [dumps(view) for view in _in_order(call, shown) if wanted is None or wanted(call, view)]
        return bare(items) if kind.per_page is None else length_aware(call.request, items, kind.per_page)

    return list_them


def getter(kind: Collection) -> Callable[..., Response]:
    """The operation that reads one thing by id."""

    def get_one(call: Call, key: str) -> Response:
        return answer(kind.view(found(kind.table(call.store), key, kind.model), call.store))

    return get_one


def _has_term(call: Call, view: views.View) -> bool:
    return (call.request.first("term") or "").casefold() in view["name"].casefold()


def _fits_template(call: Call, view: views.View) -> bool:
    status, channel = call.request.first("status"), call.request.first("channel_id")
    return status in (None, "", view["status"]) and channel in (None, "", str(view["channel_id"]))


def _has_type(call: Call, view: views.View) -> bool:
    return call.request.first("type") in (None, "", view["type"])


_WANTED: dict[str, Callable[[Call, views.View], bool]] = {
    "profiles": _has_term,
    "wa_templates": _fits_template,
    "quick_replies": _has_type,
}
"""Collections whose query narrows them."""


def _in_order(call: Call, shown: list[views.View]) -> list[views.View]:
    """By the field ``sort`` names, ``-`` before it for the other way round; a field nothing has sorts nothing."""
    sort = call.request.first("sort") or ""
    name = sort.removeprefix("-")
    if not shown or not isinstance(shown[0].get(name), str):
        return shown
    return sorted(shown, key=lambda view: str(view[name] or "").casefold(), reverse=sort.startswith("-"))


ROUTES = (
    *(("GET", kind.path, lister(kind)) for kind in COLLECTIONS),
    *(("GET", f"{kind.path}/{{id}}", getter(kind)) for kind in COLLECTIONS if kind.path not in _WITHOUT_SINGLE),
)

"""Help centers with their categories, sections, articles and blocks."""

from collections.abc import Mapping

from sandbox.http import Response
from sandbox.trengo import clock
from sandbox.trengo.annex import HelpCenter, HelpItem
from sandbox.trengo.answers import answer, dumps
from sandbox.trengo.call import Call, found
from sandbox.trengo.directory_view import View, slug
from sandbox.trengo.envelopes import SMALL, length_aware
from sandbox.trengo.form import Form
from sandbox.trengo.outcome import added, changed, removed
from sandbox.trengo.roles import Route, for_administrators

KINDS: Mapping[str, tuple[str, ...]] = {
    "categories": ("name", "description"),
    "sections": ("name", "category_id"),
    "articles": ("title", "content", "locale", "status", "category_id", "section_id"),
    "blocks": ("title", "content"),
}
"""What each kind is made of; the first is required."""


def list_centers(call: Call) -> Response:
    """GET /help_center."""
    return length_aware(call.request, [dumps(_center_view(one)) for one in _centers(call).values()], SMALL)


def get_center(call: Call, key: str) -> Response:
    """GET /help_center/{id}."""
    return answer(_center_view(_center(call, key)))


def create_center(call: Call) -> Response:
    """POST /help_center."""
    name = call.form.needed("name")
    spelled = call.form.text("slug") or slug(name, "-").lower()
    center = HelpCenter(call.store.next_id("help_center"), name, spelled, call.store.now + 1)
    return added(call, _centers(call), center, _center_view(center))


def update_center(call: Call, key: str) -> Response:
    """PUT /help_center/{id}."""
    center, form = _center(call, key), call.form
    center.name, center.slug = form.text("name") or center.name, form.text("slug") or center.slug
    return changed(call, _center_view(center))


def delete_center(call: Call, key: str) -> Response:
    """DELETE /help_center/{id}: with all that is in it."""
    return removed(call, _centers(call), _center(call, key).id)


def _routes(kind: str) -> tuple[tuple[Route, ...], tuple[Route, ...]]:
    """Reads and writes of one kind below a help center."""

    def list_items(call: Call, center_key: str) -> Response:
        center = _center(call, center_key)
        views = [dumps(_item_view(one, center)) for one in center.items.get(kind, {}).values()]
        return length_aware(call.request, views, SMALL)

    def get_item(call: Call, center_key: str, key: str) -> Response:
        center = _center(call, center_key)
        return answer(_item_view(_item(center, kind, key), center))

    def create(call: Call, center_key: str) -> Response:
        return _create(call, _center(call, center_key), kind, {})

    def update(call: Call, center_key: str, key: str) -> Response:
        center = _center(call, center_key)
        item = _item(center, kind, key)
        item.values |= {name: value for name, value in _values(call.form, kind).items() if value is not None}
        item.updated = call.store.now + 1
        return changed(call, _item_view(item, center))

    def delete(call: Call, center_key: str, key: str) -> Response:
        center = _center(call, center_key)
        return removed(call, center.items.get(kind, {}), _item(center, kind, key).id)

    many, one = f"help_center/{{id}}/{kind}", f"help_center/{{id}}/{kind}/{{key}}"
    return (
        (("GET", many, list_items), ("GET", one, get_item)),
        (("POST", many, create), ("PUT", one, update), ("DELETE", one, delete)),
    )


def create_article(call: Call, center_key: str, category_key: str) -> Response:
    """POST /help_center/{id}/categories/{cid}/articles."""
    center = _center(call, center_key)
    return _create(call, center, "articles", {"category_id": _item(center, "categories", category_key).id})


def _create(call: Call, center: HelpCenter, kind: str, given: Mapping[str, int]) -> Response:
    call.form.needed(KINDS[kind][0])
    now = call.store.now + 1
    item = HelpItem(call.store.next_id("help_item"), now, now, {**_values(call.form, kind), **given})
    return added(call, center.items.setdefault(kind, {}), item, _item_view(item, center))


def _values(form: Form, kind: str) -> dict[str, str | int | None]:
    return {name: form.number(name) if name.endswith("_id") else form.text(name) for name in KINDS[kind]}


def _centers(call: Call) -> dict[int, HelpCenter]:
    return call.store.annex.help_centers


def _center(call: Call, key: str) -> HelpCenter:
    return found(_centers(call), key, "HelpCenter")


def _item(center: HelpCenter, kind: str, key: str) -> HelpItem:
    return found(center.items.get(kind, {}), key, f"HelpCenter{kind.title()}")


def _center_view(center: HelpCenter) -> View:
    return {"id": center.id, "name": center.name, "slug": center.slug, "created_at": clock.local(center.created)}


def _item_view(item: HelpItem, center: HelpCenter) -> View:
    times = {"created_at": clock.local(item.created), "updated_at": clock.local(item.updated)}
    return {"id": item.id, "help_center_id": center.id, **item.values, **times}


_OF_KINDS = tuple(_routes(kind) for kind in KINDS)
ROUTES: tuple[Route, ...] = (
    ("GET", "help_center", list_centers),
    ("GET", "help_center/{id}", get_center),
    *(route for reads, _ in _OF_KINDS for route in reads),
    *for_administrators(
        (
            ("POST", "help_center", create_center),
            ("PUT", "help_center/{id}", update_center),
            ("DELETE", "help_center/{id}", delete_center),
            ("POST", "help_center/{id}/categories/{category}/articles", create_article),
            *(route for _, writes in _OF_KINDS for route in writes),
        )
    ),
)

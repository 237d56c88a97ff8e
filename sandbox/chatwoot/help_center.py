"""The help center: portals by slug, with categories and articles."""

import re

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import epoch
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.extras import Article, Category, Portal
from sandbox.chatwoot.params import Params, blank, text, to_bool, to_i
from sandbox.chatwoot.render_help_center import article, category, portal
from sandbox.http import Response, json_response

STATUSES = ("draft", "published", "archived")
CONFIG = {
    *("allowed_locales", "default_locale", "draft_locales", "social_profiles", "layout", "locale_translations"),
}
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")


def portals(call: Call) -> Response:
    """GET /portals: no pages, though the page asked for is echoed."""
    rows = [portal(call.state, one, admin=call.viewer.admin) for one in call.state.portals.values()]
    meta = {"current_page": call.params.get("page", 1), "portals_count": len(rows)}
    return json_response({"payload": rows, "meta": meta})


def create_portal(call: Call) -> Response:
    """POST /portals, bare."""
    given, state = call.root("portal"), call.state
    made = Portal(0, "", "")
    _assign_portal(call, made, given)
    made.custom_domain = re.sub(r"^https?://([^/:]+).*", r"\1", made.custom_domain or "") or None
    made.id = state.next_id("portals")
    state.portals[made.id] = made
    return json_response(portal(state, made, admin=True))


def update_portal(call: Call, slug: str) -> Response:
    """PATCH /portals/{slug}: an unknown slug is a crash."""
    one = _portal(call, slug)
    if one is None:
        raise Crash
    _assign_portal(call, one, call.root("portal"))
    return json_response(portal(call.state, one, admin=True))


def create_category(call: Call, slug: str) -> Response:
    """POST categories of a portal."""
    one, given, state = _portal(call, slug), call.root("category"), call.state
    if one is None:
        raise errors.not_found()
    name, own, locale = text(given.get("name")), text(given.get("slug")), str(given.get("locale", "en"))
    _check_category(call, one, name, own, locale)
    made = Category(state.next_id("categories"), one.id, str(name), str(own), locale)
    made.description = text(given.get("description"))
    made.position = None if blank(given.get("position")) else to_i(given["position"])
    made.icon, made.icon_color = str(given.get("icon") or ""), str(given.get("icon_color") or "")
    made.parent_id = _known(state.categories, given.get("parent_category_id"))
    made.root_id = _known(state.categories, given.get("associated_category_id"))
    related = given.get("related_category_ids")
    wanted = [to_i(number) for number in related] if isinstance(related, list) else []
    made.related = [number for number in wanted if number in state.categories]
    state.categories[made.id] = made
    return json_response({"payload": category(state, made)})


def create_article(call: Call, slug: str) -> Response:
    """POST articles of a portal: a draft unless told otherwise; the author must be named."""
    one, given, state = _portal(call, slug), call.root("article"), call.state
    if one is None:
        raise errors.not_found()
    status, title = given.get("status") or "draft", text(given.get("title"))
    if status not in (*STATUSES, 0, 1, 2):
        raise Crash
    word = STATUSES[status] if isinstance(status, int) else str(status)
    _check_article(call, given, word, title)
    at = _known(state.categories, given.get("category_id"))
    locale = state.categories[at].locale if at else str(given.get("locale") or one.default_locale)
    named = text(given.get("slug")) or f"{epoch(state.now)}-{_NOT_IN_SLUGS.sub('-', str(title).lower()).strip('-')}"
    made = Article(
        state.next_id("articles"), one.id, str(title), named, to_i(given["author_id"]), locale, updated=state.now
    )
    made.content, made.description, made.status = text(given.get("content")), text(given.get("description")), word
    made.category_id, made.root_id = at, _known(state.articles, given.get("associated_article_id"))
    made.meta = given["meta"] if isinstance(given.get("meta"), dict) else {}
    made.position = to_i(given.get("position")) or _next_position(call, at)
    state.articles[made.id] = made
    return json_response({"payload": article(state, made)})


def _portal(call: Call, slug: str) -> Portal | None:
    return next((one for one in call.state.portals.values() if one.slug == slug), None)


def _assign_portal(call: Call, one: Portal, given: Params) -> None:
    name, slug = text(given.get("name", one.name)), text(given.get("slug", one.slug))
    config = given.get("config")
    merged = {**one.config, **config} if isinstance(config, dict) else one.config
    problems = []
    if blank(name):
        problems.append(("name", "Name can't be blank"))
    if blank(slug):
        problems.append(("slug", "Slug can't be blank"))
    if any(other.slug == slug for other in call.state.portals.values() if other is not one):
        problems.append(("slug", "Slug has already been taken"))
    if problems:
        raise errors.invalid_record(problems)
    one.name, one.slug = str(name), str(slug)
    one.config = {key: value for key, value in merged.items() if key in CONFIG}
    one.color = text(given.get("color")) or one.color
    for field in ("custom_domain", "header_text", "homepage_link", "page_title"):
        setattr(one, field, text(given.get(field, getattr(one, field))))
    one.archived = to_bool(given.get("archived", one.archived))
    _link(call, one)


def _link(call: Call, one: Portal) -> None:
    """``inbox_id`` stands beside the portal, not in it; only a website's inbox is taken."""
    if "inbox_id" not in call.params:
        return
    asked = call.params["inbox_id"]
    if blank(asked):
        one.inbox_id = None
        return
    inbox = call.state.inboxes.get(to_i(asked))
    if inbox is None:
        raise errors.not_found()
    one.inbox_id = inbox.id if inbox.channel_type == "Channel::WebWidget" else one.inbox_id


def _check_category(call: Call, one: Portal, name: str | None, slug: str | None, locale: str) -> None:
    problems = []
    if blank(slug):
        problems.append(("slug", "Slug can't be blank"))
    if blank(name):
        problems.append(("name", "Name can't be blank"))
    if locale not in one.locales:
        problems.append(("locale", f"Locale {locale} of category is not part of portal's {one.locales}."))
    rows = (other for other in call.state.categories.values() if other.portal_id == one.id)
    if any((other.slug, other.locale) == (slug, locale) for other in rows):
        problems.append(("locale", "Locale should be unique in the category and portal"))
    if problems:
        raise errors.invalid_record(problems)


def _check_article(call: Call, given: Params, status: str, title: str | None) -> None:
    problems = []
    if to_i(given.get("author_id")) not in call.state.users:
        problems += [("author", "Author must exist")]
    if blank(title):
        problems.append(("title", "Title can't be blank"))
    if status == "published" and blank(given.get("content")):
        problems.append(("content", "Content can't be blank"))
    if given.get("slug") in ("search", "articles", "categories"):
        problems.append(("slug", "Slug is reserved"))
    if problems:
        raise errors.invalid_record(problems)


def _next_position(call: Call, category_id: int | None) -> int:
    taken = [one.position for one in call.state.articles.values() if one.category_id == category_id]
    return max(taken, default=0) + 10


def _known(table: dict[int, Category] | dict[int, Article], asked: object) -> int | None:
    number = to_i(asked)
    return number if number in table else None

"""The JSON of portals, categories and articles; a list that would be empty is absent inside them."""

from sandbox.chatwoot.clock import epoch
from sandbox.chatwoot.extras import Article, Category, Portal
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.render_inboxes import inbox
from sandbox.chatwoot.render_people import agent
from sandbox.chatwoot.state import ACCOUNT, State


def portal(state: State, one: Portal, *, admin: bool) -> Json:
    """A portal; its article counts are those of an empty list, for every view but the portal's own passes none."""
    shown: Json = {
        "id": one.id,
        "color": one.color,
        "custom_domain": one.custom_domain,
        "header_text": one.header_text,
        "homepage_link": one.homepage_link,
        "name": one.name,
        "page_title": one.page_title,
        "slug": one.slug,
        "archived": one.archived,
        "account_id": ACCOUNT,
        "config": _config(state, one),
    }
    if one.inbox_id in state.inboxes:
        shown["inbox"] = inbox(state.inboxes[one.inbox_id], admin=admin)
    categories = [row for row in state.categories.values() if row.portal_id == one.id]
    meta = {
        "all_articles_count": 0,
        "archived_articles_count": None,
        "published_count": None,
        "draft_articles_count": None,
        "categories_count": len(categories),
        "default_locale": one.default_locale,
    }
    return {**shown, "meta": meta}


def category(state: State, one: Category) -> Json:
    """A category with what it belongs to."""
    shown: Json = {**_category_slim(one), "icon": one.icon, "icon_color": one.icon_color}
    related = [_category_slim(state.categories[number]) for number in one.related if number in state.categories]
    if related:
        shown["related_categories"] = related
    for name, number in (("parent_category", one.parent_id), ("root_category", one.root_id)):
        if number in state.categories:
            shown[name] = _category_slim(state.categories[number])
    count = sum(1 for row in state.articles.values() if row.category_id == one.id)
    return {**shown, "meta": {"articles_count": count}}


def article(state: State, one: Article) -> Json:
    """An article with its category's and author's names."""
    at = state.categories.get(one.category_id or 0)
    names = ("name", "slug", "locale", "icon", "icon_color")
    shown: Json = {
        "id": one.id,
        "slug": one.slug,
        "title": one.title,
        "content": one.content,
        "description": one.description,
        "status": one.status,
        "position": one.position,
        "account_id": ACCOUNT,
        "updated_at": epoch(one.updated),
        "meta": one.meta,
        "category": {"id": one.category_id, **{name: getattr(at, name, None) for name in names}},
        "views": None,
    }
    if one.author_id in state.users:
        shown["author"] = agent(state.users[one.author_id])
    related = [_article_slim(state, row) for row in state.articles.values() if row.root_id == one.id]
    return {**shown, "associated_articles": related} if related else shown


def _config(state: State, one: Portal) -> Json:
    return {
        "allowed_locales": [_locale(state, one, code) for code in one.locales],
        "default_locale": one.default_locale,
        "layout": one.config.get("layout") or "classic",
        "social_profiles": one.config.get("social_profiles") or {},
        "locale_translations": one.config.get("locale_translations") or {},
    }


def _locale(state: State, one: Portal, code: str) -> Json:
    articles = [row for row in state.articles.values() if row.portal_id == one.id and row.locale == code]
    categories = [row for row in state.categories.values() if row.portal_id == one.id and row.locale == code]
    return {
        "code": code,
        "articles_count": len(articles),
        "categories_count": len(categories),
        "draft": code in (one.config.get("draft_locales") or []),
    }


def _category_slim(one: Category) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "slug": one.slug,
        "locale": one.locale,
        "description": one.description,
        "position": one.position,
        "account_id": ACCOUNT,
    }


def _article_slim(state: State, one: Article) -> Json:
    shown: Json = {
        "id": one.id,
        "category_id": one.category_id,
        "title": one.title,
        "content": one.content,
        "description": one.description,
        "status": one.status,
        "account_id": ACCOUNT,
        "portal": portal(state, state.portals[one.portal_id], admin=True),
        "views": None,
    }
    author = state.users.get(one.author_id)
    return shown if author is None else {**shown, "author": agent(author)}

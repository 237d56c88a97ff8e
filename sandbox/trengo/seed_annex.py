"""What the smaller products hold at first; no randomness, so the rest of a seed does not depend on it."""

from sandbox.trengo.annex import HelpCenter, HelpItem, Sms
from sandbox.trengo.clock import START
from sandbox.trengo.store import Store

_WEEK = 7 * 86_400
_SMS = (("447700900411", "Je pakket wordt morgen bezorgd 📦"), ("33639980012", "Code: 4 411"))


def seed_annex(store: Store) -> None:
    """An account with some money, two texts sent, and a small help center."""
    store.annex.wallet = 4_820
    channel = next(one.id for one in store.channels.values() if one.type == "SMS")
    for place, (to, text) in enumerate(_SMS):
        number = store.next_id("sms")
        store.annex.sms[number] = Sms(number, channel, to, text, START - _WEEK + place * 60)
    _help_center(store)


def _help_center(store: Store) -> None:
    number = store.next_id("help_center")
    center = HelpCenter(number, "Lantaarn Hulp", "lantaarn-hulp", START - 20 * _WEEK)
    store.annex.help_centers[number] = center
    category = _item(store, center, "categories", {"name": "Bezorging & retour", "description": None})
    section = _item(store, center, "sections", {"name": "Retourneren", "category_id": category})
    article: dict[str, str | int | None] = {
        "title": "Hoe stuur ik iets terug?",
        "content": "<p>Print het label &amp; plak het op de doos.</p>",
        "locale": "nl",
        "status": "published",
        "category_id": category,
        "section_id": section,
    }
    _item(store, center, "articles", article)
    _item(store, center, "blocks", {"title": "Contact", "content": "<p>Bel ons gerust.</p>"})


def _item(store: Store, center: HelpCenter, kind: str, values: dict[str, str | int | None]) -> int:
    number = store.next_id("help_item")
    center.items.setdefault(kind, {})[number] = HelpItem(number, center.created, center.created, values)
    return number

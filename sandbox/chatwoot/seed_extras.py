"""One rule, a few saved filters, one hook and one help center of the account."""

from sandbox.chatwoot.extras import OPENED, Article, Category, Filter, Hook, Portal, Rule
from sandbox.chatwoot.state import State

CONDITIONS = [
    {
        "attribute_key": "mail_subject",
        "filter_operator": "contains",
        "values": ["btw"],
        "query_operator": None,
        "custom_attribute_type": "",
    }
]
ACTIONS = [{"action_name": "add_label", "action_params": ["btw-fout"]}]
QUERY = {"payload": [{"attribute_key": "status", "filter_operator": "equal_to", "values": ["open"]}]}


def fill_extras(state: State) -> None:
    """Everything of ``extras``; none of it is drawn by lot."""
    text = "Mails over btw krijgen een label"
    state.rules = {81: Rule(81, "Btw-mails", text, "conversation_created", CONDITIONS, ACTIONS, OPENED)}
    state.filters = {
        91: Filter(91, 11, "Alles wat open is", "conversation", QUERY, OPENED, OPENED),
        92: Filter(92, 11, "Goud", "contact", {"payload": []}, OPENED, OPENED),
        93: Filter(93, 12, "Van Bram", "conversation", QUERY, OPENED, OPENED),
    }
    settings = {"project_id": "zuiderlicht-1", "credentials": {"private_key": "verzonnen"}, "region": "global"}
    state.hooks = {101: Hook(101, "dialogflow", "inbox", 21, enabled=True, settings=settings)}
    config = {"allowed_locales": ["nl", "en"], "default_locale": "nl"}
    state.portals = {111: Portal(111, "Hulp", "hulp", page_title="Zuiderlicht helpt", inbox_id=21, config=config)}
    state.categories = {121: Category(121, 111, "Bezorging", "bezorging", "nl", "Waar blijft het?", 10)}
    article = Article(131, 111, "Mijn pakje is zoek", "mijn-pakje-is-zoek", 11, "nl", OPENED, "Kijk bij de **buren**.")
    article.status, article.category_id = "published", 121
    state.articles = {131: article}
    state.sequences |= {"rules": 81, "filters": 93, "hooks": 101, "portals": 111, "categories": 121, "articles": 131}

"""The invented company of a sandbox: its agents, teams, channels, labels, fields and small things."""

from sandbox import people
from sandbox.trengo.clock import START
from sandbox.trengo.model import (
    Channel,
    CustomField,
    Label,
    Named,
    QuickReply,
    Team,
    Template,
    User,
    Webhook,
)
from sandbox.trengo.store import Store

FIRST_USER = 713_401
FIRST_CHANNEL = 1_377_010
_FOUNDED = START - 420 * 86_400

_AGENTS = (
    ("administrator", "OWNER", "nl-NL", "Europe/Amsterdam"),
    ("administrator", "ADMIN", "en-GB", "Europe/London"),
    ("supervisor", "USER", "he-IL", "Asia/Jerusalem"),
    ("advanced_agent", "USER", "de-DE", "Europe/Berlin"),
    ("basic_agent", "USER", "nl-NL", "Europe/Amsterdam"),
    ("basic_agent", "USER", "es-ES", "Europe/Madrid"),
    ("basic_agent", "USER", "ro-RO", "Europe/Bucharest"),
    ("observer", "USER", "fr-FR", "Europe/Paris"),
)
_CHANNELS = (
    ("Email", "Klantenservice", "EMAIL", "#00bcd4", "", "lantaarn", "hallo@lantaarn.example"),
    ("Email", "Finance & Billing", "EMAIL", "#8bc34a", "", "lantaarn-finance", "finance@lantaarn.example"),
    ("Wa_business", "WhatsApp Lantaarn", "WA_BUSINESS", "#25a244", "", "+44 7700 900999", None),
    ("Chat", "Website-chat", "CHAT", "#ff7043", "", None, None),
    (None, "Telefoon", "VOIP", "#828216", "447700900998", None, None),
    ("Email", "Persoonlijk", "EMAIL", "#9575cd", "", "lantaarn-directie", "directie@lantaarn.example"),
    ("Sms", "Sms Lantaarn", "SMS", "#ffb300", "447700900997", None, None),
    ("Custom", "Kassa", "CUSTOM", "#6d4c41", "", "kassa-token", None),
)
_LABELS = (
    ("Spoed", "#F6636B", 1, None),
    ("Retour & ruil", "#4FC1E9", 2, None),
    ("Factuur", "#A0D468", None, None),
    ("Bug <app>", "#FFCE54", 3, None),
    ("VIP ⭐", "#AC92EC", None, None),
    ("Actie 2024", "#AAB2BD", 9, 1),
    ("תלונה", "#EC87C0", 4, None),
)
_FIELDS = (
    ("Klantnummer", "CONTACT", 1, "TEXT", False),
    ("Voorkeurstaal", "CONTACT", 0, "TEXT", False),
    ("Ordernummer", "TICKET", -1, "TEXT", True),
    ("Reden van retour", "TICKET", -2, "TEXT", False),
    ("Aantal stuks", "TICKET", -3, "TEXT", False),
    ("Branche", "PROFILE", 2, "TEXT", False),
)
_RESULTS = ("Opgelost", "Geen reactie", "Dubbel gemeld")
_GROUPS = ("VIP-klanten", "Groothandel")
_REPLIES = (
    ("Openingstijden", "We zijn er op werkdagen van 9 tot 17 uur 🕘", "MESSAGING"),
    ("Return label", "Your return label is attached.\nKind regards", "EMAIL"),
    ("Opgehaald?", "Is je pakket al opgehaald? <ja/nee>", "SMS"),
)


def seed_directory(store: Store) -> None:
    """Fills everything but customers and conversations."""
    _users(store)
    _channels(store)
    _teams(store)
    for name, color, order, archived in _LABELS:
        label = Label(store.next_id("label"), name, color, order, archived)
        store.labels[label.id] = label
    for title, scope, order, kind, required in _FIELDS:
        field = CustomField(store.next_id("field"), title, scope, order, _FOUNDED + 600, kind, required)
        store.fields[field.id] = field
    for order, name in enumerate(_RESULTS, 1):
        result = Named(store.next_id("result"), name, order)
        store.results[result.id] = result
    for name in _GROUPS:
        group = Named(store.next_id("group"), name)
        store.groups[group.id] = group
    _texts(store)


def _users(store: Store) -> None:
    rng = store.rng
    for place, (role, authorization, locale, zone) in enumerate(_AGENTS):
        someone = people.person(rng, locale)
        name = someone.email.partition("@")[0]
        number = store.next_id("user")
        user = User(number, someone.first_name, someone.last_name, f"{name}@lantaarn.example", role, authorization)
        user.color = rng.choice(("#009688", "#3f51b5", "#795548"))
        user.locale, user.timezone, user.created = locale, zone, _FOUNDED + place * 86_413
        user.primary, user.online, user.two_factor = place == 0, place % 2 == 0, place < 2
        user.phone = someone.phone if place == 3 else None
        store.users[number] = user


def _channels(store: Store) -> None:
    for name, title, kind, color, phone, username, email in _CHANNELS:
        number = store.next_id("channel")
        channel = Channel(number, name, title, kind, color, _FOUNDED + 3_600 + number % 60, phone, username, email)
        channel.private = title == "Persoonlijk"
        store.channels[number] = channel


def _teams(store: Store) -> None:
    users, channels = list(store.users), list(store.channels)
    for name, color, some_channels, some_users in (
        ("Eerste lijn", "#ff9800", channels[:5], users[2:6]),
        ("Finance", "#26a69a", channels[1:2], users[1:4]),
        ("Nachtploeg 🌙", "#5c6bc0", [], []),
    ):
        team = Team(store.next_id("team"), name, color, list(some_channels), list(some_users))
        store.teams[team.id] = team


def _texts(store: Store) -> None:
    for title, message, kind in _REPLIES:
        reply = QuickReply(store.next_id("quick_reply"), title, message, kind)
        store.quick_replies[reply.id] = reply
    for title, kind in (("Inkomend naar hub", "INBOUND"), ("Gesloten naar hub", "TICKET_CLOSED")):
        number = store.next_id("webhook")
        url = f"https://hooks.example.com/in/{kind.lower()}"
        store.webhooks[number] = Webhook(number, title, url, kind, f"sandbox-signing-secret-{number}")
    whatsapp = next(channel.id for channel in store.channels.values() if channel.type == "WA_BUSINESS")
    for title, message, status, language in (
        ("pakket_onderweg", "Hoi {{1}}, je pakket is onderweg 📦", "ACCEPTED", "nl"),
        ("ready_for_pickup", "Hi {{1}}, your order can be collected.", "ACCEPTED", "en"),
        ("actie_zomer", "Zomeractie & korting!", "REJECTED", "nl"),
    ):
        number = store.next_id("template")
        store.templates[number] = Template(number, title, message, whatsapp, status, language, _FOUNDED + 9_000)

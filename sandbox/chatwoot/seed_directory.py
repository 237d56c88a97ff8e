"""The account's own people and things: users, bots, teams, labels, fields, inboxes, canned responses, a webhook."""

from hashlib import sha256

from sandbox.chatwoot.access import Tokens
from sandbox.chatwoot.clock import BASE, DAY
from sandbox.chatwoot.installation import seeded_installation
from sandbox.chatwoot.model import Bot, Canned, Field, Inbox, Json, Label, Team, User, Webhook
from sandbox.chatwoot.seed_extras import fill_extras
from sandbox.chatwoot.state import State

OPENED = BASE - 400 * DAY
USERS = (
    (11, "Mirthe Oosterling", "Mirthe", "mirthe@zuiderlicht.example", "administrator", "online"),
    (12, "Bram de Witt-Jansen", "Bram", "bram@zuiderlicht.example", "agent", "online"),
    (13, "Åsa Lindqvist", "Åsa", "asa@zuiderlicht.example", "agent", "offline"),
    (14, "كريم الشناوي", "كريم", "karim@zuiderlicht.example", "agent", "busy"),
    (15, "Eleni Παππά", "Eleni", "eleni@zuiderlicht.example", "administrator", "offline"),
)
TEAMS: tuple[tuple[int, str, str | None, bool, list[int]], ...] = (
    (4, "billing", "Facturen & terugbetalingen", True, [11, 12]),
    (5, "field ops", None, False, [13, 14]),
    (6, "außer haus", "", True, [15]),
)
LABELS = (
    (61, "vip", None, "#1f93ff", None),
    (62, "btw-fout", "Btw-nummer klopt niet", "#E11D48", True),
    (63, "bezorging", "", "#0F766E", True),
    (64, "返品", "Retouren uit Japan", "#7C3AED", False),
)
FIELDS: tuple[tuple[int, str, str, str, str, str, list[str], str | None, str | None], ...] = (
    (31, "Order ID", "text", "Bestelnummer", "order_id", "conversation_attribute", [], r"^ZL-\d+$", "ZL-12345"),
    (32, "Refund due", "checkbox", "", "refund_due", "conversation_attribute", [], None, None),
    (33, "Deliver by", "date", "Beloofde datum", "deliver_by", "conversation_attribute", [], None, None),
    (34, "Damage", "list", "", "damage", "conversation_attribute", ["none", "box", "product"], None, None),
    (35, "Plan", "list", "Abonnement", "plan", "contact_attribute", ["free", "silver", "gold"], None, None),
    (36, "Seats", "number", "", "seats", "contact_attribute", [], None, None),
)
CANNED = (
    (71, "btw", "We passen het btw-nummer op uw factuur aan."),
    (72, "thanks", "Thank you for your patience & your order."),
    (73, "foto", "Könnten Sie uns ein Foto schicken?"),
)
NUMBERED = (
    *("users 99", "teams 6", "labels 64", "fields 36", "contacts 1200", "conversations 91000", "bots 2", "canned 73"),
    *("webhooks 8", "inboxes 24", "channels 9", "platform_accounts 6", "platform_bots 9", "platform_users 31"),
    "memberships 41",
)
"""The last number of each table."""


def fill_directory(state: State, seed: int) -> None:
    """Everything of the account that is not a contact or a conversation."""
    state.users = {row[0]: User(*row) for row in USERS}
    state.users[14].confirmed = False
    token, secret = Tokens(seed).bot, _secret(seed, "bot")
    triage = Bot(2, "Triage bot", "Eerste lijn", "https://bot.zuiderlicht.example/hook", OPENED, token, secret)
    state.bots = {2: triage}
    state.assistants = {7: Bot(7, "Kapitein", "Beantwoordt vragen over verzending", None, OPENED + DAY)}
    state.teams = {row[0]: Team(*row[:4], members=list(row[4]), created=OPENED) for row in TEAMS}
    state.labels = {row[0]: Label(*row) for row in LABELS}
    state.fields = {row[0]: _field(*row) for row in FIELDS}
    state.canned = {number: Canned(number, code, text, OPENED + 3 * DAY) for number, code, text in CANNED}
    subscriptions = ["conversation_created", "message_created"]
    hook = Webhook(8, "ERP", "https://erp.zuiderlicht.example/hooks", subscriptions, _secret(seed, "webhook"))
    state.webhooks = {8: hook}
    state.inboxes = {one.id: one for one in (_web(seed), _api(seed), _mail(seed), _whatsapp(seed))}
    fill_extras(state)
    state.installation = seeded_installation(_secret(seed, "installation"))
    state.sequences |= {name: int(last) for name, last in (row.split() for row in NUMBERED)}


def _field(
    number: int,
    name: str,
    kind: str,
    text: str,
    key: str,
    model: str,
    values: list[str],
    regex: str | None,
    cue: str | None,
) -> Field:
    return Field(number, name, kind, text, key, model, list(values), OPENED + 2 * DAY + 123_456, regex, cue)


def _secret(seed: int, purpose: str) -> str:
    return sha256(f"chatwoot secret {seed} {purpose}".encode()).hexdigest()[:32]


def _web(seed: int) -> Inbox:
    shown: Json = {
        "widget_color": "#1f93ff",
        "website_url": "https://winkel.zuiderlicht.example",
        "welcome_title": "Hoi 👋",
        "welcome_tagline": "Waarmee kunnen we helpen?",
        "web_widget_script": "<script>/* widget */</script>",
        "website_token": _secret(seed, "website")[:24],
        "selected_feature_flags": ["attachments", "emoji_picker"],
        "reply_time": "in_a_few_minutes",
        "pre_chat_form_enabled": False,
        "pre_chat_form_options": {},
        "continuity_via_email": True,
    }
    secret: Json = {"hmac_token": _secret(seed, "web hmac")}
    return Inbox(
        21, 7, "Website chat", "Channel::WebWidget", [11, 12, 13], auto_assign=True, shown=shown, secret=secret
    )


def _api(seed: int) -> Inbox:
    shown: Json = {
        "webhook_url": "https://erp.zuiderlicht.example/inbox",
        "inbox_identifier": _secret(seed, "identifier")[:24],
        "additional_attributes": {},
    }
    secret: Json = {"hmac_token": _secret(seed, "api hmac"), "secret": _secret(seed, "api secret")}
    return Inbox(22, 2, "ERP <koppeling>", "Channel::Api", [11, 12], shown=shown, secret=secret)


def _mail(seed: int) -> Inbox:
    shown: Json = {"email": "hulp@zuiderlicht.example", "forwarding_enabled": False}
    secret: Json = {
        **_mailbox("imap", 993, _secret(seed, "imap")),
        "imap_enable_ssl": True,
        "imap_authentication": "plain",
        "reauthorization_required": False,
        **_mailbox("smtp", 587, _secret(seed, "smtp")),
        "smtp_domain": "zuiderlicht.example",
        "smtp_enable_ssl_tls": False,
        "smtp_enable_starttls_auto": True,
        "smtp_openssl_verify_mode": "none",
        "smtp_authentication": "login",
    }
    members = [11, 13, 14, 15]
    return Inbox(23, 9, "Helpdesk mail", "Channel::Email", members, provider="google", shown=shown, secret=secret)


def _mailbox(protocol: str, port: int, password: str) -> Json:
    return {
        f"{protocol}_login": "hulp@zuiderlicht.example",
        f"{protocol}_password": password,
        f"{protocol}_address": f"{protocol}.zuiderlicht.example",
        f"{protocol}_port": port,
        f"{protocol}_enabled": True,
    }


def _whatsapp(seed: int) -> Inbox:
    shown: Json = {"phone_number": "+447700900123", "message_templates": [], "reauthorization_required": False}
    secret: Json = {"provider_config": {"api_key": _secret(seed, "whatsapp"), "phone_number_id": "100200300"}}
    return Inbox(
        24,
        5,
        "WhatsApp",
        "Channel::Whatsapp",
        [11, 14],
        provider="whatsapp_cloud",
        lock_single=True,
        bot_id=2,
        shown=shown,
        secret=secret,
    )

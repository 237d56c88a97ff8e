"""What an account holds; times are microseconds (``clock``), references are ids."""

from dataclasses import dataclass, field
from typing import Any

STATUSES = ("open", "resolved", "pending", "snoozed")
PRIORITIES = ("low", "medium", "high", "urgent")
INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)
MESSAGE_TYPES = ("incoming", "outgoing", "activity", "template")
CONTENT_TYPES = (
    *("text", "input_text", "input_textarea", "input_email", "input_select", "cards", "form", "article"),
    *("incoming_email", "input_csat", "integrations", "sticker", "voice_call"),
)
Json = dict[str, Any]
Sender = tuple[str, int]
"""Class name as the provider stores it (``Contact``, ``User``, ``AgentBot``, ``Captain::Assistant``) and id."""


@dataclass(slots=True)
class User:
    """An agent or administrator of the account."""

    id: int
    name: str
    available_name: str
    email: str
    role: str
    availability: str
    confirmed: bool = True
    auto_offline: bool = True


@dataclass(slots=True)
class Bot:
    """An agent bot or an assistant: an id space of its own."""

    id: int
    name: str
    description: str
    outgoing_url: str | None
    created: int
    token: str = ""
    secret: str = ""
    config: Json = field(default_factory=dict)


@dataclass(slots=True)
class Team:
    """A team; its name is kept in lower case."""

    id: int
    name: str
    description: str | None
    allow_auto_assign: bool
    members: list[int]
    created: int


@dataclass(slots=True)
class Label:
    """A label of the account; its title is kept in lower case."""

    id: int
    title: str
    description: str | None = None
    color: str = "#1f93ff"
    show_on_sidebar: bool | None = None


@dataclass(slots=True)
class Field:
    """The definition of a custom attribute."""

    id: int
    name: str
    display_type: str
    description: str
    key: str
    model: str
    values: list[str]
    created: int
    regex_pattern: str | None = None
    regex_cue: str | None = None


@dataclass(slots=True)
class Canned:
    """A canned response."""

    id: int
    short_code: str
    content: str
    created: int
    updated: int = 0


@dataclass(slots=True)
class Webhook:
    """An account webhook."""

    id: int
    name: str | None
    url: str
    subscriptions: list[str]
    secret: str
    inbox_id: int | None = None


@dataclass(slots=True)
class Inbox:
    """An inbox; ``shown`` are the fields of its channel for every reader, ``secret`` those for administrators only."""

    id: int
    channel_id: int
    name: str
    channel_type: str
    members: list[int]
    provider: str | None = None
    auto_assign: bool = False
    lock_single: bool = False
    bot_id: int | None = None
    settings: Json = field(default_factory=dict)
    """What was changed of the fields that every inbox has."""
    shown: Json = field(default_factory=dict)
    secret: Json = field(default_factory=dict)

    @property
    def bot_active(self) -> bool:
        """A bot takes new conversations, which start as pending."""
        return self.bot_id is not None


@dataclass(slots=True)
class Source:
    """A contact's identity in one inbox (a contact inbox)."""

    source_id: str
    inbox_id: int
    contact_id: int
    hmac_verified: bool = False


@dataclass(slots=True)
class Note:
    """A note on a contact."""

    id: int
    content: str
    user_id: int
    created: int


@dataclass(slots=True)
class Contact:
    """A customer, known or not."""

    id: int
    name: str
    email: str | None
    phone: str | None
    identifier: str | None
    created: int
    blocked: bool = False
    additional: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    last_activity: int | None = None
    sources: list[Source] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def resolved(self) -> bool:
        """Has an address, a number or an identifier; only such contacts are listed."""
        return bool(self.email or self.phone or self.identifier)


@dataclass(slots=True)
class Attachment:
    """A file of a message, or a place or a contact card without one (``blob`` none)."""

    id: int
    message_id: int
    file_type: str
    created: int
    blob: int | None = None
    width: int | None = None
    height: int | None = None
    extra: Json = field(default_factory=dict)


@dataclass(slots=True)
class Blob:
    """A stored file."""

    name: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Message:
    """A message, private note, activity or template."""

    id: int
    kind: int
    content: str | None
    created: int
    updated: int
    sender: Sender | None
    private: bool = False
    status: str = "sent"
    source_id: str | None = None
    content_type: str = "text"
    content_attributes: Json = field(default_factory=dict)
    additional: Json = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """A conversation; ``id`` is the account's display id, ``key`` the id in the database that no route takes."""

    id: int
    key: int
    uuid: str
    contact_id: int
    source: Source
    created: int
    updated: int
    last_activity: int
    status: str = "open"
    priority: str | None = None
    assignee_id: int | None = None
    bot_id: int | None = None
    team_id: int | None = None
    labels: list[str] = field(default_factory=list)
    custom: Json = field(default_factory=dict)
    additional: Json = field(default_factory=dict)
    snoozed_until: int | None = None
    first_reply: int | None = None
    waiting_since: int | None = None
    agent_seen: int | None = None
    assignee_seen: int | None = None
    contact_seen: int | None = None
    messages: list[Message] = field(default_factory=list)
    participants: list[int] = field(default_factory=list)

    @property
    def inbox_id(self) -> int:
        """The inbox it came in by."""
        return self.source.inbox_id

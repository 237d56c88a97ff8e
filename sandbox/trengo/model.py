"""What the sandbox remembers: one record per thing, times as epoch seconds of the logical clock."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class User:
    """An agent; ``role`` is one of ``ROLES``."""

    id: int
    first_name: str
    last_name: str
    email: str
    role: str
    authorization: str = "USER"
    color: str = "#009688"
    locale: str = "nl-NL"
    timezone: str = "Europe/Amsterdam"
    created: int = 0
    primary: bool = False
    online: bool = False
    two_factor: bool = False
    phone: str | None = None


ROLES = {"observer": 20, "basic_agent": 21, "advanced_agent": 22, "supervisor": 23, "administrator": 24}
"""Role names and ids; the ids are the same for every tenant."""


@dataclass(slots=True)
class Channel:
    """Where messages come in; ``email`` is the sender address of a mail channel."""

    id: int
    name: str | None
    title: str
    type: str
    color: str
    created: int
    phone: str = ""
    username: str | None = None
    email: str | None = None
    private: bool = False


@dataclass(slots=True)
class Label:
    """A tag of tickets."""

    id: int
    name: str
    color: str
    sort_order: int | None = None
    archived: int | None = None


@dataclass(slots=True)
class Team:
    """A group of users with the channels they see."""

    id: int
    name: str
    color: str
    channels: list[int]
    users: list[int]


@dataclass(slots=True)
class CustomField:
    """A field; ``type`` is its scope (CONTACT, PROFILE, TICKET), ``field_type`` its kind of data."""

    id: int
    title: str
    type: str
    sort_order: int
    created: int
    field_type: str = "TEXT"
    required: bool = False
    placeholder: str | None = None


@dataclass(slots=True)
class Note:
    """What an agent wrote about a contact."""

    id: int
    user: int
    body: str
    created: int


@dataclass(slots=True)
class Contact:
    """A customer on one identity. ``php_map`` says that its empty map of fields arrives as ``[]``, not as null."""

    id: int
    name: str | None
    email: str | None
    phone: str | None
    color: str
    created: int
    channels: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    values: dict[int, str] = field(default_factory=dict)
    private: bool = False
    php_map: bool = False


@dataclass(slots=True)
class Attachment:
    """A file; ``content`` is what the media path serves."""

    id: int
    client_name: str
    mime_type: str
    created: int
    content: bytes = b""
    size: int | None = None


@dataclass(slots=True)
class Message:
    """One message of a ticket: INBOUND, OUTBOUND or NOTE."""

    type: str
    text: str
    created: int
    id: int = 0
    ticket: int = 0
    user: int | None = None
    body_type: str = "TEXT"
    attachments: list[Attachment] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    template: int | None = None
    mail: bool = False
    collapsed: bool = False


@dataclass(slots=True)
class Audit:
    """One line of a ticket's history."""

    id: int
    type: str
    text: str
    created: int


@dataclass(slots=True)
class Ticket:
    """A conversation, listed by ``activity``; ``older`` ones show the list shape of earlier years."""

    contact: int
    channel: int
    created: int
    subject: str | None = None
    id: int = 0
    status: str = "OPEN"
    updated: int = 0
    activity: int = 0
    closed: int | None = None
    closed_by: int | None = None
    assigned: int | None = None
    assigned_by: int | None = None
    user: int | None = None
    team: int | None = None
    result: int | None = None
    labels: list[int] = field(default_factory=list)
    values: dict[int, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    starred: list[int] = field(default_factory=list)
    reopened: int = 0
    older: bool = False
    php_map: bool = False


@dataclass(slots=True)
class Profile:
    """Several contacts that are one customer."""

    id: int
    name: str
    color: str
    created: int
    contacts: list[int] = field(default_factory=list)
    values: dict[int, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    image: str | None = None


@dataclass(slots=True)
class Named:
    """A small thing with a name: a closing reason or a contact group."""

    id: int
    name: str
    sort_order: int = 0


@dataclass(slots=True)
class QuickReply:
    """A canned answer."""

    id: int
    title: str
    message: str
    type: str


@dataclass(slots=True)
class Webhook:
    """One subscribed event."""

    id: int
    title: str
    url: str
    type: str
    secret: str


@dataclass(slots=True)
class Template:
    """An approved WhatsApp template."""

    id: int
    title: str
    message: str
    channel: int
    status: str
    language: str
    created: int

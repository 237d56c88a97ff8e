"""What the smaller products around the inbox remember: SMS, calls, team chat, the help center."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Sms:
    """A text message sent outside any ticket."""

    id: int
    channel: int
    to: str
    text: str
    created: int


@dataclass(slots=True)
class CallLog:
    """A phone call of an outside telephone system; ``duration`` in seconds."""

    id: int
    channel: int
    contact: int
    ticket: int
    user: int
    phone: str
    direction: str
    created: int
    duration: int | None = None
    note: str | None = None
    recording_url: str | None = None


@dataclass(slots=True)
class ChatMessage:
    """A line of the team chat; ``thread`` is that of a team, ``to`` a colleague."""

    id: int
    user: int
    body: str
    created: int
    thread: int | None = None
    to: int | None = None
    parent: int | None = None


@dataclass(slots=True)
class HelpItem:
    """A category, section, article or block; ``values`` by the names its kind has."""

    id: int
    created: int
    updated: int
    values: dict[str, str | int | None]


@dataclass(slots=True)
class HelpCenter:
    """A public site of articles; ``items`` by kind and id."""

    id: int
    name: str
    slug: str
    created: int
    items: dict[str, dict[int, HelpItem]] = field(default_factory=dict)


@dataclass(slots=True)
class Annex:
    """The tables by id; ``wallet`` is in cents."""

    sms: dict[int, Sms] = field(default_factory=dict)
    calls: dict[int, CallLog] = field(default_factory=dict)
    chat: dict[int, ChatMessage] = field(default_factory=dict)
    help_centers: dict[int, HelpCenter] = field(default_factory=dict)
    wallet: int = 0

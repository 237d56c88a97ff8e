"""What an account holds beside its conversations: settings, rules, filters, hooks and the help center."""

from dataclasses import dataclass, field

from sandbox.chatwoot.clock import BASE, DAY
from sandbox.chatwoot.model import Json

OPENED = BASE - 400 * DAY


@dataclass(slots=True)
class Account:
    """The account's own row."""

    name: str
    locale: str = "nl"
    domain: str | None = "zuiderlicht.example"
    support_email: str | None = "hulp@zuiderlicht.example"
    settings: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    features: tuple[str, ...] = ("help_center", "automations", "labels", "reports", "macros", "custom_attributes")
    created: int = OPENED


@dataclass(slots=True)
class Rule:
    """An automation rule."""

    id: int
    name: str
    description: str | None
    event_name: str
    conditions: list[Json]
    actions: list[Json]
    created: int
    active: bool = True


@dataclass(slots=True)
class Filter:
    """A saved filter of one user."""

    id: int
    user_id: int
    name: str
    filter_type: str
    query: Json
    created: int
    updated: int


@dataclass(slots=True)
class Hook:
    """An integration switched on for the account or one of its inboxes."""

    id: int
    app_id: str
    hook_type: str
    inbox_id: int | None
    enabled: bool
    settings: Json


@dataclass(slots=True)
class Portal:
    """A help center; paths name it by its slug."""

    id: int
    name: str
    slug: str
    color: str = "#1f93ff"
    custom_domain: str | None = None
    header_text: str | None = None
    homepage_link: str | None = None
    page_title: str | None = None
    archived: bool = False
    inbox_id: int | None = None
    config: Json = field(default_factory=dict)

    @property
    def locales(self) -> list[str]:
        """The languages it may have articles in."""
        named: list[str] = self.config.get("allowed_locales") or []
        return named or [self.config.get("default_locale") or "en"]

    @property
    def default_locale(self) -> str:
        """The language it opens in."""
        return str(self.config.get("default_locale") or self.locales[0])


@dataclass(slots=True)
class Category:
    """A category of a help center."""

    id: int
    portal_id: int
    name: str
    slug: str
    locale: str
    description: str | None = None
    position: int | None = None
    icon: str = ""
    icon_color: str = ""
    parent_id: int | None = None
    root_id: int | None = None
    related: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Article:
    """An article of a help center."""

    id: int
    portal_id: int
    title: str
    slug: str
    author_id: int
    locale: str
    updated: int
    content: str | None = None
    description: str | None = None
    status: str = "draft"
    position: int = 10
    category_id: int | None = None
    root_id: int | None = None
    meta: Json = field(default_factory=dict)

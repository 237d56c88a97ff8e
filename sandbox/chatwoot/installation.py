"""What a platform app made on the installation: accounts, users, their memberships and bots, apart from account 3."""

from dataclasses import dataclass, field

from sandbox.chatwoot.clock import BASE, DAY
from sandbox.chatwoot.model import Json

MADE = BASE - 30 * DAY


@dataclass(slots=True)
class PlatformAccount:
    """An account; a deletion, upstream a background job, is done at once."""

    id: int
    name: str
    locale: str = "en"
    domain: str | None = None
    support_email: str | None = None
    status: str = "active"
    features: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    limits: Json = field(default_factory=dict)


@dataclass(slots=True)
class PlatformUser:
    """A user of the installation."""

    id: int
    name: str
    display_name: str | None
    email: str
    token: str
    custom: Json = field(default_factory=dict)


@dataclass(slots=True)
class Membership:
    """A user's place in an account."""

    id: int
    account_id: int
    user_id: int
    role: str
    created: int
    updated: int


@dataclass(slots=True)
class PlatformBot:
    """An agent bot of the installation or of one account."""

    id: int
    name: str | None
    description: str | None
    outgoing_url: str | None
    account_id: int | None
    token: str


@dataclass(slots=True)
class Installation:
    """The tables of the platform API."""

    accounts: dict[int, PlatformAccount] = field(default_factory=dict)
    users: dict[int, PlatformUser] = field(default_factory=dict)
    memberships: dict[int, Membership] = field(default_factory=dict)
    bots: dict[int, PlatformBot] = field(default_factory=dict)


def seeded_installation(secret: str) -> Installation:
    """One account, one user in it and one bot."""
    return Installation(
        accounts={6: PlatformAccount(6, "Noorderlicht BV", features={"labels": True})},
        users={31: PlatformUser(31, "Sanne Beheer", "Sanne", "sanne@noorderlicht.example", secret[:24])},
        memberships={41: Membership(41, 6, 31, "administrator", MADE, MADE)},
        bots={9: PlatformBot(9, "Portier", None, "https://bot.noorderlicht.example/hook", 6, secret[8:32])},
    )

"""Tokens, whose they are, and what a role may do."""

from dataclasses import dataclass, field
from hashlib import sha256

from sandbox.chatwoot import errors
from sandbox.chatwoot.model import Conversation, Sender
from sandbox.chatwoot.state import ACCOUNT, OTHER_ACCOUNT, SUSPENDED_ACCOUNT, State
from sandbox.http import Request

ADMIN, AGENT, STRANGER, BOT = 11, 12, 99, 2
MOST_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: ``role`` is administrator, agent, none (a user without this account) or bot."""

    id: int
    role: str
    token: str

    @property
    def admin(self) -> bool:
        """An administrator of the account."""
        return self.role == "administrator"

    @property
    def sender(self) -> Sender:
        """The author of what this reader writes."""
        return ("AgentBot" if self.role == "bot" else "User", self.id)

    def sees_inbox(self, state: State, inbox_id: int) -> bool:
        """Administrators and bots see all, agents what they are a member of."""
        return self.role != "agent" or self.id in state.inboxes[inbox_id].members

    def sees(self, state: State, conversation: Conversation) -> bool:
        """One conversation is also open to its team (lists are not)."""
        team = state.teams.get(conversation.team_id or 0)
        return self.sees_inbox(state, conversation.inbox_id) or (team is not None and self.id in team.members)


@dataclass(slots=True)
class Tokens:
    """Tokens made from the seed alone."""

    seed: int
    known: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {
            self.agent: (AGENT, "agent"),
            self.stranger: (STRANGER, "none"),
            self.bot: (BOT, "bot"),
        }

    @property
    def agent(self) -> str:
        """A user with the role agent."""
        return self._made("agent")[:24]

    @property
    def stranger(self) -> str:
        """A user of the installation who is in no account."""
        return self._made("stranger")[:24]

    @property
    def bot(self) -> str:
        """An agent bot."""
        return self._made("bot")[:24]

    @property
    def platform(self) -> str:
        """A platform app; the account's operations do not know it."""
        return self._made("platform")[:24]

    def admin(self, number: int) -> str:
        """One of the administrator's tokens, 0 to 9999."""
        if not 0 <= number < MOST_TOKENS:
            raise ValueError(f"tokens are numbered 0 to {MOST_TOKENS - 1}")
        return self._made(f"admin {number}")[:20] + f"{number:04d}"

    def viewer(self, token: str) -> Viewer | None:
        """Whose token it is."""
        owner = self.known.get(token)
        if owner is None and token[20:].isdecimal() and len(token) == 24 and self.admin(int(token[20:])) == token:
            owner = self.known[token] = (ADMIN, "administrator")
        return None if owner is None else Viewer(*owner, token)

    def _made(self, purpose: str) -> str:
        return sha256(f"chatwoot {self.seed} {purpose}".encode()).hexdigest()


def token_of(request: Request) -> str:
    """The token sent; of both spellings the one with hyphens wins, as measured on Puma."""
    return request.header("api-access-token") or request.header("api_access_token") or ""


def authenticate(tokens: Tokens, request: Request) -> Viewer:
    """Who asks; refuses a request without a token and an unknown token."""
    token = token_of(request)
    if not token:
        raise errors.no_token()
    viewer = tokens.viewer(token)
    if viewer is None:
        raise errors.unauthorized("Invalid Access Token")
    return viewer


def current(state: State, viewer: Viewer) -> Viewer:
    """The reader as of now: the role may have changed, and a deleted user's or bot's token is gone with its owner."""
    if viewer.role == "none":
        return viewer
    if viewer.role == "bot":
        owner: object = state.bots.get(viewer.id)
        role = viewer.role
    else:
        owner = user = state.users.get(viewer.id)
        role = viewer.role if user is None else user.role
    if owner is None:
        raise errors.unauthorized("Invalid Access Token")
    return viewer if role == viewer.role else Viewer(viewer.id, role, viewer.token)


def enter_account(viewer: Viewer, account_id: int) -> None:
    """Refuses accounts that are unknown, suspended or not the reader's."""
    if account_id not in (ACCOUNT, OTHER_ACCOUNT, SUSPENDED_ACCOUNT):
        raise errors.not_found()
    if account_id == SUSPENDED_ACCOUNT:
        raise errors.unauthorized("Account is suspended")
    if account_id != ACCOUNT or viewer.role == "none":
        who = "Bot is" if viewer.role == "bot" else "You are"
        raise errors.unauthorized(f"{who} not authorized to access this account")

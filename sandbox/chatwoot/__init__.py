"""A simulated Chatwoot 4.15.1 with one account full of invented conversations."""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from random import Random
from re import compile as pattern
from typing import Any

from sandbox.chatwoot import directory, errors
from sandbox.chatwoot.access import Tokens, Viewer, authenticate, current, token_of
from sandbox.chatwoot.churn import churned
from sandbox.chatwoot.limits import Throttles
from sandbox.chatwoot.open_routes import open_routes
from sandbox.chatwoot.routes import account_routes
from sandbox.chatwoot.seed import seeded
from sandbox.chatwoot.state import ACCOUNT, VERSION, State
from sandbox.http import Request, Response

_VERSION = pattern(r"\d{1,3}(\.\d{1,3}){0,3}\Z")
RAILS_JSON = "application/json; charset=utf-8"


def checked(version: str) -> str:
    """A version as upstream numbers them; ValueError for what is none."""
    if not _VERSION.match(version):
        raise ValueError(f"{version!r} is no version such as {VERSION}")
    return version


class Chatwoot:
    """One installation; its state depends on ``seed`` and the requests alone, ``rate_limit`` is requests per minute.

    It is the community edition unless ``enterprise``, which adds reporting events and the audit log. An earlier
    ``version`` says so, and lacks the filters that came later; the rest stays as in 4.15.1.
    """

    name = "chatwoot"

    def __init__(
        self,
        *,
        tickets: int = 500,
        seed: int = 1,
        rate_limit: int = 3000,
        enterprise: bool = False,
        version: str = VERSION,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tickets, self._seed = tickets, seed
        self._rate_limit, self._monotonic = rate_limit, monotonic
        self._version = checked(version)
        self._tokens = Tokens(seed)
        self._accounts = account_routes(enterprise=enterprise)
        self._open = open_routes(self._tokens)
        self.reset()

    def reset(self) -> None:
        """Back to the state of the seed; the windows of the throttles start anew."""
        self.state: State = seeded(self._tickets, self._seed)
        self.state.version = self._version
        self._changes = Random(f"churn {self._seed}")
        self._throttles = Throttles(self._rate_limit, self._monotonic)

    def handle(self, request: Request) -> Response:
        """Answers one request and applies its effect."""
        token = token_of(request)
        response = self._throttles.refuse(request, token) or self._answer(request)
        body = b"" if request.method == "HEAD" else response.body
        stamp = (("x-sandbox-credential", sha256(token.encode()).hexdigest()[:12]),) if token else ()
        kinds = ((name, RAILS_JSON if value == "application/json" else value) for name, value in response.headers)
        return Response(response.status, body, (*kinds, *stamp))

    def churn(self, change: Mapping[str, int]) -> dict[str, list[int]]:
        """Changes the data under a reader: ``insert``, ``close``, ``bump``, ``merge`` (here: delete), in this order."""
        return churned(self.state, self._changes, change)

    def release(self, version: str) -> None:
        """Runs as that version until the next reset; ValueError for what is none."""
        self.state.version = checked(version)

    def credentials(self) -> dict[str, Any]:
        """The administrator's first token and the account."""
        return {"token": self.token_for(0), "connection": {"account_id": ACCOUNT}}

    def token_for(self, number: int) -> str:
        """One of 10,000 tokens of the administrator."""
        return self._tokens.admin(number)

    def agent_token(self) -> str:
        """The token of a user with the role agent, a member of two inboxes."""
        return self._tokens.agent

    def stranger_token(self) -> str:
        """The token of a user who is in no account."""
        return self._tokens.stranger

    def bot_token(self) -> str:
        """The token of an agent bot."""
        return self._tokens.bot

    def platform_token(self) -> str:
        """The token of a platform app."""
        return self._tokens.platform

    def _answer(self, request: Request) -> Response:
        try:
            return self._dispatch(request)
        except errors.Refusal as refusal:
            return refusal.response
        except errors.Crash as crash:
            return errors.page(request, crash.status)

    def _dispatch(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        path = request.path.rstrip("/")
        if method == "GET" and path == "/api":
            return directory.version(self.state)
        if method == "GET" and path == "/api/v1/profile":
            return directory.profile(self.state, self._viewer(request))
        outside = self._open.get(path.lstrip("/").partition("/")[0])
        if outside is not None:
            row = outside.find(request.path)
            if row is None or method not in row[0]:
                raise errors.Crash(404)
            return row[0][method](self.state, request, *row[1])
        found = self._accounts.find(method, request.path)
        if found is None:
            raise errors.Crash(404)
        return found[0](self.state, self._viewer(request), request, *found[1])

    def _viewer(self, request: Request) -> Viewer:
        return current(self.state, authenticate(self._tokens, request))

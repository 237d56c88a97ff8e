"""The simulated provider: finds the operation, checks the token and the rate limit, answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.http import Request, Response, Routes
from sandbox.log import credential, digest
from sandbox.trengo import documented as documents
from sandbox.trengo import messages
from sandbox.trengo.answers import Refusal, app_page, unauthenticated, wrong_method
from sandbox.trengo.call import Call
from sandbox.trengo.churn import churn
from sandbox.trengo.limits import WINDOW, Limiter
from sandbox.trengo.roles import Operation, Route
from sandbox.trengo.routes import ROUTES
from sandbox.trengo.seed import seeded
from sandbox.trengo.seed_directory import FIRST_USER
from sandbox.trengo.tokens import Tokens

BASE = "/api/v2/"
ADMIN = FIRST_USER
TOKEN_USERS = (ADMIN, FIRST_USER + 2, FIRST_USER + 4)
"""Who has tokens: an administrator, a supervisor, a basic agent."""


class Trengo:
    """Tickets, messages, contacts and the people around them, below ``/api/v2``.

    State depends only on ``tickets`` and ``seed``; ``rate_limit`` counts requests per token in ``rate_window`` seconds.
    ``documented`` follows public documents where they are wrong about the provider.
    """

    name = "trengo"

    def __init__(
        self,
        tickets: int = 500,
        seed: int = 1,
        rate_limit: int = 120,
        *,
        rate_window: float = WINDOW,
        documented: bool = False,
    ) -> None:
        self._size, self._seed = tickets, seed
        self._tokens = Tokens(seed, frozenset(TOKEN_USERS))
        self._limiter = Limiter(rate_limit, rate_window)
        self._routes = _by_first_word(_as_documented() if documented else ROUTES)
        self.store = seeded(tickets, seed)

    def handle(self, request: Request) -> Response:
        """The answer, marked with the digest of the credential that was sent: no answer may reach another tenant."""
        answer, token = self._answer(request), credential(request)
        return _with(answer, (("x-sandbox-credential", digest(token)),)) if token else answer

    def reset(self) -> None:
        """Back to the seed; all rate limit windows start anew."""
        self.store = seeded(self._size, self._seed)
        self._limiter.reset()

    def churn(self, change: Mapping[str, int]) -> dict[str, list[int]]:
        """What other people do meanwhile; for ``merge`` the ids are those that vanished."""
        return churn(self.store, change)

    def release(self, version: str) -> None:
        """There is one version for all."""
        raise ValueError(f"there is no version {version!r}: the provider has one for all")

    def credentials(self) -> dict[str, Any]:
        """An administrator's token; this provider has no connection fields."""
        return {"token": self.token_for(0), "connection": {}}

    def token_for(self, number: int) -> str:
        """One of 10,000 tokens of the administrator (0 to 9999), each with its own rate limit window."""
        return self._tokens.make(ADMIN, number)

    def token_of(self, user: int, number: int = 0) -> str:
        """A token of another user that has tokens, see ``TOKEN_USERS``."""
        return self._tokens.make(user, number)

    def _answer(self, request: Request) -> Response:
        """Routing comes before the token and the token before the limit, as in the provider's framework."""
        if request.raw_path.startswith("/media/"):
            return messages.media(request, self.store)
        found = self._found(request.path)
        if found is None or _is_no_user(request, found[1]):
            return app_page()
        operations, keys = found
        if request.method == "GET" and "GET" not in operations:
            return app_page()  # the web app takes every GET that no operation takes
        if request.method not in operations:
            return self._limited(wrong_method(request.method, operations), self._limiter.limit)
        return self._authenticated(request, operations[request.method], keys)

    def _found(self, path: str) -> tuple[Mapping[str, Operation], list[str]] | None:
        if not path.startswith(BASE):
            return None
        asked = path.removeprefix(BASE)
        routes = self._routes.get(_first_word(asked))
        return None if routes is None else routes.find(asked)

    def _authenticated(self, request: Request, operation: Operation, keys: list[str]) -> Response:
        known = self._tokens.user_of(request.header("authorization"))
        user = self.store.users.get(known[1]) if known else None
        if known is None or user is None:
            return self._limited(unauthenticated(request), self._limiter.limit)
        remaining = self._limiter.hit(known[0])
        if isinstance(remaining, Response):
            return remaining
        try:
            answer = operation(Call(request, self.store, user), *keys)
        except Refusal as refusal:
            answer = refusal.response
        return self._limited(answer, remaining)

    def _limited(self, response: Response, remaining: int) -> Response:
        return _with(response, self._limiter.headers(remaining))


def _as_documented() -> tuple[Route, ...]:
    kept = (route for route in ROUTES if route[:2] not in documents.GONE)
    return (*kept, *documents.ROUTES)


def _by_first_word(routes: Iterable[Route]) -> dict[str, Routes]:
    """A table per first word of the path: a search looks at few patterns."""
    tables: dict[str, Routes] = {}
    for method, pattern, operation in routes:
        tables.setdefault(_first_word(pattern), Routes()).add(method, pattern, operation)
    return tables


def _first_word(path: str) -> str:
    return path.strip("/").partition("/")[0]


def _is_no_user(request: Request, keys: list[str]) -> bool:
    """``/users/me`` is a page of the web app, unlike other ids that are no numbers."""
    return bool(keys) and request.path.startswith(f"{BASE}users/") and not keys[0].isdigit()


def _with(response: Response, headers: tuple[tuple[str, str], ...]) -> Response:
    return Response(response.status, response.body, response.headers + headers)

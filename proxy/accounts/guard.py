"""The guard in front of every route: who is asking, and may they."""

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import AsyncAnyCallable

from proxy.accounts.caller import Caller
from proxy.accounts.store import Accounts
from proxy.errors import InternalError, MissingScope

PUBLIC = None
"""``opt={"scope": PUBLIC}``: for everyone. A route that declares no scope at all is refused to everyone."""

_UNDECLARED = object()


def authenticate(accounts: Accounts) -> AsyncAnyCallable:
    """A guard that finds the ``Caller`` and leaves it in ``request.state.caller``.

    Reads ``opt["scope"]``, and ``opt["account_token"]``: false where only API keys may ask. Raises ``Unauthorized``,
    ``MissingScope``.
    """

    async def guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
        scope = handler.opt.get("scope", _UNDECLARED)
        if scope is PUBLIC:
            return
        if scope is _UNDECLARED:
            raise InternalError("the route declares no scope")
        caller = await accounts.caller(connection.headers.get("authorization"))
        caller.require(scope)
        if caller.account_id is not None and not handler.opt.get("account_token", True):
            raise MissingScope("an account token may not do this; it needs an API key")
        connection.scope.setdefault("state", {})["caller"] = caller

    return guard


def caller_of(connection: ASGIConnection) -> Caller:  # type: ignore[type-arg]
    """The caller that the guard found."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller

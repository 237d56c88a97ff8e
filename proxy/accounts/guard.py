"""The guard in front of every route: who is asking, and may they."""

from collections.abc import Sequence

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import AsyncAnyCallable

from proxy.accounts.caller import Caller
from proxy.accounts.client_address import Network, client_address
from proxy.accounts.origins import allowed_origin
from proxy.accounts.store import Accounts
from proxy.accounts.wrong_keys import WrongKeys
from proxy.errors import InternalError, MissingScope, Unauthorized

PUBLIC = None
"""``opt={"scope": PUBLIC}``: for everyone. A route that declares no scope at all is refused to everyone."""

_UNDECLARED = object()


def authenticate(
    accounts: Accounts, wrong_keys: WrongKeys, trusted_proxies: Sequence[Network] = ()
) -> AsyncAnyCallable:
    """A guard that finds the ``Caller`` and leaves it in ``request.state.caller``.

    Reads ``opt["scope"]``, and ``opt["account_token"]``: false where only API keys may ask. Raises ``Unauthorized``,
    ``TooManyAttempts``, ``OriginNotAllowed``, ``MissingScope``.
    """

    async def guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
        scope = handler.opt.get("scope", _UNDECLARED)
        if scope is PUBLIC:
            return
        if scope is _UNDECLARED:
            raise InternalError("the route declares no scope")
        authorization = _authorization(connection)
        try:
            caller = await accounts.caller(authorization)
        except Unauthorized:
            if authorization:  # nothing sent is nothing guessed
                await wrong_keys.note(_address(connection, trusted_proxies))
            raise
        if caller.account_id is not None:
            _admit_origin(connection, caller)
        caller.require(scope)
        if caller.account_id is not None and not handler.opt.get("account_token", True):
            raise MissingScope("an account token may not do this; it needs an API key")
        connection.scope.setdefault("state", {})["caller"] = caller

    return guard


def caller_of(connection: ASGIConnection) -> Caller:  # type: ignore[type-arg]
    """The caller that the guard found."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller


def _authorization(connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
    """The first header of that name, without the copy of all headers that the framework makes."""
    values = (value for name, value in connection.scope["headers"] if name.lower() == b"authorization")
    return next((value.decode("latin-1") for value in values), None)


def _admit_origin(connection: ASGIConnection, caller: Caller) -> None:  # type: ignore[type-arg]
    """From here on every answer, a problem too, can be read by the page that asked, if it may."""
    origin = allowed_origin(caller, connection.headers.getall("origin", []), connection.headers.get("host"))
    if origin is not None:
        connection.scope["state"]["trace"].origin = origin


def _address(connection: ASGIConnection, trusted: Sequence[Network]) -> str:  # type: ignore[type-arg]
    peer = connection.client.host if connection.client else ""
    return client_address(peer, connection.headers.getall("x-forwarded-for", []), trusted)

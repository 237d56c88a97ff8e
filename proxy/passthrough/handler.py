"""The passthrough as an ASGI application, mounted at ``/proxy``."""

from re import compile as pattern
from typing import NamedTuple, Protocol

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from proxy.accounts.caller import HEADER_NAME, Caller, account_id_of
from proxy.bounds import Bounds
from proxy.cursor import Cursors
from proxy.errors import AmbiguousAccount, InvalidPath, InvalidRequest, MethodNotAllowed, Unauthorized
from proxy.outbound.answer import ProviderAnswer, refusal
from proxy.outbound.call import Outbound
from proxy.outbound.headers import request_headers
from proxy.outbound.paths import Query, Segments, allowed, path_of, query_of, segments_of, target
from proxy.outbound.redact import needles_of
from proxy.outbound.request import ProviderRequest, patience_of
from proxy.outbound.retry import SAFE_METHODS
from proxy.passthrough.envelope import Enveloped, Wanted, envelope_of, next_link, wants_envelope
from proxy.passthrough.relay import MOUNT, Relay, RelayBroken
from proxy.passthrough.upload import upload_of
from proxy.passthrough.watch import CallerWatch
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace

SCOPE = "proxy"
REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
"""CONNECT asks for a tunnel, TRACE for the request with its credential (RFC 9110 9.3.6, 9.3.8)."""

_METHOD = pattern(r"[A-Z]{1,16}\Z")


class AccountSource(Protocol):
    """Who asks, and the account that is meant."""

    async def caller(self, authorization: str | None) -> Caller:
        """Raises ``Unauthorized``."""

    async def linked(self, caller: Caller, account_id: str) -> LinkedAccount:
        """Raises ``NotFound``, and ``ReauthRequired`` where the stored credential does not open."""


def passthrough_app(accounts: AccountSource, outbound: Outbound, cursors: Cursors, bounds: Bounds) -> ASGIApp:
    """The application; problems are raised, to be answered by the framework's exception handler."""
    house = _House(accounts, outbound, Enveloped(outbound, cursors, bounds), bounds)

    async def passthrough(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            raise InvalidPath("only HTTP requests are passed through")
        await _serve(_Exchange(scope, receive, send), house)

    return passthrough


class _House(NamedTuple):
    """What every request stands on."""

    accounts: AccountSource
    outbound: Outbound
    enveloped: Enveloped
    bounds: Bounds


class _Exchange:
    """The caller's side of one request."""

    __slots__ = ("method", "receive", "scope", "send", "trace")

    def __init__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.method = str(scope["method"])
        self.trace: Trace = scope["state"]["trace"]

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        wanted = name.lower().encode("ascii")
        return [value.decode("latin-1") for key, value in self.scope["headers"] if key.lower() == wanted]


async def _serve(exchange: _Exchange, house: _House) -> None:
    """The stages: account, path, call, relay; for the envelope account, path, open, calls, seal."""
    outbound, bounds, trace = house.outbound, house.bounds, exchange.trace
    _check_method(exchange.method)
    with trace.stage("account"):
        query = query_of(exchange.scope["query_string"])
        account = await _account(exchange, house.accounts, query)
    trace.facts["provider"] = account.provider.name
    enveloped = wants_envelope(query.ours)
    segments, ending = _path(exchange, account)
    envelope = envelope_of(account, exchange.method, segments) if enveloped else None
    request = await _request(exchange, account.base_path + path_of(segments) + ending, query, bounds)
    if envelope is not None:
        await _envelope(exchange, account, Wanted(envelope, request, request.target.partition("?")[0], query), house)
        return
    if exchange.method in SAFE_METHODS:
        async with CallerWatch(exchange.receive):
            await _relay(exchange, account, await outbound.call(account, request, trace), bounds)
        return
    answer = await outbound.call(account, request, trace)  # a write under way is not cut off by a caller who leaves
    async with CallerWatch(exchange.receive):
        await _relay(exchange, account, answer, bounds)


async def _account(exchange: _Exchange, accounts: AccountSource, query: Query) -> LinkedAccount:
    authorization = exchange.header("authorization")
    if len(authorization) > 1:
        raise Unauthorized
    found: Caller | None = exchange.scope["state"].get("caller")  # left there by the guard of the route, if it has one
    caller = found or await accounts.caller(authorization[0] if authorization else None)
    caller.require(SCOPE)
    named = exchange.header(HEADER_NAME)
    if len(set(named)) > 1:
        raise AmbiguousAccount(f"{HEADER_NAME} is sent twice with different values")
    return await accounts.linked(caller, account_id_of(caller, query.account_ids, named[0] if named else None))


def _path(exchange: _Exchange, account: LinkedAccount) -> tuple[Segments, str]:
    """The segments of the path, checked against the provider file, and the slash at its end if it has one."""
    raw = _below_mount(exchange.scope["raw_path"])
    ending = "/" if len(raw) > 1 and raw.endswith(b"/") else ""  # some providers publish operations that end with one
    segments = segments_of(raw.removesuffix(ending.encode()))
    allowed(segments, account.provider.words.passthrough, account.connection)
    return segments, ending


async def _request(exchange: _Exchange, path: str, query: Query, bounds: Bounds) -> ProviderRequest:
    headers = request_headers(exchange.scope["headers"])
    upload = await upload_of(exchange.scope, exchange.receive, bounds)
    return ProviderRequest(
        method=exchange.method,
        target=target(path, query.forwarded),
        headers=headers,
        body=upload.body,
        length=upload.length,
        stream=True,
        patience=patience_of(exchange.header("prefer")),
    )


async def _relay(exchange: _Exchange, account: LinkedAccount, answer: ProviderAnswer, bounds: Bounds) -> None:
    """Status and bytes are the provider's, except where it refused the stored credential."""
    try:
        problem = refusal(answer, show_body=True, hide=needles_of(account.credential)) if answer.refused else None
        if problem is not None:
            raise problem
        with exchange.trace.stage("relay"):
            await Relay(answer, account, bounds, exchange.send).run(exchange.method)
    except RelayBroken as broken:
        exchange.trace.facts["aborted"] = str(broken)
        raise
    finally:
        await answer.aclose()


async def _envelope(exchange: _Exchange, account: LinkedAccount, wanted: Wanted, house: _House) -> None:
    if wanted.request.body is not None and not isinstance(wanted.request.body, bytes):
        raise InvalidRequest("the body of a search in the envelope says its length, of at most 64 KiB")
    async with CallerWatch(exchange.receive):
        answer = await house.enveloped.answer(account, wanted, exchange.trace)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
        if answer.next_cursor is not None and exchange.method == "GET":
            headers.append((b"link", next_link(exchange.scope["raw_path"], wanted.query, answer.next_cursor)))
        await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
        await exchange.send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _check_method(method: str) -> None:
    if method in REFUSED_METHODS or not _METHOD.match(method):
        raise MethodNotAllowed(
            f"{method[:16]} is not passed through", headers={"Allow": "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"}
        )


def _below_mount(raw_path: bytes) -> bytes:
    """The raw path after the mount; one whose mount is spelled with escapes is not ours to guess."""
    mount = MOUNT.encode("ascii")
    if not raw_path.startswith(mount):
        raise InvalidPath(f"the path begins with {MOUNT}")
    return raw_path[len(mount) :]

"""The passthrough as an ASGI application, mounted at ``/proxy``."""

from contextlib import ExitStack, nullcontext
from functools import partial
from re import compile as pattern
from typing import Protocol

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct
from msgspec.structs import replace

from proxy.accounts.caller import HEADER_NAME, Caller, account_id_of
from proxy.bounds import Bounds
from proxy.cursor import Cursors
from proxy.errors import AmbiguousAccount, InvalidPath, InvalidRequest, MethodNotAllowed, ProviderProblem, Unauthorized
from proxy.journal import Claim, Fingerprint, Journal, idempotency_key
from proxy.journal.header import NAME as KEY_HEADER
from proxy.outbound.call import Outbound
from proxy.outbound.headers import request_headers
from proxy.outbound.paths import Query, Segments, allowed, path_of, query_of, segments_of, target
from proxy.outbound.preferences import lane_of, patience_of
from proxy.outbound.request import ProviderRequest
from proxy.outbound.retry import SAFE_METHODS
from proxy.outbound.silence import of_a_write
from proxy.passthrough.envelope import Enveloped, Wanted, envelope_of, next_link, wants_envelope
from proxy.passthrough.exchange import Exchange
from proxy.passthrough.once import Once
from proxy.passthrough.relay import MOUNT
from proxy.passthrough.spool import spooled
from proxy.passthrough.upload import Upload, upload_of
from proxy.passthrough.watch import CallerWatch
from proxy.provider.account import LinkedAccount
from proxy.trace import Deadline

SCOPE = "proxy"
REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
"""CONNECT asks for a tunnel, TRACE for the request with its credential (RFC 9110 9.3.6, 9.3.8)."""

READING = frozenset({b"content-type", b"content-encoding"})
"""Headers without which the bytes of a body do not say what they mean."""

_METHOD = pattern(r"[A-Z]{1,16}\Z")


class AccountSource(Protocol):
    """Who asks, and the account that is meant."""

    async def caller(self, authorization: str | None) -> Caller:
        """Raises ``Unauthorized``."""

    async def linked(self, caller: Caller, account_id: str) -> LinkedAccount:
        """Raises ``NotFound``, and ``ReauthRequired`` where the stored credential does not open."""


def passthrough_app(
    accounts: AccountSource, outbound: Outbound, journal: Journal, cursors: Cursors, bounds: Bounds
) -> ASGIApp:
    """The application; problems are raised, to be answered by the framework's exception handler."""
    once, enveloped = Once(outbound, journal, bounds), Enveloped(outbound, cursors, bounds)
    served = _Passthrough(accounts, outbound, once, enveloped, bounds)

    async def passthrough(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            raise InvalidPath("only HTTP requests are passed through")
        await served.serve(Exchange(scope, receive, send))

    return passthrough


class _Passthrough(Struct, frozen=True):
    accounts: AccountSource
    outbound: Outbound
    once: Once
    enveloped: Enveloped
    bounds: Bounds

    async def serve(self, exchange: Exchange) -> None:
        """The stages: account, path, call, relay; for the envelope account, path, open, calls, seal."""
        _check_method(exchange.method)
        with exchange.trace.stage("account"):
            query = query_of(exchange.scope["query_string"])
            caller = await self._caller(exchange)
            account = await self._account(exchange, caller, query)
        exchange.trace.facts["provider"] = account.provider.name
        exchange.trace.ask_rate = partial(self.outbound.show_rate, account)
        enveloped = wants_envelope(query.ours)
        segments, ending = _path(exchange, account)
        envelope = envelope_of(account, exchange.method, segments) if enveloped else None
        request = _request(exchange, account.base_path + path_of(segments) + ending, query)
        if envelope is not None:
            whole = await self._with_body(exchange, request)
            await self._envelope(exchange, account, Wanted(envelope, whole, request.target.partition("?")[0], query))
            return
        if exchange.method in SAFE_METHODS:
            await self._read(exchange, account, await self._with_body(exchange, request))
            return
        try:
            await self._write(exchange, caller, account, request, query)
        except ProviderProblem as problem:
            raise of_a_write(problem) from None

    async def _read(self, exchange: Exchange, account: LinkedAccount, request: ProviderRequest) -> None:
        """The edge watches the caller of a read without a body, and a body that is streamed tells of it by itself."""
        async with CallerWatch(exchange.receive) if isinstance(request.body, bytes) else nullcontext():
            answer = await self.outbound.call(account, request, exchange.trace)
            await exchange.relay(account, answer, self.bounds)

    async def _write(
        self, exchange: Exchange, caller: Caller, account: LinkedAccount, request: ProviderRequest, query: Query
    ) -> None:
        key = idempotency_key(exchange.header(KEY_HEADER))
        if key is not None:
            await self._write_once(exchange, caller, account, request, _fingerprint(request, query), key)
            return
        sent = await self._with_body(exchange, request)
        answer = await self.outbound.call(account, sent, exchange.trace)  # not cut off by a caller who leaves
        async with CallerWatch(exchange.receive):
            await exchange.relay(account, answer, self.bounds)

    async def _write_once(
        self,
        exchange: Exchange,
        caller: Caller,
        account: LinkedAccount,
        request: ProviderRequest,
        digest: Fingerprint,
        key: str,
    ) -> None:
        with ExitStack() as files:
            upload = await upload_of(exchange.scope, exchange.receive, self.bounds)
            if isinstance(upload.body, bytes | None):
                digest.update(upload.body or b"")
            else:
                upload = await spooled(upload.body, digest, files)
                exchange.trace.deadline = Deadline(self.bounds.deadline_seconds)  # an upload has a bound of its own
            path = MOUNT + request.target.partition("?")[0].removeprefix(account.base_path)
            claim = Claim(account.id, caller.owner, exchange.method, path, key, digest.digest())
            await self.once.write(exchange, account, _with(request, upload), claim)

    async def _with_body(self, exchange: Exchange, request: ProviderRequest) -> ProviderRequest:
        return _with(request, await upload_of(exchange.scope, exchange.receive, self.bounds))

    async def _envelope(self, exchange: Exchange, account: LinkedAccount, wanted: Wanted) -> None:
        if wanted.request.body is not None and not isinstance(wanted.request.body, bytes):
            raise InvalidRequest("the body of a search in the envelope says its length, of at most 64 KiB")
        async with CallerWatch(exchange.receive):
            answer = await self.enveloped.answer(account, wanted, exchange.trace)
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
            if answer.next_cursor is not None and exchange.method == "GET":
                headers.append((b"link", next_link(exchange.scope["raw_path"], wanted.query, answer.next_cursor)))
            await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
            await exchange.send({"type": "http.response.body", "body": answer.body, "more_body": False})

    async def _caller(self, exchange: Exchange) -> Caller:
        authorization = exchange.header("authorization")
        if len(authorization) > 1:
            raise Unauthorized
        found: Caller | None = exchange.scope["state"].get("caller")  # left there by the guard of the route, if any
        caller = found or await self.accounts.caller(authorization[0] if authorization else None)
        caller.require(SCOPE)
        return caller

    async def _account(self, exchange: Exchange, caller: Caller, query: Query) -> LinkedAccount:
        named = exchange.header(HEADER_NAME)
        if len(set(named)) > 1:
            raise AmbiguousAccount(f"{HEADER_NAME} is sent twice with different values")
        account_id = account_id_of(caller, query.account_ids, named[0] if named else None)
        return await self.accounts.linked(caller, account_id)


def _path(exchange: Exchange, account: LinkedAccount) -> tuple[Segments, str]:
    """The segments of the path, checked against the provider file, and the slash at its end if it has one."""
    raw = _below_mount(exchange.scope["raw_path"])
    ending = "/" if len(raw) > 1 and raw.endswith(b"/") else ""  # some providers publish operations that end with one
    segments = segments_of(raw.removesuffix(ending.encode()))
    allowed(segments, account.provider.words.passthrough, account.connection)
    return segments, ending


def _request(exchange: Exchange, path: str, query: Query) -> ProviderRequest:
    """The request as it is to be sent, without its body."""
    return ProviderRequest(
        method=exchange.method,
        target=target(path, query.forwarded),
        headers=request_headers(exchange.scope["headers"]),
        stream=True,
        patience=patience_of(exchange.header("prefer")),
        lane=lane_of(exchange.header("priority")),
    )


def _with(request: ProviderRequest, upload: Upload) -> ProviderRequest:
    return replace(request, body=upload.body, length=upload.length)


def _fingerprint(request: ProviderRequest, query: Query) -> Fingerprint:
    """The digest before the body: the query that is forwarded, and what says how the body is to be read."""
    reading = [name + b": " + value for name, value in request.headers if name in READING]
    return Fingerprint(
        content_type=b"\n".join(sorted(reading)).decode("ascii"), query=query.forwarded.decode("latin-1")
    )


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

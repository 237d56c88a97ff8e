"""The application: everything put together, and the URL table.

The path of a request:

    Drain                   counts what is under way, and lets the worker leave     (unified/drain.py)
    Edge                    guards head, body and number, opens the trace, logs and counts
    Preflight               answers a browser that asks whether a page of another origin may ask
    authenticate            the guard: who is asking, and may they            (proxy/accounts/guard.py)
    /unified/...            unified/routes.py -> unified/read.py -+
    /proxy/...              proxy/passthrough/ -------------------+-> proxy/outbound/call.py -> the provider
    /integrated-account     proxy/accounts/routes.py -------------+
    /connect-account        proxy/link/pages.py ------------------+

Reading starts here.
"""

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Self

import structlog
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler, HTTPRouteHandler
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute
from litestar.types import ASGIApp, AsyncAnyCallable, ControllerRouterHandler
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError

from proxy import log
from proxy.accounts.guard import authenticate
from proxy.accounts.routes import account_routes
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verified, read_version, verify
from proxy.accounts.wrong_keys import WINDOW_SECONDS, WrongKeys
from proxy.bounds import Bounds
from proxy.coordination.choice import open_coordination, open_shared
from proxy.coordination.tally import SharedTally
from proxy.coordination.turn import Turn
from proxy.cursor import Cursors
from proxy.database.engine import damage_of, open_engine, schema_revision
from proxy.database.tables import HEAD
from proxy.journal import Journal
from proxy.link.brand import brand_of
from proxy.link.journey import Journey
from proxy.link.page import Pages
from proxy.link.pages import link_page_routes
from proxy.link.routes import link_token_routes
from proxy.link.session import Sessions
from proxy.link.store import Links
from proxy.link.words import Words
from proxy.outbound.answer import read_json, refusal
from proxy.outbound.breaker import Breakers
from proxy.outbound.call import Outbound
from proxy.outbound.egress import Egress, Resolve, resolve
from proxy.outbound.media import Media
from proxy.outbound.paths import target
from proxy.outbound.redact import needles_of
from proxy.outbound.request import ProviderRequest
from proxy.outbound.transport import Transport
from proxy.passthrough.handler import passthrough_app
from proxy.provider.account import LinkedAccount
from proxy.seal import Sealer
from proxy.settings import Settings, load_settings
from proxy.trace import Deadline, Trace
from unified.capacity import address_space, fitting, open_files
from unified.drain import Drain
from unified.edge import Edge
from unified.folders import mappings_folder
from unified.lag import measure_lag
from unified.mapping.load import load_mappings
from unified.mapping.model import Mappings
from unified.measuring import measured
from unified.metrics import count_opening
from unified.pages import page_routes
from unified.preflight import Preflight
from unified.problems import EXCEPTION_HANDLERS
from unified.read import Reader
from unified.references import SmallLists
from unified.routes import Unified, unified_routes
from unified.version import Versions
from unified.write import Writer

SWEEP_SECONDS = 60


class Server:
    """The parts of one worker, built from the settings; nothing is connected before the first use."""

    def __init__(self, settings: Settings, mappings: Mappings, resolve: Resolve = resolve) -> None:
        bounds = settings.bounds
        sealer = Sealer(settings.sealing_keys)
        self.settings = settings
        self.mappings = mappings
        self.drain = Drain(bounds.notice_seconds)
        self.engine = open_engine(settings.database_url)
        self.accounts = Accounts(self.engine, sealer, mappings.providers, settings)
        self.journal = Journal(self.engine, sealer)
        shared = open_shared(settings.redis_url, bounds.redis_seconds)
        tally = None if shared is None else SharedTally(shared.pipe, shared.rest, bounds.wrong_keys, WINDOW_SECONDS)
        self.attempts = WrongKeys(bounds.wrong_keys, time.monotonic, shared=tally)
        self.links = Links(self.engine, sealer)
        self.pages = Pages(brand_of(settings), Words())
        self.sessions = Sessions(sealer)
        self.transport = Transport(
            idle_accounts=bounds.idle_accounts,
            connections=bounds.account_in_flight,
            connect_seconds=bounds.connect_seconds,
            idle_seconds=bounds.stream_idle_seconds,
            clock=time.monotonic,
        )
        egress = Egress(settings.private_hosts, settings.provider_bases, time.monotonic, resolve)
        self.media = Media(self.transport, egress, bounds)
        self.coordination = open_coordination(shared, settings.workers)
        self.outbound = Outbound(
            self.transport,
            self.coordination,
            egress,
            bounds,
            partial(self._noted, self.accounts.note_refusal),
            partial(self._noted, self.accounts.note_success),
            breakers=Breakers(bounds.breaker_seconds, bounds.breaker_failures, opened=count_opening),
        )
        lists = SmallLists()
        self.cursors = Cursors(sealer)
        versions = Versions(self.version, self.accounts.note_version)
        self.reader = Reader(self.cursors, lists, versions, bounds)
        self.writer = Writer(self.reader, lists, self.journal, bounds)

    async def _noted(self, note: Callable[[str], Awaitable[object]], account_id: str) -> None:
        """The provider has answered by now: where the database cannot be written to, the caller gets that answer."""
        try:
            await note(account_id)
        except SQLAlchemyError as error:
            structlog.get_logger("interline.accounts").warning("not-noted", reason=type(error).__name__)

    async def verify(self, account: LinkedAccount) -> Verified:
        """Proves a credential at its provider."""
        return await verify(account, self._verify_call)

    async def version(self, account: LinkedAccount, trace: Trace) -> str | None:
        """Asks an account's provider for its version."""
        return await read_version(account, partial(self._json, trace))

    async def _verify_call(self, account: LinkedAccount, method: str, path: str) -> tuple[int, object]:
        return await self._json(Trace("verify", Deadline(self.settings.bounds.deadline_seconds)), account, method, path)

    async def _json(self, trace: Trace, account: LinkedAccount, method: str, path: str) -> tuple[int, object]:
        request = ProviderRequest(method, target(account.base_path + path), safe=True)
        answer = await self.outbound.call(account, request, trace)
        try:
            refused = refusal(answer, hide=needles_of(account.credential))
            if refused is not None:
                raise refused
            return answer.status, await read_json(answer)
        finally:
            await answer.aclose()

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        """Refuses to start on a database that is damaged or not migrated; closes what was opened."""
        damage = await damage_of(self.engine)
        if damage is not None:
            raise _not_started(f"the database file is damaged ({damage}): stop here, and bring a backup back")
        revision = await schema_revision(self.engine)
        if revision != HEAD:
            raise _not_started(f"the database is at {revision or 'nothing'}, not at {HEAD}: run `interline db upgrade`")
        stopping = asyncio.Event()
        sweeping = asyncio.create_task(self.journal.keep_swept(stopping))
        gc.collect()
        gc.freeze()  # what lives as long as the worker is not walked again by the collector
        beside = [asyncio.create_task(one) for one in self._beside()]
        await self.coordination.give_back((), Turn())  # a Redis that does not answer is told of at the start
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            stopping.set()
            await sweeping
            await self.aclose()

    def _beside(self) -> list[Coroutine[Any, Any, None]]:
        """What a worker does beside its requests, until it ends."""
        return [sweep_links(self.links), measure_lag()]

    async def aclose(self) -> None:
        """Closes what was opened."""
        await self.transport.aclose()
        await self.coordination.aclose()
        await self.engine.dispose()


def _not_started(reason: str) -> SystemExit:
    """Ends the worker; what the server says of it by itself is a traceback."""
    structlog.get_logger("interline.serve").error("not-started", reason=reason)
    return SystemExit(reason)


async def sweep_links(links: Links) -> None:
    """Erases what expired links hold, every minute for as long as the worker lives."""
    while True:
        try:
            await links.sweep()
        except SQLAlchemyError as error:
            structlog.get_logger("interline.link").warning("links-not-swept", reason=type(error).__name__)
        await asyncio.sleep(SWEEP_SECONDS)


def create_app(settings: Settings) -> ASGIApp:
    """The whole server as one ASGI application."""
    log.configure(settings.log_level)
    server = Server(settings, load_mappings(mappings_folder(settings)).with_limits(settings.provider_limits))
    app = litestar_app(server, [server.lifespan, measured, server.drain.lifespan])  # left in the opposite order
    return server.drain.around(Edge(Preflight(app), settings.bounds))


AnyConnection = ASGIConnection[Any, Any, Any, Any]
Lifespan = Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]]


def litestar_app(server: Server, lifespan: Lifespan = ()) -> Litestar:
    """The framework's application, with every route; raises RuntimeError for a route that declares no scope."""
    app = Litestar(
        route_handlers=routes(server),
        guards=[guard_of(server)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=list(lifespan),
        logging_config=None,  # it would replace the handlers of proxy/log.py
        openapi_config=None,  # unified/openapi.py writes the document, pages.py serves it
        request_max_body_size=server.settings.bounds.json_bytes,
        pdb_on_exception=False,
        debug=False,
    )
    _require_scopes(app)
    return app


def routes(server: Server) -> list[ControllerRouterHandler]:
    """All URLs, read top to bottom; the passthrough takes whatever comes below its mount."""
    bounds: Bounds = server.settings.bounds
    table = Unified(
        server.accounts, server.mappings, server.outbound, server.media, server.reader, server.writer, bounds
    )
    proxy = passthrough_app(server.accounts, server.outbound, server.journal, server.cursors, bounds)
    return [
        *page_routes(server),
        *account_routes(server.accounts, server.verify),
        *link_token_routes(server.accounts, server.links),
        *link_page_routes(Journey(server.accounts, server.links, server.verify), server.pages, server.sessions),
        *unified_routes(table),
        Mount("/proxy", is_mount=True, opt={"scope": "proxy"}, copy_scope=False)(proxy),
    ]


class Mount(ASGIRouteHandler):
    """A route whose guards are given itself: the framework would copy it for each request, and ours change nothing."""

    def __copy__(self) -> Self:
        """No copy."""
        return self


def guard_of(server: Server) -> AsyncAnyCallable:
    """The guard of every route; the framework's own answers to OPTIONS, which tell the methods, are for everyone."""
    authenticated = authenticate(server.accounts, server.attempts, server.settings.trusted_proxies)

    async def guard(connection: AnyConnection, handler: BaseRouteHandler) -> None:
        if not _tells_methods(handler):
            await authenticated(connection, handler)

    return guard


def _require_scopes(app: Litestar) -> None:
    bare = sorted({route.path for route in app.routes for handler in _handlers(route) if "scope" not in handler.opt})
    if bare:
        raise RuntimeError(f"these routes declare no scope: {', '.join(bare)}")


def _handlers(route: BaseRoute) -> Sequence[BaseRouteHandler]:
    """The handlers that we wrote."""
    if isinstance(route, HTTPRoute):
        return [handler for handler in route.route_handlers if not _tells_methods(handler)]
    return [route.route_handler] if isinstance(route, ASGIRoute) else []


def _tells_methods(handler: BaseRouteHandler) -> bool:
    """Whether it is the framework's own answer to OPTIONS."""
    return isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"}


def from_environment() -> ASGIApp:
    """What a worker serves: settings from ``INTERLINE_*``."""
    settings = load_settings(os.environ)
    return create_app(replace(settings, bounds=fitting(settings.bounds, open_files(), address_space())))

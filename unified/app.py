"""The application: everything put together, and the URL table.

The path of a request:

    Edge                    guards the head, opens the trace, logs and counts
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
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import structlog
from litestar import Litestar, asgi
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute
from litestar.types import ASGIApp, AsyncAnyCallable, ControllerRouterHandler
from sqlalchemy.exc import SQLAlchemyError

from proxy import log
from proxy.accounts.guard import authenticate
from proxy.accounts.routes import account_routes
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verified, read_version, verify
from proxy.accounts.wrong_keys import WrongKeys
from proxy.bounds import Bounds
from proxy.coordination.memory import MemoryCoordination
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
from unified.edge import Edge
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings
from unified.mapping.model import Mappings
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
        self.engine = open_engine(settings.database_url)
        self.accounts = Accounts(self.engine, sealer, mappings.providers, settings)
        self.journal = Journal(self.engine, sealer)
        self.attempts = WrongKeys(bounds.wrong_keys, time.monotonic)
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
        self.outbound = Outbound(
            self.transport,
            MemoryCoordination(time.monotonic),
            egress,
            bounds,
            self._refused,
            self.accounts.note_success,
            breakers=Breakers(bounds.breaker_seconds, bounds.breaker_failures, opened=count_opening),
        )
        lists = SmallLists()
        self.cursors = Cursors(sealer)
        versions = Versions(self.version, self.accounts.note_version)
        self.reader = Reader(self.cursors, lists, versions, bounds)
        self.writer = Writer(self.reader, lists, self.journal, bounds)

    async def _refused(self, account_id: str) -> None:
        await self.accounts.note_refusal(account_id)

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
            raise SystemExit(f"the database file is damaged ({damage}): stop here, and bring a backup back")
        revision = await schema_revision(self.engine)
        if revision != HEAD:
            raise SystemExit(f"the database is at {revision or 'nothing'}, not at {HEAD}: run `interline db upgrade`")
        stopping = asyncio.Event()
        sweeping = asyncio.create_task(self.journal.keep_swept(stopping))
        gc.collect()
        gc.freeze()  # what lives as long as the worker is not walked again by the collector
        sweeper = asyncio.create_task(sweep_links(self.links))
        try:
            yield
        finally:
            sweeper.cancel()
            stopping.set()
            await sweeping
            await self.transport.aclose()
            await self.engine.dispose()


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
    return Edge(Preflight(litestar_app(server, [server.lifespan])), settings.bounds)


AnyConnection = ASGIConnection[Any, Any, Any, Any]
Lifespan = Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]]


def litestar_app(server: Server, lifespan: Lifespan = ()) -> Litestar:
    """The framework's application, with every route; raises RuntimeError for a route that declares no scope."""
    app = Litestar(
        route_handlers=routes(server),
        guards=[guard_of(server)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=list(lifespan),
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
        asgi("/proxy", is_mount=True, opt={"scope": "proxy"}, copy_scope=False)(proxy),
    ]


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
    return create_app(load_settings(os.environ))

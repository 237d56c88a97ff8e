"""Health, metrics and the documentation of a running server."""

from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.accounts.guard import PUBLIC
from proxy.database.engine import schema_revision
from proxy.database.tables import HEAD
from proxy.errors import NotFound, NotReady
from proxy.settings import Settings
from unified.drain import Drain
from unified.folders import data_folder
from unified.mapping.model import Mappings
from unified.measuring import exposition

ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript", "start.js": "text/javascript"}
START = b"SwaggerUIBundle({url: '/openapi.json', dom_id: '#docs', deepLinking: true, persistAuthorization: false});"
PAGE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Interline: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>The description of the API is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
PAGE_HEADERS = {
    # Swagger UI writes style attributes and embeds its icons as data; nothing comes from another host.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


class Served(Protocol):
    """What these pages tell of a server."""

    settings: Settings
    mappings: Mappings
    engine: AsyncEngine
    drain: Drain


def page_routes(server: Served) -> list[HTTPRouteHandler]:
    """The handlers; the documentation only where the settings ask for it."""
    return [*_health(server), *_metrics(server), *(_docs() if server.settings.docs else [])]


def _health(server: Served) -> list[HTTPRouteHandler]:
    @get("/health", opt={"scope": PUBLIC}, include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @get("/ready", opt={"scope": PUBLIC}, include_in_schema=False)
    async def ready() -> dict[str, str]:
        if server.drain.leaving:
            raise NotReady("the server is stopping")
        try:
            revision = await schema_revision(server.engine)
        except SQLAlchemyError:
            revision = None
        if revision != HEAD:
            raise NotReady("the database cannot be used")
        return {"status": "ok"}

    return [health, ready]


def _metrics(server: Served) -> list[HTTPRouteHandler]:
    scope = PUBLIC if server.settings.metrics_public else "admin"

    @get("/metrics", opt={"scope": scope, "account_token": False}, include_in_schema=False)
    async def show_metrics() -> Response[bytes]:
        return Response(await exposition(server.engine), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [show_metrics]


def _docs() -> list[HTTPRouteHandler]:
    @get("/openapi.json", opt={"scope": PUBLIC}, include_in_schema=False)
    async def openapi() -> Response[bytes]:
        return Response((data_folder("openapi") / "openapi.json").read_bytes(), media_type="application/json")

    @get("/docs", opt={"scope": PUBLIC}, include_in_schema=False)
    async def docs() -> Response[bytes]:
        return Response(PAGE, media_type="text/html; charset=utf-8", headers=PAGE_HEADERS)

    @get("/docs/{name:str}", opt={"scope": PUBLIC}, include_in_schema=False)
    async def asset(name: FromPath[str]) -> Response[bytes]:
        if name not in ASSETS:
            raise NotFound("there is no such file")
        return Response(_asset(name), media_type=ASSETS[name])

    return [openapi, docs, asset]


def _asset(name: str) -> bytes:
    """A file of Swagger UI as it comes with its Python package: no browser needs the internet for it."""
    if name == "start.js":
        return START
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise NotFound("the package swagger-ui-py is not installed")
    return (Path(spec.origin).parent / "static" / name).read_bytes()

"""Answers a browser's preflight before anything else looks at it: it carries no credential, and is told nothing."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from proxy.accounts.origins import preflight_headers


class Preflight:
    """Wraps the application inside the edge."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        headers = _answer(scope) if scope["type"] == ScopeType.HTTP else None
        if headers is None:
            await self._app(scope, receive, send)
            return
        fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 204, "headers": fields})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _answer(scope: HTTPScope) -> dict[str, str] | None:
    """The headers to answer with; ``None`` for what is no preflight, or can come from no page."""
    if scope["method"] != "OPTIONS":
        return None
    given = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if b"origin" not in given or b"access-control-request-method" not in given or b"authorization" in given:
        return None
    return preflight_headers(scope["path"], given[b"origin"])

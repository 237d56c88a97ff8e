"""Answers: JSON as PHP writes it, the single-page app's HTML, and refusals."""

import json
from collections.abc import Iterable
from typing import Any

from sandbox.http import Request, Response

_JSON = (("content-type", "application/json"),)
_HTML = (("content-type", "text/html; charset=UTF-8"),)
_APP = (
    b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sandbox inbox</title></head>'
    b'<body><div id="app"></div><script src="/js/app.js"></script></body></html>'
)


class Refusal(Exception):  # noqa: N818 - an answer on its way out, not a mistake of the program
    """Ends an operation with the answer it carries."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def dumps(value: Any) -> bytes:
    """JSON with everything outside ASCII escaped, as PHP does by default."""
    return json.dumps(value, separators=(",", ":")).encode()


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, dumps(value), _JSON)


def encoded(body: bytes) -> Response:
    """A JSON answer put together from cached pieces."""
    return Response(200, body, _JSON)


def app_page() -> Response:
    """What every unknown path answers, with a token or without: 200 and the web app."""
    return Response(200, _APP, _HTML)


def unauthenticated(request: Request) -> Response:
    """401 for callers that ask for JSON; the framework sends the others to the login page."""
    accept = (request.header("accept") or "").lower()
    if "/json" in accept or "+json" in accept:
        return answer({"message": "Unauthenticated."}, 401)
    location = f"{origin(request)}/login"
    body = f'<!DOCTYPE html><html><body>Redirecting to <a href="{location}">{location}</a>.</body></html>'
    return Response(302, body.encode(), (("location", location), *_HTML))


def wrong_method(method: str, allowed: Iterable[str]) -> Response:
    """405 with what the route takes."""
    names = ", ".join(sorted({*allowed, *(["HEAD"] if "GET" in allowed else [])}))
    body = dumps({"message": f"The {method} method is not supported for this route. Supported methods: {names}."})
    return Response(405, body, (*_JSON, ("allow", names)))


def missing(model: str, key: object) -> Refusal:
    """404 for a model that is not there (never was, deleted, or merged away)."""
    return Refusal(answer({"message": f"No query results for model [App\\Models\\{model}] {key}"}, 404))


def invalid(**errors: str) -> Refusal:
    """422 with one sentence per field."""
    listed = {field: [sentence] for field, sentence in errors.items()}
    return Refusal(answer({"message": "The given data was invalid.", "errors": listed}, 422))


def required(field: str) -> Refusal:
    """422 for a field that is absent or empty."""
    return invalid(**{field: f"The {field.replace('_', ' ')} field is required."})


def not_selectable(field: str) -> Refusal:
    """422 for a reference to something that does not exist."""
    return invalid(**{field: f"The selected {field.replace('_', ' ')} is invalid."})


def origin(request: Request) -> str:
    """Scheme and host as the caller sees them."""
    return f"http://{request.header('host') or 'localhost'}"

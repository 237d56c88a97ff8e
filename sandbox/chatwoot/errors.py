"""Refusals in the three body shapes of the API, and the pages Rails answers with."""

from sandbox.chatwoot.model import Json
from sandbox.http import Request, Response, json_response

PHRASES = {400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault of the simulator
    """An answer that ends the operation."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status, body)
        self.response = json_response(body, status)


class Crash(Exception):  # noqa: N818 - stands for the provider's fault, not ours
    """What the provider does not handle: Rails answers with a page of that status."""

    def __init__(self, status: int = 500) -> None:
        super().__init__(status)
        self.status = status


def page(request: Request, status: int) -> Response:
    """JSON if JSON is the first type accepted, otherwise HTML, as Rails' public exceptions do."""
    accepted = (request.header("accept") or "").partition(",")[0].partition(";")[0].strip().lower()
    if accepted == "application/json":
        return json_response({"status": status, "error": PHRASES[status]}, status)
    title = f"{PHRASES[status]} ({status})"
    html = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Response(status, html.encode(), (("content-type", "text/html; charset=UTF-8"),))


def no_token() -> Refusal:
    """No token was sent."""
    return Refusal(401, {"errors": ["You need to sign in or sign up before continuing."]})


def unauthorized(text: str) -> Refusal:
    """The 401 of many meanings: a bad token, a suspended account, no permission."""
    return Refusal(401, {"error": text})


def forbidden_action() -> Refusal:
    """The role does not allow it; the status is 401 all the same."""
    return unauthorized("You are not authorized to do this action")


def not_found() -> Refusal:
    """No such record in the account, or no such account."""
    return Refusal(404, {"error": "Resource could not be found"})


def unprocessable(text: str) -> Refusal:
    """A refusal with one sentence."""
    return Refusal(422, {"error": text})


def invalid_record(problems: list[tuple[str, str]]) -> Refusal:
    """A model's validation: pairs of attribute and message."""
    text = ", ".join(message for _, message in problems)
    return Refusal(422, {"message": text, "attributes": [attribute for attribute, _ in problems]})


def missing(name: str) -> Refusal:
    """A root parameter is absent."""
    return unprocessable(f"param is missing or the value is empty: {name}")

"""Operations outside the account: files, the platform API, the client API and the survey page."""

from collections.abc import Callable

from sandbox.chatwoot import platform, public, storage
from sandbox.chatwoot.access import Tokens
from sandbox.chatwoot.platform import PlatformOnly
from sandbox.chatwoot.public import OfInbox
from sandbox.chatwoot.state import State
from sandbox.http import Request, Response, Routes

Operation = Callable[..., Response]
Row = tuple[str, str, Operation]

FILES: tuple[Row, ...] = (
    ("GET", "/rails/active_storage/blobs/redirect/{signed}/{name}", storage.redirect),
    ("GET", "/rails/active_storage/representations/redirect/{signed}/{variation}/{name}", storage.redirect),
    ("GET", "/rails/active_storage/disk/{signed}/{name}", storage.disk),
)
_MEMBERS = "/accounts/{id}/account_users"
PLATFORM: tuple[Row, ...] = (
    ("POST", "/accounts", platform.create_account),
    ("GET", "/accounts/{id}", platform.show_account),
    ("PATCH PUT", "/accounts/{id}", platform.update_account),
    ("DELETE", "/accounts/{id}", platform.destroy_account),
    ("GET", _MEMBERS, platform.members),
    ("POST", _MEMBERS, platform.add_member),
    ("DELETE", _MEMBERS, platform.remove_member),
    ("GET", "/agent_bots", platform.bots),
    ("POST", "/agent_bots", platform.create_bot),
    ("GET", "/agent_bots/{id}", platform.show_bot),
    ("PATCH PUT", "/agent_bots/{id}", platform.update_bot),
    ("DELETE", "/agent_bots/{id}", platform.destroy_bot),
    ("POST", "/users", platform.create_user),
    ("GET", "/users/{id}", platform.show_user),
    ("PATCH PUT", "/users/{id}", platform.update_user),
    ("DELETE", "/users/{id}", platform.destroy_user),
    ("GET", "/users/{id}/login", platform.login),
)
_CONTACT = "/contacts/{source}"
_TALKS = _CONTACT + "/conversations"
_TALK = _TALKS + "/{id}"
PUBLIC: tuple[Row, ...] = (
    ("GET", "", public.show_inbox),
    ("POST", "/contacts", public.create_contact),
    ("GET", _CONTACT, public.show_contact),
    ("PATCH PUT", _CONTACT, public.update_contact),
    ("GET", _TALKS, public.conversations),
    ("POST", _TALKS, public.create_conversation),
    ("GET", _TALK, public.show_conversation),
    ("POST", _TALK + "/toggle_status", public.toggle_status),
    ("POST", _TALK + "/toggle_typing", public.toggle_typing),
    ("POST", _TALK + "/update_last_seen", public.update_last_seen),
    ("GET", _TALK + "/messages", public.messages),
    ("POST", _TALK + "/messages", public.create_message),
    ("PATCH PUT", _TALK + "/messages/{message_id}", public.update_message),
)
SURVEY = (
    b'<!DOCTYPE html>\n<html><head><title>Chatwoot</title><meta name="viewport" content="width=device-width"></head>'
    b'<body><div id="app"></div></body></html>\n'
)


def survey(_state: State, _request: Request, _uuid: str) -> Response:
    """GET the survey page: the same for every conversation, known or not."""
    return Response(200, SURVEY, (("content-type", "text/html; charset=utf-8"),))


def open_routes(tokens: Tokens) -> dict[str, Routes]:
    """By the first segment of the path; each operation is given the state, the request and the path's parameters."""
    tables = {name: Routes() for name in ("rails", "platform", "public", "survey")}
    _add(tables["rails"], "", FILES, lambda operation, _writes: operation)
    _add(tables["platform"], "/platform/api/v1", PLATFORM, lambda one, writes: PlatformOnly(tokens, one, writes=writes))
    _add(tables["public"], "/public/api/v1/inboxes/{identifier}", PUBLIC, OfInbox)
    tables["survey"].add("GET", "/survey/responses/{uuid}", survey)
    return tables


def _add(routes: Routes, prefix: str, rows: tuple[Row, ...], guard: Callable[[Operation, bool], Operation]) -> None:
    for methods, path, operation in rows:
        for method in methods.split():
            routes.add(method, prefix + path, guard(operation, method != "GET"))

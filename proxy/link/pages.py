"""The link page over HTTP: each route is a step of the customer's way.

GET  /connect-account?link_token=..      the token is exchanged for a cookie, and leaves the address
GET  /connect-account/{link_id}          choose, give access, confirm, done: whatever is due
POST /connect-account/{link_id}          the credential is proved
POST /connect-account/{link_id}/confirm  the account is stored
POST /connect-account/{link_id}/change   back to the form
POST /connect-account/{link_id}/cancel   nothing is stored
GET  /connect-account/files/{name}       style, script, logo
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace

from proxy.accounts.guard import PUBLIC
from proxy.errors import NotFound, Problem
from proxy.link.brand import Brand
from proxy.link.journey import Journey
from proxy.link.page import FILES, Pages, to
from proxy.link.session import Session, Sessions
from proxy.link.steps import Steps, page_of
from proxy.link.visit import AnyRequest, Visit, typed_of

COOKIE_SECONDS = 30 * 60
"""Longer than a link lives, so that the last page can be loaded again."""
PAGE = "/connect-account/{link_id:str}"
OPEN: dict[str, Any] = {"opt": {"scope": PUBLIC}, "include_in_schema": False}
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
AnyResponse = Response[Any]


def link_page_routes(journey: Journey, pages: Pages, sessions: Sessions) -> list[HTTPRouteHandler]:
    """Every handler of the page, for everyone: the link is what they may reach."""
    steps = Steps(journey, pages, sessions)
    public_url = journey.accounts.assembler.settings.public_url

    def visit_of(request: AnyRequest) -> Visit:
        return Visit(request, pages, sessions, public_url)

    def refused(request: Request, problem: Problem) -> AnyResponse:  # type: ignore[type-arg]  # the framework's signature
        return steps.end(request.scope["state"].get("visit") or visit_of(request), problem)

    handlers = [*_entry(steps, visit_of), *_forms(steps, visit_of), *_files(pages.brand)]
    for handler in handlers:
        handler.exception_handlers = {**(handler.exception_handlers or {}), Problem: refused}
    return handlers


def _entry(steps: Steps, visit_of: Any) -> list[HTTPRouteHandler]:
    @get("/connect-account", **OPEN)
    async def enter(request: AnyRequest) -> AnyResponse:
        visit: Visit = visit_of(request)
        link = visit.at(await steps.journey.links.by_token(visit.query("link_token") or ""))
        session = visit.asked(await steps.journey.enter(link, visit.session))
        return to(page_of(link), link, (_cookie(visit, session),))

    @get(PAGE, **OPEN)
    async def show(request: AnyRequest, link_id: FromPath[str]) -> AnyResponse:
        visit: Visit = visit_of(request)
        link = await visit.find(steps.journey, link_id)
        answer = await steps.show(visit, link, visit.query("integration"))
        if visit.session is not None and visit.asked_lang is not None:
            answer.cookies = [_cookie(visit, replace(visit.session, lang=visit.asked_lang))]
        return answer

    @get([PAGE + "/confirm", PAGE + "/change", PAGE + "/cancel"], **OPEN)
    async def begin_again(request: AnyRequest, link_id: FromPath[str]) -> AnyResponse:
        """The address of a form, loaded instead of sent: the page knows what is due."""
        visit: Visit = visit_of(request)
        link = await visit.find(steps.journey, link_id)
        return to(page_of(link), link)

    return [enter, show, begin_again]


def _forms(steps: Steps, visit_of: Any) -> list[HTTPRouteHandler]:
    @post(PAGE, status_code=200, **OPEN)
    async def check(request: AnyRequest, link_id: FromPath[str]) -> AnyResponse:
        visit: Visit = visit_of(request)
        link = await visit.find(steps.journey, link_id)
        session = steps.journey.require_open(link, visit.session)
        fields = await visit.form(session)
        return await steps.check(visit, link, session, fields.get("integration", ""), typed_of(fields))

    @post(PAGE + "/confirm", status_code=200, **OPEN)
    async def confirm(request: AnyRequest, link_id: FromPath[str]) -> AnyResponse:
        visit: Visit = visit_of(request)
        link = await visit.find(steps.journey, link_id)
        if steps.is_done(link, visit.session):
            return to(page_of(link), link)
        session = steps.journey.require_open(link, visit.session)
        fields = await visit.form(session)
        return await steps.confirm(link, session, fields.get("seen", ""), popup="popup" in fields)

    @post(PAGE + "/change", status_code=200, **OPEN)
    async def change(request: AnyRequest, link_id: FromPath[str]) -> AnyResponse:
        visit: Visit = visit_of(request)
        link = await visit.find(steps.journey, link_id)
        session = steps.journey.require_open(link, visit.session)
        await visit.form(session)
        return await steps.change(link, session)

    @post(PAGE + "/cancel", status_code=200, **OPEN)
    async def cancel(request: AnyRequest, link_id: FromPath[str]) -> AnyResponse:
        visit: Visit = visit_of(request)
        link = await visit.find(steps.journey, link_id)
        session = steps.journey.require_open(link, visit.session)
        fields = await visit.form(session)
        return await steps.cancel(visit, link, session, popup="popup" in fields)

    return [check, confirm, change, cancel]


def _files(brand: Brand) -> list[HTTPRouteHandler]:
    @get(FILES + "/{name:str}", **OPEN)
    async def file(name: FromPath[str]) -> AnyResponse:
        if name not in brand.files:
            raise NotFound("there is no such file")
        found = brand.files[name]
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": SVG_POLICY}
        return Response(found.data, media_type=found.media_type, headers=headers)

    return [file]


def _cookie(visit: Visit, session: Session) -> Any:
    return visit.sessions.cookie(session, secure=visit.secure, seconds=COOKIE_SECONDS)

"""What each step of the link page shows."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar import Response

from proxy.errors import CallerProblem, DifferentAccount, InvalidCredential, InvalidRequest, LinkUsed, Problem
from proxy.link.addresses import returned
from proxy.link.candidate import Candidate
from proxy.link.fields import Shown, shown_fields
from proxy.link.journey import Journey, Typed
from proxy.link.page import Pages, to
from proxy.link.record import Link
from proxy.link.sentences import ENDS, Failure, end_key, failure_of
from proxy.link.session import Session, Sessions
from proxy.link.visit import Visit
from proxy.provider.model import Provider

AnyResponse = Response[Any]
CLOSED = "closed"
"""What Truto's SDK is told where the customer leaves without linking."""
STAYS = (InvalidCredential, InvalidRequest, DifferentAccount)
"""What a customer can mend in the form; what is wrong at the provider's side stays there too."""


class Steps:
    """The answers of the page."""

    def __init__(self, journey: Journey, pages: Pages, sessions: Sessions) -> None:
        self.journey = journey
        self._pages = pages
        self._sessions = sessions

    async def show(self, visit: Visit, link: Link, chosen: str | None) -> AnyResponse:
        """Whatever is due: the choice, the form, the question, or that it is done."""
        if self.is_done(link, visit.session):
            return await self._done(visit, link)
        session = self.journey.require_open(link, visit.session)
        providers = self.journey.providers(link, session)
        candidate = self.journey.candidate(link)
        if candidate is not None:
            return self._question(visit, link, session, candidate, len(providers) > 1)
        wanted = session.integration if chosen is None else chosen
        for provider in providers:
            if len(providers) == 1 or provider.name == wanted:
                values = await self.journey.initial(link)
                return self._form(visit, link, session, provider, {f"context.{k}": str(v) for k, v in values.items()})
        shown = [{"name": one.name, "label": one.words.label} for one in providers]
        return self._page(visit, link, session, "choose.html", providers=shown, step="choose", choice=True)

    async def check(self, visit: Visit, link: Link, session: Session, name: str, typed: Typed) -> AnyResponse:
        """Proves what was typed; on to the question, or back to the form with the reason."""
        offered = {one.name: one for one in self.journey.providers(link, session)}
        if name not in offered:
            raise InvalidRequest("the link is not for that integration")
        provider = offered[name]
        try:
            await self.journey.check(link, session, provider, typed)
        except Problem as problem:
            if isinstance(problem, CallerProblem) and not isinstance(problem, STAYS):
                raise
            return self._failed(visit, link, session, provider, typed, problem)
        return to(page_of(link), link)

    async def confirm(self, link: Link, session: Session, seen: str, *, popup: bool) -> AnyResponse:
        """Stores the account that the customer was shown; anything else shows what is there now."""
        candidate = self.journey.candidate(link)
        if candidate is None or not self._sessions.sent_by_us(session, seen, link.candidate or ""):
            return to(page_of(link), link)
        try:
            account = await self.journey.confirm(link, candidate)
        except LinkUsed:
            return to(page_of(link), link)
        if link.redirect_uri is None or popup:
            return to(page_of(link), link)
        return to(returned(link.redirect_uri, _success(account.id, candidate.integration)), link)

    async def change(self, link: Link, session: Session) -> AnyResponse:
        """Forgets the candidate and shows the form again."""
        candidate = self.journey.candidate(link)
        await self.journey.drop(link, session)
        query = f"?integration={candidate.integration}" if candidate else ""
        return to(page_of(link) + query, link)

    async def cancel(self, visit: Visit, link: Link, session: Session, *, popup: bool) -> AnyResponse:
        """Forgets the candidate and lets the customer go; the link can still be used."""
        await self.journey.drop(link, session)
        if link.redirect_uri is not None and not popup:
            return to(returned(link.redirect_uri, {"result": CLOSED}), link)
        return self._page(visit, link, session, "closed.html", message=CLOSED, back=_back(link, {"result": CLOSED}))

    def end(self, visit: Visit, problem: Problem) -> AnyResponse:
        """The page of a refusal after which nothing can be done here."""
        visit.note(problem.code)
        kind = ENDS.get(problem.code, "connection_error")
        link = visit.link
        outcome = {"result": "error", "error": problem.code, "error_type": kind}
        return self._pages.page(
            "end.html",
            visit.lang,
            link,
            problem.status,
            message={"error": problem.title, "error_type": kind, "is_truto": True},
            key=end_key(problem),
            back=_back(link, outcome) if link else None,
        )

    def is_done(self, link: Link, session: Session | None) -> bool:
        """Whether this browser has linked an account by the link."""
        return link.linked_id is not None and session is not None and link.holder == session.browser

    async def _done(self, visit: Visit, link: Link) -> AnyResponse:
        found = await self.journey.links.label(link.linked_id or "")
        label, integration = found or ("", "")
        provider = self.journey.accounts.assembler.providers.get(integration)
        outcome = _success(link.linked_id or "", integration)
        return self._pages.page(
            "done.html",
            visit.lang,
            link,
            message={**outcome, "is_truto": True},
            provider=provider.words.label if provider else integration,
            account=label,
            back=_back(link, outcome),
        )

    def _question(self, visit: Visit, link: Link, session: Session, candidate: Candidate, choice: bool) -> AnyResponse:
        provider = self.journey.accounts.assembler.provider(candidate.integration)
        return self._page(
            visit,
            link,
            session,
            "confirm.html",
            provider=provider.words.label,
            account=candidate.verified.label,
            place=urlsplit(candidate.origin).netloc,
            seen=self._sessions.form_token(session, link.candidate or ""),
            step="confirm",
            choice=choice,
        )

    def _failed(
        self, visit: Visit, link: Link, session: Session, provider: Provider, typed: Typed, problem: Problem
    ) -> AnyResponse:
        visit.note(problem.code)
        given = {f"context.{name}": value for name, value in typed.context.items()}
        secret = {f"credentials.{name}": value for name, value in typed.credentials.items()}
        failure = failure_of(problem, provider.words, given | secret)
        return self._form(visit, link, session, provider, given, failure, problem.status)

    def _form(
        self,
        visit: Visit,
        link: Link,
        session: Session,
        provider: Provider,
        values: Mapping[str, str],
        failure: Failure | None = None,
        status: int = 200,
    ) -> AnyResponse:
        """The form; of what was typed only the connection fields come back, never the credential."""
        shown: list[Shown] = shown_fields(provider.words, visit.lang, link.context, values, failure)
        return self._page(
            visit,
            link,
            session,
            "form.html",
            status,
            provider=provider.words.label,
            integration=provider.name,
            fields=shown,
            failure=failure,
            step="access",
            choice=len(self.journey.providers(link, session)) > 1,
            back=not session.no_back,
        )

    def _page(
        self, visit: Visit, link: Link, session: Session, template: str, status: int = 200, **values: Any
    ) -> AnyResponse:
        form = self._sessions.form_token(session)
        return self._pages.page(template, visit.lang, link, status, form=form, here=page_of(link), **values)


def page_of(link: Link) -> str:
    """The address of a link's page, without anything secret."""
    return f"/connect-account/{link.id}"


def _success(account_id: str, integration: str) -> dict[str, str]:
    return {"result": "success", "integration": integration, "integrated_account_id": account_id}


def _back(link: Link, outcome: Mapping[str, str]) -> dict[str, str] | None:
    """Where a page that ends leads back to."""
    if link.redirect_uri is None:
        return None
    place = urlsplit(link.redirect_uri).hostname or ""
    return {"address": returned(link.redirect_uri, outcome), "place": place}

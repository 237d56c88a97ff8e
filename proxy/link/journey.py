"""What happens on the link page: the token exchanged, the credential proved, the account shown and then stored."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from proxy.accounts.base import BaseMistake
from proxy.accounts.caller import Caller
from proxy.accounts.fields import check_fields
from proxy.accounts.record import BLOCKED, Account
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verifier
from proxy.errors import (
    AccountBlocked,
    DifferentAccount,
    FieldError,
    InvalidRequest,
    LinkElsewhere,
    LinkExpired,
    LinkUsed,
)
from proxy.link.candidate import Candidate, open_candidate, seal_candidate
from proxy.link.record import Link
from proxy.link.session import Session, new_session
from proxy.link.store import Links
from proxy.provider.account import LinkedAccount
from proxy.provider.model import Provider
from proxy.secret import Secret


class Customer(Caller, frozen=True):
    """Who is on the link page; ``key_id`` is the link's id, and its one tenant is all there is."""

    @property
    def actor(self) -> str:
        """How the audit names the customer."""
        return f"link:{self.key_id}"


class Typed(Struct, frozen=True):
    """What a customer typed into the fields of a provider; ``repr`` shows none of it."""

    context: Mapping[str, str]
    credentials: Mapping[str, str]

    def __repr__(self) -> str:
        return "Typed(..)"


class Journey:
    """The steps of linking on the page."""

    def __init__(self, accounts: Accounts, links: Links, verify: Verifier) -> None:
        self.accounts = accounts
        self.links = links
        self._verify = verify
        self._sealer = accounts.assembler.sealer

    async def enter(self, link: Link, session: Session | None) -> Session:
        """The session of a browser that came with the token: its own, or a fresh one.

        Any number of browsers may look, so that neither a reload nor a program that looks links up uses the link; the
        first that sends a form holds it. Raises ``LinkElsewhere``, ``LinkExpired``, ``LinkUsed``.
        """
        mine = session is not None and link.holder == session.browser
        if link.linked_id is not None and not mine:
            raise LinkUsed("the link has been used")
        if link.ended and not mine:
            raise LinkExpired("the link has expired")
        if link.holder is not None and not mine:
            raise LinkElsewhere("another browser has begun with this link")
        return session or new_session(link.id)

    def require_open(self, link: Link, session: Session | None) -> Session:
        """The session of a browser that may go on; raises as ``enter``."""
        if link.linked_id is not None:
            raise LinkUsed("the link has been used")
        if link.ended:
            raise LinkExpired("the link has expired")
        if session is None or link.holder not in (None, session.browser):
            raise LinkElsewhere("this browser does not hold the link")
        return session

    def providers(self, link: Link, session: Session) -> list[Provider]:
        """What there is to choose from; raises ``InvalidRequest`` where the address asked for what there is not."""
        known = self.accounts.assembler.providers
        asked = {*session.integrations, *([session.integration] if session.integration else [])}
        if asked - set(link.integrations):
            raise InvalidRequest("the address names an integration that this link is not for")
        names = session.integrations or link.integrations
        if session.integration is not None and session.no_back:
            names = (session.integration,)
        return [known[name] for name in names if name in known]

    def candidate(self, link: Link) -> Candidate | None:
        """What waits for the customer's word, where it still can be linked."""
        found = open_candidate(self._sealer, link.id, link.candidate)
        return found if found is not None and found.integration in link.integrations else None

    async def initial(self, link: Link) -> Mapping[str, Any]:
        """What the connection fields hold at first: those of the account that is linked again."""
        if link.account_id is None:
            return {}
        return (await self.accounts.get(self._customer(link), link.account_id)).context

    async def check(self, link: Link, session: Session, provider: Provider, typed: Typed) -> None:
        """Proves a credential at its provider and keeps it sealed; what the operator set wins over what was typed.

        Raises ``InvalidRequest``, ``InvalidCredential``, ``DifferentAccount``, ``LinkAttempts`` and what the provider's
        calls raise; nothing is kept then.
        """
        # The candidate has an id of its own: a wrong token on this page must not count against the linked account.
        locked = {name: value for name, value in link.context.items() if name in provider.words.connection}
        private_hosts = self.accounts.assembler.settings.private_hosts
        filled = check_fields(provider.words, {**typed.context, **locked}, typed.credentials, private_hosts)
        account = self._account(link, provider, filled.connection, filled.credential)
        await self._require_not_blocked(link)
        await self.links.attempt(link, session.browser)
        verified = await self._verify(account)
        if link.account_id is not None:
            known = await self.accounts.identity(self._customer(link), link.account_id)
            if known != verified.identity:
                raise DifferentAccount("the credential belongs to another account of the provider")
        await self.links.propose(link, session.browser, seal_candidate(self._sealer, link.id, account, verified))

    async def confirm(self, link: Link, candidate: Candidate) -> Account:
        """Stores the candidate and uses the link up, both or neither.

        Raises ``LinkUsed``, ``AccountBlocked``, ``NotFound``; ``InvalidRequest`` where the provider is elsewhere now.
        """
        provider = self.accounts.assembler.provider(candidate.integration)
        account = self._account(link, provider, candidate.connection, candidate.credential)
        if account.origin != candidate.origin:
            raise InvalidRequest("the provider is reached elsewhere by now")
        also = partial(_used, self.links, link)
        customer = self._customer(link)
        if link.account_id is None:
            return await self.accounts.create(customer, account, candidate.verified, also)
        verified = candidate.verified
        return await self.accounts.relink(customer, link.account_id, account, verified.label, verified.version, also)

    async def drop(self, link: Link, session: Session) -> None:
        """Erases the candidate."""
        await self.links.propose(link, session.browser, None)

    async def _require_not_blocked(self, link: Link) -> None:
        if link.account_id is not None:
            account = await self.accounts.get(self._customer(link), link.account_id)
            if account.status == BLOCKED:
                raise AccountBlocked("the operator blocked this account")

    def _account(
        self, link: Link, provider: Provider, connection: Mapping[str, Any], credential: Mapping[str, Secret]
    ) -> LinkedAccount:
        try:
            return self.accounts.assembler.candidate(link.tenant_id, provider, connection, credential)
        except BaseMistake as mistake:
            errors = [FieldError(f"context.{mistake.field}", mistake.detail)]
            raise InvalidRequest("the fields do not fit", errors=errors) from None

    def _customer(self, link: Link) -> Customer:
        return Customer(link.id, link.id, frozenset({"link"}), frozenset({link.tenant_id}))


async def _used(links: Links, link: Link, connection: Any, account_id: str) -> None:
    await links.use(connection, link, account_id)

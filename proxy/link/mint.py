"""Making a link token: for which tenant, to which providers, with which fields set, and where back to."""

from collections.abc import Sequence
from typing import Any

import msgspec

from proxy.accounts.caller import Caller
from proxy.accounts.fields import check_fields
from proxy.accounts.record import BLOCKED, Account
from proxy.accounts.store import Accounts
from proxy.errors import AccountBlocked, FieldError, InvalidRequest, TenantNotAllowed
from proxy.link.addresses import return_place
from proxy.link.bodies import CreateLinkToken, NewLink
from proxy.provider.model import Provider


async def new_link(accounts: Accounts, caller: Caller, body: CreateLinkToken) -> NewLink:
    """The link that a body asks for.

    Raises ``InvalidRequest``, ``TenantNotAllowed``, and for an account to link again ``NotFound``, ``AccountBlocked``.
    """
    account = await _again(accounts, caller, body)
    tenant = _tenant(caller, body, account)
    providers = _providers(accounts, body, account)
    settings = accounts.assembler.settings
    redirect_uri, origin = return_place(body.redirect_uri, body.origin, settings.link_origins)
    return NewLink(
        api_key_id=caller.key_id,
        tenant_id=tenant,
        tenant_name=body.tenant_name,
        integrations=tuple(provider.name for provider in providers),
        account_id=None if account is None else account.id,
        context=_locked(providers, body.context, settings.private_hosts),
        redirect_uri=redirect_uri,
        origin=origin,
    )


async def _again(accounts: Accounts, caller: Caller, body: CreateLinkToken) -> Account | None:
    """The account to link again; one that the operator blocked stays blocked."""
    if body.integrated_account_id is None:
        return None
    account = await accounts.get(caller, body.integrated_account_id)
    if account.status == BLOCKED:
        raise AccountBlocked("the operator blocked this account; it is not linked again before that is undone")
    return account


def _tenant(caller: Caller, body: CreateLinkToken, account: Account | None) -> str:
    if account is not None:
        if body.tenant_id not in (None, account.tenant_id):
            raise _wrong("tenant_id", "is not the tenant of that account; leave it out")
        return account.tenant_id
    if body.tenant_id is None:
        raise _wrong("tenant_id", "is needed, or integrated_account_id to link an account again")
    if not caller.may_link(body.tenant_id):
        errors = [FieldError("tenant_id", "outside the tenants of this key")]
        raise TenantNotAllowed("the key is limited to other tenants", errors=errors)
    return body.tenant_id


def _providers(accounts: Accounts, body: CreateLinkToken, account: Account | None) -> list[Provider]:
    """What the customer may choose from, in the order of the body or by name."""
    known = accounts.assembler.providers
    named = [*([body.integration] if body.integration else []), *(body.integrations or [])]
    if account is not None:
        if set(named) - {account.integration.name}:
            raise _wrong("integration", "is not that of the account; leave it out")
        named = [account.integration.name]
    for path, names in (("integration", [body.integration]), ("integrations", body.integrations or [])):
        if any(name is not None and name not in known for name in names):
            raise _wrong(path, f"known here: {', '.join(sorted(known))}")
    return [known[name] for name in dict.fromkeys(named or sorted(known)) if name in known]


def _locked(providers: Sequence[Provider], context: dict[str, Any], private_hosts: Sequence[str]) -> dict[str, Any]:
    """The connection fields that are set beforehand, each a field of at least one provider and fit for it."""
    mistakes = {
        name: FieldError(f"context.{name[:64]}", "is no connection field of these integrations")
        for name in context
        if not any(name in provider.words.connection for provider in providers)
    }
    values: dict[str, Any] = {}
    for provider in providers:
        given = {name: value for name, value in context.items() if name in provider.words.connection}
        asked = {name: provider.words.connection[name] for name in given}
        words = msgspec.structs.replace(provider.words, connection=asked)
        try:
            values |= check_fields(words, given, None, private_hosts).connection
        except InvalidRequest as problem:
            mistakes |= {error.path: error for error in problem.errors}
    if mistakes:
        raise InvalidRequest("the fields of context do not fit", errors=list(mistakes.values()))
    return values


def _wrong(path: str, detail: str) -> InvalidRequest:
    return InvalidRequest("the link cannot be made", errors=[FieldError(path, detail)])

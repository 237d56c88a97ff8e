"""Linking, relinking and changing an account: fields checked, credential proved at the provider, then stored."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from proxy.accounts.base import BaseMistake
from proxy.accounts.bodies import CreateAccount, UpdateAccount, given
from proxy.accounts.caller import Caller
from proxy.accounts.fields import Filled, check_fields
from proxy.accounts.record import ACTIVE, BLOCKED, Account
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verified, Verifier
from proxy.errors import AccountBlocked, DifferentAccount, FieldError, InvalidRequest, TenantNotAllowed
from proxy.provider.account import LinkedAccount
from proxy.provider.model import Provider
from proxy.secret import Secret


async def link(accounts: Accounts, verify: Verifier, caller: Caller, body: CreateAccount) -> Account:
    """Stores a new account once the provider took the credential.

    Raises ``TenantNotAllowed``, ``InvalidRequest``, ``InvalidCredential`` and what ``verify`` raises; nothing is stored
    then.
    """
    if not caller.may_link(body.tenant_id):
        errors = [FieldError("tenant_id", "outside the tenants of this key")]
        raise TenantNotAllowed("the key is limited to other tenants", errors=errors)
    provider = accounts.assembler.provider(body.integration)
    filled = _filled(accounts, provider, body.context, body.credentials)
    candidate = _candidate(accounts, body.tenant_id, provider, filled.connection, filled.credential)
    return await accounts.create(caller, candidate, await verify(candidate))


async def change(accounts: Accounts, verify: Verifier, caller: Caller, account_id: str, body: UpdateAccount) -> Account:
    """Applies an update; a new connection or credential is proved first and must be of the same provider account.

    Raises ``NotFound``, ``AccountBlocked``, ``DifferentAccount``, and what ``link`` raises.
    """
    account = await accounts.get(caller, account_id)
    if given(body.context) is not None or given(body.credentials) is not None:
        if account.status == BLOCKED and given(body.status) != ACTIVE:
            raise AccountBlocked("the operator blocked this account; unblock it first, no call is made for it")
        candidate = await _changed(accounts, caller, account, body)
        verified = await verify(candidate)
        await _check_identity(accounts, caller, account_id, verified)
        account = await accounts.relink(caller, account_id, candidate, account.label, verified.version)
    label, status = given(body.label), given(body.status)
    if label is not None or status is not None:
        account = await accounts.describe(caller, account_id, label=label, status=status)
    return account


async def _changed(accounts: Accounts, caller: Caller, account: Account, body: UpdateAccount) -> LinkedAccount:
    """The candidate for an update: the stored credential may go on only where the origin stays."""
    provider = accounts.assembler.provider(account.integration.name)
    context = account.context | (given(body.context) or {})
    credentials = given(body.credentials)
    if credentials is not None:
        filled = _filled(accounts, provider, context, credentials)
        return _candidate(accounts, account.tenant_id, provider, filled.connection, filled.credential)
    present = await accounts.linked(caller, account.id)
    filled = _filled(accounts, provider, context, None)
    candidate = _candidate(accounts, account.tenant_id, provider, filled.connection, present.credential)
    if candidate.origin != present.origin:
        errors = [FieldError("credentials", f"needed: {urlsplit(candidate.origin).hostname} is another host")]
        raise InvalidRequest("a new host needs the credential again", errors=errors)
    return candidate


async def _check_identity(accounts: Accounts, caller: Caller, account_id: str, verified: Verified) -> None:
    if await accounts.identity(caller, account_id) != verified.identity:
        raise DifferentAccount("link the other provider account as an account of its own")


def _filled(
    accounts: Accounts, provider: Provider, context: Mapping[str, Any], credentials: Mapping[str, Any] | None
) -> Filled:
    return check_fields(provider.words, context, credentials, accounts.assembler.settings.private_hosts)


def _candidate(
    accounts: Accounts,
    tenant_id: str,
    provider: Provider,
    connection: Mapping[str, Any],
    credential: Mapping[str, Secret],
) -> LinkedAccount:
    try:
        return accounts.assembler.candidate(tenant_id, provider, connection, credential)
    except BaseMistake as mistake:
        errors = [FieldError(f"context.{mistake.field}", mistake.detail)]
        raise InvalidRequest(f"the fields do not fit {provider.words.label}", errors=errors) from None

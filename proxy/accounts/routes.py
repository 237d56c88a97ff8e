"""The routes of accounts, account tokens and integrations; each declares the scope that the guard asks for."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from proxy.accounts.bodies import (
    AccountAnswer,
    AccountPage,
    AccountToken,
    CreateAccount,
    CreateToken,
    Deleted,
    DeletedAnswer,
    FieldView,
    Integration,
    IntegrationAnswer,
    IntegrationPage,
    TokenAnswer,
    UpdateAccount,
)
from proxy.accounts.caller import HEADER_NAME, QUERY_NAME, account_id_of
from proxy.accounts.guard import caller_of
from proxy.accounts.json_body import JsonRequest
from proxy.accounts.linking import change, link
from proxy.accounts.mint import NewToken
from proxy.accounts.moment import shown
from proxy.accounts.record import STATUSES
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verifier
from proxy.errors import FieldError, InvalidRequest, UnknownParameter
from proxy.provider.model import FieldWords, Provider

Handlers = list[HTTPRouteHandler]
AnyRequest = Request[Any, Any, Any]

ACCOUNTS = "/integrated-account"
ACCOUNT = "/integrated-account/{account_id:str}"
FILTERS = frozenset({"tenant_id", "status", "integration"})


def account_routes(accounts: Accounts, verify: Verifier) -> Handlers:
    """Every handler of this file; the app adds the guard ``authenticate(accounts)``."""
    return [*_writing(accounts, verify), *_reading(accounts), *_tokens(accounts), *_integrations(accounts)]


def _writing(accounts: Accounts, verify: Verifier) -> Handlers:
    @post(ACCOUNTS, opt=_opt("link", CreateAccount), request_class=JsonRequest, operation_id="createAccount")
    async def create_account(request: AnyRequest, data: JSONBody[CreateAccount]) -> AccountAnswer:
        return AccountAnswer(await link(accounts, verify, caller_of(request), data))

    @patch(ACCOUNT, opt=_opt("link", UpdateAccount), request_class=JsonRequest, operation_id="updateAccount")
    async def update_account(
        request: AnyRequest, account_id: FromPath[str], data: JSONBody[UpdateAccount]
    ) -> AccountAnswer:
        return AccountAnswer(await change(accounts, verify, caller_of(request), account_id, data))

    @delete(ACCOUNT, opt=_opt("link"), status_code=200, operation_id="deleteAccount")
    async def delete_account(request: AnyRequest, account_id: FromPath[str]) -> DeletedAnswer:
        await accounts.delete(caller_of(request), account_id)
        return DeletedAnswer(Deleted(account_id))

    return [create_account, update_account, delete_account]


def _reading(accounts: Accounts) -> Handlers:
    @get(ACCOUNTS, opt=_opt("read"), operation_id="listAccounts")
    async def list_accounts(
        request: AnyRequest,
        tenant_id: FromQuery[list[str] | None] = None,
        status: FromQuery[list[str] | None] = None,
        integration: FromQuery[list[str] | None] = None,
    ) -> AccountPage:
        _check_filters(request.query_params, status or ())
        found = await accounts.list(
            caller_of(request), tenant_ids=tenant_id or (), statuses=status or (), integrations=integration or ()
        )
        return AccountPage(found, len(found))

    @get(ACCOUNT, opt=_opt("read"), operation_id="getAccount")
    async def get_account(request: AnyRequest, account_id: FromPath[str]) -> AccountAnswer:
        return AccountAnswer(await accounts.get(caller_of(request), account_id))

    @get(f"{ACCOUNTS}/me", opt={"scope": "read"}, operation_id="getOwnAccount")
    async def get_own_account(request: AnyRequest) -> AccountAnswer:
        caller = caller_of(request)
        named = request.query_params.getall(QUERY_NAME, [])
        account_id = account_id_of(caller, named, request.headers.get(HEADER_NAME))
        return AccountAnswer(await accounts.get(caller, account_id))

    return [list_accounts, get_account, get_own_account]


def _tokens(accounts: Accounts) -> Handlers:
    @post(
        f"{ACCOUNTS}/token", opt=_opt("read", CreateToken), request_class=JsonRequest, operation_id="createAccountToken"
    )
    async def create_token(request: AnyRequest, data: JSONBody[CreateToken]) -> TokenAnswer:
        caller = caller_of(request)
        for scope in data.scopes:
            caller.require(scope)
        account = await accounts.get(caller, data.integrated_account_id)
        new = NewToken(
            account_id=account.id,
            key_id=caller.key_id,
            scopes=tuple(data.scopes),
            allowed_origins=None if data.allowed_origins is None else tuple(data.allowed_origins),
            expires_in_seconds=data.expires_in,
        )
        minted = await accounts.keyring.mint.token(new, caller.actor)
        ends = None if minted.expires_at is None else shown(minted.expires_at)
        return TokenAnswer(AccountToken(minted.key.reveal(), ends, sorted(set(data.scopes)), account.id))

    return [create_token]


def _integrations(accounts: Accounts) -> Handlers:
    @get("/integration", opt=_opt("read"), operation_id="listIntegrations")
    async def list_integrations() -> IntegrationPage:
        found = [integration_of(provider) for _, provider in sorted(accounts.assembler.providers.items())]
        return IntegrationPage(found, len(found))

    @get("/integration/{name:str}", opt=_opt("read"), operation_id="getIntegration")
    async def get_integration(name: FromPath[str]) -> IntegrationAnswer:
        return IntegrationAnswer(integration_of(accounts.assembler.integration(name)))

    return [list_integrations, get_integration]


def integration_of(provider: Provider) -> Integration:
    """A provider as callers see it: its name and the fields that linking takes."""
    words = provider.words
    return Integration(words.name, words.label, _fields(words.connection), _fields(words.credential))


def _fields(fields: Mapping[str, FieldWords]) -> list[FieldView]:
    return [
        FieldView(
            name=name,
            label=words.label,
            help=words.help,
            placeholder=words.placeholder,
            type=words.type,
            required=not words.optional and words.default is None,
            default=words.default,
        )
        for name, words in fields.items()
    ]


def _opt(scope: str, body: type | None = None) -> dict[str, Any]:
    return {"scope": scope, "account_token": False, "body": body}


def _check_filters(query: Mapping[str, Any], statuses: list[str] | tuple[str, ...]) -> None:
    """A misspelt filter must not list every account."""
    unknown = [FieldError(name[:64], f"known: {', '.join(sorted(FILTERS))}") for name in query if name not in FILTERS]
    if unknown:
        raise UnknownParameter("a query parameter does not exist", errors=unknown)
    if wrong := [status for status in statuses if status not in STATUSES]:
        errors = [FieldError("status", f"one of {', '.join(STATUSES)}") for _ in wrong]
        raise InvalidRequest("a filter has a value that does not exist", errors=errors)

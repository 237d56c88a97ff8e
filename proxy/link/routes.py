"""The route that makes link tokens."""

from typing import Any

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from proxy.accounts.guard import caller_of
from proxy.accounts.json_body import JsonRequest
from proxy.accounts.moment import shown
from proxy.accounts.store import Accounts
from proxy.link.bodies import CreateLinkToken, LinkToken, LinkTokenAnswer
from proxy.link.mint import new_link
from proxy.link.store import Links
from proxy.link.visit import base_url

LINK_TOKEN = "/link-token"  # noqa: S105 - a path


def link_token_routes(accounts: Accounts, links: Links) -> list[HTTPRouteHandler]:
    """The handler; an account token may not ask."""
    opt = {"scope": "link", "account_token": False, "body": CreateLinkToken}
    public_url = accounts.assembler.settings.public_url

    @post(LINK_TOKEN, opt=opt, request_class=JsonRequest, operation_id="createLinkToken")
    async def create_link_token(request: Request[Any, Any, Any], data: JSONBody[CreateLinkToken]) -> LinkTokenAnswer:
        caller = caller_of(request)
        secret, expires_at = await links.create(await new_link(accounts, caller, data), caller.actor)
        token = secret.reveal()
        url = f"{base_url(request, public_url)}/connect-account?link_token={token}"
        return LinkTokenAnswer(LinkToken(token, shown(expires_at), url), token)

    return [create_link_token]

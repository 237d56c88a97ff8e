"""What ``POST /link-token`` takes and answers."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from proxy.accounts.bodies import PRINTABLE, Fields, Origin, TenantId

Address = Annotated[str, Meta(min_length=1, max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
TenantName = Annotated[str, Meta(min_length=1, max_length=100, pattern=PRINTABLE)]


class CreateLinkToken(Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a link token: ``tenant_id`` for a new account, ``integrated_account_id`` to link one again.

    ``integration`` or ``integrations`` narrow what the customer may choose. ``context`` sets connection fields that the
    customer cannot change. ``redirect_uri`` is where the page sends the browser at the end; ``origin`` is who a page in
    a window of its own posts its message to, by default the origin of ``redirect_uri``.
    """

    tenant_id: TenantId | None = None
    integrated_account_id: Annotated[str, Meta(min_length=1, max_length=36)] | None = None
    tenant_name: TenantName | None = None
    integration: Name | None = None
    integrations: Annotated[list[Name], Meta(min_length=1, max_length=100)] | None = None
    redirect_uri: Address | None = None
    origin: Origin | None = None
    context: Fields = {}


class LinkToken(Struct, frozen=True):
    """A link token, shown this once, and the address of the page with the token in it."""

    link_token: str
    expires_at: str
    url: str


class LinkTokenAnswer(Struct, frozen=True):
    """One link token; ``link_token`` stands outside ``result`` too, where Truto's clients read it."""

    result: LinkToken
    link_token: str


class NewLink(Struct, frozen=True, kw_only=True):
    """A link token's worth, checked: what a row is made of."""

    api_key_id: str
    tenant_id: str
    tenant_name: str | None
    integrations: tuple[str, ...]
    account_id: str | None
    context: dict[str, Any]
    redirect_uri: str | None
    origin: str | None

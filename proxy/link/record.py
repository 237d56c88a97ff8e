"""A link as its row holds it."""

from typing import Any

import msgspec
from msgspec import Struct


class Link(Struct, frozen=True, kw_only=True):
    """One link: for whom, to what, where back to, and how far it has come; times in milliseconds since 1970."""

    id: str
    tenant_id: str
    tenant_name: str | None
    integrations: tuple[str, ...]
    account_id: str | None
    context: dict[str, Any]
    redirect_uri: str | None
    origin: str | None
    holder: str | None
    candidate: str | None
    linked_id: str | None
    expires_at: int
    ended: bool
    """Its time is over, or its key's."""

    @property
    def shown_tenant(self) -> str:
        """For whom, in the operator's words."""
        return self.tenant_name or self.tenant_id


def link_of(row: Any, now: int) -> Link:
    """The link of a row of ``links`` joined with its key."""
    key_over = row.revoked_at is not None or (row.key_expires_at is not None and now >= row.key_expires_at)
    return Link(
        id=row.id,
        tenant_id=row.tenant_id,
        tenant_name=row.tenant_name,
        integrations=tuple(msgspec.json.decode(row.integrations)),
        account_id=row.account_id,
        context=msgspec.json.decode(row.context),
        redirect_uri=row.redirect_uri,
        origin=row.origin,
        holder=row.holder,
        candidate=row.candidate,
        linked_id=row.linked_id,
        expires_at=row.expires_at,
        ended=now >= row.expires_at or key_over,
    )

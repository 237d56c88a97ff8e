"""A linked account as rooms and answers see it: never with its credential."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct

from proxy.accounts.moment import shown

Status = Literal["active", "needs_reauth", "blocked"]
STATUSES: tuple[Status, ...] = get_args(Status)
ACTIVE, NEEDS_REAUTH, BLOCKED = STATUSES


class IntegrationName(Struct, frozen=True):
    """Which provider an account is of."""

    name: str


class Account(Struct, frozen=True):
    """A linked account; ``context`` holds its connection fields."""

    id: str
    tenant_id: str
    integration: IntegrationName
    status: Status
    label: str
    context: dict[str, Any]
    last_error: str | None
    created_at: str
    updated_at: str


def account_of(row: Any) -> Account:
    """The account of a row of the table ``accounts``."""
    return Account(
        id=row.id,
        tenant_id=row.tenant_id,
        integration=IntegrationName(row.integration),
        status=row.status,
        label=row.label,
        context=msgspec.json.decode(row.context),
        last_error=row.last_error,
        created_at=shown(row.created_at),
        updated_at=shown(row.updated_at),
    )


def context_column(connection: Mapping[str, Any]) -> str:
    """Connection fields as their column holds them."""
    return msgspec.json.encode(dict(connection)).decode()

"""What the account routes take and answer."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from proxy.accounts.origins import ORIGIN
from proxy.accounts.record import Account

END = r"(?![\s\S])"
"""The end of a text, in Python and in the ECMAScript of JSON Schema: ``$`` alone lets a last line end pass."""
PRINTABLE = r"^[^\x00-\x1f\x7f]+" + END

TenantId = Annotated[str, Meta(min_length=1, max_length=255, pattern=PRINTABLE)]
Label = Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)]
Origin = Annotated[str, Meta(max_length=300, pattern="^" + ORIGIN + END)]
TokenScope = Literal["read", "write", "proxy"]
Fields = dict[str, Any]
"""Texts, whole numbers or null; ``check_fields`` looks at the values, since it can name the field that is wrong."""


class _Unseen(Struct, frozen=True):
    """A body with credentials in it: its ``repr`` says only what it is."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(..)"


class CreateAccount(_Unseen, frozen=True, forbid_unknown_fields=True):
    """Links an account; which fields ``context`` and ``credentials`` take, ``GET /integration/{name}`` says."""

    tenant_id: TenantId
    integration: str
    credentials: Fields
    context: Fields = {}


class UpdateAccount(_Unseen, frozen=True, forbid_unknown_fields=True):
    """Changes an account; fields of ``context`` that are not named stay. ``blocked`` stops every call for it."""

    label: Label | UnsetType = UNSET
    status: Literal["active", "blocked"] | UnsetType = UNSET
    context: Fields | UnsetType = UNSET
    credentials: Fields | UnsetType = UNSET


class CreateToken(Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for an account token; ``write`` and ``proxy`` must be named, ``expires_in`` is in seconds."""

    integrated_account_id: Annotated[str, Meta(min_length=1, max_length=36)]
    scopes: Annotated[list[TokenScope], Meta(min_length=1)] = field(default_factory=lambda: ["read"])
    allowed_origins: Annotated[list[Origin], Meta(max_length=20)] | None = None
    expires_in: Annotated[int, Meta(ge=1, le=900)] = 900


class AccountAnswer(Struct, frozen=True):
    """One account."""

    result: Account


class AccountPage(Struct, frozen=True):
    """Every account within reach that fits the filters."""

    result: list[Account]
    result_count: int
    next_cursor: str | None = None
    prev_cursor: str | None = None


class Deleted(Struct, frozen=True):
    """The id of what was deleted."""

    id: str


class DeletedAnswer(Struct, frozen=True):
    """One deletion."""

    result: Deleted


class AccountToken(Struct, frozen=True):
    """An account token, shown this once."""

    token: str
    expires_at: str | None
    scopes: list[str]
    integrated_account_id: str


class TokenAnswer(Struct, frozen=True):
    """One account token."""

    result: AccountToken


class FieldView(Struct, frozen=True):
    """One field to fill in when linking."""

    name: str
    label: str
    help: str
    placeholder: str
    type: str
    required: bool
    default: str | None


class Integration(Struct, frozen=True):
    """A provider known to this server, and what linking an account of it takes."""

    name: str
    label: str
    context: list[FieldView]
    credentials: list[FieldView]


class IntegrationAnswer(Struct, frozen=True):
    """One provider."""

    result: Integration


class IntegrationPage(Struct, frozen=True):
    """Every provider known to this server."""

    result: list[Integration]
    result_count: int
    next_cursor: str | None = None
    prev_cursor: str | None = None


def given(value: Any) -> Any:
    """``None`` for an attribute that was left out."""
    return None if value is UNSET else value

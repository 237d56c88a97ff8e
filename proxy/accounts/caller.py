"""Who is asking, and which account is meant: pure."""

from collections.abc import Sequence

from msgspec import Struct

from proxy.errors import AccountRequired, AmbiguousAccount, MissingScope, NotFound
from proxy.outbound.paths import ACCOUNT_NAME

QUERY_NAME = ACCOUNT_NAME
HEADER_NAME = "X-Integrated-Account-Id"


class Caller(Struct, frozen=True):
    """The holder of an API key, or of an account token that a key minted.

    ``key_id`` is the id of the key or token itself. ``owner`` is what idempotency keys belong to: the first of a chain
    of keys that replaced one another, and for a token that of the key that minted it. ``tenant_ids`` of ``None`` is
    every tenant. ``account_id`` is set for account tokens only; they act for that account alone.
    """

    key_id: str
    owner: str
    scopes: frozenset[str]
    tenant_ids: frozenset[str] | None = None
    account_id: str | None = None
    allowed_origins: frozenset[str] | None = None

    @property
    def actor(self) -> str:
        """How the audit names the caller."""
        return f"{'key' if self.account_id is None else 'token'}:{self.key_id}"

    def require(self, scope: str) -> None:
        """Raises ``MissingScope`` unless the caller has it; no scope implies another."""
        if scope not in self.scopes:
            raise MissingScope(f"this needs the scope '{scope}'", scope=scope)

    def sees(self, account_id: str, tenant_id: str) -> bool:
        """Whether an account is within reach."""
        return self.account_id in (None, account_id) and self.may_link(tenant_id)

    def may_link(self, tenant_id: str) -> bool:
        """Whether a tenant is within reach."""
        return self.tenant_ids is None or tenant_id in self.tenant_ids


def no_such_account() -> NotFound:
    """The one answer for an account that never was, was deleted or is another's."""
    return NotFound("no such account within reach of this key")


def account_id_of(caller: Caller, query_values: Sequence[str], header: str | None) -> str:
    """The account a data call is for: named in the query or the header, or implied by an account token.

    An empty value names nothing. Raises ``AccountRequired``, ``AmbiguousAccount``, and ``NotFound`` where an account
    token names another account than its own.
    """
    named = {value for value in (*query_values, header) if value}
    if len(named) > 1:
        raise AmbiguousAccount(f"{QUERY_NAME} and {HEADER_NAME} name different accounts")
    wanted = next(iter(named), caller.account_id)
    if wanted is None:
        raise AccountRequired(f"name the account in the query ({QUERY_NAME}) or the header {HEADER_NAME}")
    if caller.account_id not in (None, wanted):
        raise no_such_account()
    return wanted

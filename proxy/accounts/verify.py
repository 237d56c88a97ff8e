"""Proves a credential at the provider before it is stored."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from proxy.accounts.base import below_base
from proxy.errors import (
    FieldError,
    InvalidCredential,
    Problem,
    ProviderError,
    ProviderForbidden,
    ProviderInvalid,
    ProviderNotFound,
    ReauthRequired,
)
from proxy.language.expression import Context, EvaluationError, Expression
from proxy.provider.account import LinkedAccount
from proxy.provider.model import ProviderWords
from proxy.provider.version import version_in

Call = Callable[[LinkedAccount, str, str], Awaitable[tuple[int, object]]]
"""``call(account, method, path)``, the path below the account's base; answers status and decoded body."""

REFUSALS = (ReauthRequired, ProviderForbidden, ProviderNotFound, ProviderInvalid)
"""The provider says no; anything else it raises is no verdict about the credential."""

LABEL_LENGTH = 200
NUL = "\0"
"""JSON may hold it, a text of PostgreSQL may not."""


class Verified(Struct, frozen=True):
    """What the provider says the credential belongs to: its own id, and a name to show."""

    identity: str
    label: str
    version: str | None = None
    """The provider's own, where its file says how to read it and the answer tells it."""


Verifier = Callable[[LinkedAccount], Awaitable[Verified]]
"""``verify`` with its ``call`` bound."""


async def verify(account: LinkedAccount, call: Call) -> Verified:
    """Makes the provider file's ``verify`` call with a candidate; raises ``InvalidCredential`` where it is refused.

    Also raises what ``call`` raises about a provider that is unreachable or busy, and ``ProviderError``.
    """
    words = account.provider.words
    try:
        status, body = await call(account, "GET", verify_path(words, account.connection))
    except REFUSALS as refusal:
        raise _wrong("credentials", f"{words.label} refused them") from refusal
    _check_status(words, status)
    context = Context(connection=dict(account.connection))
    provider = account.provider
    if _value(provider.verify_expect, body, context) is not True:
        raise _wrong("context", f"{words.label} took the credential, but it does not fit these connection fields")
    identity = _identity(_value(provider.verify_identity, body, context))
    if not identity:
        raise _wrong("credentials", f"{words.label} does not say which account the credential belongs to")
    label = str(_value(provider.verify_label, body, context) or "").replace(NUL, "")
    return Verified(identity, (label or words.label)[:LABEL_LENGTH], await read_version(account, call))


async def read_version(account: LinkedAccount, call: Call) -> str | None:
    """The provider's own version, as its file says; None where there is no such word, or no answer that tells it."""
    words = account.provider.words.version
    if words is None:
        return None
    try:
        status, body = await call(account, "GET", _below(words.get, account.provider.words, account.connection))
    except Problem:
        return None
    return version_in(account.provider, body) if 200 <= status < 300 else None


def verify_path(words: ProviderWords, connection: Any) -> str:
    """The path of the call below the base."""
    return _below(words.verify.get, words, connection)


def _below(path: str, words: ProviderWords, connection: Any) -> str:
    """``^/`` starts at the base, other paths at the prefix."""
    return below_base(path[1:] if path.startswith("^") else words.prefix + path, connection)


def _check_status(words: ProviderWords, status: int) -> None:
    if status >= 500 or status == 429:
        raise ProviderError(f"{words.label} answered {status}", provider=words.name, provider_status=status)
    if not 200 <= status < 300:
        raise _wrong("credentials", f"{words.label} refused them ({status})")


def _value(expression: Expression, body: object, context: Context) -> Any:
    """An answer that the expression cannot read has no value."""
    try:
        return expression(body, context)
    except EvaluationError:
        return None


def _identity(value: Any) -> str:
    """An id as text; empty where the value cannot be one."""
    usable = isinstance(value, str | int) and not isinstance(value, bool) and NUL not in str(value)
    return str(value) if usable else ""


def _wrong(path: str, detail: str) -> InvalidCredential:
    return InvalidCredential("the credential was not stored", errors=[FieldError(path, detail)])

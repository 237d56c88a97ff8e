"""The one site that opens a credential: for the request's header, its digest, and what answers are searched for."""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from re import compile as pattern
from typing import Any

from msgspec import MsgspecError, json

from proxy.errors import ReauthRequired
from proxy.outbound.headers import Header
from proxy.provider.account import LinkedAccount
from proxy.secret import Secret

DIGESTS_KEPT = 1024
"""Of credentials in use; one takes 6 µs to make, for every call."""

_FIELD = pattern(r"\{(\w+)\}")
_VALUE = pattern(r"[\x20-\x7e]+\Z")


def auth_header(account: LinkedAccount) -> Header:
    """The header that proves the linked account, as the provider file words it.

    Raises ``ReauthRequired`` where the stored credential cannot stand in a header.
    """
    auth = account.provider.words.auth
    value = _FIELD.sub(lambda found: _opened(account, found[1]), auth.value)
    if not _VALUE.match(value):
        raise ReauthRequired("the stored credential cannot be sent", provider=account.provider.name)
    return auth.header.lower().encode("ascii"), value.encode("ascii")


def credential_digest(account: LinkedAccount) -> str:
    """Names the credential without showing it: accounts that share one share its rate budget."""
    return _digest(tuple(secret for _, secret in sorted(account.credential.items())))


@lru_cache(maxsize=DIGESTS_KEPT)
def _digest(secrets: tuple[Secret, ...]) -> str:
    values = opened(secrets)
    return sha256("".join(f"{len(value)}:{value}" for value in values).encode()).hexdigest()


def opened(secrets: Iterable[Secret]) -> list[str]:
    """The values themselves, for ``redact`` to make the forms of."""
    return [secret.reveal() for secret in secrets]


def claims_of(account: LinkedAccount) -> Mapping[str, Any]:
    """The claims that the credential itself makes where it is a JWT (RFC 7519), unverified; none where it is not one.

    They are not secret: they name whose credential it is. The provider alone can say whether they are true.
    """
    secret = account.credential.get(account.provider.words.claims or "")
    payload = "" if secret is None else secret.reveal().partition(".")[2].partition(".")[0]
    try:
        claims = json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, MsgspecError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _opened(account: LinkedAccount, field: str) -> str:
    secret = account.credential.get(field)
    return "" if secret is None else secret.reveal()

"""Personal access tokens: JWTs to look at, recognised by making them again."""

import base64
import binascii
import hashlib
import json
from typing import Any

AGENCY = 402_219
MAX_TOKENS = 10_000
_ISSUED = 1_741_000_000
_CENTURY = 3_155_760_000


class Tokens:
    """The tokens of one seed: per user the numbers 0 to 9999, each with its own ``jti`` and rate limit window."""

    def __init__(self, seed: int, users: frozenset[int]) -> None:
        self._seed = seed
        self._users = users
        self._known: dict[str, int] = {}

    def make(self, user: int, number: int) -> str:
        """The token of that number; its ``sub`` is the user, its ``agency_id`` the tenant."""
        if not 0 <= number < MAX_TOKENS:
            raise ValueError(f"tokens are numbered from 0 to {MAX_TOKENS - 1}")
        stuff = hashlib.shake_256(f"{self._seed}/{user}/{number}".encode()).digest(40 + 512)
        issued = _ISSUED + number
        claims: dict[str, Any] = {
            "aud": "4",
            "jti": stuff[:40].hex(),
            "iat": issued + 0.25,
            "nbf": issued + 0.25,
            "exp": issued + _CENTURY + 0.25,
            "sub": str(user),
            "scopes": [],
            "agency_id": AGENCY,
        }
        head = _part(json.dumps({"typ": "JWT", "alg": "RS256"}).encode())
        return f"{head}.{_part(json.dumps(claims).encode())}.{_part(stuff[40:])}"

    def user_of(self, authorization: str | None) -> tuple[str, int] | None:
        """Token and user id behind an ``Authorization`` header, or None when it is none of ours."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer":
            return None
        user = self._known.get(token)
        if user is None:
            user = self._recognise(token)
            if user is None:
                return None
            self._known[token] = user
        return token, user

    def _recognise(self, token: str) -> int | None:
        try:
            claims = json.loads(_unpart(token.split(".")[1]))
            user, number = int(claims["sub"]), int(claims["iat"]) - _ISSUED
        except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError, binascii.Error):
            return None
        if user not in self._users or not 0 <= number < MAX_TOKENS:
            return None
        return user if self.make(user, number) == token else None


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpart(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

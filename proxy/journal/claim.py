"""The words of the journal: what is claimed, what is known of a step, what is replayed."""

import hashlib
import secrets
from typing import Any, Literal

from msgspec import Struct

from proxy.seal import bind

StepState = Literal["sent", "applied", "not_applied"]
"""``sent``: bytes may have gone, the outcome is not known."""


class Claim(Struct, frozen=True):
    """What a caller asks to run once.

    ``owner`` is ``Caller.owner``, ``path`` the concrete path with its ids, ``key`` the caller's, or ``new_key()`` where
    none was sent. ``body`` is kept sealed with the row, so that a run can be continued without it being sent again.
    """

    account_id: str
    owner: str
    method: str
    path: str
    key: str
    fingerprint: bytes
    body: bytes | None = None

    def scope(self) -> bytes:
        """What the row is found by."""
        return bind(self.account_id, self.owner, self.method, self.path, self.key)


class StepRecord(Struct, frozen=True):
    """One step of a write. ``sent_at`` is when it was sent first, in wall clock seconds; ``status`` the provider's."""

    state: StepState
    kept: Any = None
    sent_at: float | None = None
    status: int | None = None


class StoredAnswer(Struct, frozen=True):
    """An answer as it went to the caller: ``headers`` without framing and without those made anew for each answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Fingerprint:
    """The digest of a request whose body comes in pieces (BLAKE2b, 256 bits)."""

    __slots__ = ("_digest",)

    def __init__(self, *, content_type: str = "", query: str = "") -> None:
        self._digest = hashlib.blake2b(bind(content_type, query), digest_size=32)

    def update(self, piece: bytes) -> None:
        """Adds the next piece of the body."""
        self._digest.update(piece)

    def digest(self) -> bytes:
        """The digest of everything so far."""
        return self._digest.digest()


def fingerprint(body: bytes | None, *, content_type: str = "", query: str = "") -> bytes:
    """What tells whether two requests with one key are the same; an absent body is as an empty one."""
    made = Fingerprint(content_type=content_type, query=query)
    made.update(body or b"")
    return made.digest()


def new_key() -> str:
    """A key for a write whose caller sent none."""
    return secrets.token_urlsafe(24)

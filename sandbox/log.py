"""What a sandbox was asked, with credentials shown as digests."""

import base64
import functools
import hashlib
import re
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.http import Request

CAPACITY = 20_000
KEPT_BODY = 1_048_576
"""Bytes; of a larger body only size and digest stay in the log."""
KEPT_BODIES = 128 * KEPT_BODY
"""Bytes; when all bodies together are larger, the oldest requests are pushed out."""

_CREDENTIAL_HEADERS = frozenset({"authorization", "api_access_token", "api-access-token", "x-api-key", "cookie"})
_SCHEME = re.compile(r"(?i)(bearer|basic|token)\s+")


def credential(request: Request) -> str | None:
    """The raw credential of a request without its scheme, or None."""
    for name, value in request.headers:
        if name.lower() in _CREDENTIAL_HEADERS and name.lower() != "cookie":
            return _SCHEME.sub("", value, count=1).strip()
    return None


@functools.lru_cache(maxsize=16_384)
def digest(token: str) -> str:
    """First 12 hex digits of the SHA-256 of a credential."""
    return hashlib.sha256(token.encode("latin-1", "replace")).hexdigest()[:12]


@dataclass(slots=True)
class Entry:
    """One request; ``status`` is None while it is unanswered or when the connection was closed instead."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    body_size: int
    body_sha256: str | None
    fault: str | None = None
    status: int | None = None
    time: float = field(default_factory=time.time)

    def public(self) -> dict[str, Any]:
        """The entry as JSON, every credential of this request replaced wherever it stands."""
        secrets = [_SCHEME.sub("", value, count=1).strip() for name, value in self.headers if _secret(name)]
        return {
            "method": self.method,
            "target": _hide(self.target, secrets),
            "headers": [
                [name, _digested(value) if _secret(name) else _hide(value, secrets)] for name, value in self.headers
            ],
            **_body(self.body, secrets),
            "body_size": self.body_size,
            "body_sha256": self.body_sha256,
            "fault": self.fault,
            "status": self.status,
            "time": self.time,
        }


class Log:
    """The last ``CAPACITY`` requests, oldest first; ``dropped`` counts those pushed out."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._held = 0
        self.dropped = 0

    def open(self, request: Request) -> Entry:
        """Notes a request on arrival; the answer's status is set on the entry later."""
        body, large = request.body, len(request.body) > KEPT_BODY
        sha = hashlib.sha256(body).hexdigest() if large else None
        entry = Entry(request.method, request.target, request.headers, None if large else body, len(body), sha)
        self._entries.append(entry)
        self._held += len(entry.body or b"")
        while len(self._entries) > CAPACITY or self._held > KEPT_BODIES:
            self._held -= len(self._entries.popleft().body or b"")
            self.dropped += 1
        return entry

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
        self._held = self.dropped = 0

    def public(self) -> list[dict[str, Any]]:
        """All entries, oldest first."""
        return [entry.public() for entry in self._entries]


def _secret(name: str) -> bool:
    return name.lower() in _CREDENTIAL_HEADERS


def _digested(value: str) -> str:
    return "sha256:" + digest(_SCHEME.sub("", value, count=1).strip())


def _hide(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if len(secret) >= 8:  # a shorter "secret" is no token, and would rewrite ordinary words
            text = text.replace(secret, "sha256:" + digest(secret))
    return text


def _body(body: bytes | None, secrets: Iterable[str]) -> dict[str, Any]:
    if body is None:
        return {"body": None, "body_encoding": None}
    try:
        return {"body": _hide(body.decode(), secrets), "body_encoding": "text"}
    except UnicodeDecodeError:
        for secret in secrets:
            body = body.replace(secret.encode("latin-1", "replace"), b"sha256:" + digest(secret).encode())
        return {"body": base64.b64encode(body).decode(), "body_encoding": "base64"}

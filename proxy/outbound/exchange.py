"""What is handed to the HTTP engine, and how it fails: the same for every engine."""

from collections.abc import AsyncIterator
from typing import Literal

from msgspec import Struct

from proxy.outbound.headers import Headers


class Outgoing(Struct, frozen=True):
    """One request, ready to be written: ``headers`` without framing and ``Host``, which the transport adds.

    ``address`` is the checked address to connect to in place of the origin's name. ``length`` is that of a streamed
    body, if known. ``fresh``: a kept connection is used only if it was in use a moment ago.
    """

    account_id: str
    origin: str
    method: str
    target: bytes
    headers: Headers
    body: bytes | AsyncIterator[bytes] | None = None
    length: int | None = None
    address: str | None = None
    fresh: bool = False


class SendFailure(Exception):  # noqa: N818 - the family's names say what happened
    """No answer came. ``phase``: ``not_sent``, or ``ambiguous`` where the provider may have seen the request."""

    def __init__(self, phase: Literal["not_sent", "ambiguous"], reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.phase = phase
        self.reason = reason
        self.late = late

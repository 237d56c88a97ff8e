"""One request to a provider, before and after the credential is put in."""

from collections.abc import AsyncIterator, Awaitable, Callable

from msgspec import Struct

from proxy.coordination.turn import Lane
from proxy.outbound.credentials import auth_header
from proxy.outbound.exchange import Outgoing
from proxy.outbound.headers import Headers
from proxy.outbound.retry import SAFE_METHODS
from proxy.provider.account import LinkedAccount

IDENTITY = (b"accept-encoding", b"identity")
"""Answers are looked into, for the credential if for nothing else."""
ANYTHING = (b"accept", b"*/*")


class ProviderRequest(Struct, frozen=True):
    """One request to a provider. ``target`` is path and query below the origin, ASCII, as ``paths`` makes it.

    ``headers`` have lower-case names; the credential, ``Host`` and framing are added. ``length`` is that of a streamed
    body, if known. ``safe``: it may reach the provider twice (GET, HEAD and OPTIONS always may). ``stream``: the body
    of the answer is left on the wire; otherwise it is read whole, bounded and decoded. ``patience`` is how many seconds
    all calls of the caller's request may wait for rate budgets, in their ``lane``. ``before_send`` is awaited before
    each attempt, when nothing is left to wait for: what it raises ends the call with nothing sent.
    """

    method: str
    target: str
    headers: Headers = []
    body: bytes | AsyncIterator[bytes] | None = None
    length: int | None = None
    safe: bool = False
    stream: bool = False
    patience: float | None = None
    lane: Lane = "interactive"
    before_send: Callable[[], Awaitable[None]] | None = None


def outgoing(account: LinkedAccount, request: ProviderRequest, address: str | None) -> Outgoing:
    """The request with the credential and the provider file's own headers put in.

    A fixed ``Accept`` also replaces one that takes anything, which providers read as a browser's.
    """
    auth = auth_header(account)
    fixed = {
        name.lower().encode("ascii"): value.encode("ascii") for name, value in account.provider.words.headers.items()
    }
    kept = [
        header for header in request.headers if header[0] != auth[0] and not (header == ANYTHING and b"accept" in fixed)
    ]
    given = {name for name, _ in kept}
    added = [header for header in fixed.items() if header[0] not in given]
    return Outgoing(
        account_id=account.id,
        origin=account.origin,
        method=request.method,
        target=request.target.encode("ascii"),
        headers=[*kept, *added, IDENTITY, auth],
        body=request.body,
        length=request.length,
        address=address,
        fresh=not (request.safe or request.method in SAFE_METHODS),
    )

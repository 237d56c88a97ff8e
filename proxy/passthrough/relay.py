"""The provider's answer on its way back: its status and bytes, unless they show the linked credential."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from litestar.types import Send

from proxy.bounds import Bounds
from proxy.errors import (
    CredentialEcho,
    DeadlineExceeded,
    Problem,
    ProviderError,
    ProviderTooLarge,
    ProviderUnreachable,
)
from proxy.outbound.answer import ProviderAnswer
from proxy.outbound.exchange import SendFailure
from proxy.outbound.headers import Headers, relayed_headers
from proxy.outbound.inflate import BodyFault, BodyTooBig, whole_body
from proxy.outbound.redact import Holdback, Needles, needles_of
from proxy.outbound.retry import relayed_wait
from proxy.provider.account import LinkedAccount

MOUNT = "/proxy"
WHOLE_BYTES = 256 * 1024
"""An answer up to this size is looked through before its head is sent; of a longer one, every piece before it is."""


class RelayBroken(Exception):  # noqa: N818 - the family's names say what happened
    """The answer cannot go on after its head was sent: the server cuts the connection, so that no end is faked."""


Settle = Callable[[int, Headers, bytes | None], Awaitable[None]]
"""Told of an answer before its head is sent; its body where it was read whole, ``None`` for a longer one."""


async def nothing_to_settle(_status: int, _headers: Headers, _body: bytes | None) -> None:
    """For answers that nobody keeps."""


class Relay:
    """One answer for one caller; ``settle`` has seen it before the caller sees any of it."""

    def __init__(
        self,
        answer: ProviderAnswer,
        account: LinkedAccount,
        bounds: Bounds,
        send: Send,
        settle: Settle = nothing_to_settle,
    ) -> None:
        self._answer = answer
        self._account = account
        self._bounds = bounds
        self._send = send
        self._settle = settle
        self._needles: Needles = needles_of(account.credential)

    async def run(self, method: str) -> None:
        """Sends the answer. Before its head is sent a fault is raised as a problem, then as ``RelayBroken``."""
        headers = self._headers()
        if method == "HEAD" or self._answer.status in (204, 304):
            await self._whole(headers, b"", head_only=True)
        elif self._answer.header(b"content-encoding") not in (None, b"identity"):
            await self._whole([one for one in headers if one[0] != b"content-encoding"], await self._inflated())
        else:
            await self._plain(headers)

    def _headers(self) -> Headers:
        headers = relayed_headers(self._answer.headers, self._account, MOUNT)
        if self._needles.within_headers(headers):
            raise self._echo()
        if self._answer.status == 429:
            wait = b"%d" % relayed_wait(self._answer.announced_wait)
            headers = [(b"retry-after", wait), *(one for one in headers if one[0] != b"retry-after")]
        return headers

    async def _plain(self, headers: Headers) -> None:
        chunks = self._answer.stream()
        start, ended = await self._beginning(chunks)
        if ended:
            await self._whole(headers, start)
            return
        holdback = Holdback(self._needles)
        released = self._clean(holdback, start, sent=False)
        left = self._bounds.stream_bytes - len(start)
        length = self._length(self._bounds.stream_bytes)
        await self._settle(self._answer.status, headers, None)
        await self._start(headers, length)
        await self._piece(released)
        try:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise RelayBroken("the answer exceeds the bound on a stream")
                await self._piece(self._clean(holdback, chunk, sent=True))
        except SendFailure as failure:
            raise RelayBroken(failure.reason) from None
        await self._send({"type": "http.response.body", "body": holdback.rest(), "more_body": False})

    def _length(self, most: int) -> bytes | None:
        """The length that the provider announces; raises ``ProviderTooLarge`` for one beyond ``most``."""
        length = self._answer.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > most:
            raise ProviderTooLarge(
                f"the answer announces more than {most} bytes",
                provider=self._account.provider.name,
                provider_status=self._answer.status,
            )
        return length

    async def _beginning(self, chunks: AsyncIterator[bytes]) -> tuple[bytes, bool]:
        """The first ``WHOLE_BYTES`` or more, and whether that is all."""
        parts: list[bytes] = []
        size = 0
        try:
            async for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size > WHOLE_BYTES:
                    return b"".join(parts), False
        except SendFailure as failure:
            raise self._broken(failure) from None
        return b"".join(parts), True

    async def _inflated(self) -> bytes:
        """A body that is compressed although that was not asked for, decoded: nothing leaves that was not looked at."""
        most, ratio = self._bounds.provider_json_bytes, self._bounds.provider_json_ratio
        try:
            return await whole_body(self._answer.stream(), self._answer.headers, most, ratio)
        except SendFailure as failure:
            raise self._broken(failure) from None
        except BodyFault as fault:
            kind = ProviderTooLarge if isinstance(fault, BodyTooBig) else ProviderError
            raise kind(str(fault), provider=self._account.provider.name, provider_status=self._answer.status) from None

    async def _whole(self, headers: Headers, body: bytes, *, head_only: bool = False) -> None:
        if self._needles.within(body):
            raise self._echo()
        await self._settle(self._answer.status, headers, body)
        await self._start(headers, self._length_without_body() if head_only else b"%d" % len(body))
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def _length_without_body(self) -> bytes | None:
        """What a HEAD would have as length; 204 and 304 have none of ours (RFC 9110 8.6)."""
        return None if self._answer.status in (204, 304) else self._answer.header(b"content-length")

    def _clean(self, holdback: Holdback, chunk: bytes, *, sent: bool) -> bytes:
        released = holdback.feed(chunk)
        if holdback.found:
            raise RelayBroken("the answer holds the linked credential") if sent else self._echo()
        return released

    async def _start(self, headers: Headers, length: bytes | None) -> None:
        framing = [] if length is None or not length.isdigit() else [(b"content-length", length)]
        await self._send(
            {"type": "http.response.start", "status": self._answer.status, "headers": [*headers, *framing]}
        )

    async def _piece(self, body: bytes) -> None:
        if not body:
            return
        try:
            async with asyncio.timeout(self._bounds.answer_stall_seconds):
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            raise RelayBroken("the caller does not read the answer") from None

    def _echo(self) -> Problem:
        return CredentialEcho(
            "the provider's answer contains the linked credential and is not relayed",
            provider=self._account.provider.name,
            provider_status=self._answer.status,
        )

    def _broken(self, failure: SendFailure) -> Problem:
        kind = DeadlineExceeded if failure.late else ProviderUnreachable
        return kind(
            failure.reason,
            provider=self._account.provider.name,
            provider_status=self._answer.status,
            outcome="unknown",
        )

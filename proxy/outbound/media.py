"""The second outbound door: fetches a file from where a provider's answer says it is, without any credential.

The stages of ``fetch``: a place among the account's downloads, the address admitted, one exchange, each redirect
admitted in its turn, the storage's answer judged.
"""

import asyncio
from collections.abc import Callable
from re import compile as pattern

from proxy.bounds import Bounds
from proxy.errors import (
    DeadlineExceeded,
    MediaNotAllowed,
    ProviderProblem,
    ProviderRedirect,
    ProviderUnreachable,
    RateLimited,
)
from proxy.outbound.egress import Egress, EgressRefused
from proxy.outbound.exchange import Outgoing, SendFailure
from proxy.outbound.file_address import FileAddress, file_address, fits_host
from proxy.outbound.headers import Headers
from proxy.outbound.media_answer import MediaAnswer, fault_of_file
from proxy.outbound.places import Places
from proxy.outbound.request import ANYTHING, IDENTITY
from proxy.outbound.retry import relayed_wait
from proxy.outbound.transport import Incoming, Transport
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace

REDIRECTS_MOST = 2
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_RANGE = pattern(rb"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})\Z")


class Media:
    """The door to the providers' files. Its connections and places are an account's own, apart from those of ``call``.

    ``bounds`` are those of the server: ``stream_bytes`` of a file, ``stream_idle_seconds`` inside it (kept by the
    transport), ``account_in_flight`` and ``account_queued`` of downloads.
    """

    def __init__(self, transport: Transport, egress: Egress, bounds: Bounds) -> None:
        self.transport = transport
        self.egress = egress
        self.bounds = bounds
        self._places = Places(bounds.account_in_flight, bounds.account_queued)

    async def fetch(
        self, account: LinkedAccount, url: str, trace: Trace, *, byte_range: bytes | None = None
    ) -> MediaAnswer:
        """Fetches what is at ``url``, which must come from an answer of the account's provider just read.

        ``byte_range`` is a caller's ``Range``; one that is not a single range of bytes is left out (RFC 9110 14.2).
        The trace's deadline holds until the head has come. Raises ``MediaNotAllowed``, ``ProviderNotFound``,
        ``ProviderInvalid``, ``ProviderError``, ``ProviderRedirect``, ``ProviderTooLarge``, ``ProviderUnreachable``,
        ``RateLimited``, ``DeadlineExceeded`` and ``Overloaded``.
        """
        leave = await self._places.enter(account.id, trace.deadline.left())
        try:
            with trace.stage("send"):
                return await _Fetch(self, account, trace, byte_range).run(url, leave)
        except BaseException:
            leave()
            raise


class _Fetch:
    """One file for one account."""

    def __init__(self, media: Media, account: LinkedAccount, trace: Trace, byte_range: bytes | None) -> None:
        self._media = media
        self._account = account
        self._trace = trace
        self._own = file_address(account.origin)
        self._ranged = byte_range is not None and _RANGE.match(byte_range) is not None
        self._headers: Headers = [ANYTHING, IDENTITY]
        if byte_range is not None and self._ranged:
            self._headers.append((b"range", byte_range))

    async def run(self, url: str, leave: Callable[[], None]) -> MediaAnswer:
        """The file; ``leave`` is called when it is closed."""
        incoming = await self._follow(self._first(url))
        try:
            fault = fault_of_file(incoming, self._media.bounds.stream_bytes, ranged=self._ranged)
            if fault is not None:
                raise self._problem(*fault, incoming.status)
            return MediaAnswer(incoming, self._media.bounds.stream_bytes, leave)
        except BaseException:
            await incoming.aclose()
            raise

    async def _follow(self, address: FileAddress) -> Incoming:
        """The first answer that is no redirect."""
        before: FileAddress | None = None
        for _ in range(REDIRECTS_MOST + 1):
            pinned = await self._admit(address, before)
            incoming = await self._exchange(address, pinned)
            if incoming.status not in REDIRECTS:
                return incoming
            await incoming.aclose()
            before, address = address, self._redirected(address, incoming)
        raise self._problem(ProviderRedirect, f"the file is behind more than {REDIRECTS_MOST} redirects")

    async def _admit(self, address: FileAddress, before: FileAddress | None) -> str | None:
        """The checked address to connect to, or ``None`` for a host that is the operator's own word."""
        reason = self._fault(address, before)
        if reason is not None:
            raise self._problem(MediaNotAllowed, reason)
        try:
            async with asyncio.timeout(min(self._media.bounds.connect_seconds, self._trace.deadline.left())):
                if address.origin == self._own.origin:
                    return await self._media.egress.address(self._account)
                return await self._media.egress.check(address.origin)
        except EgressRefused as refused:
            raise self._problem(MediaNotAllowed, str(refused)) from None
        except TimeoutError:
            raise self._problem(ProviderUnreachable, "the host name cannot be resolved in time") from None

    def _fault(self, address: FileAddress, before: FileAddress | None) -> str | None:
        """Why an address is refused before its name is resolved, if it is.

        A named host may send anywhere public, as a self-hosted provider sends to its operator's storage; into our
        operator's own network only from there, so that no customer's host points at another's.
        """
        words = self._account.provider.words
        if address.host == self._own.host or fits_host(address.host, words.media_hosts):
            return None
        if before is None:
            return f"{address.host} is not among the hosts that {words.label} keeps files on"
        if self._media.egress.names(address.origin) and not self._media.egress.names(before.origin):
            return "the redirect leads from outside into a private network"
        return None

    async def _exchange(self, address: FileAddress, pinned: str | None) -> Incoming:
        """One request, made again where the connection failed: it is a read, and it carries nothing."""
        outgoing = Outgoing(
            account_id=f"media of {self._account.id}",  # a pool of its own
            origin=address.origin,
            method="GET",
            target=address.target.encode("ascii"),
            headers=self._headers,
            address=pinned,
        )
        try:
            return await self._send(outgoing)
        except SendFailure as failure:
            if failure.late:
                raise self._unanswered(failure) from None
        try:
            return await self._send(outgoing)
        except SendFailure as failure:
            raise self._unanswered(failure) from None

    async def _send(self, outgoing: Outgoing) -> Incoming:
        self._trace.upstream_calls += 1
        return await self._media.transport.send(outgoing, self._trace.deadline)

    def _first(self, url: str) -> FileAddress:
        try:
            return file_address(url)
        except ValueError as fault:
            raise self._problem(MediaNotAllowed, str(fault)) from None

    def _redirected(self, address: FileAddress, incoming: Incoming) -> FileAddress:
        location = next((value for name, value in incoming.headers if name == b"location"), None)
        if location is None:
            raise self._problem(ProviderRedirect, "the storage redirects to nowhere", incoming.status)
        try:
            return address.next(location.decode("utf-8", errors="replace"))
        except ValueError as fault:
            raise self._problem(MediaNotAllowed, f"the storage redirects: {fault}", incoming.status) from None

    def _unanswered(self, failure: SendFailure) -> ProviderProblem:
        return self._problem(DeadlineExceeded if failure.late else ProviderUnreachable, failure.reason)

    def _problem(self, kind: type[ProviderProblem], reason: str, status: int | None = None) -> ProviderProblem:
        headers = {"Retry-After": str(relayed_wait(None))} if kind is RateLimited else None
        return kind(reason, provider=self._account.provider.name, provider_status=status, headers=headers)

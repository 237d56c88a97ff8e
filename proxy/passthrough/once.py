"""A write that is carried out once: what becomes of its idempotency key.

| what happened | the key |
|---|---|
| nothing was sent, or the provider answered 4xx | runs again |
| the provider answered below 400 | gets that answer again |
| the provider answered 5xx, or nothing whole came | 409 ``outcome-unknown``: a passthrough write cannot be probed |
"""

from contextlib import AsyncExitStack
from typing import Literal

import structlog
from litestar.types import Send
from msgspec import Struct
from msgspec.structs import replace

from proxy.bounds import Bounds
from proxy.errors import InProgress, JournalUnavailable, OutcomeUndecided, Problem, RateLimited
from proxy.journal import Claim, Entry, Journal, StoredAnswer
from proxy.outbound.call import Outbound
from proxy.outbound.headers import Headers
from proxy.outbound.request import ProviderRequest
from proxy.passthrough.exchange import Exchange
from proxy.passthrough.watch import CallerWatch
from proxy.provider.account import LinkedAccount

STEP = "call"
REPLAYED = (b"idempotency-replayed", b"true")

Fate = Literal["done", "refused", "unknown"]

_log = structlog.get_logger("interline.passthrough")


class Once(Struct, frozen=True):
    """The parts that carry a write out once."""

    outbound: Outbound
    journal: Journal
    bounds: Bounds

    async def write(self, exchange: Exchange, account: LinkedAccount, request: ProviderRequest, claim: Claim) -> None:
        """Answers out of the journal, or carries the write out; raises the problems of both."""
        with exchange.trace.stage("journal"):
            found = await self.journal.claim(claim)
        if isinstance(found, StoredAnswer):
            await replay(found, exchange.send)
            return
        run = Run(found)
        if found.resumed:
            await run.end("unknown")
            raise OutcomeUndecided(
                "an earlier request with this key was sent, and what became of it is not known",
                provider=account.provider.name,
                outcome="unknown",
            )
        try:
            await self._carried_out(exchange, account, replace(request, before_send=run.before_send), run)
        except Exception as error:
            await run.end(fate_of_error(error) if run.sent else "refused")
            raise

    async def _carried_out(
        self, exchange: Exchange, account: LinkedAccount, request: ProviderRequest, run: "Run"
    ) -> None:
        """Until the outcome is written down, a caller who goes away changes nothing."""
        answer = await self.outbound.call(account, request, exchange.trace)
        async with AsyncExitStack() as watched:

            async def settle(status: int, headers: Headers, body: bytes | None) -> None:
                await run.answered(status, headers, body)
                await watched.enter_async_context(CallerWatch(exchange.receive))

            await exchange.relay(account, answer, self.bounds, settle)


class Run:
    """One run of a write; it ends once, whatever comes after."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._ended = False

    @property
    def sent(self) -> bool:
        """Whether bytes may have gone."""
        return STEP in self._entry.steps

    async def before_send(self) -> None:
        """Written down before the bytes go."""
        await self._entry.sent(STEP)

    async def answered(self, status: int, headers: Headers, body: bytes | None) -> None:
        """Ends the run by the provider's answer, which the caller has not seen yet."""
        if body is None:
            await self.end(fate_of_status(status), status)
            return
        kept = StoredAnswer(status, [(name.decode("ascii"), value.decode("ascii")) for name, value in headers], body)
        await self.end(fate_of_status(status), status, kept)

    async def end(self, fate: Fate, status: int = 0, kept: StoredAnswer | None = None) -> None:
        """Writes the fate down. Where that fails the caller's answer is the same; the key then stands at "sent"."""
        if self._ended:
            return
        self._ended = True
        try:
            await self._end(fate, status, kept)
        except (JournalUnavailable, InProgress) as problem:
            _log.warning("outcome-not-written", fate=fate, reason=problem.code)

    async def _end(self, fate: Fate, status: int, kept: StoredAnswer | None) -> None:
        if fate == "refused":
            await self._entry.refused()
        elif fate == "unknown":
            await self._entry.suspended()
        elif kept is None:
            await self._entry.finish_unkept(status)
        else:
            await self._entry.finish(kept)


def fate_of_status(status: int) -> Fate:
    """What an answer says of the write: a server that failed may have failed after the effect."""
    if status < 400:
        return "done"
    return "refused" if status < 500 else "unknown"


def fate_of_error(error: Exception) -> Fate:
    """What a failure says of a write of which bytes may have gone."""
    members = error.members if isinstance(error, Problem) else {}
    outcome, status = members.get("outcome"), members.get("provider_status")
    if status is not None and 400 <= status < 500:
        return "refused"
    # A write is tried again only after a 429 or where nothing left: our own budget then ended it.
    if isinstance(error, RateLimited) or outcome == "not_sent":
        return "refused"
    if outcome == "unknown" or status is None:
        return "unknown"
    return fate_of_status(status)


async def replay(answer: StoredAnswer, send: Send) -> None:
    """The stored answer, byte for byte, marked as such."""
    headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
    framing = [] if answer.status in (204, 304) else [(b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, REPLAYED, *framing]})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})

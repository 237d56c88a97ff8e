"""``call``: every byte that leaves for a provider passes these stages: account, credentials, budget, send, retry."""

import asyncio
import random as randomness
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from msgspec import Struct

from proxy.bounds import Bounds
from proxy.coordination import Coordination
from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit, Standing
from proxy.errors import (
    AccountBlocked,
    DeadlineExceeded,
    Problem,
    ProviderProblem,
    ProviderUnreachable,
    RateLimited,
    ReauthRequired,
)
from proxy.metrics import count_provider_answer
from proxy.outbound.answer import ProviderAnswer, refuses_credential
from proxy.outbound.attempt import Attempt, received
from proxy.outbound.breaker import Breakers, Passage, sign_of
from proxy.outbound.budget import OutOfBudget, acquire, announced, limits_of, wait_announced
from proxy.outbound.egress import Egress, EgressRefused
from proxy.outbound.exchange import Outgoing, SendFailure
from proxy.outbound.places import Places, Visit
from proxy.outbound.repeat import granted
from proxy.outbound.request import ProviderRequest, outgoing
from proxy.outbound.retry import SAFE_METHODS, Outcome, Random, Verdict, judge, no, relayed_wait
from proxy.outbound.retry_budget import RetryBudget, Share
from proxy.outbound.transport import Incoming, Transport
from proxy.provider.account import LinkedAccount
from proxy.provider.model import Provider
from proxy.trace import Clock, Rate, Trace

NEEDS_REAUTH = "needs_reauth"
BLOCKED = "blocked"
PAUSE_SECONDS = 1.0
"""How long a scope rests after a 429 that names no time."""
LEASE_SECONDS = 30.0
"""Beyond its deadline a call cannot last; this is for what the clocks and the loop of a worker are late by."""

Note = Callable[[str], Awaitable[None]]
"""Told of an account id."""
Sleep = Callable[[float], Awaitable[None]]


class Taken(Struct, frozen=True):
    """A call that was taken from its budgets, to be settled or given back."""

    limits: Sequence[Limit]
    turn: Turn


class Outbound:
    """The outbound door. ``on_refusal`` and ``on_success`` are told whose credential was refused or worked."""

    def __init__(
        self,
        transport: Transport,
        coordination: Coordination,
        egress: Egress,
        bounds: Bounds,
        on_refusal: Note,
        on_success: Note,
        *,
        clock: Clock = time.time,
        random: Random = randomness.random,
        sleep: Sleep = asyncio.sleep,
        breakers: Breakers | None = None,
    ) -> None:
        self._transport = transport
        self._coordination = coordination
        self._egress = egress
        self._bounds = bounds
        self._on_refusal = on_refusal
        self._on_success = on_success
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._breakers = breakers or Breakers(bounds.breaker_seconds, bounds.breaker_failures)
        self._retry_budget = RetryBudget()
        self._places = Places(bounds.account_in_flight, bounds.account_queued)

    async def call(self, account: LinkedAccount, request: ProviderRequest, trace: Trace) -> ProviderAnswer:
        """Sends one request and returns the provider's last answer, whatever its status; the caller closes it.

        Raises ``ReauthRequired``, ``RateLimited``, ``Overloaded``, ``ProviderUnreachable``, ``ProviderUnavailable``,
        ``DeadlineExceeded``, ``ProviderTooLarge`` and ``ProviderError``. Where no answer came, the problem's member
        ``outcome`` is ``not_sent`` or ``unknown``.
        """
        with self._breakers.passage(account) as passage, self._retry_budget.call() as share:
            return await self._call(account, request, trace, passage, share)

    async def _call(
        self, account: LinkedAccount, request: ProviderRequest, trace: Trace, passage: Passage, share: Share
    ) -> ProviderAnswer:
        with trace.stage("account"):
            address = await self._reachable(account)
            visit = self._places.admit(account.id, request.lane)
        repeated = False
        try:
            with trace.stage("credentials"):
                ready = outgoing(account, request, address)
            limits = limits_of(account, request.target)
            for retries in count():
                taken = await self._turn(account, limits, request, visit, trace)
                with trace.stage("send"):
                    attempt = await self._send(account, ready, taken, request, trace, passage)
                verdict = granted(self._verdict(attempt, request, retries, trace), passage, share, trace)
                if not verdict.retry:
                    break
                repeated = repeated or _may_have_arrived(attempt)
                with trace.stage("retry"):
                    await attempt.discard()
                    visit.give_back()
                    await self._sleep(verdict.wait)
            answer = await self._answer(account, attempt, visit.leave)
            answer.repeated = repeated
            return answer
        except BaseException as error:
            visit.leave()
            if repeated and isinstance(error, Problem):
                error.members["outcome"] = "unknown"  # whatever became of the last attempt: one before may have arrived
            raise

    async def show_rate(self, account: LinkedAccount, trace: Trace) -> None:
        """Puts the account's budget into the trace of a request that needed no provider call."""
        _show(trace, await self._coordination.look(limits_of(account, account.base_path)))

    async def _reachable(self, account: LinkedAccount) -> str | None:
        """The checked address to connect to, if the origin needs one; raises where the account cannot be called."""
        name = account.provider.name
        if account.status == BLOCKED:
            raise AccountBlocked("the operator blocked this account")
        if account.status == NEEDS_REAUTH:
            raise ReauthRequired("the provider refused the stored credential; link the account again", provider=name)
        if not self._egress.concerns(account):
            return None
        try:
            async with asyncio.timeout(self._bounds.connect_seconds):
                return await self._egress.address(account)
        except (EgressRefused, TimeoutError) as refused:
            reason = str(refused) or "the host name cannot be resolved in time"
            raise ProviderUnreachable(reason, provider=name, outcome="not_sent") from None

    async def _turn(
        self, account: LinkedAccount, limits: Sequence[Limit], request: ProviderRequest, visit: Visit, trace: Trace
    ) -> Taken:
        """A call of every budget, and a place to make it in; anew where the provider said 429 to others meanwhile."""
        while True:
            with trace.stage("budget"):
                taken = await self._budget(account, limits, request, trace)
            with trace.stage("place"):
                if await self._place(visit, taken, trace):
                    return taken

    async def _budget(
        self, account: LinkedAccount, limits: Sequence[Limit], request: ProviderRequest, trace: Trace
    ) -> Taken:
        turn = Turn(request.lane, trace.deadline.left() + LEASE_SECONDS)
        patience = min(self._patience(request, trace), trace.deadline.left())
        try:
            standing = await acquire(self._coordination, limits, turn, patience, self._sleep, self._random)
        except OutOfBudget as out:
            _show(trace, out.standing)
            raise RateLimited(
                f"the rate budget at {account.provider.words.label} is used up and the wait did not fit",
                provider=account.provider.name,
                headers={"Retry-After": str(relayed_wait(out.standing.wait))},
            ) from None
        _show(trace, standing)
        return Taken(limits, turn)

    def _patience(self, request: ProviderRequest, trace: Trace) -> float:
        """What is left of the seconds that all calls of a request together may wait for budgets."""
        whole = self._bounds.budget_wait_seconds if request.patience is None else request.patience
        return max(0.0, whole - trace.stages.get("budget", 0.0))

    async def _place(self, visit: Visit, taken: Taken, trace: Trace) -> bool:
        """A place among the calls under way; without one, or after a pause began, the call counts nowhere."""
        try:
            waited = await visit.place(trace.deadline.left())
            if not waited or (await self._coordination.look(taken.limits)).wait <= 0:
                return True
        except BaseException:
            await self._coordination.give_back(taken.limits, taken.turn)
            raise
        visit.give_back()
        await self._coordination.give_back(taken.limits, taken.turn)
        return False

    async def _send(
        self,
        account: LinkedAccount,
        ready: Outgoing,
        taken: Taken,
        request: ProviderRequest,
        trace: Trace,
        passage: Passage,
    ) -> Attempt:
        await self._announce(taken, request, passage)
        trace.upstream_calls += 1
        given = trace.deadline.left()
        try:
            incoming = await self._transport.send(ready, trace.deadline)
        except SendFailure as failure:
            count_provider_answer(account.provider.name, None)
            await self._unanswered(taken, failure.phase)
            passage.saw(sign_of(Outcome(failure.phase), late=failure.late, given=given))
            return Attempt(failure=failure)
        except BaseException:  # cancelled, or the caller's body broke off: the provider may have counted it
            await self._coordination.settle(taken.limits, taken.turn, Announced())
            raise
        count_provider_answer(account.provider.name, incoming.status)
        try:
            wait = await self._note(account.provider, incoming, taken, trace)
        except BaseException:
            await incoming.aclose()
            raise
        attempt = await received(incoming, account.provider, self._bounds, trace.deadline, streamed=request.stream)
        attempt.announced_wait = wait
        passage.saw(sign_of(attempt.outcome, late=attempt.late, given=given))
        return attempt

    async def _announce(self, taken: Taken, request: ProviderRequest, passage: Passage) -> None:
        """Lets the journal write down that bytes may go; where it cannot, or the breaker is open, none go."""
        try:
            passage.begin()
            if request.before_send is not None:
                await request.before_send()
        except BaseException:
            await self._coordination.give_back(taken.limits, taken.turn)
            raise

    async def _note(self, provider: Provider, incoming: Incoming, taken: Taken, trace: Trace) -> float | None:
        """Learns from the answer's headers; the seconds that a 429 asks to wait, if it says."""
        now = self._clock()
        told = announced(provider, incoming.headers, now)
        _show(trace, await self._coordination.settle(taken.limits, taken.turn, told))
        if incoming.status != 429:
            return None
        wait = wait_announced(provider, incoming.headers, now)
        await self._coordination.pause(taken.limits[:1], PAUSE_SECONDS if wait is None else wait)
        return wait

    async def _unanswered(self, taken: Taken, phase: str) -> None:
        if phase == "not_sent":
            await self._coordination.give_back(taken.limits, taken.turn)
        else:
            await self._coordination.settle(taken.limits, taken.turn, Announced())

    def _verdict(self, attempt: Attempt, request: ProviderRequest, retries: int, trace: Trace) -> Verdict:
        outcome = attempt.outcome
        if outcome.phase != "not_sent" and not isinstance(request.body, bytes | None):
            return no("the body was streamed and is gone")
        patience = self._patience(request, trace)
        return judge(
            outcome,
            repeatable=request.safe or request.method in SAFE_METHODS,
            retries=retries,
            left=min(trace.deadline.left(), patience) if outcome.status == 429 else trace.deadline.left(),
            random=self._random,
        )

    async def _answer(self, account: LinkedAccount, attempt: Attempt, leave: Callable[[], None]) -> ProviderAnswer:
        incoming = attempt.incoming
        if incoming is None:
            raise _problem(account, attempt.failure)
        answer = ProviderAnswer(account.provider, incoming, body=attempt.body, leave=leave)
        answer.announced_wait = attempt.announced_wait
        try:
            if attempt.body is not None and refuses_credential(account.provider, incoming.status, attempt.body):
                answer.refused = True
                await self._on_refusal(account.id)
            elif incoming.status < 400:
                await self._on_success(account.id)
        except BaseException:
            await incoming.aclose()
            raise
        if attempt.body is not None:  # read whole: nothing is under way any more, whoever forgets to close it
            await answer.aclose()
        return answer


def _may_have_arrived(attempt: Attempt) -> bool:
    """Whether an attempt that is made again may have had its effect: all but what never left and a 429."""
    outcome = attempt.outcome
    return outcome.phase != "not_sent" and outcome.status != 429


def _problem(account: LinkedAccount, failure: SendFailure | None) -> ProviderProblem:
    late = failure is not None and failure.late
    sent = failure is None or failure.phase != "not_sent"
    kind = DeadlineExceeded if late else ProviderUnreachable
    return kind(
        failure.reason if failure else "no answer came",
        provider=account.provider.name,
        outcome="unknown" if sent else "not_sent",
    )


def _show(trace: Trace, standing: Standing) -> None:
    if standing.limit:
        trace.rate = Rate(standing.limit, standing.remaining, standing.reset_seconds)

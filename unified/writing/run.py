"""One write under way: its steps sent one by one, each noted in the journal before its bytes go."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from msgspec import Struct

from proxy.errors import FieldError, InProgress, JournalUnavailable, OutcomeUndecided, OutcomeUnknown, Problem
from proxy.journal import Entry
from proxy.language.expression import Context
from unified.mapping.plan import Plan, Probe, Step, each_call, filled, kept_of, value_of
from unified.upstream import Payload, Upstream, json_payload
from unified.writing.files import File, multipart_payload
from unified.writing.outcome import had_no_effect
from unified.writing.privacy import prove_step
from unified.writing.probe import effect_of, matching_rows

APPLIED, SENT = "applied", "sent"


class Work(Struct):
    """What a run works on: the prepared body, what the caller adds to the main step, the files."""

    plan: Plan
    body: dict[str, Any]
    context: Context
    remote_data: dict[str, Any] | None = None
    files: tuple[File, ...] = ()


class Run:
    """Carries out the steps of a plan that are not done yet. ``settle_seconds`` after a step was sent, a probe that
    does not find its effect is believed."""

    def __init__(
        self,
        work: Work,
        entry: Entry,
        upstream: Upstream,
        settle_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._work = work
        self._entry = entry
        self._upstream = upstream
        self._settle = settle_seconds
        self._clock = clock

    async def steps(self) -> None:
        """Runs every step that the body asks for, in order; raises the problem of the one that fails."""
        work = self._work
        work.context.steps = {}
        for step, index, element in each_call(work.plan, work.body, work.context):
            key = step.name if index is None else f"{step.name}:{index}"
            work.context.each = element
            kept = await self._one(key, step, index)
            if index is None:
                work.context.steps[step.name] = kept
            else:
                work.context.steps.setdefault(step.name, []).append(kept)
        work.context.each = None

    def changed(self) -> bool:
        """Whether a step that changes something is done, or may be."""
        return any(state in (APPLIED, "unknown") for _, state in self._states())

    def told(self) -> list[dict[str, str]]:
        """What is known of each step that changes something: applied, not_applied, unknown or not_run."""
        return [{"name": key, "state": state} for key, state in self._states()]

    def _states(self) -> Iterator[tuple[str, str]]:
        known = self._entry.steps
        for step in self._work.plan.steps:
            if step.reads:
                continue
            keys = [key for key in known if key == step.name or key.startswith(f"{step.name}:")]
            for key in keys:
                yield key, "unknown" if known[key].state == SENT else known[key].state
            work = self._work
            if not keys and step.wanted(work.body, work.context) and step.elements(work.body, work.context) != []:
                yield step.name, "not_run"

    async def _one(self, key: str, step: Step, index: int | None) -> Any:
        """What is kept of a step, from this run or one before."""
        known = self._entry.steps.get(key)
        if known is not None and known.state == APPLIED:
            return known.kept
        if known is not None and known.state == SENT and not step.safe:
            found = await self._settled(key, step, OutcomeUndecided)
            if found is not None:
                return found
        return await self._send(key, step, index, again=step.safe and known is not None and known.state == SENT)

    async def _send(self, key: str, step: Step, index: int | None, *, again: bool) -> Any:
        call, work = step.call, self._work
        payload = self._payload(step, index)
        path = call.path.fill(work.context, work.body)
        query = [(name, str(value_of(one, work.body, work.context))) for name, one in call.query.items()]
        if step.probe is not None:
            await self._look_before(key, step.probe)
        try:
            answer = await self._upstream.send(
                call.method,
                path,
                at_base=call.path.at_base,
                query=query,
                payload=payload,
                safe=step.safe,
                again=again,
                before_send=None if step.reads else partial(self._entry.sent, key),
            )
        except (InProgress, JournalUnavailable):  # the step could not be noted, so it was not sent
            raise
        except Problem as problem:
            problem.errors = tuple(in_our_names(problem.errors, step))
            return await self._unanswered(key, step, problem, again=again)
        kept = kept_of(step.keep, answer.body, work.context)
        await self._entry.applied(key, kept, answer.status)
        return kept

    async def _unanswered(self, key: str, step: Step, problem: Problem, *, again: bool) -> Any:
        """What is kept of a step that failed and was carried out all the same; raises where it was not, or may be.

        ``again``: it was sent by a run before, of which the refusal of this one says nothing.
        """
        if step.reads:
            raise problem
        if had_no_effect(problem):
            if not again:
                await self._entry.not_applied(key)
            raise problem
        if step.safe:
            silent = problem.members.get("outcome") == "unknown" and problem.members.get("provider_status") is None
            raise self._silence(key, problem) if silent else problem
        return await self._settled(key, step, OutcomeUnknown, problem)

    def _silence(self, key: str, problem: Problem) -> OutcomeUnknown:
        """What a step that may be sent again ends in where no answer came: the next request with the key sends it."""
        return OutcomeUnknown(
            f"the call of the step {key!r} ended without an answer; the provider may have carried it out",
            provider=self._upstream.account.provider.name,
            headers={"Retry-After": "1", **problem.headers},
        )

    def _payload(self, step: Step, index: int | None) -> Payload | None:
        """The body of the step, looked at once more for the privacy that was asked for."""
        work = self._work
        sent = sent_body(step, work)
        prove_step(step, sent, work.body, work.context)
        if step.files is not None and work.files:
            files = work.files if index is None else (work.files[index],)
            return multipart_payload(sent, step.files, files)
        return None if step.call.body is None and not sent else json_payload(sent)

    async def _look_before(self, key: str, probe: Probe) -> None:
        """What looks like the effect of the step before it is sent is not its effect."""
        rows = await matching_rows(probe, self._work.body, self._work.context, self._upstream)
        await self._entry.remember({_before(key): sorted(rows)})

    async def _settled(
        self, key: str, step: Step, kind: type[OutcomeUnknown], problem: Problem | None = None
    ) -> dict[str, Any] | None:
        """What is kept of a step of unknown outcome whose effect is found; null where it is settled that it had none.

        Raises ``kind`` where neither can be told.
        """
        rows = await self._rows_since(key, step)
        if rows is not None and len(rows) == 1 and step.probe is not None:
            kept = kept_of(step.probe.keep, rows[0], self._work.context)
            await self._entry.applied(key, kept, 200)
            return kept
        sent_at = self._entry.steps[key].sent_at or self._clock()
        left = sent_at + self._settle - self._clock()
        if rows == [] and left <= 0 and problem is None:
            await self._entry.not_applied(key)
            return None
        wait = {"Retry-After": str(max(1, round(left + 0.5)))} if step.probe is not None else {}
        raise kind(
            f"the call of the step {key!r} ended without a usable answer; the provider may have carried it out",
            provider=self._upstream.account.provider.name,
            provider_status=None if problem is None else problem.members.get("provider_status"),
            headers=wait,
        ) from problem

    async def _rows_since(self, key: str, step: Step) -> list[Any] | None:
        before = self._entry.memory.get(_before(key))
        if step.probe is None or before is None:
            return None
        return await effect_of(step.probe, before, self._work.body, self._work.context, self._upstream)


def _before(key: str) -> str:
    return f"before:{key}"


def sent_body(step: Step, work: Work) -> Any:
    """The provider's body of a step, the caller's own additions merged in."""
    made = {} if step.call.body is None else filled(step.call.body, work.body, work.context)
    return {**work.remote_data, **made} if step.main and work.remote_data else made


def in_our_names(errors: tuple[FieldError, ...], step: Step) -> Iterator[FieldError]:
    """A provider's complaints, each by the attribute that its field was made of."""
    for one in errors:
        yield FieldError(step.fields.get(one.path, one.path), one.detail)

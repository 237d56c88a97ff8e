"""Writing: claim key, plan, journal, call step by step, read back, answer.

The stage names are those of the log line and of ``Server-Timing``.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct, json

from proxy.bounds import Bounds
from proxy.errors import FieldError, InvalidRequest, Problem, RemoteDataConflict
from proxy.journal import Claim, Entry, Journal, StoredAnswer
from proxy.language.expression import Context, SetChange
from unified.mapping.ids import join_id
from unified.mapping.model import ResourceMapping
from unified.mapping.plan import Plan, each_call, value_of
from unified.mapping.prepare import changes, choose_enums, refuse_impossible, refuse_unsupported
from unified.read import Reader, cannot, context_of, id_value
from unified.references import SmallLists
from unified.upstream import Upstream
from unified.writing.compare import Warnings, not_as_asked
from unified.writing.dry_run import check_privacy, planned_calls
from unified.writing.intake import Intake
from unified.writing.prepare import find_references
from unified.writing.run import Run, Work

KEY, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
CREATED_STATUS = 201


class Order(Struct, frozen=True):
    """One write as it is asked for: ``path`` and ``owner`` are what its idempotency key belongs to."""

    mapping: ResourceMapping
    method: str
    record_id: str | None
    intake: Intake
    key: str
    owner: str
    path: str
    verb: str

    @property
    def plan(self) -> Plan:
        """The plan of the method; raises ``UnsupportedOperation``."""
        plan = self.mapping.plans.get(self.method)
        if plan is None:
            raise cannot(self.mapping, self.method)
        return plan


class Writer:
    """What writing needs beside the request."""

    def __init__(
        self,
        reader: Reader,
        lists: SmallLists,
        journal: Journal,
        bounds: Bounds,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._lists = lists
        self._journal = journal
        self._bounds = bounds
        self._clock = clock

    async def write(self, order: Order, upstream: Upstream) -> StoredAnswer:
        """Carries out a write once, or gives the answer that it had; raises the problem that it ends in."""
        plan, trace = order.plan, upstream.trace
        refuse_unsupported(order.mapping, plan, order.intake.body)
        with trace.stage("claim"):
            entry = await self._journal.claim(_claim(order, upstream))
        if isinstance(entry, StoredAnswer):
            return StoredAnswer(entry.status, [*entry.headers, (REPLAYED, "true")], entry.body)
        run: Run | None = None
        try:
            with trace.stage("plan"):
                work = await self._work(order, plan, entry, upstream)
            run = Run(work, entry, upstream, self._bounds.settle_seconds, self._clock)
            await run.steps()
            answer = await self._answer(order, work, upstream)
            await entry.finish(answer)
        except Problem as problem:
            if order.mapping.small and run is not None and run.changed():
                self._lists.forget(upstream.account.id)
            await _ended(problem, order, entry, run, None if run is None else work)
            raise
        except BaseException:
            await entry.suspended()
            raise
        return answer

    async def rehearse(self, order: Order, upstream: Upstream) -> dict[str, Any]:
        """The calls that a write would make; nothing is changed and no key is claimed."""
        plan = order.plan
        refuse_unsupported(order.mapping, plan, order.intake.body)
        with upstream.trace.stage("plan"):
            work = await self._prepared(order, plan, upstream)
            return {"result": {"steps": await planned_calls(work, upstream)}}

    async def _work(self, order: Order, plan: Plan, entry: Entry, upstream: Upstream) -> Work:
        """What the steps work on: as the first run fixed it, or prepared now and noted before anything is sent."""
        if "body" in entry.memory:
            return _restored(order, plan, entry.memory, upstream)
        work = await self._prepared(order, plan, upstream)
        sets = {name: msgspec.to_builtins(change) for name, change in (work.context.sets or {}).items()}
        await entry.remember({"body": work.body, "now": work.context.now, "sets": sets})
        return work

    async def _prepared(self, order: Order, plan: Plan, upstream: Upstream) -> Work:
        """Everything that can be known before the first call that changes something; raises what cannot be done."""
        mapping, context = order.mapping, _context(order, upstream)
        now = None
        if order.method == "update":
            row, _ = await self._reader.row(mapping, order.record_id, upstream)
            now = row.record
        body = choose_enums(mapping, _with_files(order.intake), now)
        body = await find_references(mapping, body, now, upstream, self._lists)
        context.body, context.now, context.sets = body, now, changes(body, now)
        work = Work(plan, body, context, order.intake.remote_data, order.intake.files)
        refuse_impossible(plan, body, context)
        _refuse_conflicts(plan, order.intake.remote_data)
        check_privacy(work)
        self._refuse_too_many(work)
        return work

    def _refuse_too_many(self, work: Work) -> None:
        work.context.steps = {}
        calls = sum(1 for _ in each_call(work.plan, work.body, work.context))
        work.context.steps = None
        if calls > self._bounds.write_calls:
            raise InvalidRequest(
                f"the write needs {calls} provider calls; one write may make {self._bounds.write_calls}"
            )

    async def _answer(self, order: Order, work: Work, upstream: Upstream) -> StoredAnswer:
        """The answer after the last step: the record read back, and what of it is not as asked."""
        record_id = order.record_id if order.method != "create" else _made_id(work)
        if order.mapping.small:
            self._lists.forget(upstream.account.id)  # before the record is read back: what was kept is old now
        if order.method == "delete":
            body: dict[str, Any] = {"result": {"id": record_id}}
        else:
            with upstream.trace.stage("read_back"):
                body = await self._read_back(order, work, record_id, upstream)
        headers = [("Content-Type", "application/json"), (KEY, order.key)]
        return StoredAnswer(CREATED_STATUS if order.method == "create" else 200, headers, json.encode(body))

    async def _read_back(self, order: Order, work: Work, record_id: str | None, upstream: Upstream) -> dict[str, Any]:
        body: dict[str, Any] = {"result": {"id": record_id}}
        warnings: Warnings = []
        try:
            row, _ = await self._reader.row(order.mapping, record_id or "", upstream)
            body["result"] = row.record
            told = {name: one for name, one in (row.record or {}).items() if name not in order.mapping.unsupported}
            warnings = not_as_asked(work, order.intake.body, told)
        except Problem as problem:
            detail = f"the write is done; the record could not be read back: {problem.code}"
            warnings = [{"code": "read-back-failed", "detail": detail}]
        if work.plan.created is not None:
            body["created"] = value_of(work.plan.created, work.body, work.context)
        return {**body, "warnings": warnings} if warnings else body


def _claim(order: Order, upstream: Upstream) -> Claim:
    return Claim(
        account_id=upstream.account.id,
        owner=order.owner,
        method=order.verb,
        path=order.path,
        key=order.key,
        fingerprint=order.intake.digest,
    )


def _context(order: Order, upstream: Upstream) -> Context:
    context = context_of(upstream)
    if order.record_id is not None:
        context.id = id_value(order.mapping, order.record_id)
    return context


def _with_files(intake: Intake) -> dict[str, Any]:
    return {**intake.body, "attachments": [file.told() for file in intake.files]} if intake.files else intake.body


def _restored(order: Order, plan: Plan, memory: Mapping[str, Any], upstream: Upstream) -> Work:
    context = _context(order, upstream)
    context.body, context.now = memory["body"], memory["now"]
    context.sets = {name: msgspec.convert(one, SetChange) for name, one in memory["sets"].items()}
    return Work(plan, memory["body"], context, order.intake.remote_data, order.intake.files)


def _refuse_conflicts(plan: Plan, remote_data: Mapping[str, Any] | None) -> None:
    """The caller's own additions may not change what the mapping sets."""
    if not remote_data:
        return
    main = next((step for step in plan.steps if step.main), None)
    if main is None:
        raise RemoteDataConflict("no provider call of this method takes remote_data")
    ours = set(main.call.body) if isinstance(main.call.body, dict) else set()
    taken = sorted(ours & set(remote_data))
    if taken:
        raise RemoteDataConflict(
            f"the mapping sets {', '.join(taken)} itself; use the attributes of this API",
            errors=[FieldError(f"remote_data.{name}", "set by the mapping") for name in taken],
        )


def _made_id(work: Work) -> str | None:
    """The id of the record that the steps made, as far as it is known."""
    made = work.plan.id
    if made is None:
        return None
    if isinstance(made, Mapping):
        return join_id([value_of(one, work.body, work.context) for one in made.values()])
    found = value_of(made, work.body, work.context)
    return None if found is None else str(found)


async def _ended(problem: Problem, order: Order, entry: Entry, run: Run | None, work: Work | None) -> None:
    """Notes how far a failed write came, and tells the caller; a journal that fails now too changes neither."""
    if run is None or work is None or not run.changed():
        with suppress(Problem):
            await (entry.suspended() if entry.resumed and run is None else entry.refused())
        return
    problem.members["steps"] = run.told()
    made = _made_id(work)
    if made is not None:
        problem.members["result"] = {"id": made}
    problem.members["idempotency_key"] = order.key
    problem.headers[KEY] = order.key
    with suppress(Problem):
        await entry.suspended()

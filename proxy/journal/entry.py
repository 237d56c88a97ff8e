"""A claimed row: the run's side of the journal."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from proxy.errors import JournalUnavailable
from proxy.journal.claim import StepRecord, StoredAnswer
from proxy.journal.lease import Lease
from proxy.journal.rows import Rows
from proxy.journal.sealed import Answered, Progress, Seals
from proxy.journal.standing import FINISHED, SUSPENDED
from proxy.journal.unwritten import Ending

Keep = Callable[[Ending], None]
"""Takes an end that the database does not take now; raises ``JournalUnavailable`` where there is no room."""


class Entry:
    """A write that is to be run. Every method may be called from several tasks, and has committed when it returns.

    Except for the end of a run: where the database does not take it, the process writes it later, and knows it already.

    ``started_at`` is of the first run, in wall clock seconds. ``memory`` holds what that run fixed, ``steps`` what is
    known of each by its key (``ticket``, or ``tag:3`` for one of several). ``resumed``: a run before this one has sent
    something; a run that sent nothing leaves no trace.

    Each method raises ``JournalUnavailable``, and ``InProgress`` where another run has taken the row over.
    """

    def __init__(
        self,
        rows: Rows,
        seals: Seals,
        place: tuple[str, str],
        lease: Lease,
        progress: Progress,
        keep: Keep,
    ) -> None:
        self.account_id, self.id = place
        self.resumed = progress.begun
        self._rows = rows
        self._seals = seals
        self._lease = lease
        self._progress = progress
        self._keep = keep
        self._one = asyncio.Lock()
        self._over = False

    @property
    def started_at(self) -> float:
        """Wall clock seconds of the first run."""
        return self._progress.started_at

    @property
    def memory(self) -> Mapping[str, Any]:
        """What ``remember`` was given, in this run and those before."""
        return self._progress.memory

    @property
    def steps(self) -> Mapping[str, StepRecord]:
        """What is known of the steps."""
        return self._progress.steps

    async def remember(self, values: dict[str, Any]) -> None:
        """Fixes values for every run to come; JSON values."""
        async with self._one:
            memory = {**self._progress.memory, **values}
            await self._advance(replace(self._progress, memory=memory))

    async def sent(self, step: str) -> None:
        """Notes that the step's bytes may go from now on: send them only once this has returned."""
        async with self._one:
            before = self._progress.steps.get(step)
            first = before.sent_at if before is not None and before.state == "sent" else self._rows.clock()
            await self._note(step, StepRecord("sent", sent_at=first))

    async def applied(self, step: str, kept: Any, status: int) -> None:
        """Notes that the provider did it; ``kept`` are JSON values that later steps use."""
        async with self._one:
            await self._note(step, StepRecord("applied", kept, self._sent_at(step), status))

    async def not_applied(self, step: str) -> None:
        """Notes that it is proved not to be done: never sent, refused by the provider, or not found by the probe."""
        async with self._one:
            await self._note(step, StepRecord("not_applied"))

    async def finish(self, answer: StoredAnswer) -> None:
        """Ends the run: the answer is replayed from now on. Of one above 256 KiB only the fact is kept."""
        await self._finish(Answered.of(answer))

    async def finish_unkept(self, status: int) -> None:
        """Ends the run whose answer is not kept: the key is answered 409 ``idempotency-answer-not-kept``."""
        await self._finish(Answered(status, [], None))

    async def refused(self) -> None:
        """Ends the run with nothing applied: the row goes, and the key runs again."""
        async with self._one:
            await self._conclude(None)

    async def suspended(self) -> None:
        """Ends the run partly applied or not known: a later request with the key continues it."""
        async with self._one:
            await self._conclude({"state": SUSPENDED, "run": None, "lease_until": None})

    async def _finish(self, answered: Answered) -> None:
        async with self._one:
            sealed = self._seals.seal(self.account_id, self.id, "answer", answered)
            values = {"state": FINISHED, "run": None, "lease_until": None, "answer": sealed}
            await self._conclude(values, answered)

    async def _conclude(self, values: dict[str, Any] | None, answered: Answered | None = None) -> None:
        self._check()
        try:
            await self._rows.conclude(self.id, self._lease.run, values)
        except JournalUnavailable:
            self._keep(Ending(self.id, self._lease.run, values, answered))
            self._lease.stop()
        else:
            await self._lease.end()
        self._over = True

    async def _note(self, step: str, record: StepRecord) -> None:
        await self._advance(replace(self._progress, steps={**self._progress.steps, step: record}))

    async def _advance(self, progress: Progress) -> None:
        self._check()
        sealed = self._seals.seal(self.account_id, self.id, "progress", progress)
        values = {"progress": sealed, "lease_until": self._rows.lease_until()}
        await self._rows.change(self.id, self._lease.run, values)
        self._progress = progress

    def _sent_at(self, step: str) -> float | None:
        before = self._progress.steps.get(step)
        return before.sent_at if before is not None else None

    def _check(self) -> None:
        if self._over:
            raise RuntimeError("the run of this entry has ended")
        self._lease.check()

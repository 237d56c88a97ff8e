"""Whatever happens to a key, in whatever order: the write is applied at most once, and what was answered stays."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from proxy.database.engine import open_engine
from proxy.database.tables import accounts, metadata
from proxy.errors import IdempotencyMismatch, InProgress
from proxy.journal import Journal, StoredAnswer, fingerprint
from proxy.seal import Sealer, SealingKey, new_key
from tests.journal.conftest import Turned, account_row, died, make_claim

DAY = 24 * 3600


class Keys(RuleBasedStateMachine):
    """One key, workers that die, time that passes; ``sent`` says that the write may have reached the provider."""

    @initialize()
    def begin(self):
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Turned()
        self.engine = open_engine(f"sqlite+aiosqlite:///{Path(self.folder.name)}/machine.sqlite3")
        self.journal = Journal(self.engine, Sealer([SealingKey.parse(new_key())]), self.clock)
        self.run(self._tables())
        self.entry, self.lost = None, []
        self.forget()

    async def _tables(self):
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            await connection.execute(accounts.insert().values(**account_row("account-1")))

    def run(self, task):
        return self.loop.run_until_complete(task)

    def forget(self):
        """The key is as if it had never been used."""
        self.sent, self.answer, self.body, self.first_at = False, None, None, None

    def teardown(self):
        if hasattr(self, "loop"):
            if self.entry is not None:
                died(self.entry)
            self.run(self.engine.dispose())
            self.loop.close()
            self.folder.cleanup()

    @property
    def leased(self):
        return self.entry is not None and self.clock.now < self.leased_until

    def _over_a_day(self):
        return self.first_at is not None and self.clock.now >= self.first_at + DAY and not self.leased

    @rule(body=st.sampled_from([b"one", b"one", b"one", b"two"]))
    def claim(self, body):
        if self._over_a_day():
            self.forget()
        claim = make_claim(fingerprint=fingerprint(body))
        try:
            got = self.run(self.journal.claim(claim))
        except IdempotencyMismatch:
            assert self.body not in (None, body)
            return
        except InProgress:
            assert self.leased
            assert self.body == body
            return
        assert self.body in (None, body)
        if isinstance(got, StoredAnswer):
            assert got == self.answer
            return
        assert self.answer is None
        assert not self.leased
        if self.entry is not None:
            died(self.entry)
            self.lost.append(self.entry)
        assert got.resumed is self.sent  # so no second run sends blindly
        self.body, self.first_at = body, self.first_at or self.clock.now
        self.entry, self.leased_until = got, self.clock.now + 10
        for dead in self.lost:
            self._wakes(dead)

    def _wakes(self, dead):
        """A worker that was only asleep tries to go on."""
        try:
            self.run(dead.sent("call"))
        except InProgress:
            return
        raise AssertionError("two runs may send")

    @precondition(lambda self: self.leased and not self.entry.resumed)
    @rule()
    def send(self):
        self.run(self.entry.sent("call"))
        self.sent, self.leased_until = True, self.clock.now + 10

    @precondition(lambda self: self.leased and self.sent)
    @rule(number=st.integers(0, 10**6))
    def finish(self, number):
        self.answer = StoredAnswer(201, [("x-number", str(number))], b"%d" % number)
        self.run(self.entry.finish(self.answer))
        self.entry = None

    @precondition(lambda self: self.leased and not self.entry.resumed)
    @rule()
    def refuse(self):
        self.run(self.entry.refused())
        self.entry = None
        self.forget()

    @precondition(lambda self: self.leased)
    @rule()
    def suspend(self):
        self.run(self.entry.suspended())
        self.entry = None

    @precondition(lambda self: self.entry is not None)
    @rule()
    def worker_dies(self):
        died(self.entry)
        self.clock.turn(10)
        self.lost.append(self.entry)
        self.entry = None

    @rule(seconds=st.sampled_from([1, 9, DAY]))
    def time_passes(self, seconds):
        self.clock.turn(seconds)

    @rule()
    def sweep(self):
        removed = self.run(self.journal.sweep())
        if removed:
            assert self._over_a_day()
            if self.entry is not None:
                died(self.entry)
                self.lost.append(self.entry)
                self.entry = None
            self.forget()


TestKeys = Keys.TestCase
TestKeys.settings = settings(
    max_examples=20, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)

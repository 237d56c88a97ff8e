"""What a claim meets in each state of its key, over SQLite and PostgreSQL."""

import asyncio
import gc

import pytest
from sqlalchemy import func, select

from proxy.database.tables import journal as table
from proxy.errors import AnswerNotKept, IdempotencyMismatch, InProgress, NotFound
from proxy.journal import Entry, Journal, StepRecord, StoredAnswer, fingerprint
from proxy.journal.sealed import ANSWER_MOST
from proxy.seal import Sealer
from tests.journal.conftest import ANSWER, died, gather, make_claim
from tests.outbound.scripted import until


async def rows(engine):
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar()


async def test_a_new_key_is_an_entry(journal, clock):
    entry = await journal.claim(make_claim())
    assert isinstance(entry, Entry)
    assert (entry.started_at, dict(entry.memory), dict(entry.steps), entry.resumed) == (clock.now, {}, {}, False)


async def test_a_finished_key_gives_the_answer_byte_for_byte_for_a_day(journal, another_worker, clock):
    await (await journal.claim(make_claim())).finish(ANSWER)
    for turned in (0, 3600, 22 * 3600):
        clock.turn(turned)
        assert await another_worker.claim(make_claim()) == ANSWER


async def test_after_a_day_the_key_is_new(journal, clock):
    await (await journal.claim(make_claim())).finish(ANSWER)
    clock.turn(24 * 3600)
    entry = await journal.claim(make_claim(fingerprint=fingerprint(b"other")))
    assert isinstance(entry, Entry)
    assert not entry.resumed


@pytest.mark.parametrize("end", ["running", "suspended", "finished"])
async def test_another_request_with_the_key_is_refused_in_every_state(journal, end):
    entry = await journal.claim(make_claim())
    if end != "running":
        await entry.sent("ticket")
        await (entry.suspended() if end == "suspended" else entry.finish(ANSWER))
    with pytest.raises(IdempotencyMismatch):
        await journal.claim(make_claim(fingerprint=fingerprint(b"other")))


async def test_a_running_key_is_answered_409_with_retry_after(journal, another_worker):
    entry = await journal.claim(make_claim())
    with pytest.raises(InProgress) as refused:
        await another_worker.claim(make_claim())
    assert int(refused.value.headers["Retry-After"]) >= 1
    await entry.refused()


async def test_a_refused_key_runs_again_even_for_another_request(journal, engine):
    entry = await journal.claim(make_claim())
    await entry.sent("ticket")
    await entry.not_applied("ticket")
    await entry.refused()
    assert await rows(engine) == 0
    entry = await journal.claim(make_claim(fingerprint=fingerprint(b"corrected")))
    assert (entry.resumed, dict(entry.steps)) == (False, {})


async def test_a_suspended_key_continues_with_what_the_first_run_fixed(journal, another_worker, clock):
    first = await journal.claim(make_claim())
    began = clock.now
    await first.remember({"now": "2027-01-15T08:00:00.000Z", "added": ["a"]})
    await first.sent("ticket")
    await first.applied("ticket", {"id": 2**70, "text": "é"}, 201)
    clock.turn(5)
    await first.sent("tag:0")
    await first.suspended()
    clock.turn(60)
    second = await another_worker.claim(make_claim())
    assert second.resumed
    assert (second.id, second.started_at) == (first.id, began)
    assert second.memory == {"now": "2027-01-15T08:00:00.000Z", "added": ["a"]}
    assert second.steps == {
        "ticket": StepRecord("applied", {"id": 2**70, "text": "é"}, began, 201),
        "tag:0": StepRecord("sent", sent_at=began + 5),
    }
    await second.applied("tag:0", None, 200)
    await second.finish(ANSWER)
    assert await journal.claim(make_claim()) == ANSWER


async def test_a_step_that_is_sent_again_keeps_the_time_it_was_sent_first(journal, clock):
    entry = await journal.claim(make_claim())
    began = clock.now
    await entry.sent("ticket")
    clock.turn(7)
    await entry.sent("ticket")
    assert entry.steps["ticket"].sent_at == began
    await entry.not_applied("ticket")
    await entry.sent("ticket")
    assert entry.steps["ticket"].sent_at == began + 7


async def test_a_dead_worker_is_taken_over_when_its_lease_is_over(journal, another_worker, clock):
    first = await journal.claim(make_claim())
    await first.sent("ticket")
    died(first)
    clock.turn(9.9)
    with pytest.raises(InProgress):
        await another_worker.claim(make_claim())
    clock.turn(10)
    second = await another_worker.claim(make_claim())
    assert second.resumed
    assert second.steps["ticket"].state == "sent"


async def test_a_dead_worker_that_sent_nothing_is_begun_anew(journal, another_worker, clock):
    first = await journal.claim(make_claim())
    await first.remember({"now": "then"})
    died(first)
    clock.turn(20)
    second = await another_worker.claim(make_claim())
    assert (second.resumed, dict(second.memory), dict(second.steps)) == (False, {}, {})
    assert second.started_at == clock.now


MOVES = {
    "remember": lambda entry: entry.remember({"a": 1}),
    "sent": lambda entry: entry.sent("ticket"),
    "applied": lambda entry: entry.applied("ticket", None, 200),
    "not applied": lambda entry: entry.not_applied("ticket"),
    "finish": lambda entry: entry.finish(ANSWER),
    "refused": lambda entry: entry.refused(),
    "suspended": lambda entry: entry.suspended(),
}


@pytest.mark.parametrize("move", MOVES)
async def test_a_run_that_was_taken_over_can_change_nothing_any_more(journal, another_worker, clock, move):
    first = await journal.claim(make_claim())
    died(first)
    clock.turn(20)
    second = await another_worker.claim(make_claim())
    with pytest.raises(InProgress):
        await MOVES[move](first)
    await second.sent("ticket")
    await second.finish(ANSWER)
    assert await journal.claim(make_claim()) == ANSWER


@pytest.mark.parametrize("move", MOVES)
async def test_a_run_that_has_ended_is_over(journal, move):
    entry = await journal.claim(make_claim())
    await entry.finish(ANSWER)
    with pytest.raises(RuntimeError):
        await MOVES[move](entry)


@pytest.mark.parametrize("part", ["account_id", "owner", "method", "path", "key"])
async def test_the_same_key_elsewhere_is_another_key(journal, part):
    await (await journal.claim(make_claim())).finish(ANSWER)
    changed = "account-2" if part == "account_id" else "other"
    entry = await journal.claim(make_claim(**{part: changed}))
    assert isinstance(entry, Entry)


async def test_parts_that_only_join_to_the_same_text_are_different_keys(journal):
    await (await journal.claim(make_claim(path="/a", key="b"))).finish(ANSWER)
    assert isinstance(await journal.claim(make_claim(path="/", key="ab")), Entry)


async def test_twenty_claims_at_once_give_one_entry(journal, another_worker):
    claims = [one.claim(make_claim()) for one in (journal, another_worker) * 10]
    outcomes = await gather(*claims)
    assert sum(isinstance(one, Entry) for one in outcomes) == 1
    assert sum(isinstance(one, InProgress) for one in outcomes) == 19


async def test_twenty_takeovers_at_once_give_one_entry(journal, another_worker, clock):
    first = await journal.claim(make_claim())
    await first.sent("ticket")
    died(first)
    clock.turn(20)
    outcomes = await gather(*[one.claim(make_claim()) for one in (journal, another_worker) * 10])
    assert sum(isinstance(one, Entry) for one in outcomes) == 1
    assert sum(isinstance(one, InProgress) for one in outcomes) == 19


async def test_steps_noted_at_once_are_all_kept(journal):
    entry = await journal.claim(make_claim())
    await asyncio.gather(*[entry.applied(f"tag:{number}", number, 200) for number in range(10)])
    await entry.suspended()
    again = await journal.claim(make_claim())
    assert {name: step.kept for name, step in again.steps.items()} == {f"tag:{number}": number for number in range(10)}


async def test_an_answer_that_is_too_large_is_not_kept_and_the_write_never_runs_again(journal):
    entry = await journal.claim(make_claim())
    await entry.finish(StoredAnswer(201, [], b"x" * (ANSWER_MOST + 1)))
    with pytest.raises(AnswerNotKept) as refused:
        await journal.claim(make_claim())
    assert refused.value.members["provider_status"] == 201


async def test_the_largest_answer_is_kept(journal):
    answer = StoredAnswer(200, [], b"x" * ANSWER_MOST)
    await (await journal.claim(make_claim())).finish(answer)
    assert await journal.claim(make_claim()) == answer


async def test_the_sweep_removes_what_is_over_and_nothing_that_lives(journal, engine, clock):
    await (await journal.claim(make_claim(key="old"))).finish(ANSWER)
    suspended = await journal.claim(make_claim(key="old-suspended"))
    await suspended.sent("ticket")
    await suspended.suspended()
    clock.turn(23.9 * 3600)
    await (await journal.claim(make_claim(key="young"))).finish(ANSWER)
    living = await journal.claim(make_claim(key="old-suspended"))
    clock.turn(0.2 * 3600)
    await living.sent("ticket")
    assert await journal.sweep() == 1
    assert await rows(engine) == 2
    await living.finish(ANSWER)
    assert await journal.sweep() == 1


async def test_rows_go_with_their_account(journal, engine):
    from proxy.database.tables import accounts

    await (await journal.claim(make_claim())).finish(ANSWER)
    async with engine.begin() as connection:
        await connection.execute(accounts.delete().where(accounts.c.id == "account-1"))
    assert await rows(engine) == 0
    with pytest.raises(NotFound):
        await journal.claim(make_claim())


@pytest.fixture
def renewing_journal(engine, sealing_key, clock):
    """A journal that renews a hundred times as often."""
    return Journal(engine, Sealer([sealing_key]), clock, renew_seconds=0.02)


async def lease_end(engine):
    async with engine.begin() as connection:
        return (await connection.execute(select(table.c.lease_until))).scalar_one()


async def test_a_run_that_lives_keeps_its_lease(renewing_journal, another_worker, engine, clock):
    entry = await renewing_journal.claim(make_claim())
    for _ in range(4):
        before = await lease_end(engine)
        clock.turn(8)
        while await lease_end(engine) == before:  # noqa: ASYNC110 - a row of a table, no event
            await asyncio.sleep(0.01)
        with pytest.raises(InProgress):
            await another_worker.claim(make_claim())
    await entry.finish(ANSWER)
    assert await another_worker.claim(make_claim()) == ANSWER


async def test_an_entry_that_is_forgotten_loses_its_lease(renewing_journal, another_worker, clock):
    entry = await renewing_journal.claim(make_claim())
    renewing = entry._lease._renewing
    del entry
    gc.collect()
    await until(renewing.done)
    clock.turn(11)
    assert isinstance(await another_worker.claim(make_claim()), Entry)


async def test_a_renewal_notices_that_the_run_was_taken_over(renewing_journal, engine):
    first = await renewing_journal.claim(make_claim())
    async with engine.begin() as connection:  # as if this worker had slept for longer than its lease
        await connection.execute(table.update().values(run="another"))
    await until(first._lease._renewing.done)
    with pytest.raises(InProgress):
        await first.sent("ticket")

"""Ends of runs that the database did not take: what the process says of them, and how they get into the row."""

import asyncio
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from proxy.database.tables import journal as table
from proxy.errors import AnswerNotKept, IdempotencyMismatch, InProgress, JournalUnavailable
from proxy.journal import Entry, StoredAnswer
from proxy.journal import unwritten as module
from proxy.journal.sealed import ANSWER_MOST
from tests.journal.conftest import ANSWER, died, make_claim

ENDS = {
    "finished": lambda entry: entry.finish(ANSWER),
    "not kept": lambda entry: entry.finish_unkept(201),
    "refused": lambda entry: entry.refused(),
    "suspended": lambda entry: entry.suspended(),
}


@pytest.fixture(autouse=True)
def every(journal, monkeypatch):
    """``every(seconds)``: how often the process tries again; by itself it does not."""

    def set_to(seconds):
        monkeypatch.setattr(journal._unwritten, "_every", seconds)

    set_to(3600)
    return set_to


@contextmanager
def full(engine):
    """The database takes no change of the journal."""

    def refuse(_connection, _cursor, statement, *_rest):
        if statement.startswith(("UPDATE", "DELETE", "INSERT")):
            raise OperationalError(statement, None, Exception("database or disk is full"))

    event.listen(engine.sync_engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", refuse)


async def states(engine):
    async with engine.connect() as connection:
        return list((await connection.scalars(select(table.c.state))).all())


async def ended(journal, engine, end, **changes):
    """A run that has sent its step and ends while the database takes nothing."""
    entry = await journal.claim(make_claim(**changes))
    await entry.sent("ticket")
    with full(engine):
        await ENDS[end](entry)
    return entry


@pytest.mark.parametrize(
    ("end", "left"),
    [("finished", ["finished"]), ("not kept", ["finished"]), ("refused", []), ("suspended", ["suspended"])],
)
async def test_an_end_is_written_once_the_database_takes_it(journal, engine, every, end, left):
    every(0)
    await ended(journal, engine, end)
    await journal._unwritten._running
    assert await states(engine) == left


async def test_an_answer_is_replayed_before_it_is_written_and_for_the_same_request_alone(journal, engine):
    await ended(journal, engine, "finished")
    with full(engine):
        assert await journal.claim(make_claim()) == ANSWER
        with pytest.raises(IdempotencyMismatch):
            await journal.claim(make_claim(fingerprint=b"another"))
    assert await states(engine) == ["running"]


async def test_an_answer_that_is_not_kept_is_told_as_such_before_it_is_written(journal, engine):
    await ended(journal, engine, "not kept")
    with pytest.raises(AnswerNotKept):
        await journal.claim(make_claim())


async def test_a_refused_write_runs_again_as_soon_as_the_database_takes_it_even_with_another_body(journal, engine):
    await ended(journal, engine, "refused")
    with full(engine), pytest.raises(JournalUnavailable) as caught:
        await journal.claim(make_claim())
    assert caught.value.headers == {"Retry-After": "1"}
    again = await journal.claim(make_claim(fingerprint=b"corrected"))
    assert isinstance(again, Entry)
    assert not again.resumed


async def test_a_suspended_write_is_continued_as_soon_as_the_database_takes_it(journal, engine):
    await ended(journal, engine, "suspended")
    again = await journal.claim(make_claim())
    assert again.resumed
    assert again.steps["ticket"].state == "sent"


async def test_another_process_that_went_on_meanwhile_is_not_overwritten(journal, another_worker, engine, clock):
    died(await ended(journal, engine, "finished"))
    clock.turn(20)
    other = await another_worker.claim(make_claim())
    await journal._unwritten.write_all()
    assert await states(engine) == ["running"]
    await other.finish(StoredAnswer(200, [], b"theirs"))
    assert (await journal.claim(make_claim())).body == b"theirs"


async def test_a_row_that_refuses_holds_no_other_up_for_ever(journal, engine):
    """Each round ends at the first refusal, and the next begins with another."""
    for key in ("one", "two", "three"):
        await ended(journal, engine, "finished", key=key)
    first = journal._unwritten._kept[next(iter(journal._unwritten._kept))].row_id
    refused = []

    def refuse(_connection, _cursor, statement, parameters, *_rest):
        if statement.startswith("UPDATE") and first in list(parameters):
            refused.append(first)
            raise OperationalError(statement, None, Exception("locked"))

    event.listen(engine.sync_engine, "before_cursor_execute", refuse)
    for _ in range(2):
        await journal._unwritten.write_all()
    assert refused == [first, first]
    assert sorted(await states(engine)) == ["finished", "finished", "running"]


async def test_what_is_kept_is_bounded_and_beyond_it_the_run_is_told(journal, engine, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1)
    await ended(journal, engine, "finished")
    with pytest.raises(JournalUnavailable):
        await ended(journal, engine, "finished", key="another")
    monkeypatch.setattr(module, "MOST", 100)
    monkeypatch.setattr(module, "MOST_BYTES", 2 * ANSWER_MOST)
    entry = await journal.claim(make_claim(key="large"))
    with full(engine), pytest.raises(JournalUnavailable):
        await entry.finish(StoredAnswer(200, [], b"x" * ANSWER_MOST))


async def test_a_server_that_stops_writes_what_is_left(journal, engine):
    await ended(journal, engine, "finished")
    stopping = asyncio.Event()
    stopping.set()
    await journal.keep_swept(stopping)
    assert await states(engine) == ["finished"]


async def test_an_end_that_is_written_twice_at_once_is_written_once(journal, engine):
    await ended(journal, engine, "finished")
    scope = next(iter(journal._unwritten._kept))
    await asyncio.gather(*(journal._unwritten.write(scope) for _ in range(3)))
    assert await states(engine) == ["finished"]
    assert journal._unwritten.get(scope) is None


async def test_an_end_after_a_takeover_is_in_nobodys_memory(journal, another_worker, clock):
    first = await journal.claim(make_claim())
    died(first)
    clock.turn(20)
    second = await another_worker.claim(make_claim())
    with pytest.raises(InProgress):
        await first.finish(ANSWER)
    await second.refused()
    assert isinstance(await journal.claim(make_claim()), Entry)

"""Connections to PostgreSQL that end under a statement of the journal: a write goes on, and is never made twice."""

import pytest
from sqlalchemy import event, select

from proxy.database.tables import journal as table
from proxy.journal import Entry
from tests.journal.conftest import ANSWER, make_claim


@pytest.fixture
def tables_url(postgresql_tables_url):
    return postgresql_tables_url


@pytest.fixture
def lose(engine, postgres):
    """``lose("UPDATE")``: the server ends the connection before the next such statement, and nobody sees it."""
    pids, wanted, lost = [], [], []

    def note(driver, *_):
        pids.append(driver.driver_connection.get_server_pid())

    def end(_connection, _cursor, statement, *_rest):
        if wanted and statement.startswith(wanted[0]):
            lost.append(wanted.pop())
            postgres.run(f"SELECT pg_terminate_backend({pids[-1]}, 20000)")

    event.listen(engine.sync_engine, "checkout", note)
    event.listen(engine.sync_engine, "before_cursor_execute", end)
    yield wanted.append
    assert lost


@pytest.mark.parametrize("statement", ["SELECT", "INSERT"])
async def test_a_claim_is_made_all_the_same(journal, lose, statement):
    lose(statement)
    assert isinstance(await journal.claim(make_claim()), Entry)


async def test_a_step_is_noted_all_the_same(journal, another_worker, engine, lose):
    entry = await journal.claim(make_claim())
    lose("UPDATE")
    await entry.sent("ticket")
    await entry.suspended()
    again = await another_worker.claim(make_claim())
    assert again.steps["ticket"].state == "sent"


async def test_an_end_is_written_by_the_next_attempt(journal, another_worker, engine, lose):
    entry = await journal.claim(make_claim())
    lose("UPDATE")
    await entry.finish(ANSWER)
    assert await journal.claim(make_claim()) == ANSWER
    await journal._unwritten.write_all()
    async with engine.connect() as connection:
        assert (await connection.scalars(select(table.c.state))).all() == ["finished"]
    assert await another_worker.claim(make_claim()) == ANSWER

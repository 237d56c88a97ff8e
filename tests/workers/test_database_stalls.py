"""PostgreSQL that holds statements up, by locks of the test: what callers get meanwhile, and what is known after."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import asyncpg
import pytest

from proxy.accounts.keys import new_key
from proxy.database.postgres import CONNECTIONS
from tests.workers.fleet import eventually

WRITES = 2 * CONNECTIONS
"""More than the journal has turns."""


@pytest.fixture
def name(postgres):
    name = postgres.create()
    yield name
    postgres.drop(name)


@pytest.fixture
def fleet(start, postgres, name):
    """A server of one worker, all of whose writes may be at the provider at once."""
    several = {"bounds_account_in_flight": str(2 * WRITES), "bounds_account_queued": str(2 * WRITES)}
    return start(workers="1", database_url=postgres.url(name), **several)


@asynccontextmanager
async def locked(postgres, name, table):
    """Nobody else reads or writes a table; gives the connection that may."""
    connection = await asyncpg.connect(postgres.url(name).replace("+asyncpg", ""))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


async def states(connection):
    return {row["state"] for row in await connection.fetch("SELECT state FROM journal")}


def write(fleet, number, path="/proxy/held-write", **more):
    headers = {"Idempotency-Key": f'"stalled-{number}"'}
    return fleet.request("POST", path, json={"number": number, **more}, headers=headers)


async def test_outcomes_that_could_not_be_written_in_time_are_replayed_and_written_later(fleet, gate, postgres, name):
    with ThreadPoolExecutor(WRITES) as pool:
        asked = [pool.submit(write, fleet, number) for number in range(WRITES)]
        await asyncio.to_thread(eventually, lambda: gate.waiting == WRITES, "all writes at the provider")
        async with locked(postgres, name, "journal") as connection:
            gate.release()
            answers = [await asyncio.wrap_future(one) for one in asked]
            assert {answer.status_code for answer in answers} == {200}
            assert await states(connection) == {"running"}
            for number in range(WRITES):
                again = await asyncio.to_thread(write, fleet, number)
                assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
                assert again.content == answers[number].content
            other = await asyncio.to_thread(write, fleet, 0, more="another body")
            assert (other.status_code, other.json()["code"]) == (422, "idempotency-mismatch")
            fresh = await asyncio.to_thread(write, fleet, WRITES)
            assert (fresh.status_code, fresh.json()["code"]) == (503, "journal-unavailable")
            assert fresh.headers["retry-after"] == "1"
            assert (await asyncio.to_thread(fleet.request, "GET", "/proxy/tickets")).status_code == 200
    written = "SELECT state FROM journal WHERE state <> 'finished'"
    await asyncio.to_thread(eventually, lambda: postgres.run(written, name) == [], "all outcomes written")
    for number in (*range(WRITES), WRITES):
        again = await asyncio.to_thread(write, fleet, number)
        assert again.status_code == 200
        assert ("idempotency-replayed" in again.headers) == (number < WRITES)
    assert set(gate.written.values()) == {1}


async def test_who_gets_no_connection_is_told_to_come_again(fleet, postgres, name):
    """Unknown keys, each looked up by a query of its own, six times as many as there are connections.

    Three times as many may come to hold one before the last have waited for long enough.
    """

    def ask(key):
        return fleet.http.get(f"{fleet.url}/integrated-account", headers={"Authorization": f"Bearer {key}"})

    keys = [new_key().reveal() for _ in range(6 * CONNECTIONS)]
    async with locked(postgres, name, "api_keys"):
        with ThreadPoolExecutor(len(keys)) as pool:
            asked = [pool.submit(ask, key) for key in keys]
            answers = [await asyncio.wrap_future(one) for one in asked]
    told = {(answer.status_code, answer.json()["code"], answer.headers["retry-after"]) for answer in answers}
    assert told == {(503, "overloaded", "1")}
    assert (await asyncio.to_thread(ask, keys[0])).status_code == 401
    log = fleet.server.log.read_text()
    assert "LockNotAvailableError" in log
    assert '"TimeoutError"' in log


async def test_a_database_that_is_away_is_told_as_such(fleet, postgres):
    unknown = {"Authorization": f"Bearer {new_key().reveal()}"}
    postgres.stop()
    try:
        answer = await asyncio.to_thread(fleet.http.get, f"{fleet.url}/integrated-account", headers=unknown)
    finally:
        postgres.start()
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "not-ready", "1")
    back = await asyncio.to_thread(fleet.http.get, f"{fleet.url}/integrated-account", headers=unknown)
    assert back.status_code == 401

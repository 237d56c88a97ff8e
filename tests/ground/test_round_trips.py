"""What a statement costs on the way to PostgreSQL, counted on the wire, and which connections are trusted."""

import asyncio
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError

from proxy.database import postgres as module
from proxy.database.engine import found, open_engine, reading, single
from proxy.database.outage import is_away, is_busy
from proxy.database.tables import api_keys

KEY = select(api_keys).where(api_keys.c.id == "k")
SESSION = text("SELECT pg_backend_pid()")
RENAME = update(api_keys).where(api_keys.c.id == "k").values(name="n")


class Wire:
    """A relay to the database that counts how often the client speaks after the server has."""

    def __init__(self, port):
        self.trips = 0
        self.silent = set()
        self._port = port
        self._clients_turn = True
        self._tasks = []
        self._writers = set()

    def fall_silent(self):
        """Drops what comes over the connections there are, as a firewall does that has forgotten them."""
        self.silent |= self._writers

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader, writer):
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, back_writer}
        self._tasks += [
            asyncio.create_task(self._pump(reader, back_writer, client=True)),
            asyncio.create_task(self._pump(back_reader, writer, client=False)),
        ]

    async def _pump(self, reader, writer, *, client):
        while chunk := await reader.read(65536):
            if writer in self.silent:
                continue
            self.trips += client and self._clients_turn
            self._clients_turn = not client
            writer.write(chunk)
        writer.close()


@pytest.fixture
async def wire(postgres):
    async with Wire(postgres.port) as wire:
        yield wire


@pytest.fixture
async def engine(postgresql_tables_url, wire):
    """An engine over the wire, with one connection that has prepared the statements of these tests."""
    engine = open_engine(make_url(postgresql_tables_url).set(port=wire.port).render_as_string(hide_password=False))
    await found(reading(engine), KEY)
    await write(single(engine))
    await write(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
def clock(monkeypatch):
    """The clock that connections are dated by."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


async def write(engine):
    async with engine.begin() as connection:
        await connection.execute(RENAME)


async def trips(wire, work):
    before = wire.trips
    await work
    return wire.trips - before


async def test_what_is_one_statement_is_one_round_trip(engine, wire):
    assert await trips(wire, found(reading(engine), KEY)) == 1
    assert await trips(wire, write(single(engine))) == 1


async def test_a_transaction_is_begun_and_committed(engine, wire):
    assert await trips(wire, write(engine)) == 3


async def test_a_connection_is_asked_whether_it_lives_only_after_a_long_rest(clock, engine, wire):
    clock.now += module.TRUSTED_SECONDS
    assert await trips(wire, found(reading(engine), KEY)) == 1
    clock.now += module.TRUSTED_SECONDS + 1
    assert await trips(wire, found(reading(engine), KEY)) > 1
    assert await trips(wire, found(reading(engine), KEY)) == 1


async def test_a_connection_that_was_dropped_in_silence_while_it_rested_is_replaced(clock, engine, wire, monkeypatch):
    monkeypatch.setattr(module, "PING_SECONDS", 0.1)
    ((pid,),) = await found(reading(engine), SESSION)
    wire.fall_silent()
    clock.now += module.TRUSTED_SECONDS + 1
    ((another,),) = await found(reading(engine), SESSION)
    assert another != pid


def ends_under_the_next_statement(engine, postgres, pid):
    """Has the server end a connection that was lent already; the loop stands still, so nobody sees it."""
    ended = []

    def end(*_):
        if not ended:
            ended.append(postgres.run(f"SELECT pg_terminate_backend({pid}, 20000)"))

    event.listen(engine.sync_engine, "before_cursor_execute", end)


async def test_a_connection_that_ends_once_it_is_lent_costs_a_read_nothing(engine, postgres):
    ((pid,),) = await found(reading(engine), SESSION)
    ends_under_the_next_statement(engine, postgres, pid)
    ((another,),) = await found(reading(engine), SESSION)
    assert another != pid


async def test_a_write_whose_connection_ended_is_not_made_again(engine, postgres):
    ((pid,),) = await found(reading(engine), SESSION)
    ends_under_the_next_statement(engine, postgres, pid)
    with pytest.raises(DBAPIError) as caught:
        await write(single(engine))
    assert is_away(caught.value)
    await write(single(engine))


async def test_a_read_that_fails_for_another_reason_is_not_asked_twice(engine):
    asked = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with pytest.raises(ProgrammingError) as caught:
        await found(reading(engine), text("SELECT none FROM api_keys"))
    assert asked == ["SELECT none FROM api_keys"]
    assert not is_away(caught.value)
    assert not is_busy(caught.value)

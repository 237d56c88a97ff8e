"""What only PostgreSQL does: a server that goes and comes back, or refuses a connection."""

import asyncio
import socket
import traceback

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from proxy.accounts.cli_keys import keys
from proxy.database.cli import db
from proxy.database.engine import open_engine, schema_revision
from proxy.database.postgres import words_of
from proxy.database.tables import HEAD
from proxy.seal import new_key


class DataError(Exception):
    sqlstate = "22P02"


class NotNullViolationError(Exception):
    sqlstate = "23502"


class InterfaceError(Exception):
    pass


@pytest.fixture
async def engine(postgresql_tables_url):
    engine = open_engine(postgresql_tables_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]  # bound and not listening: nobody else takes it


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DataError('invalid input syntax for type integer: "hush"'), "DataError"),
        (InterfaceError("invalid input for query argument $1: 'hush'"), "InterfaceError"),
        (NotNullViolationError('null value in column "id"'), 'NotNullViolationError: null value in column "id"'),
    ],
)
def test_a_message_is_told_unless_its_class_quotes_values(error, words):
    assert words_of(error) == words


async def _session(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT pg_backend_pid()"))


async def test_an_engine_survives_a_restart_of_the_server_without_one_failed_query(engine, postgres):
    before = await _session(engine)
    assert await _session(engine) == before, "the pool keeps a connection"
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)
    assert await schema_revision(engine) == HEAD
    assert await _session(engine) != before


async def test_an_engine_finds_a_server_again_that_was_away(engine, postgres):
    assert await schema_revision(engine) == HEAD
    await asyncio.to_thread(postgres.stop)
    try:
        with pytest.raises(OperationalError, match=r"cannot connect: ConnectionRefusedError"):
            await schema_revision(engine)
    finally:
        await asyncio.to_thread(postgres.start)
    assert await schema_revision(engine) == HEAD


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("canary-database", "wrong-canary-database"), "InvalidPasswordError"),
        (("/test_", "/none_test_"), "InvalidCatalogNameError"),
    ],
    ids=["a wrong password", "a database that is not there"],
)
async def test_a_refused_connection_is_an_error_of_the_database_that_tells_no_password(
    postgresql_tables_url, change, reason
):
    engine = open_engine(postgresql_tables_url.replace(*change))
    with pytest.raises(OperationalError, match=reason) as caught:
        await schema_revision(engine)
    await engine.dispose()
    assert "canary-database" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("group", "arguments"), [(db, ["upgrade"]), (keys, ["list"])])
def test_a_command_without_its_server_says_so_in_one_line(group, arguments, closed_port):
    url = f"postgresql+asyncpg://interline:hush@127.0.0.1:{closed_port}/interline"
    env = {"INTERLINE_DATABASE_URL": url, "INTERLINE_SEALING_KEYS": new_key()}
    result = CliRunner().invoke(group, arguments, env=env)
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert "cannot connect: ConnectionRefusedError" in result.output
    assert "hush" not in result.output


def test_the_server_of_the_tests_listens_on_loopback_only(postgres):
    (row,) = postgres.run("SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')")
    assert tuple(row) == ("127.0.0.1", "")

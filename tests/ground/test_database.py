"""Migrations and engine over real databases: SQLite files and a PostgreSQL server."""

import asyncio
import subprocess
import sys
import traceback
from contextlib import nullcontext

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from proxy.database.engine import open_engine, reading, schema_revision
from proxy.database.migrate import configuration, downgrade, upgrade
from proxy.database.tables import HEAD, account_tokens, accounts, api_keys, metadata


@pytest.fixture
def url(database_url):
    return database_url


@pytest.fixture
async def empty(url):
    """An engine over a database without tables."""
    engine = open_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def engine(url, empty):
    upgrade(url)
    return empty


@pytest.fixture
async def sqlite(sqlite_url):
    """An engine over a migrated SQLite file."""
    upgrade(sqlite_url)
    engine = open_engine(sqlite_url)
    yield engine
    await engine.dispose()


async def _tables(engine):
    """What a database says of its own tables."""

    def read(connection):
        seen = inspect(connection)
        return {
            name: repr(
                [(one["name"], str(one["type"]), one["nullable"], one["default"]) for one in seen.get_columns(name)]
            )
            + repr([seen.get_pk_constraint(name), seen.get_indexes(name)])
            + repr([seen.get_unique_constraints(name), seen.get_foreign_keys(name)])
            for name in sorted(seen.get_table_names())
        }

    async with reading(engine).connect() as connection:
        return await connection.run_sync(read)


def _differences(connection):
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_server_default": True}), metadata)


async def test_the_migrations_make_exactly_the_tables_of_the_code(engine):
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        names = await connection.run_sync(lambda plain: set(plain.dialect.get_table_names(plain)))
    assert names == set(metadata.tables) | {"alembic_version"}


async def test_a_difference_between_migrations_and_tables_would_be_seen(engine):
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE accounts ADD COLUMN surplus TEXT"))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences)


async def test_up_down_and_up_again_leaves_the_same_schema(url, empty):
    upgrade(url)
    first = await _tables(empty)
    upgrade(url)
    assert await _tables(empty) == first
    downgrade(url, "base")
    assert list(await _tables(empty)) == ["alembic_version"]
    upgrade(url)
    assert await _tables(empty) == first


async def test_servers_that_start_together_migrate_one_after_the_other(url, empty):
    code = f"from proxy.database.migrate import upgrade; upgrade({url!r})"
    servers = [await asyncio.create_subprocess_exec(sys.executable, "-c", code) for _ in range(3)]
    assert await asyncio.wait_for(asyncio.gather(*(one.wait() for one in servers)), 60) == [0, 0, 0]
    assert await schema_revision(empty) == HEAD


def test_the_head_named_in_the_code_is_the_last_migration():
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


async def test_the_revision_of_a_database_is_read_without_alembic(url, empty):
    assert await schema_revision(empty) is None
    upgrade(url)
    assert await schema_revision(empty) == HEAD


def test_a_serving_worker_does_not_import_alembic():
    code = (
        "import sys, proxy.accounts.cli, proxy.accounts.routes, proxy.database.cli; sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 5000), ("synchronous", 2), ("secure_delete", 1)],
)
async def test_every_connection_to_sqlite_has_the_pragma(sqlite, pragma, value):
    async with sqlite.connect() as one, reading(sqlite).connect() as two:
        for connection in (one, two):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({}, id="a digest that is there already"),
        pytest.param({"digest": "d-2", "account_id": "i-marker"}, id="an account that is not there"),
        pytest.param({"digest": "d-2", "scopes": None}, id="a null"),
        pytest.param({"digest": "d-2", "created_at": "x-marker"}, id="a text for a number"),
        pytest.param({"digest": "d-2-marker\0"}, id="a NUL"),
        pytest.param({"digest": "d-marker" * 11}, id="a text that is too long"),
    ],
)
async def test_what_the_database_refuses_is_told_without_quoting_a_value(engine, wrong):
    now = {"created_at": 0}
    account = dict.fromkeys((column.name for column in accounts.c if str(column.type) != "BIGINT"), "a") | now
    key = {"id": "k", "name": "k", "digest": "k", "prefix": "", "scopes": "", "owner_id": "k"} | now
    row = {"id": "t", "digest": "d-marker", "account_id": "a", "api_key_id": "k", "scopes": "s-marker"} | now
    async with engine.begin() as connection:
        await connection.execute(accounts.insert().values(account | {"refusals": 0, "updated_at": 0}))
        await connection.execute(api_keys.insert().values(key))
        await connection.execute(account_tokens.insert().values(row))
        lenient = engine.dialect.name == "sqlite" and ("marker" in str(wrong) and "account_id" not in wrong)
        with nullcontext() if lenient else pytest.raises(DBAPIError) as caught:
            async with connection.begin_nested():
                await connection.execute(account_tokens.insert().values(row | {"id": "t2"} | wrong))
    if not lenient:  # SQLite takes types, lengths and NUL as they come
        assert "marker" not in "".join(traceback.format_exception(caught.value))


async def test_readers_of_sqlite_do_not_wait_for_a_writer_and_writers_queue_up(sqlite):
    async def write(name):
        async with sqlite.begin() as connection:
            seen = (await connection.execute(select(api_keys.c.id))).all()
            await asyncio.sleep(0.01)
            values = {"id": name, "name": name, "digest": name, "prefix": "", "scopes": "", "owner_id": name}
            await connection.execute(api_keys.insert().values(**values, created_at=len(seen)))

    async with sqlite.begin() as writer:
        await writer.execute(api_keys.delete())
        async with reading(sqlite).connect() as reader:
            assert (await reader.execute(select(api_keys.c.id))).all() == []
    await asyncio.gather(*(write(str(number)) for number in range(8)))
    async with reading(sqlite).connect() as reader:
        seen = [row.created_at for row in await reader.execute(select(api_keys).order_by(api_keys.c.created_at))]
    assert seen == list(range(8)), "each read what the one before had written"


async def test_a_migration_that_fails_half_way_leaves_nothing(empty):
    async def fail():
        async with empty.begin() as connection:
            await connection.execute(text("CREATE TABLE half (id INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await _tables(empty) == {}


async def test_upgrade_runs_inside_a_running_loop(url, empty):
    upgrade(url)
    assert await schema_revision(empty) == HEAD

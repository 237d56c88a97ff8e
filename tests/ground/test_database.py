"""Migrations and engine over real SQLite files."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from proxy.database.engine import open_engine, reading, schema_revision
from proxy.database.migrate import configuration, downgrade, upgrade
from proxy.database.tables import HEAD, account_tokens, api_keys, metadata


@pytest.fixture
def url(tmp_path):
    return f"sqlite+aiosqlite:///{tmp_path}/deep/interline.sqlite3"


@pytest.fixture
async def engine(url):
    upgrade(url)
    engine = open_engine(url)
    yield engine
    await engine.dispose()


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


async def test_up_down_and_up_again_leaves_the_same_schema(url, tmp_path):
    def schema():
        with sqlite3.connect(tmp_path / "deep/interline.sqlite3") as plain:
            rows = plain.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        plain.close()
        return rows

    upgrade(url)
    first = schema()
    upgrade(url)
    assert schema() == first
    downgrade(url, "base")
    assert [name for name, _ in schema()] == ["alembic_version"]
    upgrade(url)
    assert schema() == first


def test_the_head_named_in_the_code_is_the_last_migration():
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


async def test_the_revision_of_a_database_is_read_without_alembic(url):
    engine = open_engine(url)
    assert await schema_revision(engine) is None
    upgrade(url)
    assert await schema_revision(engine) == HEAD
    await engine.dispose()


def test_a_serving_worker_does_not_import_alembic():
    code = (
        "import sys, proxy.accounts.cli, proxy.accounts.routes, proxy.database.cli; sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 5000), ("synchronous", 2), ("secure_delete", 1)],
)
async def test_every_connection_has_the_pragma(engine, pragma, value):
    async with engine.connect() as one, reading(engine).connect() as two:
        for connection in (one, two):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


async def test_a_token_of_no_account_is_refused_by_the_database_without_quoting_values(engine):
    row = {"id": "t", "digest": "d-marker", "account_id": "none", "api_key_id": "none", "scopes": "", "created_at": 0}
    with pytest.raises(IntegrityError) as caught:
        async with engine.begin() as connection:
            await connection.execute(account_tokens.insert().values(**row))
    assert "d-marker" not in str(caught.value)


async def test_readers_do_not_wait_for_a_writer_and_writers_queue_up(engine):
    async def write(name):
        async with engine.begin() as connection:
            seen = (await connection.execute(select(api_keys.c.id))).all()
            await asyncio.sleep(0.01)
            values = {"id": name, "name": name, "digest": name, "prefix": "", "scopes": "", "owner_id": name}
            await connection.execute(api_keys.insert().values(**values, created_at=len(seen)))

    async with engine.begin() as writer:
        await writer.execute(api_keys.delete())
        async with reading(engine).connect() as reader:
            assert (await reader.execute(select(api_keys.c.id))).all() == []
    await asyncio.gather(*(write(str(number)) for number in range(8)))
    async with reading(engine).connect() as reader:
        seen = [row.created_at for row in await reader.execute(select(api_keys).order_by(api_keys.c.created_at))]
    assert seen == list(range(8)), "each read what the one before had written"


async def test_a_migration_that_fails_half_way_leaves_nothing(url):
    engine = open_engine(url)

    async def fail():
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE half (id INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with reading(engine).connect() as connection:
        assert (await connection.execute(text("SELECT name FROM sqlite_master"))).all() == []
    await engine.dispose()


async def test_upgrade_runs_inside_a_running_loop(url):
    upgrade(url)
    engine = open_engine(url)
    assert await schema_revision(engine) == HEAD
    await engine.dispose()

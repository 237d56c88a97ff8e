"""Runs the migrations, with the engine of the server; the only module that imports Alembic besides the migrations."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from proxy.database.engine import open_engine
from proxy.database.postgres import MIGRATION_LOCK, PATIENT

SCRIPTS = "proxy.database:migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database at ``url`` up to a revision; one that is there already is left as it is."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Takes the database back to a revision; ``base`` is before the first."""
    _run(url, lambda config: command.downgrade(config, revision))


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration: scripts inside the package, no ini file, the connection to run on."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    return config


def _run(url: str, task: Callable[[Config], None]) -> None:
    # A thread of its own: the caller may stand inside an event loop, as an application that starts does.
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, _migrate(url, task)).result()


async def _migrate(url: str, task: Callable[[Config], None]) -> None:
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            if engine.dialect.name == "postgresql":  # SQLite's transaction has locked the whole file
                await connection.execute(PATIENT)
                await connection.execute(MIGRATION_LOCK)
            await connection.run_sync(lambda plain: task(configuration(plain)))
    finally:
        await engine.dispose()

"""The commands ``interline db``."""

import os

import click
from sqlalchemy.exc import DBAPIError

from proxy.database.tables import HEAD
from proxy.settings import PREFIX, SettingsMistake, load_settings


@click.group("db")
def db() -> None:
    """The database: bring its tables up to this version."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Runs the migrations that the database has not seen."""
    from proxy.database.migrate import upgrade  # noqa: PLC0415 - a worker that mounts the commands needs no Alembic

    try:
        settings = load_settings(os.environ)
    except SettingsMistake as mistake:
        raise click.ClickException(str(mistake)) from None
    try:
        upgrade(settings.database_url)
    except DBAPIError as error:
        raise click.ClickException(f"the database cannot be used: {error.orig}") from None
    click.echo(f"The database of {PREFIX}DATABASE_URL is at {HEAD}.")

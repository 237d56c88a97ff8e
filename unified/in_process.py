"""The server's parts for a command: what ``serve`` works with, without the HTTP in front."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from proxy import log
from proxy.accounts.command import OPERATOR
from proxy.errors import NotFound
from proxy.language.document import Mistakes
from proxy.provider.account import LinkedAccount
from proxy.settings import Settings, SettingsMistake, load_settings
from unified.app import Server
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

T = TypeVar("T")


def run(task: Callable[[Server], Awaitable[T]]) -> T:
    """Runs a task over a server's parts, built from ``INTERLINE_*``; the task's own failures pass through.

    Raises ``click.ClickException`` for settings, provider files and databases that cannot be used. The log goes to
    standard error, from warnings on: standard output is the command's.
    """
    try:
        settings = load_settings(os.environ)
        log.configure("warning", sys.stderr)
        return asyncio.run(_run(settings, task))
    except (SettingsMistake, Mistakes) as mistake:
        raise click.ClickException(str(mistake)) from None
    except (OperationalError, ProgrammingError):
        raise click.ClickException("the database cannot be used; has `interline db upgrade` been run?") from None


async def _run(settings: Settings, task: Callable[[Server], Awaitable[T]]) -> T:
    server = Server(settings, load_mappings(mappings_folder(settings)).with_limits(settings.provider_limits))
    try:
        return await task(server)
    finally:
        await server.aclose()


async def linked(server: Server, account_id: str) -> LinkedAccount:
    """The account with its credential opened, as the operator of the machine sees it."""
    try:
        return await server.accounts.linked(OPERATOR, account_id)
    except NotFound:
        raise click.ClickException("there is no such account") from None

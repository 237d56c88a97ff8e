"""What the commands over accounts and keys share: the settings, the database, tables, spans of time."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from re import compile as pattern
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from proxy.accounts import audit
from proxy.accounts.caller import Caller
from proxy.accounts.keys import SCOPES
from proxy.accounts.moment import shown
from proxy.accounts.store import Accounts
from proxy.database.engine import open_engine
from proxy.errors import NotFound
from proxy.seal import Sealer
from proxy.settings import Settings, SettingsMistake, load_settings

T = TypeVar("T")
OPERATOR = Caller(key_id=audit.CLI, owner=audit.CLI, scopes=frozenset(SCOPES))

WHOLE_LINE = 4096
"""Columns of a table that no terminal shows."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = pattern(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)([smhd])\Z")


def seconds(text: str) -> float:
    """A span such as ``30m``, ``24h`` or ``7d``; raises ``click.BadParameter``."""
    match = _SPAN.match(text)
    if match is None:
        raise click.BadParameter("a number and one of s, m, h, d: 30m, 24h, 7d")
    return float(match[1]) * UNITS[match[2]]


def span(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """The callback of an option that takes a span."""
    return None if text is None else seconds(text)


def settings_here() -> Settings:
    """The settings of the environment, their mistakes as the command's."""
    try:
        return load_settings(os.environ)
    except SettingsMistake as mistake:
        raise click.ClickException(str(mistake)) from None


def run(task: Callable[[Accounts], Awaitable[T]]) -> T:
    """Runs a task over the accounts of the database that the settings name."""
    settings = settings_here()

    async def work() -> T:
        engine = open_engine(settings.database_url)
        try:
            return await task(Accounts(engine, Sealer(settings.sealing_keys), {}, settings))
        finally:
            await engine.dispose()

    try:
        return asyncio.run(work())
    except NotFound:
        raise click.ClickException("there is no such account") from None
    except (OperationalError, ProgrammingError) as error:
        hint = "has `interline db upgrade` been run?"
        raise click.ClickException(f"the database cannot be used ({error.orig}); {hint}") from None


def columns(*names: str) -> Table:
    """A table without lines."""
    table = Table(box=None)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def show(table: Table) -> None:
    """Prints a table; folded to fit a terminal, in whole lines for a program that reads them."""
    width = None if sys.stdout.isatty() else WHOLE_LINE
    Console(markup=False, width=width).print(table)


def moment(at: int | None) -> str:
    """A moment, or nothing."""
    return "" if at is None else shown(at)

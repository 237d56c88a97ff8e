"""The commands ``interline secrets``."""

import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from proxy.accounts.command import moment, run, settings_here
from proxy.accounts.moment import milliseconds
from proxy.accounts.reseal import IdleKey, Resealed, idle_keys, reseal_all, to_reseal
from proxy.accounts.store import Accounts
from proxy.journal import reseal_journal
from proxy.seal import Sealer, new_key

LIST_MOST = 20


@click.group("secrets")
def secrets() -> None:
    """The keys that seal credentials."""


@secrets.command("new-key")
def new_key_command() -> None:
    """Prints a fresh sealing key for INTERLINE_SEALING_KEYS."""
    click.echo(new_key())


@secrets.command("rotate")
def rotate_command() -> None:
    """Seals everything stored with the first key, so that an older one can be taken out of the settings.

    Servers go on serving meanwhile. Run it again where it was stopped: what is done is not done twice.
    """
    _rotate()


@secrets.command("reseal", hidden=True)
def reseal_command() -> None:
    """The older name of ``rotate``."""
    _rotate()


def _rotate() -> None:
    sealer = Sealer(settings_here().sealing_keys)

    async def work(store: Accounts) -> tuple[Resealed, tuple[int, list[str]], list[IdleKey]]:
        bar = Progress(
            TextColumn("sealing anew"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        with bar:
            rows = bar.add_task("", total=await to_reseal(store.engine, sealer))
            outcome = await reseal_all(store.engine, sealer, progress=lambda more: bar.advance(rows, more))
        written = await reseal_journal(store.engine, sealer)
        return outcome, written, await idle_keys(store.engine, sealer, milliseconds(time.time()))

    outcome, (writes, unopened), idle = run(work)
    click.echo(f"{outcome.done} texts sealed anew.")
    click.echo(f"{writes} rows of the write journal sealed anew.")
    if unopened:
        click.echo(f"{len(unopened)} rows of the journal, which no key opens, are left to end in a day.", err=True)
    _tell_idle(idle)
    if outcome.broken:
        rows = ", ".join(f"{one.column} {one.row_id}" for one in outcome.broken)
        raise click.ClickException(f"no configured key opens: {rows}")
    if not idle:
        click.echo("Nothing stored needs an older key; cursors handed out under it live for 24 hours.")


def _tell_idle(idle: list[IdleKey]) -> None:
    if not idle:
        return
    click.echo(f"{len(idle)} API keys were not used since the first key came; without the older one they end:")
    for key in idle[:LIST_MOST]:
        click.echo(f"  {key.id}  {key.name}  last used {moment(key.last_used_at) or 'never'}")
    if len(idle) > LIST_MOST:
        click.echo(f"  and {len(idle) - LIST_MOST} more")

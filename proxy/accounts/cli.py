"""The commands ``interline accounts``, ``interline keys`` and ``interline secrets``."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from proxy.accounts import audit
from proxy.accounts.caller import Caller
from proxy.accounts.keys import SCOPES
from proxy.accounts.mint import NewKey
from proxy.accounts.moment import shown
from proxy.accounts.reseal import reseal_all
from proxy.accounts.store import Accounts
from proxy.database.engine import open_engine
from proxy.errors import NotFound
from proxy.journal import reseal_journal
from proxy.seal import Sealer, new_key
from proxy.settings import Settings, SettingsMistake, load_settings

T = TypeVar("T")
DAY_SECONDS = 86_400
NAME_LENGTH = 255
"""What the column holds: SQLite would take more, PostgreSQL does not."""
OPERATOR = Caller(key_id=audit.CLI, owner=audit.CLI, scopes=frozenset(SCOPES))


def _settings() -> Settings:
    try:
        return load_settings(os.environ)
    except SettingsMistake as mistake:
        raise click.ClickException(str(mistake)) from None


def _run(task: Callable[[Accounts], Awaitable[T]]) -> T:
    """Runs a task over the accounts of the database that the settings name."""
    settings = _settings()

    async def run() -> T:
        engine = open_engine(settings.database_url)
        try:
            return await task(Accounts(engine, Sealer(settings.sealing_keys), {}, settings))
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except NotFound:
        raise click.ClickException("there is no such account") from None
    except (OperationalError, ProgrammingError) as error:
        hint = "has `interline db upgrade` been run?"
        raise click.ClickException(f"the database cannot be used ({error.orig}); {hint}") from None


def _table(*columns: str) -> Table:
    table = Table(box=None)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _moment(at: int | None) -> str:
    return "" if at is None else shown(at)


@click.group("accounts")
def accounts() -> None:
    """Customers' linked helpdesks."""


@accounts.command("list")
@click.option("--tenant", "tenants", multiple=True, help="Only accounts of this tenant; repeatable.")
@click.option("--status", "statuses", multiple=True, help="Only accounts in this status; repeatable.")
def list_command(tenants: tuple[str, ...], statuses: tuple[str, ...]) -> None:
    """Lists accounts."""
    table = _table("id", "tenant", "integration", "status", "label", "linked")
    for account in _run(lambda store: store.list(OPERATOR, tenant_ids=tenants, statuses=statuses)):
        name = account.integration.name
        table.add_row(account.id, account.tenant_id, name, account.status, account.label, account.created_at)
    Console().print(table)


@accounts.command("show")
@click.argument("account_id")
def show_command(account_id: str) -> None:
    """Shows one account, without its credential."""
    account = _run(lambda store: store.get(OPERATOR, account_id))
    click.echo(msgspec.json.format(msgspec.json.encode(account)).decode())


@accounts.command("delete")
@click.argument("account_id")
@click.confirmation_option(prompt="Erase the account with its credential?")
def delete_command(account_id: str) -> None:
    """Erases an account, its credential and its tokens."""
    _run(lambda store: store.delete(OPERATOR, account_id))
    click.echo(f"{account_id} is erased.")


@click.group("keys")
def keys() -> None:
    """API keys of the server."""


def _short(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if len(name) > NAME_LENGTH:
        raise click.BadParameter(f"at most {NAME_LENGTH} characters")
    return name


@keys.command("new")
@click.option("--name", required=True, callback=_short, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Repeatable.")
@click.option("--tenant", "tenants", multiple=True, help="Limits the key to this tenant; repeatable.")
@click.option("--expires-days", type=click.FloatRange(min=0, min_open=True), help="Ends by itself after so many days.")
@click.option("--replaces", help="Id of an older key: idempotency keys sent with it stay known.")
def new_command(
    name: str, scopes: tuple[str, ...], tenants: tuple[str, ...], expires_days: float | None, replaces: str | None
) -> None:
    """Makes a key and prints it, this once."""
    new = NewKey(
        name=name,
        scopes=scopes,
        tenant_ids=tenants or None,
        expires_in_seconds=None if expires_days is None else expires_days * DAY_SECONDS,
        replaces=replaces,
    )
    try:
        minted = _run(lambda store: store.keyring.mint.key(new, OPERATOR.actor))
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(minted.key.reveal())
    click.echo(f"Key {minted.id}. It is not shown again.", err=True)


@keys.command("list")
def list_keys_command() -> None:
    """Lists keys by their first characters."""
    table = _table("id", "name", "begins", "scopes", "tenants", "made", "ends", "revoked", "last used")
    for key in _run(lambda store: store.keyring.mint.keys()):
        tenants = "every" if key.tenant_ids is None else " ".join(key.tenant_ids)
        moments = [_moment(at) for at in (key.created_at, key.expires_at, key.revoked_at, key.last_used_at)]
        table.add_row(key.id, key.name, key.prefix, " ".join(key.scopes), tenants, *moments)
    Console().print(table)


@keys.command("revoke")
@click.argument("key_id")
def revoke_command(key_id: str) -> None:
    """Ends a key and its account tokens, within seconds on every worker."""
    if not _run(lambda store: store.keyring.mint.revoke(key_id, OPERATOR.actor)):
        raise click.ClickException("there is no such key in force")
    click.echo(f"{key_id} is revoked.")


@click.group("secrets")
def secrets() -> None:
    """The keys that seal credentials."""


@secrets.command("new-key")
def new_key_command() -> None:
    """Prints a fresh sealing key for INTERLINE_SEALING_KEYS; put it first, before the older ones."""
    click.echo(new_key())


@secrets.command("reseal")
def reseal_command() -> None:
    """Seals everything stored with the first key, so that an older one can be taken out of the settings."""
    sealer = Sealer(_settings().sealing_keys)
    outcome = _run(lambda store: reseal_all(store.engine, sealer))
    click.echo(f"{outcome.done} credentials sealed anew.")
    done, unopened = _run(lambda store: reseal_journal(store.engine, sealer))
    click.echo(f"{done} rows of the write journal sealed anew.")
    if unopened:
        click.echo(f"{len(unopened)} rows of the journal, which no key opens, are left to end within a day.", err=True)
    if outcome.broken:
        raise click.ClickException("no configured key opens the credential of: " + ", ".join(outcome.broken))

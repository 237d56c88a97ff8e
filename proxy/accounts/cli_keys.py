"""The commands ``interline keys``."""

import click

from proxy.accounts.command import OPERATOR, columns, moment, run, show, span
from proxy.accounts.keys import SCOPES
from proxy.accounts.mint import Minted, NewKey

NAME_LENGTH = 255
"""What the column holds: SQLite would take more, PostgreSQL does not."""


@click.group("keys")
def keys() -> None:
    """API keys of the server."""


def _short(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if len(name) > NAME_LENGTH:
        raise click.BadParameter(f"at most {NAME_LENGTH} characters")
    return name


def _life(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    life = span(context, option, text)
    if life == 0:
        raise click.BadParameter("longer than nothing")
    return life


@keys.command("new")
@click.option("--name", required=True, callback=_short, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Repeatable.")
@click.option("--tenant", "tenants", multiple=True, help="Limits the key to this tenant; repeatable.")
@click.option("--expires-in", callback=_life, metavar="SPAN", help="Ends by itself: 30m, 24h, 90d.")
@click.option("--replaces", help="Id of an older key: idempotency keys sent with it stay known.")
def new_command(
    name: str, scopes: tuple[str, ...], tenants: tuple[str, ...], expires_in: float | None, replaces: str | None
) -> None:
    """Makes a key and prints it, this once."""
    new = NewKey(name=name, scopes=scopes, tenant_ids=tenants or None, expires_in_seconds=expires_in, replaces=replaces)
    try:
        minted = run(lambda store: store.keyring.mint.key(new, OPERATOR.actor))
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    _tell(minted)


@keys.command("rotate")
@click.argument("key_id")
@click.option(
    "--overlap",
    callback=span,
    metavar="SPAN",
    default="24h",
    show_default=True,
    help="How long the old key goes on working.",
)
@click.option("--expires-in", callback=_life, metavar="SPAN", help="Of the new key; else as the old one was made.")
def rotate_command(key_id: str, overlap: float, expires_in: float | None) -> None:
    """Makes the successor of a key and prints it, this once; the old key works until the overlap is over.

    The successor has the same name, scopes and tenants, and knows the idempotency keys sent with the old one.
    """
    try:
        minted = run(lambda store: store.keyring.mint.rotate(key_id, overlap, OPERATOR.actor, expires_in))
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    _tell(minted)
    click.echo(f"{key_id} ends after the overlap; account tokens made with it end then too.", err=True)


@keys.command("list")
def list_keys_command() -> None:
    """Lists keys by their first characters."""
    table = columns("id", "name", "begins", "scopes", "tenants", "made", "ends", "revoked", "last used")
    for key in run(lambda store: store.keyring.mint.keys()):
        tenants = "every" if key.tenant_ids is None else " ".join(key.tenant_ids)
        moments = [moment(at) for at in (key.created_at, key.expires_at, key.revoked_at, key.last_used_at)]
        table.add_row(key.id, key.name, key.prefix, " ".join(key.scopes), tenants, *moments)
    show(table)


@keys.command("revoke")
@click.argument("key_id")
def revoke_command(key_id: str) -> None:
    """Ends a key and its account tokens, within seconds on every worker."""
    if not run(lambda store: store.keyring.mint.revoke(key_id, OPERATOR.actor)):
        raise click.ClickException("there is no such key in force")
    click.echo(f"{key_id} is revoked.")


def _tell(minted: Minted) -> None:
    """The key alone on standard output, what is to know of it beside."""
    click.echo(minted.key.reveal())
    ends = f" It ends {moment(minted.expires_at)}." if minted.expires_at else ""
    click.echo(f"Key {minted.id}. It is not shown again.{ends}", err=True)

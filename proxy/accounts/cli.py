"""The commands ``interline accounts``; the one that calls a provider is in ``unified``."""

import click
import msgspec

from proxy.accounts.command import OPERATOR, columns, run, show
from proxy.accounts.record import ACTIVE, BLOCKED


@click.group("accounts")
def accounts() -> None:
    """Customers' linked helpdesks."""


@accounts.command("list")
@click.option("--tenant", "tenants", multiple=True, help="Only accounts of this tenant; repeatable.")
@click.option("--status", "statuses", multiple=True, help="Only accounts in this status; repeatable.")
def list_command(tenants: tuple[str, ...], statuses: tuple[str, ...]) -> None:
    """Lists accounts."""
    table = columns("id", "tenant", "integration", "status", "label", "linked")
    for account in run(lambda store: store.list(OPERATOR, tenant_ids=tenants, statuses=statuses)):
        name = account.integration.name
        table.add_row(account.id, account.tenant_id, name, account.status, account.label, account.created_at)
    show(table)


@accounts.command("show")
@click.argument("account_id")
def show_command(account_id: str) -> None:
    """Shows one account, without its credential."""
    account = run(lambda store: store.get(OPERATOR, account_id))
    click.echo(msgspec.json.format(msgspec.json.encode(account)).decode())


@accounts.command("block")
@click.argument("account_id")
def block_command(account_id: str) -> None:
    """Stops every call for an account, within seconds on every worker."""
    run(lambda store: store.describe(OPERATOR, account_id, status=BLOCKED))
    click.echo(f"{account_id} is blocked.")


@accounts.command("unblock")
@click.argument("account_id")
def unblock_command(account_id: str) -> None:
    """Lets calls for an account through again; one whose credential has ended still needs a new one."""
    account = run(lambda store: store.describe(OPERATOR, account_id, status=ACTIVE))
    click.echo(f"{account_id} is {account.status}.")


@accounts.command("delete")
@click.argument("account_id")
@click.confirmation_option(prompt="Erase the account with its credential?")
def delete_command(account_id: str) -> None:
    """Erases an account, its credential and its tokens."""
    run(lambda store: store.delete(OPERATOR, account_id))
    click.echo(f"{account_id} is erased.")

"""The commands ``interline audit`` and ``interline audit-prune``."""

import time
from datetime import UTC, datetime

import click
import msgspec

from proxy.accounts.audit import CLI_ACTOR, Entry, entries, prune
from proxy.accounts.command import columns, run, seconds, show
from proxy.accounts.moment import milliseconds, shown


def _since(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """In milliseconds since 1970; a moment without a zone is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return milliseconds(time.time() - seconds(text))
    return milliseconds((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@click.command("audit")
@click.option(
    "--since", callback=_since, metavar="SPAN|MOMENT", help="A span back from now (24h, 30d) or a moment (2026-05-01)."
)
@click.option("--actor", help="Who: key:<id>, token:<id>, the id alone, or server.")
@click.option("--subject", help="What was changed: the id of an account, key or token.")
@click.option("--action", help="Beginning of the action: account, key.rotate.")
@click.option(
    "--limit", "most", default=1000, show_default=True, type=click.IntRange(min=1), help="The newest so many."
)
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def audit_command(
    since: int | None, actor: str | None, subject: str | None, action: str | None, most: int, *, as_json: bool
) -> None:
    """Shows who changed which key or account, the oldest first; never what was in it."""
    found = run(
        lambda store: entries(store.engine, since=since, actor=actor, subject=subject, action=action, most=most)
    )
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode({**msgspec.structs.asdict(one), "at": shown(one.at)}).decode())
        return
    table = columns("at", "actor", "action", "subject", "detail")
    for one in found:
        table.add_row(shown(one.at), one.actor, one.action, one.subject, _detail(one))
    show(table)


@click.command("audit-prune")
@click.option("--before", required=True, callback=_since, metavar="SPAN|MOMENT", help="A span back (400d) or a moment.")
def prune_command(before: int) -> None:
    """Deletes what the audit holds from before a time; that it was done is told in the audit."""
    gone = run(lambda store: prune(store.engine, before, milliseconds(time.time()), CLI_ACTOR))
    click.echo(f"{gone} lines deleted")


def _detail(entry: Entry) -> str:
    return " ".join(f"{name}={_word(value)}" for name, value in entry.detail.items() if value is not None)


def _word(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)

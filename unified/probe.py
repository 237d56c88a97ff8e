"""``interline probe``: what a provider file assumes, against what a live account shows."""

import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from proxy.errors import Problem
from proxy.outbound.call import Outbound
from proxy.outbound.egress import Egress
from proxy.provider.model import Provider
from unified.app import Server
from unified.in_process import linked, run
from unified.probing.answers import Answers
from unified.probing.plan import facts_of
from unified.probing.report import report
from unified.probing.verdict import Finding, Word, find

DIFFERS, FAILED = 1, 3
SHOWN = 160
"""Characters of what was seen, in the table."""
STYLES: dict[Word, str] = {"ok": "green", "differs": "bold red", "failed": "red", "undecided": "yellow"}


async def _nobody(_: str) -> None:
    """Told of refusals that concern no account."""


async def probe(server: Server, account_id: str) -> tuple[Provider, list[Finding]]:
    """Every fact of the account's provider, looked at one after the other."""
    account = await linked(server, account_id)
    facts = facts_of(account.provider)
    answers = Answers(server.outbound, _strangers(server), account)
    return account.provider, [await find(fact, answers, account) for fact in facts]


def _strangers(server: Server) -> Outbound:
    """A door for the one call with an invented credential: its refusal must not mark the account."""
    settings = server.settings
    egress = Egress(settings.private_hosts, settings.provider_bases, time.monotonic)
    return Outbound(server.transport, server.coordination, egress, settings.bounds, _nobody, _nobody)


@click.command("probe")
@click.argument("account_id", metavar="ACCOUNT")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output in place of the table.")
@click.option("--report", "report_file", type=click.Path(dir_okay=False, path_type=Path), help="Write one for a bug.")
def probe_command(account_id: str, as_json: bool, report_file: Path | None) -> None:
    """Checks by reading alone what is assumed about ACCOUNT's provider.

    Every fact of the provider file is looked at where reading can show it, within the provider's budget. The report
    holds no names, texts, tokens or hosts: only kinds, formats and keys. Ends with 1 where something differs, with 3
    where nothing does but a call failed.
    """
    try:
        provider, findings = run(lambda server: probe(server, account_id))
    except Problem as problem:
        raise click.ClickException(f"{problem.code}: {problem.detail}") from None
    if as_json:
        click.echo(msgspec.json.encode([_row(one) for one in findings]).decode())
    else:
        Console().print(_table(findings))
    if report_file is not None:
        written = msgspec.json.encode(report(provider, findings, version("interline")))
        report_file.write_bytes(msgspec.json.format(written) + b"\n")
        click.echo(f"written: {report_file}", err=True)
    verdicts = {one.verdict for one in findings}
    sys.exit(DIFFERS if "differs" in verdicts else FAILED if "failed" in verdicts else 0)


def _row(finding: Finding) -> dict[str, Any]:
    fact = finding.fact
    return {
        "fact": fact.name,
        "assumed": fact.words.says,
        "grade": fact.words.grade,
        "verdict": finding.verdict,
        "seen": finding.seen,
        "reason": finding.reason,
    }


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 1, 0))
    for column in ("", "assumed", "grade", "seen"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        style = STYLES.get(finding.verdict, "dim")
        seen = "" if finding.answer is None else msgspec.json.encode(finding.seen).decode()[:SHOWN]
        told = "\n".join(part for part in (seen, finding.reason) if part)
        words = finding.fact.words
        table.add_row(f"[{style}]{finding.verdict}[/]", _plain(words.says), words.grade, _plain(told))
    return table


def _plain(text: str) -> str:
    """Brackets of JSON are not markup."""
    return text.replace("[", "\\[")

"""The command ``interline``."""

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from proxy.accounts.cli import accounts
from proxy.accounts.cli_audit import audit_command, prune_command
from proxy.accounts.cli_keys import keys
from proxy.accounts.cli_secrets import secrets
from proxy.database.cli import db
from proxy.language.document import Mistakes
from proxy.settings import Settings, SettingsMistake, load_settings


class Commands(click.Group):
    """The commands; those of ``LAZY`` are imported when they are named, as they need the whole application."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted([*super().list_commands(ctx), *LAZY])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in LAZY:
            return super().get_command(ctx, cmd_name)
        module, attribute = LAZY[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command


LAZY = {"export": ("unified.export", "export_command"), "probe": ("unified.probe", "probe_command")}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """One REST API in front of your customers' helpdesks."""


for command in (accounts, keys, secrets, db, audit_command, prune_command):
    main.add_command(command)


@accounts.command("test")
@click.argument("account_id")
def trial_command(account_id: str) -> None:
    """Calls the provider once with the stored credential, as linking does, and says what came of it.

    Exit code 0: works, 3: refused, 4: the provider cannot be reached or gave no verdict, 5: the credential is of
    another provider account now, 6: the account is blocked, and no call was made. A refusal counts like any other: the
    second in a row ends the credential.
    """
    from unified.trial import trial

    finding = trial(account_id)
    click.echo(finding.sentence)
    sys.exit(finding.found)


def _settings() -> Settings:
    try:
        return load_settings(os.environ)
    except SettingsMistake as mistake:
        raise click.ClickException(str(mistake)) from None


@main.command("serve")
@click.option("--workers", type=int, help="Processes that serve; INTERLINE_WORKERS where not given.")
def serve_command(workers: int | None) -> None:
    """Serves with the settings INTERLINE_*; the database must be migrated (interline db upgrade)."""
    from unified.serve import serve

    if workers is not None:
        os.environ["INTERLINE_WORKERS"] = str(workers)  # the workers read their settings from there too
    serve(_settings())


@main.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready, and nothing else.")
@click.option("--port", default=0, help="Port of the server; 0 takes 8080, or a free one where that is taken.")
@click.option("--rate-limit", type=click.IntRange(min=1), help="Calls a minute that the sandboxes allow.")
@click.option("--tickets", default=500, show_default=True, help="Tickets of each sandbox.")
def demo_command(as_json: bool, port: int, rate_limit: int | None, tickets: int) -> None:
    """Both sandboxes and the server on loopback, linked and ready; Ctrl-C removes everything."""
    from unified.demo import demo

    sys.exit(demo(as_json=as_json, port=port, rate_limit=rate_limit, tickets=tickets))


@main.command("sandbox")
@click.argument("name")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--tickets", default=500, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--rate-limit", type=click.IntRange(min=1), help="Calls a minute; the provider's own where not given.")
@click.option(
    "--rate-window", type=click.FloatRange(min=0.1), help="Seconds that the limit is for, instead of a minute."
)
@click.option("--control-port", default=0, help="0 takes a free one.")
@click.option("--documented", is_flag=True, help="Follow public documents where the provider does otherwise.")
@click.option("--as-version", help="Run as that version of the provider, where the sandbox has several.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
def sandbox_command(
    name: str,
    port: int,
    tickets: int,
    seed: int,
    rate_limit: int | None,
    rate_window: float | None,
    control_port: int,
    documented: bool,
    as_version: str | None,
    as_json: bool,
) -> None:
    """Runs one simulated provider on loopback."""
    from sandbox.cli import SIMULATORS, WITH_DOCUMENTS, WITH_VERSIONS, WITH_WINDOWS, run

    if rate_window is not None and name not in WITH_WINDOWS:
        raise click.BadParameter(f"the sandbox of {name} counts by the minute", param_hint="--rate-window")
    if documented and name not in WITH_DOCUMENTS:
        raise click.BadParameter(f"no document differs from the sandbox of {name}", param_hint="--documented")
    if as_version and name not in WITH_VERSIONS:
        raise click.BadParameter(f"the sandbox of {name} has one version", param_hint="--as-version")
    if name not in SIMULATORS:
        raise click.BadParameter(f"the sandboxes are: {', '.join(SIMULATORS)}", param_hint="NAME")
    run(
        name,
        port,
        tickets,
        seed,
        rate_limit,
        json_output=as_json,
        control_port=control_port,
        documented=documented,
        version=as_version,
        rate_window=rate_window,
    )


@main.group("mappings")
def mappings() -> None:
    """The provider files."""


@mappings.command("check")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_command(folder: Path | None) -> None:
    """Checks every file, runs every example, and compares the editor schema; all mistakes at once."""
    from unified.folders import mappings_folder
    from unified.mapping.check import check
    from unified.mapping.load import load_mappings
    from unified.probing.plan import fact_mistakes

    folder = folder or mappings_folder()
    found = check(folder)
    mistakes = [*found.mistakes, *([] if found.mistakes else fact_mistakes(load_mappings(folder)))]
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    if mistakes:
        raise click.ClickException(f"{len(mistakes)} mistakes")
    click.echo(f"{found.files} files, {found.examples} examples: no mistakes")


@mappings.command("schema")
def schema_command() -> None:
    """Writes mappings/schema.json, which editors check the files with."""
    from unified.folders import mappings_folder
    from unified.mapping.check import SCHEMA_FILE, editor_schema

    (mappings_folder() / SCHEMA_FILE).write_bytes(editor_schema())
    click.echo(f"written: {mappings_folder() / SCHEMA_FILE}")


@mappings.command("coverage")
@click.option("--check", "only_check", is_flag=True, help="Fail where the committed page differs.")
def coverage_command(*, only_check: bool) -> None:
    """Writes docs/coverage.md: what each provider can say and do."""
    from unified.coverage import coverage, coverage_file
    from unified.folders import mappings_folder
    from unified.mapping.load import load_mappings

    fresh, file = coverage(load_mappings(mappings_folder())), coverage_file()
    if only_check and (not file.is_file() or file.read_text() != fresh):
        raise click.ClickException(f"{file} differs from the mappings: run `interline mappings coverage`")
    if not only_check:
        file.write_text(fresh)
    click.echo(f"{file} {'is up to date' if only_check else 'written'}")


@main.command("openapi")
@click.option("--check", "only_check", is_flag=True, help="Fail where the committed file differs.")
def openapi_command(only_check: bool) -> None:
    """Writes openapi/openapi.json, generated from the code."""
    from unified.describe import described_file, write_description

    try:
        differs = write_description(dry=only_check)
    except Mistakes as mistakes:
        raise click.ClickException("\n".join(str(one) for one in mistakes.mistakes)) from None
    if only_check and differs:
        raise click.ClickException(f"{described_file()} differs from the code: run `interline openapi`")
    click.echo(f"{described_file()} {'is up to date' if only_check else 'written'}")

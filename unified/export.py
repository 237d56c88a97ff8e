"""``interline export``: a whole list as one JSON record a line, which can be broken off and gone on with."""

import os
import stat
import sys
import time
from pathlib import Path

import click

from proxy.errors import CursorExpired, InvalidCursor, Problem
from unified.exporting.job import RESOURCE_NAMES, Job
from unified.exporting.pages import included
from unified.exporting.sink import SinkMistake, into_descriptor, into_file
from unified.exporting.state import Asked, StateMistake, read_state
from unified.in_process import run
from unified.schemas.resources import Resource

STANDARD_OUTPUT = 1
INTERRUPTED = 130
PAGE_SIZE, PAGE_SIZE_WITH_PARTS = 200, 25
"""Records between two states. With parts a record costs calls of its own, and less is read twice after a stop."""


@click.command("export")
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("resource", type=click.Choice(sorted(RESOURCE_NAMES)))
@click.option("--include", "include", multiple=True, help="Lists of each record to put into it: comments of tickets.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="As in the API; repeatable.")
@click.option("--consistency", type=click.Choice(["default", "strict"]), default="default", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many records.")
@click.option("--page-size", type=click.IntRange(1, PAGE_SIZE), help="Records between two states.")
@click.option("--output", "output", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file.")
@click.option("--state", "state_file", type=click.Path(dir_okay=False, path_type=Path), help="Where the place is kept.")
@click.option("--resume", is_flag=True, help="Go on from the state; with --output that is done anyway.")
def export_command(
    account_id: str,
    resource: str,
    include: tuple[str, ...],
    filters: tuple[str, ...],
    consistency: str,
    limit: int | None,
    page_size: int | None,
    output: Path | None,
    state_file: Path | None,
    resume: bool,
) -> None:
    """Writes every record of RESOURCE as a line of JSON.

    After each page the place is kept in a state file, and the next run with the same words goes on there: nothing is
    lost and nothing comes twice. With --output FILE that needs nothing else: the file is cut back to its last whole
    page. Standard output is only gone on with where --resume says so: append with >> to the file that was written, or
    take the rest alone in another file. What was in a pipe when its reader died cannot be known.
    """
    asked = Asked(
        account=account_id,
        resource=resource,
        include=_known_parts(RESOURCE_NAMES[resource], include),
        filters=tuple(_pair(one) for one in filters),
        strict=consistency == "strict",
        limit=limit,
        page_size=page_size or (PAGE_SIZE_WITH_PARTS if include else PAGE_SIZE),
    )
    job = _job(asked, output, state_file or _usual_state_file(asked, output), resume=resume)
    began = time.monotonic()
    try:
        run(job.export)
    except (CursorExpired, InvalidCursor) as problem:
        raise click.ClickException(f"{problem.detail} (remove {job.state_file})") from None
    except KeyboardInterrupt:
        click.echo(job.stopped("Stopped", time.monotonic() - began, output), err=True)
        sys.exit(INTERRUPTED)
    except (Problem, OSError, click.ClickException) as failure:
        raise click.ClickException(job.stopped(_reason(failure), time.monotonic() - began, output)) from None
    click.echo(f"{job.summary(time.monotonic() - began)}.", err=True)


def _known_parts(resource: Resource, names: tuple[str, ...]) -> tuple[str, ...]:
    known = included(resource)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(
            f"{resource.name} include {', '.join(known) or 'nothing'}, not {', '.join(unknown)}", param_hint="--include"
        )
    return tuple(dict.fromkeys(names))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--filter")
    return name, value


def _usual_state_file(asked: Asked, output: Path | None) -> Path | None:
    """Beside the output; for a redirected standard output in the working directory; for a screen none."""
    if output is not None:
        return output.with_name(output.name + ".export-state")
    kind = os.fstat(STANDARD_OUTPUT).st_mode
    if stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        return Path(f"{asked.resource.replace('/', '-')}-{asked.account}.export-state")
    return None


def _job(asked: Asked, output: Path | None, state_file: Path | None, *, resume: bool) -> Job:
    going_on = resume or output is not None
    try:
        state = read_state(state_file, asked) if going_on and state_file is not None else None
        if resume and state is None:
            raise StateMistake(f"there is no export to go on with: {state_file or 'no state'} is not there")
        sink = into_descriptor(STANDARD_OUTPUT, state) if output is None else into_file(output, state)
    except (StateMistake, SinkMistake, OSError) as mistake:
        raise click.ClickException(str(mistake)) from None
    return Job(asked, sink, state_file, state)


def _reason(failure: Exception) -> str:
    if isinstance(failure, BrokenPipeError):
        return "Nobody reads the output any more"
    return f"{failure.code}: {failure.detail}" if isinstance(failure, Problem) else str(failure)

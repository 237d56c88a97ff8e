"""One run of an export: page after page out, each counted in the state."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from unified.app import Server
from unified.exporting.pages import Page, Pages, Tally, included
from unified.exporting.sink import Sink
from unified.exporting.state import Asked, State, write_state
from unified.in_process import linked
from unified.schemas.resources import RESOURCES, Resource


def _names() -> dict[str, Resource]:
    """The resources by name, those of a later model that share one as ``model/name``."""
    found: dict[str, Resource] = {}
    for one in RESOURCES:
        found[f"{one.model}/{one.name}" if one.name in found else one.name] = one
    return found


RESOURCE_NAMES = _names()


class Progressing:
    """What a terminal sees: how many records, how fast, what is waited for."""

    def __init__(self, progress: Progress, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total, wait="")

    def reached(self, records: int) -> None:
        """So many records are written."""
        self._progress.update(self._task, completed=records)

    def note(self, text: str) -> None:
        """What is waited for; empty when it goes on."""
        self._progress.update(self._task, wait=text)


@contextmanager
def shown(name: str, total: int | None) -> Iterator[Progressing]:
    """A progress bar on standard error while that is a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn(name),
        BarColumn(),
        TextColumn("{task.completed:.0f}"),
        TaskProgressColumn(text_format="" if total is None else "{task.percentage:.0f} %", show_speed=True),
        TimeElapsedColumn(),
        TextColumn("{task.fields[wait]}"),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        yield Progressing(progress, total)


class Job:
    """One run: where the records go, where the state is kept, how far it has come."""

    def __init__(self, asked: Asked, sink: Sink, state_file: Path | None, state: State | None) -> None:
        self.asked = asked
        self.resource = RESOURCE_NAMES[asked.resource]
        self.sink = sink
        self.state_file = state_file
        self.state = state or State(asked)
        self.before = self.state.records
        self.placed = False
        self.tally = Tally()

    async def export(self, server: Server) -> None:
        """Every page from the state on, each counted in the state once it is out."""
        with shown(self.resource.name, self.asked.limit) as progress:
            await linked(server, self.asked.account)
            pages = Pages(server, self.asked.account, progress.note)
            self.tally = pages.tally
            progress.reached(self.state.records)
            while not self._enough():
                page = await self._read(pages, server.settings.bounds.limit_max)
                self._write(page)
                progress.reached(self.state.records)
                if page.cursor is None:
                    break
        if self.state_file is not None:
            self.state_file.unlink(missing_ok=True)

    async def _read(self, pages: Pages, limit_max: int) -> Page:
        page = await pages.read(self.resource, self._query(limit_max))
        wanted = None if self.asked.limit is None else self.asked.limit - self.state.records
        page = Page(page.records[:wanted], page.cursor)
        for name in self.asked.include:
            await pages.add(page.records, self.resource, included(self.resource)[name])
        return page

    def _query(self, limit_max: int) -> list[tuple[str, str]]:
        if self.state.cursor is not None:
            return [("next_cursor", self.state.cursor)]
        careful = [("consistency", "strict")] if self.asked.strict else []
        return [*self.asked.filters, ("limit", str(min(self.asked.page_size, limit_max))), *careful]

    def _write(self, page: Page) -> None:
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in page.records)
        if not self.placed:  # before the first byte, so that a first page broken off is cut back too
            self._keep(replace(self.state, start=self.sink.start, file=self.sink.file))
            self.placed = True
        self.sink.write(lines)
        self._keep(
            replace(
                self.state,
                cursor=page.cursor,
                records=self.state.records + len(page.records),
                bytes=self.state.bytes + len(lines),
            )
        )

    def _keep(self, state: State) -> None:
        self.state = state
        if self.state_file is not None:
            write_state(self.state_file, state)

    def _enough(self) -> bool:
        return self.asked.limit is not None and self.state.records >= self.asked.limit

    def summary(self, seconds: float) -> str:
        """What was done, and what a reader of the records should know."""
        now, tally = self.state.records - self.before, self.tally
        told = [f"{now} {self.resource.name} in {seconds:.1f} s with {tally.calls} calls to the provider"]
        if self.before:
            told.append(f"{self.state.records} together with the {self.before} of before")
        if tally.waited >= 1:
            told.append(f"{tally.waited:.0f} s of it waiting for the provider's rate limit or an answer")
        if tally.unmapped:
            told.append(f"{tally.unmapped} records say in _errors what could not be read")
        if tally.partial:
            told.append(f"{tally.partial} pages lack names, as a list of the provider could not be read")
        if tally.drift and not self.asked.strict:
            told.append("the list changed meanwhile; --consistency strict finds what slips from page to page")
        return "; ".join(told)

    def stopped(self, reason: str, seconds: float, output: Path | None) -> str:
        """The summary of a run that did not come to the end, and how to go on."""
        if not self.state.records:
            return f"{reason}."
        said = f"{reason}: {self.summary(seconds)}."
        if self.state_file is None:
            return said
        given = [word for word in sys.argv[1:] if word != "--resume"]
        if output is not None:
            return f"{said}\nTo go on, run the same again within 24 hours: {command_line(given)}"
        return f"{said}\nTo go on within 24 hours, appending with >> and not >: {command_line([*given, '--resume'])}"


def command_line(words: list[str]) -> str:
    """The command as it can be typed again."""
    return shlex.join(["interline", *words])

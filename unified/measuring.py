"""The metrics of a whole server: of all its workers, whichever of them is asked, and what the database knows.

Several workers keep their numbers in files of one folder (Prometheus's multiprocess mode), which the parent makes
before they start and removes after them. The numbers of a worker that ended stay counted; its gauges end with it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from litestar import Litestar
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from proxy.database.tables import accounts
from proxy.metrics import REGISTRY
from unified.folders import METRICS_FOLDER

TICK_SECONDS = 5.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

WORKERS = Gauge("interline_workers", "Workers that serve.", registry=REGISTRY, multiprocess_mode="livesum")
TASKS = Gauge("interline_tasks", "Tasks in the event loops.", registry=REGISTRY, multiprocess_mode="livesum")
RESIDENT = Gauge(
    "interline_resident_bytes", "Memory of the workers together.", registry=REGISTRY, multiprocess_mode="livesum"
)
OPEN_FILES = Gauge(
    "interline_open_files", "Open files and sockets of the workers.", registry=REGISTRY, multiprocess_mode="livesum"
)


@asynccontextmanager
async def measured(_: Litestar) -> AsyncIterator[None]:
    """Keeps the gauges of this worker for as long as it lives."""
    measuring = asyncio.create_task(_keep_measuring())
    WORKERS.set(1)
    try:
        yield
    finally:
        measuring.cancel()
        WORKERS.set(0)


async def exposition(engine: AsyncEngine) -> bytes:
    """All metrics in Prometheus's text format."""
    TASKS.set(len(asyncio.all_tasks()))
    registry = CollectorRegistry()
    registry.register(_Accounts(await _statuses(engine)))
    return await asyncio.to_thread(_text, registry)


def _text(registry: CollectorRegistry) -> bytes:
    folder = os.environ.get(METRICS_FOLDER)
    if folder is None:
        return generate_latest(REGISTRY) + generate_latest(registry)
    forget_dead(Path(folder))
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library's own
    return generate_latest(registry)


def forget_dead(folder: Path) -> None:
    """Removes the gauges of workers that were killed and could not do it themselves."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call] # the library's own


async def _keep_measuring() -> None:
    while True:
        TASKS.set(len(asyncio.all_tasks()))
        with suppress(OSError):  # another system than Linux
            _note_resources(Path("/proc/self"))
        await asyncio.sleep(TICK_SECONDS)


def _note_resources(process: Path) -> None:
    RESIDENT.set(int((process / "statm").read_text("ascii").split()[1]) * PAGE_BYTES)
    OPEN_FILES.set(sum(1 for _ in (process / "fd").iterdir()))


async def _statuses(engine: AsyncEngine) -> dict[str, int]:
    """How many accounts stand how; empty where the database cannot tell."""
    try:
        async with engine.connect() as connection:
            found = await connection.execute(select(accounts.c.status, func.count()).group_by(accounts.c.status))
            return {row[0]: row[1] for row in found}
    except SQLAlchemyError:
        return {}


class _Accounts(Collector):
    def __init__(self, statuses: dict[str, int]) -> None:
        self._statuses = statuses

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("interline_accounts", "Linked accounts by status.", labels=["status"])
        for status, number in self._statuses.items():
            family.add_metric([status], number)
        yield family

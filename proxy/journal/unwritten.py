"""The ends of runs that the database did not take when it was time: kept, and written beside the requests.

A caller has had its answer by then. Until the row says so too, this process answers for it; with the process the end is
lost, and the row stands as its run left it.
"""

import asyncio
from typing import Any

import structlog
from msgspec import Struct

from proxy.errors import InProgress, JournalUnavailable
from proxy.journal.rows import RETRY_AFTER, Rows
from proxy.journal.sealed import Answered

RETRY_SECONDS = 1.0
MOST = 10_000
MOST_BYTES = 64 * 1024 * 1024
"""Of all answers together."""

_log = structlog.get_logger("interline.journal")


class Ending(Struct, frozen=True):
    """How a run ended: ``values`` are those of its row, ``None`` where the row goes."""

    row_id: str
    run: str
    values: dict[str, Any] | None
    answered: Answered | None = None
    fingerprint: bytes = b""
    """Of the request that was answered."""

    @property
    def size(self) -> int:
        """Bytes, about: the answer is held plain and sealed."""
        return 2 * len((self.values or {}).get("answer", ""))


class Unwritten:
    """The ends that one process still has to write, each by the scope of its key."""

    def __init__(self, rows: Rows, retry_seconds: float = RETRY_SECONDS) -> None:
        self._rows = rows
        self._every = retry_seconds
        self._kept: dict[str, Ending] = {}
        self._writing = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None

    def get(self, scope: str) -> Ending | None:
        """The end that the row of a scope does not show yet."""
        return self._kept.get(scope)

    def keep(self, scope: str, ending: Ending) -> None:
        """Keeps an end until it is written; raises ``JournalUnavailable`` where there is no room."""
        if len(self._kept) >= MOST or self._bytes() + ending.size > MOST_BYTES:
            raise JournalUnavailable("the write journal cannot be written", headers={"Retry-After": RETRY_AFTER})
        _log.warning("outcome-not-written-yet", row=ending.row_id)
        self._kept[scope] = ending
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def write(self, scope: str) -> None:
        """Writes one end, if it is not yet written; raises ``JournalUnavailable``."""
        async with self._writing:
            ending = self._kept.get(scope)
            if ending is None:
                return
            try:
                await self._rows.conclude(ending.row_id, ending.run, ending.values)
            except InProgress:  # its lease was over, and another process went on with the row
                _log.warning("outcome-overtaken", row=ending.row_id)
            else:
                _log.info("outcome-written", row=ending.row_id)
            del self._kept[scope]

    async def write_all(self) -> None:
        """Writes until the database refuses one, which is then the last to be tried again."""
        for scope in list(self._kept):
            try:
                await self.write(scope)
            except JournalUnavailable:
                self._kept[scope] = self._kept.pop(scope)
                return

    async def _run(self) -> None:
        try:
            while self._kept:
                await asyncio.sleep(self._every)
                await self.write_all()
        finally:
            self._running = None

    def _bytes(self) -> int:
        return sum(ending.size for ending in self._kept.values())

"""One run's hold on a row."""

import asyncio
import uuid
from weakref import ref

from proxy.errors import InProgress, JournalUnavailable
from proxy.journal.rows import Rows, taken_over


class Lease:
    """Held from the claim until ``end``, and renewed meanwhile; a run that forgets to end it loses it with its entry.

    The renewing task knows the lease by a weak reference only.
    """

    def __init__(self, rows: Rows, row_id: str, renew_seconds: float) -> None:
        self.run = str(uuid.uuid4())
        self.over = False
        self._rows = rows
        self._row_id = row_id
        self._every = renew_seconds
        self._renewing: asyncio.Task[None] | None = None
        self._writing = False

    def begin(self) -> None:
        """Starts the renewals; the claim has written the lease itself."""
        self._renewing = asyncio.get_running_loop().create_task(_renewals(ref(self), self._every))

    async def end(self) -> None:
        """Stops them; the row says what it has become. A statement under way is not cut off, as that can hang."""
        self.stop()
        if self._renewing is not None:
            await asyncio.wait([self._renewing])

    def stop(self) -> None:
        """The same, without waiting for a statement under way."""
        self.over = True
        if self._renewing is not None and not self._writing:
            self._renewing.cancel()

    def check(self) -> None:
        """Raises ``InProgress`` where a renewal has found the row taken over."""
        if self.over:
            raise taken_over()

    async def renew(self) -> None:
        """Writes the lease anew; a database that fails now may be back before the lease is over."""
        self._writing = True
        try:
            await self._rows.change(self._row_id, self.run, {"lease_until": self._rows.lease_until()})
        except InProgress:
            self.over = True
        except JournalUnavailable:
            return
        finally:
            self._writing = False


async def _renewals(held: "ref[Lease]", every: float) -> None:
    while True:
        await asyncio.sleep(every)
        lease = held()
        if lease is None or lease.over:
            return
        await lease.renew()
        if lease.over:
            return
        del lease

"""A walk through a provider's list: hands out each row once, whatever page sizes, drift and churn do.

By default a page costs one call. With ``strict`` the next page is read first and the one before it again, and the last
page twice: a row that slipped back while rows above it left the list is found there.
"""

from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby

from proxy.errors import PaginationLoop
from proxy.paging.position import Page, Position, Row, Seen

Fetch = Callable[[Position], Awaitable[Page]]
"""Reads the page that a position points at."""

BACK_PAGES = 2
"""Pages that strict reads again at most. Measured in the model of the tests (500 rows, 2 % leaving at each call, 60
walks of each page size): with one page a row was missed in 1 of 240 walks, with two in none; with three, rows that come
at the same rate lead the reader back among them."""

LOOP_AFTER = 2
"""Repeated pages in a row that make a loop: one alone can be drift by exactly a page."""


class Walk:
    """One reader's walk; ``position`` and ``seen`` are what the next request goes on from."""

    def __init__(
        self, fetch: Fetch, position: Position, seen: Seen, *, style: str, values: int, strict: bool, provider: str
    ) -> None:
        self._fetch_page = fetch
        self.position = position
        self.seen = seen
        self.drift = False
        self.calls = 0
        self._step = {"whole": Walk._whole, "page": Walk._page}.get(style, Walk._by_id)  # no walk holds itself
        self._values = values
        self._strict = strict
        self._provider = provider

    async def collect(self, limit: int, max_calls: int) -> list[Row]:
        """Up to ``limit`` rows not handed out before, in the provider's order, within about ``max_calls`` calls."""
        taken: list[Row] = []
        while len(taken) < limit and not self.position.done and self.calls < max_calls:
            await self._step(self, taken, limit)
        return taken

    async def _page(self, taken: list[Row], limit: int) -> None:
        position = self.position
        page = await self._fetch(position.page)
        self._watch(page)
        pages = [page]
        if self._strict:
            pages = [*await self._behind(), page]
            if page.last(position.page, position.size):
                pages.append(await self._fetch(position.page))
        again = len(pages) > 1 or not position.fresh
        rows = [row for one in pages for row in one.rows]
        position.fresh = self._take(self._below_newcomers(rows) if again else rows, taken, limit)
        if not position.fresh:
            return
        if pages[-1].last(position.page, position.size):
            self._next_value()
        else:
            position.page += 1

    async def _behind(self) -> list[Page]:
        """The pages before this one again, back to one that holds a row handed out already."""
        behind: list[Page] = []
        for number in range(self.position.page - 1, max(0, self.position.page - 1 - BACK_PAGES), -1):
            page = await self._fetch(number)
            behind.insert(0, page)
            if any(row.record is None or row.id in self.seen for row in page.rows):
                break
        return behind

    def _below_newcomers(self, rows: list[Row]) -> list[Row]:
        """Pages read again, without the rows above the first one handed out.

        Those came, or came back, while the walk went on. Taking them would never end where rows come faster than they
        are read; what slipped back from the pages ahead stands below.
        """
        start = next((index for index, row in enumerate(rows) if row.id in self.seen), 0)
        return rows[start:]

    async def _whole(self, taken: list[Row], limit: int) -> None:
        page = await self._fetch(1)
        rows, window = list(page.rows), self.seen.window()
        start = next((index + 1 for index, row in enumerate(rows) if window and row.id == window[-1]), None)
        fitted = self._take(rows[self.position.page - 1 if start is None else start :], taken, limit)
        if fitted:
            self._next_value()
        else:
            self.position.page += limit

    async def _by_id(self, taken: list[Row], limit: int) -> None:
        page = await self._fetch(self.position.page)
        if not page.rows:
            self._next_value()
            return
        if page.rows[-1].mark == self.position.mark:
            raise PaginationLoop("the page after an id ends with that id", provider=self._provider)
        for mark, rows in groupby(page.rows, key=lambda row: row.mark):
            if len(taken) == limit or not self._take(rows, taken, limit):
                return
            self.position.mark = mark

    async def _fetch(self, number: int) -> Page:
        self.calls += 1
        asked = self.position
        page = await self._fetch_page(
            Position(value=asked.value, page=number, mark=asked.mark) if number != asked.page else asked
        )
        asked.size = max(asked.size, page.size)
        return page

    def _take(self, rows: Iterable[Row], taken: list[Row], limit: int) -> bool:
        """Takes the unseen rows that match; false where the limit left some of them behind."""
        for row in rows:
            if row.record is None or row.id in self.seen:
                continue
            if len(taken) == limit:
                return False
            self.seen.add(row.id)
            taken.append(row)
        return True

    def _watch(self, page: Page) -> None:
        """Notices drift, and a provider that repeats a page."""
        position = self.position
        if position.total is not None and page.count is not None and page.count != position.total:
            self.drift = True
        position.total = page.count
        if not position.fresh or not page.rows:
            return
        self.drift = self.drift or any(row.id in self.seen for row in page.rows)
        print_ = page.fingerprint()
        position.repeats = position.repeats + 1 if position.page > 1 and print_ == position.print else 0
        position.print = print_
        if position.repeats >= LOOP_AFTER:
            raise PaginationLoop(
                f"page {position.page} is the same as the {LOOP_AFTER} before it", provider=self._provider
            )

    def _next_value(self) -> None:
        following = self.position.value + 1
        self.position = Position(value=following, done=following >= self._values)

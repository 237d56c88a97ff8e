"""The throttles, in real time: fixed windows, no Retry-After, no counters in headers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.http import Request, Response

WINDOW = 60.0
SEARCHES_PER_WINDOW = 100
METAS_PER_WINDOW = 30
REPORTS_PER_WINDOW = 100
_SEARCH = re.compile(r"/api/v1/accounts/([^/]+)/contacts/search/?\Z")
_META = re.compile(r"/api/v1/accounts/([^/]+)/conversations/meta/?\Z")
_REPORTS = re.compile(r"/api/v2/accounts/(\d+)/reports")
TOO_MANY = Response(429, b"Retry later\n", (("content-type", "text/plain"),))


@dataclass(slots=True)
class Throttles:
    """Counts requests by throttle and discriminator, refused ones too; all clients share one address."""

    rate_limit: int
    clock: Callable[[], float]
    windows: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)

    def refuse(self, request: Request, token: str) -> Response | None:
        """Counts the request; the 429 if any throttle is over."""
        over = self._over("address", "", self.rate_limit)
        if (search := _SEARCH.match(request.path)) is not None:
            over = self._over("search", search[1], SEARCHES_PER_WINDOW) or over
        if _META.match(request.path) is not None:
            over = self._over("meta", token, METAS_PER_WINDOW) or over
        if (reports := _REPORTS.match(request.path)) is not None and token:
            over = self._over("reports", f"{token}:{reports[1]}", REPORTS_PER_WINDOW) or over
        return TOO_MANY if over else None

    def _over(self, name: str, discriminator: str, limit: int) -> bool:
        now = self.clock()
        start, count = self.windows.get((name, discriminator), (now, 0))
        if now - start >= WINDOW:
            start, count = now, 0
        self.windows[name, discriminator] = (start, count + 1)
        return count + 1 > limit

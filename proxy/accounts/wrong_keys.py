"""Counts wrong keys by the address they come from, so that guessing is slow, seen, and answered in one way.

A right key is served whatever its address did: many customers and the operator's own servers may stand behind one
address, and an attacker among them must not lock the others out. So a key is looked up first, and only a wrong one is
counted and refused. That does not make the lookup dearer for the guesser; it need not: a key has 256 random bits, its
checksum refuses nearly every guess without the database, and what is left costs one indexed query. The limit is there
so that guessing shows (``too-many-attempts`` in log and metrics) and gives scanners a reason to stop.

Workers that have Redis count together there; each counts for itself as well, and goes by that while Redis is lost.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from proxy.coordination.tally import SharedTally
from proxy.errors import TooManyAttempts

WINDOW_SECONDS = 60.0
ADDRESSES_KEPT = 10_000
"""The address that tried longest ago is forgotten first."""
IPV6_NETWORK_BITS = 64
"""What one subscriber is given: to count single addresses of it would count nothing (RFC 6177)."""


class WrongKeys:
    """The last wrong keys of each address within a minute; at most ``most`` moments of ``ADDRESSES_KEPT`` addresses."""

    def __init__(
        self,
        most: int,
        clock: Callable[[], float],
        *,
        shared: SharedTally | None = None,
        kept: int = ADDRESSES_KEPT,
    ) -> None:
        self._most = most
        self._clock = clock
        self._shared = shared
        self._kept = kept
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    async def note(self, address: str) -> None:
        """Counts one more; raises ``TooManyAttempts`` where the address has used up its minute."""
        group = _group(address)
        wait = self._note(group)
        if self._shared is not None:
            together = await self._shared.note(group)
            wait = wait if together is None else together
        if wait > 0:
            detail = "wait before the next wrong key; a right one is served at once"
            raise TooManyAttempts(detail, headers={"Retry-After": str(max(1, ceil(wait)))})

    def _note(self, group: str) -> float:
        """Counts one more in this worker, or answers the seconds to wait."""
        now = self._clock()
        moments = self._moments.setdefault(group, deque())
        self._moments.move_to_end(group)
        while moments and now - moments[0] >= WINDOW_SECONDS:
            moments.popleft()
        if len(moments) >= self._most:
            return moments[0] + WINDOW_SECONDS - now
        moments.append(now)
        if len(self._moments) > self._kept:
            self._moments.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._moments)


def _group(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ip_network((known, IPV6_NETWORK_BITS), strict=False))
    return address

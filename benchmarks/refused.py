"""What a call costs that is not made: the provider is down, its breaker open, and the caller is told 503 at once.

    python benchmarks/refused.py

One request at a time, against ``/health`` of the same server in turns. The promise is an answer within 5 ms.
"""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack

from client import Ask, Connection, Got, once
from house import ACCOUNTS, House, house
from msgspec import Struct
from open_loop import percentile
from processes import cpu_seconds

ROUNDS, REQUESTS = 20, 100
HEALTH, PASSTHROUGH, UNIFIED = "/health", "/proxy/tickets", "/unified/ticketing/tickets"
STATUSES = {HEALTH: 200, PASSTHROUGH: 503, UNIFIED: 503}
OPEN_FOR = {"INTERLINE_BOUNDS_BREAKER_SECONDS": "3600"}
TRIES = 4 * ACCOUNTS
PROMISED_MS = 5.0


class Cost(Struct):
    """One kind of request."""

    cpu: float = 0.0
    """Seconds of the serving processes, of all requests."""
    walls: list[float] = []
    """Seconds of each request."""


async def _open_breaker(at: House) -> None:
    """Asks until the caller is told that the provider is down; raises RuntimeError where that does not come."""
    for number in range(TRIES):
        asks = at.asks(PASSTHROUGH)
        got = await once(asks[number % len(asks)])
        if got.status == 503 and b'"provider-unavailable"' in got.body:
            return
    raise RuntimeError(f"the breaker is not open: {got.status} {got.body[:300]!r}")


async def _measure(at: House) -> dict[str, Cost]:
    await _open_breaker(at)
    costs = {path: Cost() for path in STATUSES}
    for number in range(ROUNDS + 1):
        for path, cost in costs.items():
            taken = await _round(at.asks(path), STATUSES[path], at.served)
            if number:  # the first is to warm up
                cost.cpu += taken.cpu
                cost.walls += taken.walls
    return costs


async def _round(asks: Sequence[Ask], status: int, served: list[int]) -> Cost:
    connection = await Connection.open(asks[0].url)
    cost = Cost(cpu=-cpu_seconds(served))
    for number in range(REQUESTS):
        wire = asks[number % len(asks)].wire()
        started = time.perf_counter()
        got = await connection.ask(wire)
        cost.walls.append(time.perf_counter() - started)
        _check(got, status)
    cost.cpu += cpu_seconds(served)
    await connection.close()
    return cost


def _check(got: Got, status: int) -> None:
    if got.status != status or (status == 503 and not got.headers.get("retry-after")):
        raise ValueError(f"answered {got.status}: {got.headers} {got.body[:300]!r}")


def report(costs: dict[str, Cost]) -> str:
    """The table that is printed."""
    lines = [f"{'':<40}{'CPU us':>9}{'over /health':>14}{'median ms':>11}{'p99 ms':>9}{'most ms':>9}"]
    count = ROUNDS * REQUESTS
    for path, cost in costs.items():
        name = path if path == HEALTH else f"{path}, provider down"
        over = cost.cpu / costs[HEALTH].cpu
        walls = [percentile(cost.walls, share) * 1e3 for share in (0.5, 0.99, 1.0)]
        lines.append(
            f"{name:<40}{cost.cpu / count * 1e6:>9.0f}{over:>13.1f}x{walls[0]:>11.2f}{walls[1]:>9.2f}{walls[2]:>9.2f}"
        )
    within = [sum(wall * 1e3 < PROMISED_MS for wall in costs[path].walls) / count for path in (PASSTHROUGH, UNIFIED)]
    lines.append(f"within {PROMISED_MS:g} ms: {within[0]:.2%} of /proxy, {within[1]:.2%} of /unified")
    return "\n".join(lines)


def main() -> str:
    """Measures and reports."""
    with ExitStack() as stack:
        at = stack.enter_context(house(settings=OPEN_FOR))
        os.kill(at.sandbox, signal.SIGTERM)
        return f"{ROUNDS * REQUESTS} requests of each kind, one at a time\n{report(asyncio.run(_measure(at)))}"


if __name__ == "__main__":
    print(main())

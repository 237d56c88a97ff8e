"""A rate budget alone: to take a call and to settle it, in memory and over a Valkey; medians of rounds made in turns.

    python benchmarks/coordination.py

``SCOPES`` accounts with one limit each, answers that announce what is left. The CPU is that of this process for both
verbs together, and beside it that of the Valkey.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import redis
import uvloop
from house import valkey

from proxy.coordination import Coordination
from proxy.coordination.choice import open_coordination, open_shared
from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit

ROUNDS = 7
COUNTS = {1: 1000, 16: 2000, 64: 4000}
"""Calls of one round by how many are in flight."""
SCOPES = 300
CALLS, PER = 100_000, 60.0
"""The limit of a scope: never reached here."""
HELD = 120
"""Stamps that a scope holds of the rounds before: Trengo's whole minute."""
PATIENT_SECONDS = 10.0


async def _call(budgets: Coordination, number: int) -> None:
    limits, turn = (Limit(f"trengo:token:{number % SCOPES:064x}::60", CALLS, PER, corrected=True),), Turn()
    standing = await budgets.take(limits, turn, 20.0)
    told = await budgets.settle(limits, turn, Announced(CALLS, standing.remaining, PER))
    if standing.wait > 0 or told.limit != CALLS:
        raise ValueError(f"not taken: {standing}, {told}")


async def _round(budgets: Coordination, in_flight: int, calls: int) -> float:
    """Microseconds of CPU for a call."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await _call(budgets, number)

    started = time.process_time()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return (time.process_time() - started) / calls * 1e6


def _cpu(client: Any) -> float:
    """Seconds of CPU that the Valkey has used."""
    info = client.info("cpu")
    return float(info["used_cpu_user"] + info["used_cpu_sys"])


async def measure(url: str) -> dict[tuple[str, int], tuple[float, float]]:
    """Microseconds of this process and of the Valkey, by back end and number in flight."""
    budgets = {"memory": open_coordination(None), "redis": open_coordination(open_shared(url, PATIENT_SECONDS))}
    found: dict[tuple[str, int], list[tuple[float, float]]] = {(name, many): [] for many in COUNTS for name in budgets}
    with redis.Redis.from_url(url) as client:
        for made in budgets.values():
            await _round(made, 64, SCOPES * HELD)
        for _ in range(ROUNDS):
            for (name, many), taken in found.items():
                before = _cpu(client)
                ours = await _round(budgets[name], many, COUNTS[many])
                taken.append((ours, (_cpu(client) - before) / COUNTS[many] * 1e6))
    for made in budgets.values():
        await made.aclose()
    return {
        case: (statistics.median(ours for ours, _ in taken), statistics.median(theirs for _, theirs in taken))
        for case, taken in found.items()
    }


def main() -> str:
    """Measures and reports."""
    with tempfile.TemporaryDirectory(prefix="interline-benchmark-") as folder, valkey(Path(folder)) as url:
        taken = uvloop.run(measure(url))
    lines = [f"{'':<8}{'in flight':>10}{'CPU us':>9}{'of Valkey':>11}"]
    for (name, many), (ours, theirs) in taken.items():
        shown = f"{theirs:.0f}" if name == "redis" else ""
        lines.append(f"{name:<8}{many:>10}{ours:>9.0f}{shown:>11}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(main())

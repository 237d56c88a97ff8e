"""The HTTP engine alone: ours and httpx behind the same seam, CPU of this process for one call; medians, in turns.

    python benchmarks/engines.py

A page of 25 tickets from the sandbox over loopback, ``ACCOUNTS`` accounts, each with a pool of its own.
"""

import asyncio
import gc
import os
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop
from house import ACCOUNTS, RATE_LIMIT, ticket_sandbox
from processes import resident_mib

from proxy.outbound.exchange import Outgoing
from proxy.outbound.transport import Transport
from proxy.trace import Deadline
from sandbox.trengo import Trengo
from tests.outbound import httpx_engine

ROUNDS = 7
COUNTS = {1: 200, 16: 400, 64: 640}
"""Calls of one round by how many are in flight."""
ENGINES: dict[str, Any] = {"httpx": httpx_engine.Transport, "ours": Transport}
IDLE_ACCOUNTS = 2000


@asynccontextmanager
async def _open(kind: Any) -> AsyncIterator[Any]:
    made = kind(idle_accounts=9000, connections=8, connect_seconds=3.0, idle_seconds=9.0, clock=time.monotonic)
    try:
        yield made
    finally:
        await made.aclose()


async def _call(transport: Any, url: str, number: int, token: str) -> None:
    headers = [(b"accept", b"application/json"), (b"authorization", b"Bearer " + token.encode())]
    outgoing = Outgoing(f"account-{number}", url, "GET", b"/api/v2/tickets", headers)
    incoming = await transport.send(outgoing, Deadline(30))
    size = sum([len(part) async for part in incoming.stream()])
    await incoming.aclose()
    if incoming.status != 200 or size < 10_000:
        raise ValueError(f"answered {incoming.status} with {size} bytes")


async def _round(transport: Any, url: str, tokens: list[str], in_flight: int) -> float:
    """Microseconds of CPU for a call."""
    numbers = iter(range(COUNTS[in_flight]))

    async def work() -> None:
        for number in numbers:
            await _call(transport, url, number % ACCOUNTS, tokens[number % ACCOUNTS])

    started = time.process_time()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return (time.process_time() - started) / COUNTS[in_flight] * 1e6


async def measure(url: str, tokens: list[str]) -> dict[tuple[str, int], float]:
    """Microseconds by engine and number in flight; the first round of each is not counted."""
    found: dict[tuple[str, int], list[float]] = {(name, many): [] for many in COUNTS for name in ENGINES}
    async with _open(ENGINES["httpx"]) as theirs, _open(ENGINES["ours"]) as ours:
        transports = {"httpx": theirs, "ours": ours}
        for _ in range(ROUNDS + 1):
            for (name, many), taken in found.items():
                taken.append(await _round(transports[name], url, tokens, many))
    return {case: statistics.median(taken[1:]) for case, taken in found.items()}


async def idle_kib(kind: Any, url: str, tokens: list[str]) -> float:
    """Resident memory of one more account that was called once, its connection still open."""
    async with _open(kind) as transport:
        await _round(transport, url, tokens, 1)
        gc.collect()
        before = resident_mib(os.getpid())
        for number in range(ACCOUNTS, ACCOUNTS + IDLE_ACCOUNTS):
            await _call(transport, url, number, tokens[number % ACCOUNTS])
        gc.collect()
        return (resident_mib(os.getpid()) - before) / IDLE_ACCOUNTS * 1024


def main() -> str:
    """Measures and reports."""
    tokens = [Trengo(rate_limit=RATE_LIMIT).token_for(number) for number in range(ACCOUNTS)]
    with ticket_sandbox() as (url, _):
        idle = {name: uvloop.run(idle_kib(kind, url, tokens)) for name, kind in reversed(ENGINES.items())}
        taken = uvloop.run(measure(url, tokens))
    lines = [f"{'':<8}{'in flight':>10}{'CPU us':>9}{'against httpx':>15}"]
    for (name, many), us in taken.items():
        lines.append(f"{name:<8}{many:>10}{us:>9.0f}{taken['httpx', many] / us:>14.1f}x")
    lines += [f"an idle account: {kib:.1f} KiB ({name})" for name, kib in idle.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(main())

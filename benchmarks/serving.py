"""CPU of the serving process for a request: constant answer, passthrough, unified list; ratios of one run.

    python benchmarks/serving.py

Over loopback and ``ACCOUNTS`` accounts, against the ticket sandbox. The cases are run in turns and their medians taken,
so that a busy moment of the machine meets all of them.
"""

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack

import nginx
from client import Ask, once, run
from house import ACCOUNTS, House, house
from msgspec import Struct
from processes import cpu_seconds, resident_mib

ROUNDS = 5
RECORDS = 25
HEALTH, PASSTHROUGH, UNIFIED, NGINX = "/health", "/proxy/tickets", "/unified/ticketing/tickets", "nginx proxy_pass"
COUNTS = {1: 80, 16: 160, 64: 256}
"""Requests of one round by how many are in flight."""
TARGET_UNIFIED, TARGET_NGINX, TARGET_MIB = 2.0, 5.0, 100


class Case(Struct, frozen=True):
    """What is asked, how many at a time, and whose CPU counts."""

    name: str
    in_flight: int
    asks: Sequence[Ask]
    served: list[int]


class Cost(Struct, frozen=True):
    """One request, in microseconds."""

    cpu: float
    """CPU of the serving processes."""
    wall: float
    """Wall clock: what one client and one sandbox get out of this machine, not what the server can do."""
    client: float
    """CPU of the client."""


class Figures(Struct, frozen=True):
    """What was measured."""

    costs: dict[tuple[str, int], Cost]
    mib: float
    """Resident memory of the worker after the load."""

    def ratio(self, over: str, under: str, in_flight: int) -> float:
        """CPU of one case over that of another."""
        return self.costs[over, in_flight].cpu / self.costs[under, in_flight].cpu


def measure() -> Figures:
    """Starts what is needed, measures, stops it; raises ValueError where an answer is not what is to be measured."""
    with ExitStack() as stack:
        at = stack.enter_context(house())
        asyncio.run(_check(at))
        cases = [case for in_flight in COUNTS for case in _cases(at, in_flight)]
        program = nginx.binary()
        if program is not None:
            front = stack.enter_context(nginx.running(program, at.sandbox_url, at.sandbox_tokens[0]))
            asks = [Ask(front.base_url + PASSTHROUGH)]
            cases += [Case(NGINX, in_flight, asks, front.served) for in_flight in COUNTS]
        samples = [[asyncio.run(_round(case)) for case in cases] for _ in range(ROUNDS + 1)][1:]
        costs = {
            (case.name, case.in_flight): _median([taken[index] for taken in samples])
            for index, case in enumerate(cases)
        }
        return Figures(costs, resident_mib(at.workers[0]))


def _cases(at: House, in_flight: int) -> list[Case]:
    return [Case(path, in_flight, at.asks(path), at.served) for path in (HEALTH, PASSTHROUGH, UNIFIED)]


async def _check(at: House) -> None:
    """One request of each kind and account: small lists are read now, and a list is one provider call from then on."""
    for path in (PASSTHROUGH, UNIFIED):
        for ask in at.asks(path):
            await once(ask)
        got = await once(at.asks(path)[0])
        answer = json.loads(got.body)
        records = len(answer["data" if path == PASSTHROUGH else "result"])
        if (records, got.headers["x-upstream-calls"]) != (RECORDS, "1"):
            raise ValueError(f"{path} is not one call for {RECORDS} records: {got.headers}")


async def _round(case: Case) -> Cost:
    count = COUNTS[case.in_flight]
    before, wall, client = cpu_seconds(case.served), time.perf_counter(), time.process_time()
    await run(case.asks, count, case.in_flight)
    wall, client = time.perf_counter() - wall, time.process_time() - client
    return Cost(*(seconds / count * 1e6 for seconds in (cpu_seconds(case.served) - before, wall, client)))


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(one, name) for one in costs) for name in Cost.__struct_fields__))


def report(figures: Figures) -> str:
    """The table that is printed."""
    lines = [f"{'':<28}{'in flight':>10}{'CPU us':>9}{'wall us':>9}{'client CPU us':>15}"]
    for (name, in_flight), cost in sorted(figures.costs.items(), key=lambda one: one[0][1]):
        lines.append(f"{name:<28}{in_flight:>10}{cost.cpu:>9.0f}{cost.wall:>9.0f}{cost.client:>15.0f}")
    for in_flight in COUNTS:
        ratio = figures.ratio(UNIFIED, PASSTHROUGH, in_flight)
        lines.append(f"unified over passthrough, {in_flight} in flight: {ratio:.2f}x (target {TARGET_UNIFIED:g}x)")
    lines.append(_against_nginx(figures))
    lines.append(f"the worker holds {figures.mib:.0f} MiB (target under {TARGET_MIB})")
    return "\n".join(lines)


def _against_nginx(figures: Figures) -> str:
    many = max(COUNTS)
    if (NGINX, many) not in figures.costs:
        return "nginx is not installed here: the passthrough was not compared with it"
    ratio = figures.ratio(PASSTHROUGH, NGINX, many)
    return f"passthrough over nginx, {many} in flight: {ratio:.0f}x (target {TARGET_NGINX:g}x)"


def main() -> str:
    """Measures and reports."""
    head = f"{RECORDS} tickets, {ACCOUNTS} accounts, median of {ROUNDS} rounds, for one request"
    return f"{head}\n{report(measure())}"


if __name__ == "__main__":
    print(main())

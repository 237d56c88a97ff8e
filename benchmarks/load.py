"""Many tenants at their full quota for a while: errors, added latency, CPU for a request, memory and open files.

    python benchmarks/load.py --tenants 500 --rate 2 --seconds 60 --workers 2

Open loop: every request has its time, whatever became of those before, and its latency counts from there. The sandbox
is asked directly in the same run, so that the added latency is what the server adds on this machine at this time.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle

import click
import uvloop
from client import Ask, once, run
from house import House, house
from msgspec import Struct, json
from open_loop import Hit, Shot, fire, percentile, shot
from processes import cpu_seconds, open_files, resident_mib

LIST, GET, PASSTHROUGH, DIRECT = "list", "get", "passthrough", "direct"
PATHS = {LIST: "/unified/ticketing/tickets", GET: "/unified/ticketing/tickets/{id}", PASSTHROUGH: "/proxy/tickets"}
DIRECT_SHARE = 0.1
"""So many requests go to the sandbox itself, beside those to the server."""
WARM_IN_FLIGHT = 8
SAMPLE_SECONDS = 1.0
BAR_ADDED_P99_MS, BAR_GROWTH_MIB = 150, 20


class Plan(Struct, frozen=True):
    """What is asked of whom: ``rate`` is in requests a second for each tenant, ``mix`` are weights of the kinds."""

    tenants: int
    rate: float
    seconds: float
    servers: int
    workers: int
    mix: Mapping[str, float]
    seed: int = 1


class Sample(Struct, frozen=True):
    """All workers together, at one moment."""

    mib: float
    files: int


class Figures(Struct, frozen=True):
    """What was measured; CPU in seconds."""

    hits: list[Hit]
    samples: list[Sample]
    served: float
    sandbox: float
    generator: float

    def of(self, *kinds: str) -> list[Hit]:
        """The hits of some kinds."""
        return [hit for hit in self.hits if hit.kind in kinds]


def measure(plan: Plan) -> Figures:
    """Starts what is needed, links the tenants, warms up, fires, stops all."""
    with house(plan.tenants, plan.servers, plan.workers) as at:
        return uvloop.run(_measure(plan, at))


async def _measure(plan: Plan, at: House) -> Figures:
    """Each tenant's small lists are read by each server beforehand: they are kept for five minutes."""
    for server in range(plan.servers):
        asks = at.asks(PATHS[LIST], server)
        await run(asks, len(asks), WARM_IN_FLIGHT)
    shots = await _shots(plan, at)
    families = [at.served, [at.sandbox], [os.getpid()]]
    before = [cpu_seconds(pids) for pids in families]
    samples: list[Sample] = []
    watch = asyncio.create_task(_watch(at, samples))
    hits = await fire(shots)
    watch.cancel()
    return Figures(hits, samples, *(cpu_seconds(pids) - was for pids, was in zip(families, before, strict=True)))


async def _shots(plan: Plan, at: House) -> list[Shot]:
    """Every tenant at its rate with a phase of its own, by turns to each server; some of the same to the sandbox."""
    chance = random.Random(plan.seed)
    kinds, weights = list(plan.mix), list(plan.mix.values())
    ids = cycle(await _ids(at))
    turns = cycle(at.base_urls)
    shots: list[Shot] = []
    for headers, token in zip(at.account_headers, at.sandbox_tokens, strict=True):
        phase = chance.random() / plan.rate
        for number in range(round(plan.rate * plan.seconds)):
            moment = phase + number / plan.rate
            kind = chance.choices(kinds, weights)[0]
            path = PATHS[kind].replace("{id}", next(ids))
            shots.append(shot(moment, kind, Ask(next(turns) + path, headers)))
            if chance.random() < DIRECT_SHARE:
                direct = Ask(at.sandbox_url + "/api/v2/tickets", {"Authorization": f"Bearer {token}"})
                shots.append(shot(moment, DIRECT, direct))
    return shots


async def _ids(at: House) -> list[str]:
    answer = json.decode((await once(at.asks(PATHS[LIST])[0])).body)
    return [ticket["id"] for ticket in answer["result"]]


async def _watch(at: House, samples: list[Sample]) -> None:
    while True:
        samples.append(Sample(sum(map(resident_mib, at.workers)), sum(map(open_files, at.workers))))
        await asyncio.sleep(SAMPLE_SECONDS)


def report(plan: Plan, figures: Figures) -> str:
    """The lines that are printed."""
    faults = Counter(hit.fault for hit in figures.hits if hit.fault)
    lines = [
        (
            f"{plan.tenants} tenants, {plan.rate:g} requests a second each, {plan.seconds:g} s, "
            f"servers: {plan.servers}, workers of each: {plan.workers}"
        ),
        f"{len(figures.of(*plan.mix))} requests, errors: {dict(faults) or 0}",
        f"{'ms':<14}{'p50':>9}{'p90':>9}{'p99':>9}{'most':>9}",
        *(_row(kind, figures.of(kind)) for kind in [*plan.mix, DIRECT]),
        _added(figures.of(*plan.mix), figures.of(DIRECT)),
        f"the generator was late by {percentile((hit.late for hit in figures.hits), 0.99) * 1000:.0f} ms at p99",
        f"{'CPU':<14}{'us':>9}{'of a core':>11}",
        _cpu("server", figures.served, len(figures.of(*plan.mix)), plan),
        _cpu("sandbox", figures.sandbox, len(figures.hits), plan),
        _cpu("generator", figures.generator, len(figures.hits), plan),
        _over_time(figures.samples),
    ]
    return "\n".join(lines)


def _added(served: Sequence[Hit], direct: Sequence[Hit]) -> str:
    """The bar is set for an idle machine with cores for all; others on the same cores are in both figures."""
    half, most = (_ms(served, share) - _ms(direct, share) for share in (0.5, 0.99))
    return f"added: p50 {half:.0f} ms, p99 {most:.0f} ms (bar {BAR_ADDED_P99_MS} ms)"


def _cpu(name: str, seconds: float, requests: int, plan: Plan) -> str:
    return f"{name:<14}{seconds / requests * 1e6:>9.0f}{seconds / plan.seconds:>11.0%}"


def _row(kind: str, hits: Sequence[Hit]) -> str:
    return f"{kind:<14}" + "".join(f"{_ms(hits, share):>9.1f}" for share in (0.5, 0.9, 0.99, 1.0))


def _ms(hits: Sequence[Hit], share: float) -> float:
    return percentile((hit.seconds for hit in hits if not hit.fault), share) * 1000


def _over_time(samples: Sequence[Sample]) -> str:
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]
    mib = [sum(one.mib for one in part) / third for part in (first, last)]
    return (
        f"all workers, first and last third: memory {mib[0]:.0f} and {mib[1]:.0f} MiB (bar {BAR_GROWTH_MIB} more), "
        f"open files at most {max(one.files for one in first)} and {max(one.files for one in last)}"
    )


def _mix(_context: click.Context, _option: click.Parameter, given: str) -> dict[str, float]:
    parts = [part.partition("=") for part in given.split(",")]
    if unknown := {kind for kind, _, _ in parts} - PATHS.keys():
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(PATHS)}")
    return {kind: float(weight or 1) for kind, _, weight in parts}


@click.command()
@click.option("--tenants", default=500, show_default=True)
@click.option("--rate", default=2.0, show_default=True, help="Requests a second of each tenant.")
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--servers", default=1, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Of each server; above 1 over PostgreSQL and Valkey.")
@click.option("--mix", default=LIST, show_default=True, callback=_mix, help="Such as list=8,get=1,passthrough=1.")
def main(tenants: int, rate: float, seconds: float, servers: int, workers: int, mix: dict[str, float]) -> None:
    """Measures and reports; ends with an error where a request had one."""
    plan = Plan(tenants, rate, seconds, servers, workers, mix)
    figures = measure(plan)
    print(report(plan, figures))
    if any(hit.fault for hit in figures.hits):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

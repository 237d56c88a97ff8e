"""One account at 60 calls a minute, fifty callers, one server of two workers: what the provider and the callers see.

    python benchmarks/budget.py                 # two minutes
    python benchmarks/budget.py --seconds 300

Forty callers are interactive: each asks again half a minute to a minute after its answer, and all together for somewhat
less than the provider allows. Ten are bulk (``Priority: u=7``) and never stop asking. Half of each wait for a minute
(``Prefer: wait=60``), the others as long as the server has it. A caller that is refused comes back after its
``Retry-After``. Each of four promises is judged by itself; it ends with 1 where one is broken.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from house import Server, link, shared, started, workers_of
from msgspec import Struct
from processes import cpu_seconds

WORKERS = 2
CALLS, PER = 60, 60.0
INTERACTIVE, BULK = 40, 10
REST_SECONDS = (30.0, 60.0)
PATIENT, USUAL = 60, 20
"""Seconds that a caller lets itself be made to wait: by its own word, and the default of the server."""
SLACK = 3.0
"""Seconds that a call itself may take on a busy machine."""
ON_THE_WAY = 0.5
"""Seconds from taking a call of the budget to its arrival at the provider, on a busy machine."""
LANES = ("interactive", "bulk")


class Call(Struct, frozen=True):
    """One answer to a caller."""

    lane: str
    patience: int
    status: int
    asked: float
    """When, by the clock of the machine."""
    seconds: float
    told: int
    """What a refusal told to wait."""
    again: bool
    """Whether it was asked after such a wait."""


class Run(Struct, frozen=True):
    """What was seen."""

    calls: list[Call]
    provider: list[dict[str, Any]]
    cpu: list[float]
    """Seconds of each worker."""


class Promise(Struct, frozen=True):
    """One of those that are judged."""

    text: str
    found: str
    kept: bool


class Caller:
    """Asks until it is served, rests if it is a person, and asks for the next."""

    def __init__(self, client: httpx.AsyncClient, url: str, headers: dict[str, str], lane: str, number: int) -> None:
        self._client = client
        self._url = f"{url}/proxy/labels?who={lane}"
        self._lane = lane
        self._patience = (USUAL, PATIENT)[number % 2]
        self._headers = headers | ({"Priority": "u=7"} if lane == "bulk" else {})
        if self._patience != USUAL:
            self._headers |= {"Prefer": f"wait={self._patience}"}
        self._random = random.Random(f"{lane} {number}")
        self.calls: list[Call] = []

    async def ask_until(self, end: float) -> None:
        """Begins nothing more once the moment has come; a person goes on until it is served."""
        while time.monotonic() < end and await self._served(end):
            if self._lane == "interactive":
                await asyncio.sleep(min(self._random.uniform(*REST_SECONDS), max(0.0, end - time.monotonic())))

    async def _served(self, end: float) -> bool:
        again = False
        while True:
            began, asked = time.monotonic(), time.time()
            answer = await self._client.get(self._url, headers=self._headers)
            now = time.monotonic()
            told = int(answer.headers.get("retry-after", 0))
            self.calls.append(Call(self._lane, self._patience, answer.status_code, asked, now - began, told, again))
            if answer.status_code == 200:
                return True
            if not told or (self._lane == "bulk" and now + told > end):
                return False
            await asyncio.sleep(told)
            again = True


async def _play(url: str, headers: dict[str, str], seconds: float) -> list[Call]:
    end = time.monotonic() + seconds
    async with httpx.AsyncClient(timeout=2 * PATIENT, limits=httpx.Limits(max_connections=None)) as client:
        lanes = [("interactive", number) for number in range(INTERACTIVE)] + [("bulk", n) for n in range(BULK)]
        callers = [Caller(client, url, headers, lane, number) for lane, number in lanes]
        await asyncio.gather(*(caller.ask_until(end) for caller in callers))
    return [call for caller in callers for call in caller.calls]


def _log(sandbox: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {sandbox['control_token']}"}
    with urllib.request.urlopen(urllib.request.Request(sandbox["control_url"] + "/log", None, headers)) as answer:
        return json.loads(answer.read() or b"[]")


def _measure(seconds: float) -> Run:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="interline-benchmark-")))
        command = [sys.executable, "-m", "sandbox", "trengo", "--json", "--rate-limit", str(CALLS)]
        running = stack.enter_context(started(command, dict(os.environ), piped=True))
        assert running.stdout is not None
        sandbox = json.loads(running.stdout.readline())
        settings = stack.enter_context(shared(folder, WORKERS)) | {"INTERLINE_PROVIDER_LIMITS": f"trengo={CALLS}"}
        server = Server(folder, sandbox["url"], settings)
        workers = workers_of(stack.enter_context(server.running()).pid, WORKERS)
        key = server.key()
        account = link(server.base_url, key, sandbox["token"])
        headers = {"Authorization": f"Bearer {key}", "X-Integrated-Account-Id": account}
        before = [cpu_seconds([one]) for one in workers]
        calls = asyncio.run(_play(server.base_url, headers, seconds))
        after = [cpu_seconds([one]) for one in workers]
        return Run(calls, _log(sandbox), [late - early for late, early in zip(after, before, strict=True)])


def _most(moments: Sequence[float]) -> int:
    return max(sum(start <= other < start + PER for other in moments) for start in moments)


def judged(run: Run) -> list[Promise]:
    """The four promises."""
    most = _most([one["time"] for one in run.provider])
    refused = sum(one["status"] == 429 for one in run.provider)
    odd = sorted({call.status for call in run.calls} - {200, 429})
    over = max(call.seconds - call.patience for call in run.calls)
    waiting = [call for call in run.calls if call.lane == "interactive" and call.patience >= PER]
    longest = max(call.seconds for call in waiting)
    gone = sum(call.status != 200 for call in waiting)
    return [
        Promise(
            f"the provider sees at most {CALLS} calls in any {PER:g} s",
            f"{most} of {len(run.provider)} in all",
            most <= CALLS,
        ),
        Promise("the provider answers no 429", f"{refused}", refused == 0),
        Promise(
            "no caller waits longer than it was told",
            f"at most {over:+.2f} s against what it had said or the default; other answers than 200 and 429: {odd}",
            over <= SLACK and not odd,
        ),
        Promise(
            "bulk delays nothing interactive by more than a window",
            f"of {len(waiting)} that wait for a window {gone} refused, the longest wait {longest:.1f} s; "
            f"at most {_overtaken(run)} bulk calls went to the provider while one waited",
            not gone and longest <= PER + SLACK,
        ),
    ]


def _overtaken(run: Run) -> int:
    """Bulk calls that reached the provider within the wait of one interactive call; not those just on their way."""
    bulk = [one["time"] for one in run.provider if one["target"].endswith("who=bulk")]
    waits = [(call.asked + ON_THE_WAY, call.asked + call.seconds) for call in run.calls if call.lane == "interactive"]
    return max(sum(start < one < end for one in bulk) for start, end in waits)


def _lane(run: Run, lane: str, patience: int) -> str:
    mine = [call for call in run.calls if (call.lane, call.patience) == (lane, patience)]
    served = [call.seconds for call in mine if call.status == 200] or [0.0]
    told = [call.told for call in mine if call.status != 200] or [0]
    back = [call.status == 200 for call in mine if call.again]
    return (
        f"{lane}, waits {patience} s: {len(served)} served after median {median(served):.1f} s, most "
        f"{max(served):.1f} s; {len(mine) - len(served)} refused, told {min(told)} to {max(told)} s; "
        f"{sum(back)} of {len(back)} that came back then were served"
    )


def main() -> int:
    """Runs, prints, and says which promises were kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    run = _measure(parser.parse_args().seconds)
    for lane in LANES:
        reached = sum(one["target"].endswith(f"who={lane}") for one in run.provider)
        print(f"{lane}: {reached} calls reached the provider")
        for patience in (USUAL, PATIENT):
            print("  " + _lane(run, lane, patience))
    print("CPU of the workers: " + ", ".join(f"{one:.1f} s" for one in run.cpu))
    promises = judged(run)
    for one in promises:
        print(f"{'kept' if one.kept else 'BROKEN'}: {one.text} ({one.found})")
    return 0 if all(one.kept for one in promises) else 1


if __name__ == "__main__":
    sys.exit(main())

"""One account at 60 calls a minute, fifty callers, two servers that share a Redis: what the provider and callers see.

    python benchmarks/budget.py                 # two minutes
    python benchmarks/budget.py --seconds 300

Forty callers are interactive, ten are bulk (``Priority: u=7``). Each asks again as soon as it was answered, and after a
429 once its ``Retry-After`` is over. It ends with 1 where a promise is broken.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from house import Server, link, started, valkey
from msgspec import Struct

CALLS, PER = 60, 60.0
INTERACTIVE, BULK = 40, 10
PATIENCE = 20
"""Seconds that a caller may be made to wait for the budget: the default of the server."""
SLACK = 2.0
"""Seconds that a call itself may take on a busy machine."""


class Call(Struct, frozen=True):
    """One answer to a caller."""

    lane: str
    status: int
    seconds: float
    retry_after: int


class Caller:
    """Asks as fast as it is let."""

    def __init__(self, client: httpx.AsyncClient, url: str, headers: dict[str, str], lane: str) -> None:
        self._client = client
        self._url = f"{url}/proxy/labels?who={lane}"
        self._headers = headers | ({"Priority": "u=7"} if lane == "bulk" else {})
        self._lane = lane
        self.calls: list[Call] = []

    async def ask_until(self, end: float) -> None:
        """Goes on until the moment has come."""
        while (left := end - time.monotonic()) > 0:
            began = time.monotonic()
            answer = await self._client.get(self._url, headers=self._headers)
            wait = int(answer.headers.get("retry-after", 0))
            self.calls.append(Call(self._lane, answer.status_code, time.monotonic() - began, wait))
            if answer.status_code != 200:
                await asyncio.sleep(min(wait, left))


async def _play(urls: list[str], headers: dict[str, str], seconds: float) -> list[Call]:
    end = time.monotonic() + seconds
    async with httpx.AsyncClient(timeout=90, limits=httpx.Limits(max_connections=None)) as client:
        lanes = ["interactive"] * INTERACTIVE + ["bulk"] * BULK
        callers = [Caller(client, urls[at % len(urls)], headers, lane) for at, lane in enumerate(lanes)]
        await asyncio.gather(*(caller.ask_until(end) for caller in callers))
    return [call for caller in callers for call in caller.calls]


def _log(sandbox: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {sandbox['control_token']}"}
    with urllib.request.urlopen(urllib.request.Request(sandbox["control_url"] + "/log", None, headers)) as answer:
        return json.loads(answer.read() or b"[]")


def _measure(seconds: float) -> tuple[list[Call], list[dict[str, Any]]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="interline-benchmark-")))
        redis = stack.enter_context(valkey(folder))
        command = [sys.executable, "-m", "sandbox", "trengo", "--json", "--rate-limit", str(CALLS)]
        running = stack.enter_context(started(command, dict(os.environ), piped=True))
        assert running.stdout is not None
        sandbox = json.loads(running.stdout.readline())
        one, two = Server(folder, sandbox["url"]), Server(folder, sandbox["url"])
        shared = {"INTERLINE_REDIS_URL": redis, "INTERLINE_PROVIDER_LIMITS": f"trengo={CALLS}"}
        one.environment |= shared
        two.environment = one.environment | {"INTERLINE_PORT": str(two.port)}
        for server in (one, two):
            stack.enter_context(server.running())
        key = one.key()
        account = link(one.base_url, key, sandbox["token"])
        headers = {"Authorization": f"Bearer {key}", "X-Integrated-Account-Id": account}
        calls = asyncio.run(_play([one.base_url, two.base_url], headers, seconds))
        return calls, _log(sandbox)


def _most(moments: list[float]) -> int:
    return max(sum(start <= other < start + PER for other in moments) for start in moments)


def main() -> int:
    """Runs, prints, and says whether the promises were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    calls, seen = _measure(parser.parse_args().seconds)
    statuses = Counter(one["status"] for one in seen)
    most = _most([one["time"] for one in seen])
    print(f"provider: {len(seen)} requests, statuses {dict(statuses)}, at most {most} in any {PER:g} s (limit {CALLS})")
    kept = statuses.keys() == {200} and most <= CALLS
    for lane in ("interactive", "bulk"):
        mine = [call for call in calls if call.lane == lane]
        served = sorted(call.seconds for call in mine if call.status == 200)
        refused = [call for call in mine if call.status == 429]
        told = [call.retry_after for call in refused]
        print(
            f"{lane}: {dict(Counter(call.status for call in mine))}, served after median "
            f"{median(served or [0]):.2f} s, most {max(served or [0]):.2f} s; refused after at most "
            f"{max((call.seconds for call in refused), default=0):.2f} s, told {min(told, default=0)} to "
            f"{max(told, default=0)} s"
        )
        kept = kept and {call.status for call in mine} <= {200, 429}
        kept = kept and max(served or [0]) <= PATIENCE + SLACK
    print("kept" if kept else "BROKEN")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""Does any account ever read another's bytes? Many accounts at once before a provider that breaks HTTP/1.1.

    python benchmarks/mixup.py                                  1,000 accounts, 100,000 requests, 200 at a time
    python benchmarks/mixup.py --accounts 40 --requests 3000    the short form that the tests run

One request in five is left by its caller before the answer. Whatever comes back, whole or cut, is searched for the
marks of other accounts (``foreign``) and for answers to other requests of the same account (``stale``). The exit status
is 1 where there was a foreign byte.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from client import Ask, Connection, Got
from desync import Provider, mark
from house import Server, folder_and_server
from msgspec import Struct

MARKS = re.compile(rb"own-[0-9a-f]{16}")
NUMBERED = re.compile(rb"own-[0-9a-f]{16}:(\d+):")
LEAVING = 0.2
LONGEST_STAY_SECONDS = 0.015
LINKING = 16
DOORS = ("/proxy/labels?n={n}", "/unified/ticketing/tags?remote_query[n]={n}")


class Account(Struct, frozen=True):
    """A linked account, and the mark of what its provider says."""

    id: str
    mark: bytes


class Tally:
    """What came back."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.left = self.cut = self.owned = self.foreign = self.stale = self.repeated = 0
        self.examples: list[str] = []

    def answered(self, account: Account, number: int, got: Got) -> None:
        """An answer, as far as it came."""
        self.statuses[got.status] += 1
        self.repeated += got.headers.get("x-upstream-calls", "0") not in ("0", "1")
        self.searched(account, number, repr(sorted(got.headers.items())).encode() + got.body)

    def searched(self, account: Account, number: int, data: bytes) -> None:
        """Bytes that a caller got."""
        marks = set(MARKS.findall(data))
        self.owned += account.mark in marks
        if marks - {account.mark}:
            self.foreign += 1
            self.examples.append(f"{account.id} read {data[:300]!r}")
        self.stale += bool(set(NUMBERED.findall(data)) - {b"%d" % number})


class Storm:
    """Workers that each keep a connection and ask for one account after another."""

    def __init__(self, base_url: str, key: str, accounts: list[Account], seed: int = 1) -> None:
        self.tally = Tally()
        self._base_url = base_url
        self._key = key
        self._accounts = accounts
        self._rng = random.Random(seed)

    async def run(self, requests: int, in_flight: int) -> None:
        """Asks so often, so many at a time."""
        numbers = iter(range(requests))
        await asyncio.gather(*(self._work(numbers) for _ in range(in_flight)))

    async def _work(self, numbers: Iterator[int]) -> None:
        connection = await Connection.open(self._base_url)
        for number in numbers:
            account = self._accounts[self._rng.randrange(len(self._accounts))]
            wire = self._wire(account, number)
            keep = await (
                self._leave(connection, wire)
                if self._rng.random() < LEAVING
                else self._ask(connection, wire, account, number)
            )
            if not keep:
                with suppress(OSError):
                    await connection.close()
                connection = await Connection.open(self._base_url)
        await connection.close()

    async def _ask(self, connection: Connection, wire: bytes, account: Account, number: int) -> bool:
        try:
            got = await connection.ask(wire)
        except (asyncio.IncompleteReadError, OSError) as error:
            self.tally.cut += 1
            self.tally.searched(account, number, getattr(error, "partial", b""))
            return False
        self.tally.answered(account, number, got)
        return got.headers.get("connection") != "close"

    async def _leave(self, connection: Connection, wire: bytes) -> bool:
        self.tally.left += 1
        asking = asyncio.create_task(connection.ask(wire))
        await asyncio.wait([asking], timeout=self._rng.random() * LONGEST_STAY_SECONDS)
        asking.cancel()
        with suppress(asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            await asking
        return False

    def _wire(self, account: Account, number: int) -> bytes:
        path = DOORS[number % len(DOORS)].format(n=number)
        headers = {"Authorization": f"Bearer {self._key}", "X-Integrated-Account-Id": account.id}
        wire = Ask(self._base_url + path, headers).wire()
        return wire.replace(b" HTTP/1.1", b"?" + path.partition("?")[2].encode() + b" HTTP/1.1", 1)


async def link(base_url: str, key: str, count: int) -> list[Account]:
    """So many accounts, each with a token of its own."""
    numbers, accounts = iter(range(count)), []

    async def work() -> None:
        connection = await Connection.open(base_url)
        for number in numbers:
            token = f"token-{number:06d}-of-the-storm"
            given = {"tenant_id": f"t{number}", "integration": "trengo", "credentials": {"token": token}}
            accounts.append(Account(await _linked(connection, base_url, key, given), mark(token).encode()))
        await connection.close()

    await asyncio.gather(*(work() for _ in range(LINKING)))
    return accounts


async def _linked(connection: Connection, base_url: str, key: str, given: dict[str, object]) -> str:
    body = json.dumps(given).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Content-Length": str(len(body))}
    wire = Ask(f"{base_url}/integrated-account", headers).wire().replace(b"GET ", b"POST ", 1)
    got = await connection.ask(wire + body)
    if got.status != 201:
        raise RuntimeError(f"linking was answered {got.status}: {got.body[:300]!r}")
    account_id: str = json.loads(got.body)["result"]["id"]
    return account_id


async def storm(server: Server, provider: Provider, accounts: int, requests: int, in_flight: int) -> dict[str, object]:
    """The whole run; what to report."""
    key = server.key()
    linked = await link(server.base_url, key, accounts)
    provider.breaking, provider.connections = True, 0
    provider.played.clear()
    storm = Storm(server.base_url, key, linked)
    started = time.monotonic()
    await storm.run(requests, in_flight)
    tally = storm.tally
    return {
        "accounts": len(linked),
        "requests": requests,
        "seconds": round(time.monotonic() - started, 1),
        "left by their callers": tally.left,
        "cut": tally.cut,
        "statuses": dict(sorted(tally.statuses.items())),
        "answers with the own mark": tally.owned,
        "asked the provider again": tally.repeated,
        "provider's connections": provider.connections,
        "played": dict(sorted(provider.played.items())),
        "stale": tally.stale,
        "foreign": tally.foreign,
        "examples": tally.examples[:5],
    }


async def main(accounts: int, requests: int, in_flight: int) -> dict[str, object]:
    """Starts provider and server, and lets the storm loose."""
    provider = Provider()
    origin = await provider.listen()
    try:
        with folder_and_server(origin) as server:
            server.environment["INTERLINE_PROVIDER_LIMITS"] = "trengo=10000000"
            with server.running():
                return await storm(server, provider, accounts, requests, in_flight)
    finally:
        provider.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=200)
    given = parser.parse_args()
    report = asyncio.run(main(given.accounts, given.requests, given.in_flight))
    print(json.dumps(report, indent=1))
    sys.exit(bool(report["foreign"]))

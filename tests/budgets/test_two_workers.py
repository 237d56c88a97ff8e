"""Two workers, fifty callers, one account: the provider is never asked more than it allows."""

import asyncio
import time

import pytest

CALLS, PER = 20, 4.0
CALLERS = 50
PATIENCE = 20
SLACK = 8.0
"""Seconds that a loaded machine may take beside the waiting."""


@pytest.fixture(scope="module")
def sandbox(limited_sandbox):
    return limited_sandbox(CALLS, PER)


@pytest.fixture(scope="module")
def servers(two_servers, sandbox):
    return two_servers(CALLS, PER, sandbox.url)


@pytest.fixture(scope="module")
def account(servers, sandbox):
    return servers.link(sandbox.token)


@pytest.fixture
def log(sandbox):
    """The sandbox's log from now on: when each request arrived, for what, and how it was answered."""
    sandbox.clear_log()
    return lambda: sorted(sandbox.log(), key=lambda one: one["time"])


class Callers:
    """Calls of one account, over both servers in turn."""

    def __init__(self, servers, account, client):
        self._servers = servers
        self._account = account
        self._client = client
        self.answers = []

    async def ask(self, number, who="anybody", **headers):
        """One call; its answer and how long it took."""
        began = time.monotonic()
        answer = await self._client.get(
            self._servers.urls[number % 2] + "/proxy/labels",
            params={"integrated_account_id": self._account, "who": who},
            headers={**self._servers.headers, "Prefer": f"wait={PATIENCE}", **headers},
        )
        self.answers.append((answer, time.monotonic() - began))
        return self.answers[-1]

    async def keep_asking(self, number, until, **headers):
        while time.monotonic() < until:
            await self.ask(number, **headers)


async def reached(log, requests):
    """Until the sandbox has seen so many requests."""
    for _ in range(600):
        if len(log()) >= requests:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{requests} requests were not made in a minute")


async def leave(tasks):
    """Callers who go away while they wait."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def most_in_a_window(moments):
    """The most requests of any stretch as long as the provider's window."""
    return max(sum(start <= other < start + PER for other in moments) for start in moments)


async def test_fifty_callers_of_two_workers_never_exceed_the_limit(servers, account, client, log):
    callers = Callers(servers, account, client)
    until = time.monotonic() + PER
    await asyncio.gather(*(callers.keep_asking(number, until) for number in range(CALLERS)))
    seen = log()
    assert {one["status"] for one in seen} == {200}
    assert most_in_a_window([one["time"] for one in seen]) <= CALLS
    assert len(seen) == len(callers.answers) >= 2 * CALLS
    for answer, seconds in callers.answers:
        assert answer.status_code == 200, answer.text
        assert seconds <= PATIENCE + SLACK
    assert "shared-budgets-lost" not in servers.logs()


async def test_who_cannot_be_served_in_time_is_refused_at_once_and_told_when(servers, account, client, log):
    """Three times as many callers come as one window takes, and none waits for the third."""
    callers, wait = Callers(servers, account, client), 3
    await asyncio.gather(*(callers.ask(number, Prefer=f"wait={wait}") for number in range(3 * CALLS)))
    served = [one for one in callers.answers if one[0].status_code == 200]
    refused = [one for one in callers.answers if one[0].status_code == 429]
    assert len(served) + len(refused) == 3 * CALLS
    assert refused
    assert len(served) == len(log())
    assert all(seconds <= wait + SLACK for _, seconds in served)
    for answer, seconds in refused:
        assert seconds <= SLACK
        assert wait < int(answer.headers["retry-after"]) <= 4 * PER
        assert answer.headers["ratelimit-limit"] == str(CALLS)
        assert answer.json()["code"] == "rate-limited"
    told = min(int(answer.headers["retry-after"]) for answer, _ in refused)
    await asyncio.sleep(told)
    answer, _ = await callers.ask(0, Prefer=f"wait={wait}")
    assert answer.status_code == 200
    assert {one["status"] for one in log()} == {200}


async def test_bulk_calls_delay_an_interactive_one_by_no_more_than_a_window(servers, account, client, log):
    callers = Callers(servers, account, client)
    until = time.monotonic() + 60
    bulk = [asyncio.create_task(callers.keep_asking(n, until, who="bulk", Priority="u=7")) for n in range(2 * CALLS)]
    await reached(log, CALLS + 5)  # the first window is used up, and the rest of the bulk calls wait
    came = time.time()
    people = await asyncio.gather(*(callers.ask(number, who=f"person{number}") for number in range(4)))
    await leave(bulk)
    seen = log()
    assert {one["status"] for one in seen} == {200}
    assert most_in_a_window([one["time"] for one in seen]) <= CALLS
    assert all(answer.status_code == 200 and seconds <= PER + SLACK for answer, seconds in people)
    last = max(at for at, one in enumerate(seen) if "who=person" in one["target"])
    before = [one for one in seen[:last] if "who=bulk" in one["target"] and one["time"] > came]
    assert len(before) < 2 * CALLS  # first come, first served would have put as many before them


async def test_bulk_calls_wait_while_interactive_ones_do(servers, account, client, log):
    """Interactive callers who use the whole budget leave nothing to bulk ones, which are told so."""
    callers = Callers(servers, account, client)
    until = time.monotonic() + 60
    people = [asyncio.create_task(callers.keep_asking(n, until, who="person")) for n in range(2 * CALLS)]
    await reached(log, CALLS)
    answer, _ = await callers.ask(0, who="bulk", Priority="u=6, i", Prefer="wait=1")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    await leave(people)
    assert not any("who=bulk" in one["target"] for one in log())
    assert all("priority" not in dict(one["headers"]) for one in log())


async def test_each_worker_keeps_one_connection_whatever_it_shares(servers, account, client, valkey_server):
    callers = Callers(servers, account, client)
    await asyncio.gather(*(callers.ask(number) for number in range(CALLS)))
    for url in servers.urls:
        wrong = await client.get(url + "/proxy/labels", headers={"Authorization": "Bearer nobody's"})
        assert wrong.status_code == 401
    with valkey_server.client() as looking:
        assert looking.keys("interline:tally:*")
        assert len(looking.client_list()) == len(servers.urls) + 1

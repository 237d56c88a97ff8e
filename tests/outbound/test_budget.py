"""Rate budgets: which a call counts in, how it waits for them, what an answer says of them."""

import asyncio

import pytest

from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.turn import Turn
from proxy.coordination.window import BOUNDLESS, Announced, Limit
from proxy.errors import RateLimited
from proxy.outbound.budget import OutOfBudget, acquire, limits_of
from proxy.outbound.request import ProviderRequest
from proxy.provider.model import LimitWords
from tests.outbound.scripted import LIMITED, Door, Upstream, answer, make_account, make_provider


class Turned:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds


async def test_idle_windows_are_forgotten_and_busy_ones_kept():
    shared = MemoryCoordination(Turned(), kept=3)
    for number in range(10):
        limit, turn = Limit(f"scope-{number}", 5, 60.0), Turn()
        await shared.take([limit], turn, 0.0)
        await shared.give_back([limit], turn)
    assert len(shared._windows) <= 4


async def test_a_worker_of_several_gives_out_its_part_of_each_limit():
    shared, limit = MemoryCoordination(Turned(), share=2), [Limit("scope", 5, 60.0, corrected=True)]
    turns = [Turn(), Turn()]
    assert [(await shared.take(limit, turn, 0.0)).wait for turn in turns] == [0, 0]
    assert (await shared.take(limit, Turn(), 0.0)).wait > 0
    standing = await shared.settle(limit, turns[0], Announced(limit=60, remaining=20))
    assert (standing.limit, standing.remaining) == (30, 20)


async def test_waiters_are_served_at_the_limit_and_not_above():
    clock = Turned()
    shared = MemoryCoordination(clock)
    limit = Limit("scope", 5, 10.0)
    stamps = []
    for _ in range(23):
        turn = Turn()
        await acquire(shared, [limit], turn, 100.0, clock.sleep, lambda: 0.0, clock)
        stamps.append(clock.now)
        await shared.settle([limit], turn, Announced())
    assert all(later - earlier >= 10.0 for earlier, later in zip(stamps, stamps[5:], strict=False))
    assert stamps[-1] - stamps[0] == pytest.approx(40.0, abs=0.1)


async def test_a_wait_longer_than_the_patience_is_refused_at_once():
    clock = Turned()
    shared = MemoryCoordination(clock)
    limit = Limit("scope", 1, 60.0)
    await shared.settle([limit], Turn(), Announced())
    with pytest.raises(OutOfBudget) as raised:
        await acquire(shared, [limit], Turn(), 20.0, clock.sleep, lambda: 0.0, clock)
    assert raised.value.standing.wait == pytest.approx(60.0)
    assert clock.now == 1000.0


async def test_who_is_cancelled_while_it_waits_leaves_no_ticket():
    shared, limit, waiting = MemoryCoordination(Turned()), Limit("scope", 1, 60.0), asyncio.Event()
    await shared.settle([limit], Turn(), Announced())

    async def sleep(_):
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(acquire(shared, [limit], Turn(), 100.0, sleep, lambda: 0.0, Turned()))
    await waiting.wait()
    assert (await shared.take([limit], Turn(), 0.0)).wait == pytest.approx(120.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await shared.take([limit], Turn(), 0.0)).wait == pytest.approx(60.0)


LIMITS = [
    LimitWords(scope="host", calls=3000, per=60.0),
    LimitWords(scope="account", calls=100, per=60.0, path="/contacts/search"),
]


def test_a_limit_for_a_path_counts_only_there_and_is_the_narrowest():
    provider = make_provider(prefix="/api/v1/accounts/{id}", limits=LIMITS)
    account = make_account("https://desk.example", provider=provider, base_path="", connection={"id": 7})
    search = limits_of(account, "/api/v1/accounts/7/contacts/search?q=a")
    other = limits_of(account, "/api/v1/accounts/7/conversations")
    assert [(limit.calls, limit.corrected) for limit in search] == [(100, False), (3000, True)]
    assert [(limit.calls, limit.corrected) for limit in other] == [(BOUNDLESS, False), (3000, True)]


async def test_a_429_where_only_the_host_has_a_limit_pauses_the_account_alone():
    provider = make_provider(limits=LIMITS[:1])
    async with Upstream() as upstream, Door() as door:
        busy = answer(b"Retry later", 429, [(b"retry-after", b"60")])
        upstream.script = lambda got, number: [busy if b"0001" in got.header(b"authorization") else answer()]
        one, two = (make_account(upstream.origin, number, provider=provider) for number in (1, 2))
        request = ProviderRequest("GET", "/api/v2/x")
        assert (await door.outbound.call(one, request, door.trace())).status == 429
        with pytest.raises(RateLimited):
            await door.outbound.call(one, request, door.trace())
        trace = door.trace()
        assert (await door.outbound.call(two, request, trace)).status == 200
        assert trace.rate.limit == 3000
        assert len(upstream.got) == 2


def test_accounts_with_one_token_share_its_budget_and_the_key_does_not_show_it():
    provider = make_provider(**LIMITED)
    one, two, three = (
        limits_of(make_account("https://desk.example", number, provider=provider, token=token), "/api/v2/x")[0].key
        for number, token in ((1, "the-same-token"), (2, "the-same-token"), (3, "another-token"))
    )
    assert one == two != three
    assert "the-same-token" not in one


async def test_the_answer_headers_correct_the_budget_and_are_shown():
    headers = [(b"x-ratelimit-limit", b"100000"), (b"x-ratelimit-remaining", b"99000"), (b"x-ratelimit-reset", b"30")]
    provider = make_provider(
        limits=[LimitWords(scope="token", calls=1, per=60.0)], limit_headers=LIMITED["limit_headers"]
    )
    async with Upstream(lambda got, number: [answer(headers=headers)]) as upstream, Door() as door:
        account = make_account(upstream.origin, provider=provider)
        for _ in range(30):
            trace = door.trace(1.0)
            await door.outbound.call(account, ProviderRequest("GET", "/api/v2/x"), trace)
        assert trace.rate.limit == 100_000
        assert trace.rate.remaining == 99_000


async def test_a_herd_of_forty_never_exceeds_the_limit():
    provider = make_provider(limits=[LimitWords(scope="token", calls=10, per=0.4)])
    moments = []
    async with Upstream() as upstream, Door() as door:
        loop = asyncio.get_running_loop()
        upstream.script = lambda got, number: moments.append(loop.time()) or [answer()]
        account = make_account(upstream.origin, provider=provider)
        calls = [door.outbound.call(account, ProviderRequest("GET", "/api/v2/x"), door.trace()) for _ in range(40)]
        await asyncio.gather(*calls)
    assert len(moments) == 40
    assert all(later - earlier >= 0.4 for earlier, later in zip(moments, moments[10:], strict=False))

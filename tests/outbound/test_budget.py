"""Rate budgets: exact windows, corrected by the provider."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.window import BOUNDLESS, Announced, Limit, Window
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


def used(window, now, calls):
    for _ in range(calls):
        window.take()
        window.settle(now)


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5)), min_size=1, max_size=60),
)
def test_no_window_of_the_provider_ever_holds_more_than_the_limit(calls, steps):
    """Each step: a pause, then a call that is counted by the provider anywhere between sending and answer."""
    window, now, counted, under_way = Window(calls, 10.0), 0.0, [], []
    drawn = random.Random(1)
    for pause, latency in steps:
        now += pause
        for sent, answered in [one for one in under_way if one[1] <= now]:
            window.settle(answered)
            counted.append(drawn.uniform(sent, answered))
            under_way.remove((sent, answered))
        if window.wait(now) <= 0:
            window.take()
            under_way.append((now, now + latency))
    for moment in counted:
        assert sum(moment <= other < moment + 10.0 for other in counted) <= calls


def test_the_wait_ends_exactly_when_the_oldest_call_leaves():
    window = Window(2, 60.0)
    used(window, 0.0, 1)
    used(window, 10.0, 1)
    assert window.wait(20.0) == pytest.approx(40.0)
    assert window.wait(59.999) > 0
    assert window.wait(60.0) == 0


def test_a_larger_announced_limit_replaces_the_declared_one():
    window = Window(120, 60.0)
    used(window, 0.0, 120)
    assert window.wait(0.0) > 0
    window.learn(0.0, Announced(limit=100_000, remaining=99_880))
    assert window.wait(0.0) == 0
    assert window.standing(0.0).remaining == 99_880


def test_fewer_calls_left_than_we_count_are_taken_over_until_the_reset():
    window = Window(120, 60.0)
    used(window, 0.0, 1)
    window.learn(0.0, Announced(limit=120, remaining=0, reset_seconds=7.0))
    assert window.wait(0.0) == pytest.approx(7.0)
    assert window.standing(0.0).remaining == 0
    assert window.standing(7.0).remaining == 119


def test_more_calls_left_than_we_count_change_nothing():
    window = Window(10, 60.0)
    used(window, 0.0, 10)
    window.learn(0.0, Announced(limit=10, remaining=9))
    assert window.wait(0.0) == pytest.approx(60.0)


def test_a_pause_stops_an_unused_window():
    window = Window(10, 60.0)
    window.pause(5.0)
    assert window.wait(1.0) == pytest.approx(4.0)
    assert window.wait(5.0) == 0


async def test_a_call_is_taken_from_all_limits_or_from_none():
    clock = Turned()
    shared = MemoryCoordination(clock)
    wide, narrow = Limit("wide", 10, 60.0), Limit("narrow", 1, 60.0)
    assert (await shared.take([wide, narrow])).wait == 0
    assert (await shared.take([wide, narrow])).wait > 0
    await shared.give_back([wide, narrow])
    standing = await shared.take([wide, narrow])
    assert standing.wait == 0
    assert (await shared.settle([wide], Announced())).remaining == 9


async def test_idle_windows_are_forgotten_and_busy_ones_kept():
    shared = MemoryCoordination(Turned(), kept=3)
    for number in range(10):
        limit = Limit(f"scope-{number}", 5, 60.0)
        await shared.take([limit])
        await shared.give_back([limit])
    assert len(shared._windows) <= 4


async def test_waiters_are_served_at_the_limit_and_not_above():
    clock = Turned()
    shared = MemoryCoordination(clock)
    limit = Limit("scope", 5, 10.0)
    stamps = []
    for _ in range(23):
        await acquire(shared, [limit], 100.0, clock.sleep, lambda: 0.0)
        stamps.append(clock.now)
        await shared.settle([limit], Announced())
    assert all(later - earlier >= 10.0 for earlier, later in zip(stamps, stamps[5:], strict=False))
    assert stamps[-1] - stamps[0] == pytest.approx(40.0, abs=0.1)


async def test_a_wait_longer_than_the_patience_is_refused_at_once():
    clock = Turned()
    shared = MemoryCoordination(clock)
    limit = Limit("scope", 1, 60.0)
    await shared.take([limit])
    await shared.settle([limit], Announced())
    with pytest.raises(OutOfBudget) as raised:
        await acquire(shared, [limit], 20.0, clock.sleep, lambda: 0.0)
    assert raised.value.standing.wait == pytest.approx(60.0)
    assert clock.now == 1000.0


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

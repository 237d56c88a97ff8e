"""What every back end of the budgets promises; each test runs on all of them."""

import asyncio
import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.coordination.turn import TICKET_SECONDS, Turn
from proxy.coordination.window import BOUNDLESS, Announced, Limit
from tests.coordination.turned import TurnedMemory, TurnedRedis

NOTHING = Announced()
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["memory", "redis"])
def make(request, valkey):
    """``make()``: an empty back end."""
    return TurnedMemory if request.param == "memory" else lambda: TurnedRedis(valkey)


@pytest.fixture
async def place(make):
    """An empty back end, as two workers see it."""
    made = make()
    yield made
    await made.aclose()


async def used(shared, limits, calls):
    """So many calls, each answered at once."""
    for _ in range(calls):
        turn = Turn()
        assert (await shared.take(limits, turn, 0.0)).wait == 0
        await shared.settle(limits, turn, NOTHING)


async def test_a_call_is_taken_from_all_limits_or_from_none(place):
    wide, narrow = Limit("wide", 10, 60.0), Limit("narrow", 1, 60.0)
    shared, first, second = place.share(), Turn(), Turn()
    assert (await shared.take([wide, narrow], first, 0.0)).wait == 0
    assert (await shared.take([wide, narrow], second, 0.0)).wait > 0
    await shared.give_back([wide, narrow], first)
    assert (await shared.take([wide, narrow], second, 0.0)).wait == 0
    standing = await shared.settle([wide], second, NOTHING)
    assert (standing.limit, standing.remaining) == (10, 9)


async def test_workers_share_what_is_used(place):
    limit = [Limit("scope", 3, 60.0)]
    await used(place.share(), limit, 2)
    other = place.share()
    assert (await other.take(limit, Turn(), 0.0)).remaining == 0
    refused = await place.share().take(limit, Turn(), 0.0)
    assert refused.wait == pytest.approx(60.0)


async def test_the_wait_ends_exactly_when_the_oldest_call_leaves(place):
    shared, limit = place.share(), [Limit("scope", 2, 60.0)]
    await used(shared, limit, 1)
    place.forward(10)
    await used(shared, limit, 1)
    place.forward(10)
    assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(40.0)
    place.forward(39.999)
    assert (await shared.take(limit, Turn(), 0.0)).wait > 0
    place.forward(0.001)
    assert (await shared.take(limit, Turn(), 0.0)).wait == 0


async def test_looking_takes_nothing(place):
    shared, limit = place.share(), [Limit("scope", 3, 60.0)]
    await used(shared, limit, 1)
    place.forward(20)
    for _ in range(5):
        standing = await place.share().look(limit)
        assert (standing.wait, standing.limit, standing.remaining) == (0, 3, 2)
        assert standing.reset_seconds == pytest.approx(40.0)


async def test_a_call_counts_from_its_answer_and_not_from_its_start(place):
    shared, limit, slow = place.share(), [Limit("scope", 1, 10.0)], Turn()
    await shared.take(limit, slow, 0.0)
    place.forward(30)
    assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(10.0)
    await shared.settle(limit, slow, NOTHING)
    place.forward(9.9)
    assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(0.1)


async def test_a_larger_announced_limit_replaces_the_declared_one(place):
    shared, limit, turn = place.share(), [Limit("scope", 2, 60.0, corrected=True)], Turn()
    await used(shared, limit, 1)
    await shared.take(limit, turn, 0.0)
    standing = await shared.settle(limit, turn, Announced(limit=100_000, remaining=99_998))
    assert (standing.limit, standing.remaining) == (100_000, 99_998)
    assert (await place.share().take(limit, Turn(), 0.0)).wait == 0


async def test_only_the_limit_that_the_headers_are_about_is_corrected(place):
    shared, turn = place.share(), Turn()
    limits = [Limit("path", 1, 60.0), Limit("token", 5, 60.0, corrected=True)]
    await shared.take(limits, turn, 0.0)
    await shared.settle(limits, turn, Announced(limit=9, remaining=8))
    assert (await shared.take(limits[:1], Turn(), 0.0)).wait > 0
    assert (await shared.take(limits[1:], Turn(), 0.0)).limit == 9


async def test_fewer_calls_left_than_are_counted_are_calls_made_elsewhere_until_the_reset(place):
    shared, limit, turn = place.share(), [Limit("scope", 120, 60.0, corrected=True)], Turn()
    await shared.take(limit, turn, 0.0)
    await shared.settle(limit, turn, Announced(limit=120, remaining=0, reset_seconds=7.0))
    waiting = await place.share().take(limit, Turn(), 0.0)
    assert (waiting.wait, waiting.remaining) == (pytest.approx(7.0), 0)
    place.forward(7)
    assert (await shared.take(limit, Turn(), 0.0)).remaining == 118


async def test_more_calls_left_than_are_counted_change_nothing(place):
    shared, limit, turn = place.share(), [Limit("scope", 3, 60.0, corrected=True)], Turn()
    await used(shared, limit, 2)
    await shared.take(limit, turn, 0.0)
    await shared.settle(limit, turn, Announced(limit=3, remaining=2))
    assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(60.0)


async def test_a_pause_stops_every_worker_and_is_never_shortened(place):
    shared, limit = place.share(), [Limit("scope", BOUNDLESS, 1.0)]
    await shared.pause(limit, 5.0)
    await shared.pause(limit, 2.0)
    place.forward(1)
    assert (await place.share().look(limit)).wait == pytest.approx(4.0)
    assert (await place.share().take(limit, Turn(), 0.0)).wait == pytest.approx(4.0)
    place.forward(4)
    assert (await shared.look(limit)).wait == 0
    assert (await shared.take(limit, Turn(), 0.0)).wait == 0


async def test_an_answer_to_a_call_that_is_not_known_counts(place):
    shared, limit = place.share(), [Limit("scope", 1, 60.0)]
    await shared.settle(limit, Turn(), NOTHING)
    assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(60.0)


async def test_nothing_is_taken_by_asking_for_a_limit_that_is_used_up(place):
    shared, limit = place.share(), [Limit("scope", 1, 60.0)]
    await used(shared, limit, 1)
    for _ in range(5):
        assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(60.0)


async def test_who_came_first_goes_first_whoever_asks(place):
    shared, limit = place.share(), [Limit("scope", 1, 10.0)]
    await used(shared, limit, 1)
    first, second = Turn(), Turn()
    assert (await shared.take(limit, first, 30.0)).wait == pytest.approx(10.0)
    assert (await shared.take(limit, second, 30.0)).wait == pytest.approx(20.0)
    place.forward(5)
    assert (await shared.take(limit, first, 30.0)).wait == pytest.approx(5.0)
    assert (await shared.take(limit, second, 30.0)).wait == pytest.approx(15.0)
    place.forward(5)
    assert (await shared.take(limit, second, 30.0)).wait == pytest.approx(10.0)
    assert (await shared.take(limit, Turn(), 0.0)).wait == pytest.approx(20.0)
    assert (await shared.take(limit, first, 30.0)).wait == 0


async def test_interactive_calls_go_before_bulk_calls_that_came_first(place):
    shared, limit = place.share(), [Limit("scope", 1, 10.0)]
    await used(shared, limit, 1)
    bulk, person = Turn("bulk"), Turn()
    assert (await shared.take(limit, bulk, 60.0)).wait == pytest.approx(10.0)
    assert (await shared.take(limit, person, 60.0)).wait == pytest.approx(10.0)
    assert (await shared.take(limit, bulk, 60.0)).wait == pytest.approx(20.0)
    place.forward(9)
    await shared.take(limit, person, 60.0)
    place.forward(1)
    assert (await shared.take(limit, bulk, 60.0)).wait > 0
    assert (await shared.take(limit, person, 60.0)).wait == 0


async def test_bulk_calls_leave_a_tenth_of_a_limit_to_interactive_ones(place):
    shared, limit = place.share(), [Limit("scope", 25, 10.0)]
    bulk = [Turn("bulk") for _ in range(24)]
    waits = [(await shared.take(limit, turn, 0.0)).wait for turn in bulk]
    assert waits == pytest.approx([0.0] * 23 + [10.0])
    for turn in bulk[:23]:
        await shared.settle(limit, turn, NOTHING)
    assert [(await shared.take(limit, Turn(), 0.0)).wait for _ in range(3)] == pytest.approx([0.0, 0.0, 10.0])


async def test_who_comes_back_when_told_finds_that_bulk_has_not_used_the_next_window_up(place):
    shared, limit, person = place.share(), [Limit("scope", 10, 10.0)], Turn()
    await used(shared, limit, 10)
    bulk = [Turn("bulk") for _ in range(12)]
    for turn in bulk:
        assert (await shared.take(limit, turn, 60.0)).wait > 0
    assert (await shared.take(limit, person, 5.0)).wait == pytest.approx(10.0)  # too long for it: it leaves no ticket
    place.forward(5)
    for turn in bulk:
        await shared.take(limit, turn, 60.0)
    place.forward(5)
    taken = [(await shared.take(limit, turn, 60.0)).wait <= 0 for turn in bulk]
    assert taken == [True] * 9 + [False] * 3
    assert (await shared.take(limit, person, 5.0)).wait == 0


async def test_a_wait_that_does_not_fit_is_told_at_once_and_leaves_no_ticket(place):
    shared, limit = place.share(), [Limit("scope", 1, 10.0)]
    await used(shared, limit, 1)
    waiting = Turn()
    await shared.take(limit, waiting, 15.0)
    assert (await shared.take(limit, Turn(), 15.0)).wait == pytest.approx(20.0)
    assert (await shared.take(limit, Turn(), 15.0)).wait == pytest.approx(20.0)


async def test_who_gives_up_makes_room(place):
    shared, limit = place.share(), [Limit("scope", 1, 10.0)]
    await used(shared, limit, 1)
    first, second = Turn(), Turn()
    await shared.take(limit, first, 30.0)
    assert (await shared.take(limit, second, 30.0)).wait == pytest.approx(20.0)
    await shared.give_back(limit, first)
    assert (await shared.take(limit, second, 30.0)).wait == pytest.approx(10.0)


async def test_the_ticket_of_a_dead_worker_is_void(place):
    shared, limit = place.share(), [Limit("scope", 1, 60.0)]
    await used(shared, limit, 1)
    dead, alive = Turn(), Turn()
    await shared.take(limit, dead, 200.0)
    place.forward(TICKET_SECONDS - 0.5)
    assert (await shared.take(limit, alive, 200.0)).wait > 60
    place.forward(0.5)
    assert (await shared.take(limit, alive, 200.0)).wait == pytest.approx(60.0 - TICKET_SECONDS)


async def test_a_ticket_stands_only_where_the_call_must_wait(place):
    shared, narrow, wide = place.share(), Limit("narrow", 1, 10.0), Limit("wide", 2, 10.0)
    await used(shared, [narrow], 1)
    waiting = Turn()
    assert (await shared.take([narrow, wide], waiting, 30.0)).wait == pytest.approx(10.0)
    await used(shared, [wide], 2)
    assert (await shared.take([wide], Turn(), 30.0)).wait == pytest.approx(10.0)


async def test_a_herd_after_a_pause_is_let_through_at_the_limit(place):
    shared, limit = place.share(), [Limit("scope", 3, 10.0)]
    await shared.pause(limit, 5.0)
    waits = [(await shared.take(limit, Turn(), 100.0)).wait for _ in range(8)]
    assert waits == pytest.approx([5, 5, 5, 15, 15, 15, 25, 25])


@MANY
@given(
    calls=st.integers(1, 5),
    per=st.sampled_from([1.0, 7.5]),
    arrivals=st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(["interactive", "bulk"])), max_size=25),
)
def test_a_wait_that_is_told_is_kept(make, calls, per, arrivals):
    """Of calls that are answered at once: who asks again when it was told to is served then, in its lane's order.

    Interactive calls that come later are the one thing that may put a bulk call back.
    """

    async def play():
        place = make()
        shared, limit = place.share(), [Limit("scope", calls, per)]
        begin, waiting, served = place.clock(), {}, []
        coming = sorted((moment / 100, number, lane) for number, (moment, lane) in enumerate(arrivals))
        turns = {number: Turn(lane) for _, number, lane in coming}
        while coming or waiting:
            moment = min([at for at, *_ in coming[:1]] + [due for due, _ in waiting.values()])
            place.forward(max(0.0, begin + moment - place.clock()))
            if coming and coming[0][0] <= moment:
                _, number, _ = coming.pop(0)
                promised = None
            else:
                number = min(waiting, key=lambda one: waiting[one][0])
                _, promised = waiting.pop(number)
            standing = await shared.take(limit, turns[number], 1000.0)
            now = place.clock() - begin
            if standing.wait <= 0:
                await shared.settle(limit, turns[number], NOTHING)
                served.append((number, now))
                continue
            due = now + standing.wait
            if promised is not None and turns[number].lane == "interactive":
                assert due <= promised + 1e-3
            again = min(due, now + TICKET_SECONDS / 2)
            waiting[number] = (again, due if promised is None else min(due, promised))
        await place.aclose()
        return served, turns

    served, turns = asyncio.run(play())
    moments = [moment for _, moment in served]
    assert len(served) == len(arrivals)
    for earlier, later in zip(moments, moments[calls:], strict=False):
        assert later - earlier >= per - 1e-5
    for lane in ("interactive", "bulk"):
        order = sorted((arrivals[number], number, moment) for number, moment in served if turns[number].lane == lane)
        moments = [moment for *_, moment in order]
        assert all(earlier <= later + 1e-3 for earlier, later in pairwise(moments))


@MANY
@given(
    calls=st.integers(1, 6),
    steps=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 4000), st.integers(0, 9)), max_size=50),
    seed=st.integers(0, 1000),
)
def test_no_window_of_the_provider_ever_holds_more_than_the_limit(make, calls, steps, seed):
    """Each step: a pause, then a call of one of two workers, counted anywhere between sending and answer."""

    async def play():
        place, drawn = make(), random.Random(seed)
        workers = [place.share(), place.share()]
        limit, begin, counted, under_way = [Limit("scope", calls, 10.0)], place.clock(), [], []
        for pause, latency, kind in steps:
            place.forward(pause / 1000)
            now = place.clock()
            for one in [one for one in under_way if one[1] <= now]:
                under_way.remove(one)
                sent, _, turn = one
                if kind == 9:
                    await workers[0].give_back(limit, turn)
                else:
                    await workers[kind % 2].settle(limit, turn, NOTHING)
                    counted.append(drawn.uniform(sent, now) - begin)
            turn = Turn("bulk" if kind % 3 == 0 else "interactive")
            if (await workers[kind % 2].take(limit, turn, 0.0)).wait <= 0:
                under_way.append((now, now + latency / 1000, turn))
        await place.aclose()
        return counted

    counted = asyncio.run(play())
    for moment in counted:
        assert sum(moment <= other < moment + 10.0 for other in counted) <= calls

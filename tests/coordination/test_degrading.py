"""Shared budgets that are lost and come back: each worker goes on with its own."""

import asyncio

import pytest
from structlog.testing import capture_logs

from proxy.coordination.fallback import Degrading
from proxy.coordination.link import SharedStateLost
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.rest import REST_SECONDS, Rest
from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit
from tests.coordination.turned import TurnedRedis

LIMIT = [Limit("scope", 4, 60.0, corrected=True)]
NOTHING = Announced()


class Breakable:
    """A shared back end that the test takes away; what it was asked is counted."""

    def __init__(self, shared):
        self.shared = shared
        self.lost = False
        self.asked = 0

    def __getattr__(self, verb):
        async def ask(*words):
            self.asked += 1
            if self.lost:
                raise SharedStateLost("gone")
            return await getattr(self.shared, verb)(*words)

        return ask


class House:
    """Two workers on one server, each with its own books."""

    def __init__(self, valkey):
        self.place = TurnedRedis(valkey)
        self.links = [Breakable(self.place.share()) for _ in range(2)]
        clock = self.place.clock
        self.workers = [Degrading(link, MemoryCoordination(clock, share=2), Rest(clock)) for link in self.links]

    def lose(self, lost=True):
        for link in self.links:
            link.lost = lost


@pytest.fixture
async def house(valkey):
    made = House(valkey)
    yield made
    await made.place.aclose()


async def call(worker):
    """The standing after one call that is answered at once, ``None`` where it would have to wait."""
    turn = Turn()
    if (await worker.take(LIMIT, turn, 0.0)).wait > 0:
        return None
    return await worker.settle(LIMIT, turn, NOTHING)


async def test_without_the_shared_state_each_worker_gives_out_its_part(house):
    house.lose()
    one, two = house.workers
    assert [(await call(worker)) is not None for worker in (one, one, one, two, two, two)] == [1, 1, 0, 1, 1, 0]


async def test_what_a_worker_used_before_counts_after_the_loss(house):
    one, two = house.workers
    for _ in range(2):
        assert await call(one)
    house.lose()
    assert await call(one) is None
    assert await call(two)


async def test_a_call_taken_in_one_and_answered_in_the_other_counts_in_both(house):
    one, two = house.workers
    before, during = Turn(), Turn()
    await one.take(LIMIT, before, 0.0)
    house.lose()
    await one.settle(LIMIT, before, NOTHING)
    assert (await one.take(LIMIT, during, 0.0)).wait == 0
    house.lose(lost=False)
    house.place.forward(REST_SECONDS)
    standing = await one.settle(LIMIT, during, NOTHING)
    assert standing.remaining == 2
    assert (await two.take(LIMIT, Turn(), 0.0)).remaining == 1


async def test_a_call_given_back_elsewhere_than_it_was_taken_hurts_nobody(house):
    one, _ = house.workers
    turn = Turn()
    house.lose()
    await one.take(LIMIT, turn, 0.0)
    house.lose(lost=False)
    house.place.forward(REST_SECONDS)
    await one.give_back(LIMIT, turn)
    assert (await one.take(LIMIT, Turn(), 0.0)).remaining == 3


async def test_a_pause_that_a_worker_was_told_of_outlives_the_loss(house):
    one, two = house.workers
    await one.pause(LIMIT, 30.0)
    house.lose()
    assert (await one.take(LIMIT, Turn(), 0.0)).wait == pytest.approx(30.0)
    assert (await two.take(LIMIT, Turn(), 0.0)).wait == 0


async def test_while_it_is_lost_one_call_in_a_second_asks(house):
    one, link = house.workers[0], house.links[0]
    house.lose()
    with capture_logs() as lines:
        for _ in range(30):
            await one.take(LIMIT, Turn(), 0.0)
        assert link.asked == 1
        house.place.forward(REST_SECONDS)
        await asyncio.gather(*(one.take(LIMIT, Turn(), 0.0) for _ in range(30)))
        assert link.asked == 2
        house.lose(lost=False)
        house.place.forward(REST_SECONDS)
        await one.take(LIMIT, Turn(), 0.0)
        await one.take(LIMIT, Turn(), 0.0)
        assert link.asked == 4
    assert [line["event"] for line in lines] == ["shared-budgets-lost", "shared-budgets-back"]


async def test_who_waited_without_the_shared_state_holds_nobody_up_when_it_is_back(house):
    one = house.workers[0]
    waiting = Turn()
    house.lose()
    assert await call(one)
    assert await call(one)
    assert (await one.take(LIMIT, waiting, 500.0)).wait > 0
    house.lose(lost=False)
    house.place.forward(REST_SECONDS)
    assert (await one.take(LIMIT, waiting, 500.0)).wait == 0
    await one.give_back(LIMIT, waiting)
    house.lose()
    assert (await one.take(LIMIT, Turn(), 0.0)).wait == pytest.approx(60.0 - REST_SECONDS)

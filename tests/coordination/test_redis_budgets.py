"""What is promised of the budgets in Redis beside the contract: keys, expiry, restarts, cancelled commands."""

import asyncio
import random
import re
import time

import pytest

from proxy.coordination.link import SharedStateLost
from proxy.coordination.pipe import Pipe
from proxy.coordination.redis import RedisCoordination
from proxy.coordination.turn import Turn
from proxy.coordination.window import Announced, Limit
from tests.coordination.turned import PATIENT_REDIS, TurnedRedis

NOTHING = Announced()


@pytest.fixture
async def shared(valkey):
    made = RedisCoordination(Pipe(valkey.url, PATIENT_REDIS))
    yield made
    await made.aclose()


async def test_keys_hold_digests_and_nothing_from_outside(shared, valkey):
    limit = [Limit("desk:account:a:b\r\nFLUSHALL*{x}:/contacts:60", 1, 60.0, corrected=True)]
    await shared.take(limit, Turn(), 50.0)
    await shared.take(limit, Turn(), 500.0)
    await shared.settle(limit, Turn(), Announced(1, 0, 5.0))
    await shared.pause(limit, 5.0)
    with valkey.client() as client:
        keys = client.keys()
    assert len(keys) == 4
    assert all(re.fullmatch(r"interline:budget:[0-9a-f]{32}:(calls|tickets|alive|facts)", key) for key in keys)


async def test_every_key_expires_by_itself(shared, valkey):
    limit = [Limit("scope", 2, 7.0, corrected=True)]
    taken, answered = Turn(lease=100.0), Turn()
    await shared.take(limit, taken, 0.0)
    await shared.take(limit, answered, 0.0)
    await shared.settle(limit, answered, Announced(2, 0, 5.0))
    await shared.take(limit, Turn("bulk"), 500.0)
    await shared.pause(limit, 9000.0)
    with valkey.client() as client:
        left = {key.rpartition(":")[2]: client.ttl(key) for key in client.scan_iter()}
    assert 107 < left.pop("calls") <= 168
    assert 9000 < left.pop("facts") <= 9061
    assert left.keys() == {"tickets", "alive"}
    assert all(0 < seconds <= 12 for seconds in left.values())


async def test_a_key_lives_as_long_as_the_longest_of_its_calls(shared, valkey):
    limit, long, short = [Limit("scope", 9, 7.0)], Turn(lease=1000.0), Turn(lease=1.0)
    await shared.take(limit, long, 0.0)
    await shared.take(limit, short, 0.0)
    await shared.settle(limit, short, NOTHING)
    with valkey.client() as client:
        (key,) = client.keys()
        assert client.ttl(key) > 1007
        await shared.take(limit, Turn(lease=3000.0), 0.0)
        assert client.ttl(key) > 3007


async def test_the_call_of_a_killed_worker_counts_as_answered_when_its_lease_ends(valkey):
    place, limit = TurnedRedis(valkey), [Limit("scope", 1, 10.0)]
    await place.share().take(limit, Turn(lease=30.0), 0.0)
    other = place.share()
    place.forward(39.9)
    assert (await other.take(limit, Turn(), 0.0)).wait == pytest.approx(0.1)
    place.forward(0.1)
    assert (await other.take(limit, Turn(), 0.0)).wait == 0
    await place.aclose()


async def test_asking_again_after_a_lost_answer_takes_no_second_call(shared):
    limit, turn = [Limit("scope", 2, 60.0)], Turn()
    assert (await shared.take(limit, turn, 0.0)).remaining == 1
    assert (await shared.take(limit, turn, 0.0)).remaining == 1
    await shared.settle(limit, turn, NOTHING)
    assert (await shared.settle(limit, turn, NOTHING)).remaining == 1


async def test_scripts_that_the_server_forgot_are_sent_again(shared, valkey):
    limit = [Limit("scope", 5, 60.0)]
    assert (await shared.take(limit, Turn(), 0.0)).wait == 0
    with valkey.client() as client:
        client.script_flush()
    assert (await shared.take(limit, Turn(), 0.0)).remaining == 3


async def test_a_server_that_is_gone_is_told_as_lost_and_used_again_when_it_is_back(shared, valkey):
    limit = [Limit("scope", 5, 60.0)]
    await shared.take(limit, Turn(), 0.0)
    valkey.stop()
    try:
        with pytest.raises(SharedStateLost):
            await shared.take(limit, Turn(), 0.0)
    finally:
        valkey.start()
    assert (await shared.take(limit, Turn(), 0.0)).remaining == 4


async def test_a_frozen_server_is_given_up_and_not_waited_for(valkey):
    shared, limit = RedisCoordination(Pipe(valkey.url)), [Limit("scope", 5, 60.0)]
    valkey.freeze()
    try:
        for _ in range(3):
            with pytest.raises(SharedStateLost, match="no answer"):
                await shared.take(limit, Turn(), 0.0)
    finally:
        valkey.thaw()
        await shared.aclose()


async def test_a_worker_that_is_behind_with_its_own_work_does_not_take_the_server_for_lost(valkey):
    """Its loop stands still again and again, each time for longer than an operation may take."""
    shared, limit = RedisCoordination(Pipe(valkey.url)), [Limit("scope", 5, 60.0)]
    loop, going = asyncio.get_running_loop(), True

    def stand_still():
        if going:
            time.sleep(0.2)
            loop.call_soon(stand_still)

    loop.call_soon(stand_still)
    assert (await shared.take(limit, Turn(), 0.0)).remaining == 4
    going = False
    await shared.aclose()


async def test_cancelled_commands_leave_no_answer_to_those_that_follow(shared):
    """Each scope has a limit of its own, which every answer shows: an answer of another scope would be seen."""
    drawn = random.Random(5)
    scopes = [[Limit(f"scope-{number}", 1_000_000 + number, 60.0)] for number in range(50)]

    async def ask(number):
        turn = Turn()
        standing = await shared.take(scopes[number], turn, 0.0)
        assert standing.limit == 1_000_000 + number
        standing = await shared.settle(scopes[number], turn, NOTHING)
        assert standing.limit == 1_000_000 + number

    for _ in range(60):
        tasks = [asyncio.create_task(ask(drawn.randrange(50))) for _ in range(80)]
        for task in tasks:
            if drawn.random() < 0.3:
                asyncio.get_running_loop().call_later(drawn.random() * 0.01, task.cancel)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        wrong = [one for one in done if isinstance(one, BaseException) and not isinstance(one, asyncio.CancelledError)]
        assert wrong == []
    await asyncio.gather(*(ask(number) for number in range(50)))

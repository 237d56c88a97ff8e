"""Wrong keys counted by workers together; what Redis does to it. A real Valkey."""

import pytest

from proxy.accounts.wrong_keys import WINDOW_SECONDS, WrongKeys
from proxy.coordination.pipe import Pipe
from proxy.coordination.rest import Rest
from proxy.coordination.tally import PREFIX, SharedTally
from proxy.errors import TooManyAttempts

ADDRESS = "192.0.2.1"


@pytest.fixture
async def workers(valkey, clock):
    """Two workers of one server; three wrong keys a minute."""
    pipes = [Pipe(valkey.url, 5.0), Pipe(valkey.url, 5.0)]
    yield [WrongKeys(3, clock, shared=SharedTally(pipe, Rest(clock), 3, WINDOW_SECONDS)) for pipe in pipes]
    for pipe in pipes:
        await pipe.aclose()


async def test_workers_count_together_and_refuse_together(workers):
    for number in range(3):
        await workers[number % 2].note(ADDRESS)
    for one in workers:
        with pytest.raises(TooManyAttempts) as refused:
            await one.note(ADDRESS)
        assert 1 <= int(refused.value.headers["Retry-After"]) <= WINDOW_SECONDS
        await one.note("192.0.2.2" if one is workers[0] else "192.0.2.3")


async def test_what_is_refused_does_not_prolong_the_wait_and_redis_holds_no_address(workers, valkey):
    for _ in range(3):
        await workers[0].note(ADDRESS)
    for _ in range(5):
        with pytest.raises(TooManyAttempts):
            await workers[1].note(ADDRESS)
    with valkey.client() as client:
        (key,) = client.keys("*")
        assert key.startswith(PREFIX)
        assert client.zcard(key) == 3
        assert ADDRESS not in key + str(client.zrange(key, 0, -1, withscores=True))
        assert 0 < client.pttl(key) <= WINDOW_SECONDS * 1000


async def test_without_redis_each_worker_goes_by_what_it_counted_itself(workers, valkey, clock):
    for _ in range(3):
        await workers[0].note(ADDRESS)
    valkey.stop()
    with pytest.raises(TooManyAttempts):
        await workers[0].note(ADDRESS)
    for _ in range(3):
        await workers[1].note(ADDRESS)
    with pytest.raises(TooManyAttempts):
        await workers[1].note(ADDRESS)
    valkey.start()  # empty, as after a crash without a disk
    clock.now += 2
    await workers[1].note(ADDRESS)

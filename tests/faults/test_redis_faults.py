"""The Redis of the rate budgets fails: traffic goes on, each worker with its own budgets, until it is back."""

import time
from dataclasses import dataclass
from itertools import count

import pytest

from tests.faults.oracle import eventually
from tests.faults.relay import DOWN, Latency, Relay, Timeout, Toxic
from tests.valkey import Valkey

CALLS = 10
SECONDS = 8.0
"""For ten calls on a loaded machine. Without a bound on an operation the faults here would take minutes."""


@dataclass(frozen=True)
class Answering(Toxic):
    """Puts an error in place of what the server answers to a script."""

    error: bytes = b"-LOADING Redis is loading the dataset in memory\r\n"
    way: str = DOWN

    async def pieces(self, chunk, link):
        yield chunk if chunk.startswith(b"+OK") else self.error


@pytest.fixture(scope="module")
def store():
    """The server behind the relay."""
    made = Valkey()
    made.start()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def way(stage, store):
    """The way there."""
    made = Relay(stage, f"127.0.0.1:{store.port}")
    yield made
    made.close()


@pytest.fixture(scope="module")
def settings(way):
    return {"redis_url": f"redis://{way.address}/0"}


@pytest.fixture
def play(scene, house, way, store):
    """A scene in which the shared budgets answer; whether they do is seen in the budget that they hold."""
    made = Play(scene, house, way, store)
    assert made.shared()
    yield made
    way.heal()
    assert made.shared()


class Play:
    """Calls of one account, and what Redis counted of them."""

    def __init__(self, scene, house, way, store):
        self.scene = scene
        self.house = house
        self.way = way
        self.store = store
        self.made = count(1)

    def counted(self):
        """How many calls stand in the budgets of Redis."""
        with self.store.client() as client:
            return sum(client.zcard(key) for key in client.scan_iter("interline:budget:*:calls"))

    def shared(self):
        """Whether a call is counted in Redis, as soon as the worker asks it again."""

        def is_counted():
            before = self.counted()
            return self.call().status == 200 and self.counted() > before

        return eventually(is_counted)

    def call(self):
        """A call by the passthrough and by the unified API in turn."""
        return self.scene.proxied() if next(self.made) % 2 else self.scene.tickets()

    def goes_on(self):
        """Ten calls, all of which succeed and none of which waits for Redis for long; the answers."""
        began = time.monotonic()
        answers = [self.call() for _ in range(CALLS)]
        assert [one.status for one in answers] == [200] * CALLS
        assert time.monotonic() - began < SECONDS
        return answers

    def said(self, event):
        """How often the server's log tells an event."""
        return self.house.server.log.read_text().count(f'"{event}"')


def provider_calls(answers):
    """How many provider calls the answers took."""
    return sum(int(one.headers["x-upstream-calls"]) for one in answers)


@pytest.mark.fault("F31", "refused")
def test_redis_refuses(play):
    lost = play.said("shared-budgets-lost")
    play.way.down()
    answers = play.goes_on()
    assert play.said("shared-budgets-lost") > lost
    assert all(0 < int(one.headers["ratelimit-remaining"]) < int(one.headers["ratelimit-limit"]) for one in answers)
    assert play.house.http.get(f"{play.house.server.base_url}/ready").status_code == 200


@pytest.mark.fault("F31", "refused, to a write")
def test_redis_refuses_and_a_keyed_write_is_made(play):
    play.way.down()
    path, headers = "/proxy/labels", {"Idempotency-Key": "redis-refuses"}
    made = play.scene.ask("POST", path, json={"name": "kept", "color": "#123456"}, headers=headers)
    assert made.status in (200, 201), made.text
    again = play.scene.ask("POST", path, json={"name": "kept", "color": "#123456"}, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.fault("F32", "frozen process")
def test_redis_is_frozen(play):
    play.store.freeze()
    try:
        play.goes_on()
    finally:
        play.store.thaw()


@pytest.mark.fault("F32", "connections that swallow everything")
def test_redis_swallows(play):
    play.way.poison(Timeout(way="up"))
    play.goes_on()


@pytest.mark.fault("F33", "two seconds slow")
def test_redis_is_slow(play):
    play.way.poison(Latency(seconds=2.0))
    play.goes_on()


@pytest.mark.fault("F34", "answers that are lost")
def test_redis_loses_answers(play):
    before = play.counted()
    play.way.poison(Timeout(way=DOWN))
    answers = play.goes_on()
    play.way.heal()
    assert play.counted() <= before + provider_calls(answers)


@pytest.mark.fault("F34", "connections cut in the middle")
def test_redis_is_cut_off_again_and_again(play):
    before = play.counted()
    answers = []
    for _ in range(3):
        play.way.cut()
        answers.append(play.call())
    assert [one.status for one in answers] == [200] * 3
    assert play.counted() <= before + provider_calls(answers)


@pytest.mark.fault("F35", "full")
def test_redis_is_full(play):
    with play.store.client() as client:
        client.config_set("maxmemory", "1")
        try:
            play.goes_on()
        finally:
            client.config_set("maxmemory", "0")


@pytest.mark.fault("F35", "read-only")
def test_redis_is_a_replica(play):
    with play.store.client() as client:
        client.replicaof("127.0.0.1", 1)
        try:
            play.goes_on()
        finally:
            client.replicaof("no", "one")


@pytest.mark.fault("F35", "loading")
def test_redis_is_loading(play):
    play.way.poison(Answering())
    play.goes_on()


@pytest.mark.fault("F36", "the old one dies, a new and empty one comes")
def test_redis_fails_over(play):
    back = play.said("shared-budgets-back")
    play.store.stop()
    try:
        play.goes_on()
    finally:
        play.store.start()
    assert play.shared()
    assert play.said("shared-budgets-back") > back


@pytest.mark.fault("F37", "emptied, scripts included")
def test_redis_is_flushed(play):
    with play.store.client() as client:
        client.flushall()
        client.script_flush()
    play.goes_on()
    assert play.shared()


@pytest.mark.fault("F37", "emptied, and the provider tells what is left")
def test_the_provider_corrects_budgets_that_begin_anew(play):
    with play.store.client() as client:
        client.flushall()
    left = b"\r\nx-ratelimit-limit: 120\r\nx-ratelimit-remaining: 3\r\n"

    def script(got, number):
        return [play.scene.provider.real(got).replace(b"\r\n", left, 1)] if number == 1 else None

    play.scene.provider.reset()
    play.scene.provider.script = script
    assert int(play.scene.proxied().headers["ratelimit-remaining"]) <= 3

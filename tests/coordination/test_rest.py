"""A loss that one asker met spares all others of the worker their wait."""

from proxy.coordination.fallback import Degrading
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.pipe import Pipe
from proxy.coordination.redis import RedisCoordination
from proxy.coordination.rest import REST_SECONDS, Rest
from proxy.coordination.tally import SharedTally
from proxy.coordination.turn import Turn
from proxy.coordination.window import Limit
from tests.coordination.peer import Peer, silent
from tests.coordination.turned import Clock

LIMIT = [Limit("scope", 4, 60.0)]


async def test_who_counts_and_who_budgets_rest_together():
    clock = Clock()
    peer = Peer(silent)
    await peer.start()
    pipe, rest = Pipe(peer.url, 0.3), Rest(clock)
    tally = SharedTally(pipe, rest, 3, 60.0)
    budgets = Degrading(RedisCoordination(pipe), MemoryCoordination(clock, share=2), rest)
    assert await tally.note("what") is None
    assert (await budgets.take(LIMIT, Turn(), 0.0)).limit == 2
    assert await tally.note("what") is None
    assert len(peer.asked) == 1
    peer.answer = lambda one: f"*5\r\n:{one.number}\r\n:0\r\n:4\r\n:3\r\n:0\r\n".encode()
    clock.forward(REST_SECONDS)
    assert (await budgets.take(LIMIT, Turn(), 0.0)).limit == 4
    assert await tally.note("what") == 0
    assert len(peer.asked) == 3
    await pipe.aclose()
    await peer.aclose()


async def test_budgets_of_another_shape_are_a_loss():
    clock = Clock()
    peer = Peer(lambda one: f"*3\r\n:{one.number}\r\n:0\r\n:4\r\n".encode())
    await peer.start()
    pipe = Pipe(peer.url, 30.0)
    budgets = Degrading(RedisCoordination(pipe), MemoryCoordination(clock, share=2), Rest(clock))
    assert (await budgets.take(LIMIT, Turn(), 0.0)).limit == 2
    assert len(peer.asked) == 1
    await pipe.aclose()
    await peer.aclose()

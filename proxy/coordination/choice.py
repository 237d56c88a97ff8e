"""Which back end the settings ask for."""

import time

from msgspec import Struct

from proxy.coordination import Coordination
from proxy.coordination.fallback import Degrading
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.pipe import Pipe
from proxy.coordination.redis import RedisCoordination
from proxy.coordination.rest import Rest


class Shared(Struct, frozen=True):
    """What a worker shares with the others: its one connection, and whether it answers."""

    pipe: Pipe
    rest: Rest


def open_shared(redis_url: str | None, operation_seconds: float) -> Shared | None:
    """The shared state, if there is one; nothing is connected before the first use."""
    return None if redis_url is None else Shared(Pipe(redis_url, operation_seconds), Rest(time.monotonic))


def open_coordination(shared: Shared | None, workers: int = 1) -> Coordination:
    """The budgets of one of so many workers; closing them closes what is shared."""
    if shared is None:
        return MemoryCoordination(time.monotonic)
    own = MemoryCoordination(time.monotonic, share=workers)
    return Degrading(RedisCoordination(shared.pipe), own, shared.rest)

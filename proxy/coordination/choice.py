"""Which back end the settings ask for."""

import time

from proxy.coordination import Coordination
from proxy.coordination.fallback import Degrading
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.redis import RedisCoordination


def open_coordination(redis_url: str | None, operation_seconds: float, workers: int = 1) -> Coordination:
    """The budgets of one of so many workers; nothing is connected before the first use."""
    if redis_url is None:
        return MemoryCoordination(time.monotonic)
    own = MemoryCoordination(time.monotonic, share=workers)
    return Degrading(RedisCoordination(redis_url, operation_seconds), own, time.monotonic)

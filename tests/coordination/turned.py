"""Back ends whose time is turned by the test."""

import time

from proxy.coordination import redis as redis_module
from proxy.coordination.memory import MemoryCoordination
from proxy.coordination.pipe import Pipe
from proxy.coordination.redis import RedisCoordination

PATIENT_REDIS = 10.0
"""Seconds for an operation: a loaded machine is no lost Redis."""
DAY = 86_400
CLOCK = "test:clock"
READ_CLOCK = f"""(function()
  local now = redis.call('GET', '{CLOCK}')
  return {{ math.floor(now / 1000000), now % 1000000 }}
end)()"""


class Clock:
    """Whole microseconds, a day ahead: the server expires keys by its real clock, so by then nothing has expired."""

    def __init__(self):
        self._micro = (int(time.time()) + DAY) * 1_000_000

    def __call__(self):
        return self._micro / 1_000_000

    def forward(self, seconds):
        self._micro += round(seconds * 1_000_000)


class TurnedMemory:
    """Budgets in memory; ``share()`` is the same budgets again."""

    def __init__(self):
        self.clock = Clock()
        self._memory = MemoryCoordination(self.clock)

    def share(self):
        return self._memory

    def forward(self, seconds):
        self.clock.forward(seconds)

    async def aclose(self):
        pass


class TurnedRedis:
    """Budgets in a real server whose scripts read the time from a key; ``share()`` is one more worker's client."""

    def __init__(self, valkey):
        self.clock = Clock()
        self._valkey = valkey
        self._workers = []
        self._control = valkey.client()
        self._control.flushall()
        self.forward(0)

    def share(self):
        source = redis_module._source
        redis_module._source = lambda name: _turned(source(name))
        try:
            self._workers.append(RedisCoordination(Pipe(self._valkey.url, PATIENT_REDIS)))
        finally:
            redis_module._source = source
        return self._workers[-1]

    def forward(self, seconds):
        self.clock.forward(seconds)
        self._control.set(CLOCK, self.clock._micro)

    async def aclose(self):
        for worker in self._workers:
            await worker.aclose()
        self._control.close()


def _turned(source):
    assert source.count("redis.call('TIME')") == 1
    return source.replace("redis.call('TIME')", READ_CLOCK)

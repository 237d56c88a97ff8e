"""How late the event loop is: what keeps it busy holds up every request of the worker."""

import asyncio

from prometheus_client import Histogram

from proxy.metrics import REGISTRY

EVERY_SECONDS = 0.25
LAG = Histogram(
    "interline_event_loop_lag_seconds",
    "How much later than asked for a timer of the event loop came.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)


async def measure_lag() -> None:
    """Measures for as long as the worker lives."""
    now = asyncio.get_running_loop().time
    while True:
        started = now()
        await asyncio.sleep(EVERY_SECONDS)
        LAG.observe(max(0.0, now() - started - EVERY_SECONDS))

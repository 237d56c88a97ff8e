"""What is counted below the HTTP layer, for Prometheus. No tenant, account or id is a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge

REGISTRY = CollectorRegistry()
"""Of this worker; ``unified/measuring.py`` tells those of all workers."""

PROVIDER_ANSWERS = Counter(
    "interline_provider_answers",
    "Answers of providers: 2xx to 5xx, or none where no answer came.",
    ["provider", "status"],
    registry=REGISTRY,
)
REDIS_LOST = Gauge(
    "interline_redis_lost", "Workers that do without Redis now.", registry=REGISTRY, multiprocess_mode="livesum"
)

NO_ANSWER = "none"
_CLASSES = {number: f"{number}xx" for number in range(1, 6)}


def count_provider_answer(provider: str, status: int | None) -> None:
    """Counts what one call came to; ``None`` where it ended without an answer."""
    PROVIDER_ANSWERS.labels(provider, NO_ANSWER if status is None else _CLASSES.get(status // 100, NO_ANSWER)).inc()

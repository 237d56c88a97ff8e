"""Counters for Prometheus: answers by route and status, provider calls, time. No tenant, account or id is a label."""

from litestar.types import HTTPScope
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from proxy.trace import Trace

REGISTRY = CollectorRegistry()
ANSWERS = Counter("interline_answers", "Answers given.", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "interline_request_seconds",
    "Time from the request's head to the end of its answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
CALLS = Counter("interline_provider_calls", "Calls made to providers.", ["route"], registry=REGISTRY)
UNDER_WAY = Gauge(
    "interline_requests_under_way", "Requests being served now.", registry=REGISTRY, multiprocess_mode="livesum"
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_answer(scope: HTTPScope, status: int, trace: Trace) -> None:
    """Counts one answer; a path that is no route counts as ``none``, so that a scanner makes no labels."""
    route = str(scope.get("path_template") or "none")
    method = scope["method"] if scope["method"] in METHODS else "other"
    ANSWERS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(trace.elapsed())
    if trace.upstream_calls:
        CALLS.labels(route).inc(trace.upstream_calls)


def render() -> bytes:
    """The metrics in Prometheus's text format."""
    return generate_latest(REGISTRY)

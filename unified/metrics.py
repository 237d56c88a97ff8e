"""What is counted of requests, for Prometheus. No tenant, account or id is a label."""

from litestar.types import HTTPScope
from prometheus_client import Counter, Gauge, Histogram

from proxy.metrics import REGISTRY
from proxy.provider.account import LinkedAccount
from proxy.trace import Trace

ANSWERS = Counter("interline_answers", "Answers given.", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "interline_request_seconds",
    "Time from the request's head to the end of its answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
CALLS = Counter("interline_provider_calls", "Calls made to providers.", ["route"], registry=REGISTRY)
PROBLEMS = Counter("interline_problems", "Answers that were a problem, by its code.", ["code"], registry=REGISTRY)
STAGE_SECONDS = Counter(
    "interline_stage_seconds", "Time spent in a stage of requests, added up.", ["stage"], registry=REGISTRY
)
BUDGET_WAITS = Counter(
    "interline_budget_waits", "Requests that waited for a provider's rate budget.", ["provider"], registry=REGISTRY
)
UNDER_WAY = Gauge(
    "interline_requests_under_way", "Requests being served now.", registry=REGISTRY, multiprocess_mode="livesum"
)
RETRIES = Counter("interline_provider_retries", "Provider calls made again.", ["route"], registry=REGISTRY)
WITHHELD = Counter(
    "interline_provider_retries_withheld",
    "Provider calls not made again, as too many were under way.",
    ["route"],
    registry=REGISTRY,
)
OPENINGS = Counter(
    "interline_breaker_openings", "Times that a provider's host was taken to be down.", ["provider"], registry=REGISTRY
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MOUNT = "/proxy"
WAITING = frozenset({"budget", "send", "retry", "journal"})
"""Stages that wait: for a turn, for a provider, for the database."""
SHORTEST_WAIT_SECONDS = 0.05
"""What is shorter was no waiting for a turn."""


def count_answer(scope: HTTPScope, status: int, trace: Trace) -> None:
    """Counts one answer; a path that is no route counts as ``none``, so that a scanner makes no labels."""
    route = str(scope.get("path_template") or _route_of(trace.path))
    method = scope["method"] if scope["method"] in METHODS else "other"
    ANSWERS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(trace.elapsed())
    if trace.upstream_calls:
        CALLS.labels(route).inc(trace.upstream_calls)
    if "code" in trace.facts:
        PROBLEMS.labels(trace.facts["code"]).inc()
    if trace.retries:
        RETRIES.labels(route).inc(trace.retries)
    if trace.retries_withheld:
        WITHHELD.labels(route).inc(trace.retries_withheld)
    _count_waits(trace)


def count_opening(account: LinkedAccount) -> None:
    """Counts one breaker that opened."""
    OPENINGS.labels(account.provider.name).inc()


def _route_of(path: str) -> str:
    """The framework names no template for what is below a mount."""
    return MOUNT if path == MOUNT or path.startswith(f"{MOUNT}/") else "none"


def _count_waits(trace: Trace) -> None:
    """What held the request up outside of this server."""
    stages = trace.stages
    for name in WAITING.intersection(stages):
        STAGE_SECONDS.labels(name).inc(stages[name])
    if stages.get("budget", 0.0) >= SHORTEST_WAIT_SECONDS:
        BUDGET_WAITS.labels(trace.facts.get("provider", "none")).inc()

"""Numbers about tickets: counts by group, and the metrics of a period."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sandbox.http import Request, Response
from sandbox.trengo import clock
from sandbox.trengo.answers import answer, invalid, not_selectable, required
from sandbox.trengo.call import Call
from sandbox.trengo.form import query_numbers
from sandbox.trengo.model import Ticket

Metric = Callable[[Sequence[Ticket]], int | float]


def aggregates(call: Call) -> Response:
    """GET /ticket_aggregates: by group, how many tickets have which key."""
    tickets = call.store.tickets.values()
    groups = {
        "status": _counted(ticket.status for ticket in tickets),
        "users": _counted(ticket.user for ticket in tickets),
        "teams": _counted(ticket.team for ticket in tickets),
        "channels": _counted(ticket.channel for ticket in tickets),
        "labels": _counted(label for ticket in tickets for label in ticket.labels),
    }
    return answer({name: counts or [] for name, counts in groups.items()})


def metrics(call: Call) -> Response:
    """GET /reporting/metrics: the ones asked for in ``metric[]``, over the tickets created in the period."""
    asked = call.request.all("metric")
    if not asked:
        raise required("metric")
    if any(name not in METRICS for name in asked):
        raise not_selectable("metric")
    tickets = _in_scope(call)
    return answer({"aggregates": {name: METRICS[name](tickets) for name in asked}})


def _in_scope(call: Call) -> list[Ticket]:
    request = call.request
    start, end = _moment(request, "start_date"), _moment(request, "end_date")
    teams, channels, labels = (query_numbers(request, f"{name}_ids") for name in ("team", "channel", "label"))
    return [
        ticket
        for ticket in call.store.tickets.values()
        if (start is None or ticket.created >= start)
        and (end is None or ticket.created <= end)
        and (not teams or ticket.team in teams)
        and (not channels or ticket.channel in channels)
        and (not labels or not labels.isdisjoint(ticket.labels))
    ]


def _moment(request: Request, name: str) -> int | None:
    text = request.first(name)
    if not text:
        return None
    moment = clock.parse(text)
    if moment is None:
        raise invalid(**{name: f"The {name.replace('_', ' ')} is not a valid date."})
    return moment


def _counted(keys: Iterable[object]) -> dict[str, int]:
    return {str(key): count for key, count in Counter(keys).items() if key is not None}


def _mean(seconds: Iterable[int | None]) -> float:
    known = [one for one in seconds if one is not None]
    return round(sum(known) / len(known), 2) if known else 0


def _first_reply(ticket: Ticket) -> int | None:
    """Seconds until somebody answered."""
    return next((one.created - ticket.created for one in ticket.messages if one.type == "OUTBOUND"), None)


METRICS: dict[str, Metric] = {
    "new_tickets": lambda tickets: sum(one.status == "OPEN" for one in tickets),
    "created_tickets": len,
    "assigned_tickets": lambda tickets: sum(one.assigned is not None for one in tickets),
    "closed_tickets": lambda tickets: sum(one.closed is not None for one in tickets),
    "reopened_tickets": lambda tickets: sum(one.reopened for one in tickets),
    "average_first_response_time": lambda tickets: _mean(_first_reply(one) for one in tickets),
    "average_total_resolution_time": lambda tickets: _mean(
        one.closed - one.created for one in tickets if one.closed is not None
    ),
}
ROUTES = (
    ("GET", "ticket_aggregates", aggregates),
    ("GET", "reporting/metrics", metrics),
)

"""Reading tickets."""

from collections.abc import Callable

from sandbox.http import Request, Response
from sandbox.trengo import clock
from sandbox.trengo.answers import answer, dumps, invalid, not_selectable
from sandbox.trengo.call import Call
from sandbox.trengo.directory_view import label_view
from sandbox.trengo.envelopes import bare, page_number, simple, window
from sandbox.trengo.form import query_numbers
from sandbox.trengo.model import Ticket
from sandbox.trengo.store import Store, identity
from sandbox.trengo.ticket_view import listed_ticket, whole_ticket

STATUSES = ("OPEN", "ASSIGNED", "CLOSED", "INVALID")
_LAST_TYPES = ("INBOUND", "OUTBOUND")
Keep = Callable[[Ticket], bool]


def list_tickets(call: Call) -> Response:
    """GET /tickets: newest activity first unless ``sort=date``; the order moves while somebody pages."""
    store, request = call.store, call.request
    filters = _filters(request, store)
    key = tuple(name for name, _ in filters)
    ids = store.query(key, lambda ticket: all(keep(ticket) for _, keep in filters))
    page = page_number(request)
    cut = window(page)
    if request.first("sort") == "date":
        ids = ids[::-1]
    items = [store.item(store.tickets[number], lambda ticket: listed_ticket(ticket, store)) for number in ids[cut]]
    return simple(request, page, items)


def get_ticket(call: Call, key: str) -> Response:
    """GET /tickets/{id}."""
    return answer(whole_ticket(call.ticket(key), call.store))


def list_labels(call: Call, key: str) -> Response:
    """GET /tickets/{id}/labels."""
    labels = [call.store.labels[number] for number in call.ticket(key).labels]
    return bare([dumps(label_view(label)) for label in labels])


def _filters(request: Request, store: Store) -> list[tuple[object, Keep]]:
    """The filters of a query, each with a name that says the same as its test."""
    made = [
        _status(request),
        _contact(request),
        _one_of(request, "users", lambda ticket: {ticket.user}),
        _one_of(request, "channels", lambda ticket: {ticket.channel}),
        _one_of(request, "labels", lambda ticket: set(ticket.labels)),
        _last_type(request),
        _updated(request),
        _term(request, store),
    ]
    return [one for one in made if one is not None]


def _status(request: Request) -> tuple[object, Keep] | None:
    status = request.first("status")
    if not status:
        return None
    if status not in STATUSES:
        raise not_selectable("status")
    return ("status", status), lambda ticket: ticket.status == status


def _contact(request: Request) -> tuple[object, Keep] | None:
    wanted = query_numbers(request, "contact_id")
    return (("contact", wanted), lambda ticket: ticket.contact in wanted) if wanted else None


def _one_of(
    request: Request, name: str, of: Callable[[Ticket], set[int | None] | set[int]]
) -> tuple[object, Keep] | None:
    wanted = query_numbers(request, name)
    return ((name, wanted), lambda ticket: not wanted.isdisjoint(of(ticket))) if wanted else None


def _last_type(request: Request) -> tuple[object, Keep] | None:
    wanted = request.first("last_message_type")
    if not wanted:
        return None
    if wanted not in _LAST_TYPES:
        raise not_selectable("last_message_type")
    return ("last", wanted), lambda ticket: _last_said(ticket) == wanted


def _last_said(ticket: Ticket) -> str | None:
    return next((one.type for one in reversed(ticket.messages) if one.type != "NOTE"), None)


def _updated(request: Request) -> tuple[object, Keep] | None:
    text = request.first("updated_at_gt")
    if not text:
        return None
    after = clock.parse(text)
    if after is None:
        raise invalid(updated_at_gt="The updated at gt is not a valid date.")
    return ("updated", after), lambda ticket: ticket.updated > after


def _term(request: Request, store: Store) -> tuple[object, Keep] | None:
    term = (request.first("term") or "").strip().casefold()
    if not term:
        return None
    return ("term", term), lambda ticket: _mentions(ticket, store, term)


def _mentions(ticket: Ticket, store: Store, term: str) -> bool:
    contact = store.contacts.get(ticket.contact)
    texts = [ticket.subject, *(message.text for message in ticket.messages)]
    if contact is not None:
        texts += [contact.name, contact.email]
        digits = identity(term)
        if contact.phone and digits.isdigit() and len(digits) > 3 and digits in identity(contact.phone):
            return True
    return any(term in text.casefold() for text in texts if text)


ROUTES = (
    ("GET", "tickets", list_tickets),
    ("GET", "tickets/{id}", get_ticket),
    ("GET", "tickets/{id}/labels", list_labels),
)

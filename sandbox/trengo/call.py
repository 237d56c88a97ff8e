"""One authenticated call on its way through an operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from sandbox.http import Request
from sandbox.trengo.answers import missing, not_selectable, origin
from sandbox.trengo.form import Form, read_form, whole
from sandbox.trengo.model import Contact, Ticket, User
from sandbox.trengo.store import Store

Thing = TypeVar("Thing")


@dataclass(slots=True)
class Call:
    """The request, the state it meets, and the user whose token it carries."""

    request: Request
    store: Store
    user: User

    @property
    def form(self) -> Form:
        """The fields of the body."""
        return read_form(self.request)

    @property
    def origin(self) -> str:
        """Scheme and host as the caller sees them."""
        return origin(self.request)

    def ticket(self, key: str) -> Ticket:
        """The ticket of a path, else 404."""
        return found(self.store.tickets, key, "Ticket")

    def contact(self, key: str) -> Contact:
        """The contact of a path, else 404."""
        return found(self.store.contacts, key, "Contact")


def found(table: Mapping[int, Thing], key: str, model: str) -> Thing:
    """The thing a path names, else 404."""
    number = whole(key)
    thing = None if number is None else table.get(number)
    if thing is None:
        raise missing(model, key)
    return thing


def chosen(table: Mapping[int, Thing], form: Form, field: str) -> Thing:
    """The thing a required field of the body names, else 422."""
    form.needed(field)
    thing = table.get(form.number(field) or 0)
    if thing is None:
        raise not_selectable(field)
    return thing

"""The table of unified resources: handlers, OpenAPI and checks follow from it."""

from typing import Literal

from msgspec import Struct

from unified.schemas.channels import Channel
from unified.schemas.comments import Comment
from unified.schemas.contacts import Contact
from unified.schemas.ticket_status import TicketStatus
from unified.schemas.tickets import Ticket
from unified.schemas.types import Record

Comparison = Literal["word", "category", "id", "text", "phone", "after", "before", "provider"]
"""How a filter is tested on a mapped record.

``word`` and ``id`` by equality, ``category`` likewise and portable, ``text`` without case, ``phone`` by digits,
``after`` and ``before`` by value with the bound excluded; ``provider`` is the provider's own search and is not tested
again.
"""


class Filter(Struct, frozen=True):
    """A query parameter that narrows a list: ``paths`` are the attributes of the record it is tested on."""

    name: str
    compare: Comparison
    paths: tuple[str, ...]
    description: str
    many: bool = True
    """Takes a set, met by any of its values."""
    required: bool = False


class Resource(Struct, frozen=True):
    """One kind of record: its schema, its filters, its sorts."""

    model: str
    name: str
    singular: str
    record: type[Record]
    description: str
    filters: tuple[Filter, ...] = ()
    sorts: tuple[str, ...] = ()

    def filter(self, name: str) -> Filter | None:
        """The filter of that name."""
        return next((one for one in self.filters if one.name == name), None)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of a record, in order, without the members that describe the mapping itself."""
        return tuple(name for name in self.record.__struct_encode_fields__ if not name.startswith("_"))


STATUS = (
    Filter("status", "word", ("status.id", "status.name"), "Status by id (the provider's word) or by name."),
    Filter("status_category", "category", ("status.category",), "Status by category: open, waiting, closed, spam."),
)
TIMES = (
    Filter("created_after", "after", ("created_at",), "Created after this moment (excluded).", many=False),
    Filter("created_before", "before", ("created_at",), "Created before this moment (excluded).", many=False),
    Filter("updated_after", "after", ("updated_at",), "Updated after this moment (excluded).", many=False),
    Filter("updated_before", "before", ("updated_at",), "Updated before this moment (excluded).", many=False),
)
SEARCH = Filter("search", "provider", (), "The provider's own full-text search.", many=False)

RESOURCES: tuple[Resource, ...] = (
    Resource(
        model="ticketing",
        name="tickets",
        singular="ticket",
        record=Ticket,
        description="The conversations a support desk works on.",
        filters=(
            *STATUS,
            Filter("contact_id", "id", ("contact.id",), "Tickets of this contact."),
            Filter("assignee_id", "id", ("assignees.id",), "Tickets assigned to this user."),
            Filter("team_id", "id", ("team.id",), "Tickets of this team."),
            Filter("tag_id", "id", ("tags.id",), "Tickets with this tag."),
            Filter("channel_id", "id", ("channel.id",), "Tickets of this channel."),
            *TIMES,
            SEARCH,
        ),
        sorts=("created_at", "-created_at", "updated_at", "-updated_at", "last_message_at", "-last_message_at"),
    ),
    Resource(
        model="ticketing",
        name="ticket_status",
        singular="ticket_status",
        record=TicketStatus,
        description="The states a ticket can be in.",
    ),
    Resource(
        model="ticketing",
        name="comments",
        singular="comment",
        record=Comment,
        description="What was said on a ticket, to the customer or among agents.",
        filters=(
            Filter(
                "ticket_id", "id", ("ticket.id",), "The ticket whose comments are listed.", many=False, required=True
            ),
        ),
        sorts=("created_at", "-created_at"),
    ),
    Resource(
        model="ticketing",
        name="contacts",
        singular="contact",
        record=Contact,
        description="The customers of the helpdesk.",
        filters=(
            Filter("email", "text", ("emails.email",), "Contacts with this e-mail address."),
            Filter("phone", "phone", ("phones.number",), "Contacts with this phone number, compared by digits."),
            Filter("name", "text", ("name",), "Contacts of this name."),
            *TIMES,
            SEARCH,
        ),
        sorts=("created_at", "-created_at", "name", "-name"),
    ),
    Resource(
        model="ticketing",
        name="channels",
        singular="channel",
        record=Channel,
        description="The inboxes that conversations run through.",
    ),
)


def find_resource(model: str, name: str) -> Resource | None:
    """The resource of that model and name."""
    return next((one for one in RESOURCES if (one.model, one.name) == (model, name)), None)

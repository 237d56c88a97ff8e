"""The table of unified resources: handlers, OpenAPI and checks follow from it."""

from typing import Literal, get_args

from msgspec import Struct

from unified.schemas.attachments import Attachment
from unified.schemas.channels import Channel
from unified.schemas.comments import Comment
from unified.schemas.contacts import Contact
from unified.schemas.fields import Entity, Field
from unified.schemas.tags import TagRecord
from unified.schemas.teams import Team
from unified.schemas.ticket_status import Category, TicketStatus
from unified.schemas.tickets import Ticket
from unified.schemas.types import Record
from unified.schemas.users import DirectoryUser, Group, Role, User
from unified.schemas.writes import (
    CommentCreate,
    ContactCreate,
    ContactUpdate,
    FieldCreate,
    FieldUpdate,
    TagCreate,
    TagUpdate,
    TeamCreate,
    TeamUpdate,
    TicketCreate,
    TicketMerge,
    TicketUpdate,
    UserCreate,
    UserUpdate,
)

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
    words: tuple[str, ...] = ()
    """The values it takes, where the vocabulary knows them all."""


WRITE_METHODS = ("create", "update", "merge", "delete")


class Writes(Struct, frozen=True):
    """The bodies that a resource takes; a method without one is in no provider's reach."""

    create: type[Struct] | None = None
    update: type[Struct] | None = None
    merge: type[Struct] | None = None
    delete: bool = True
    files: bool = False
    """A create may bring files, as ``multipart/form-data``."""
    finds: bool = False
    """A create may find the record instead of making it: its answer says which."""

    def body(self, method: str) -> type[Struct] | None:
        """The body of a method; a delete has none."""
        return {"create": self.create, "update": self.update, "merge": self.merge}.get(method)

    @property
    def methods(self) -> list[str]:
        """The methods that some provider may have."""
        return [one for one in WRITE_METHODS if self.body(one) is not None or (one == "delete" and self.delete)]


class Resource(Struct, frozen=True):
    """One kind of record: its schema, its filters, its sorts, what can be written."""

    model: str
    name: str
    singular: str
    record: type[Record]
    description: str
    filters: tuple[Filter, ...] = ()
    sorts: tuple[str, ...] = ()
    file_url: str | None = None
    """The attribute that says where the record's file is: the resource can then be downloaded."""
    single: bool = False
    """There is one record, the caller's own: a get without an id, and no list."""
    writes: Writes | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Model and name, which no two resources share."""
        return self.model, self.name

    @property
    def plural(self) -> str:
        """The name that is unique across models: ``directory_users`` beside ``users``."""
        return f"directory_{self.name}" if self.singular.startswith("directory_") else self.name

    def filter(self, name: str) -> Filter | None:
        """The filter of that name."""
        return next((one for one in self.filters if one.name == name), None)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of a record, in order, without the members that describe the mapping itself."""
        return tuple(name for name in self.record.__struct_encode_fields__ if not name.startswith("_"))


STATUS = (
    Filter("status", "word", ("status.id", "status.name"), "Status by id (the provider's word) or by name."),
    Filter(
        "status_category", "category", ("status.category",), "Status by its portable meaning.", words=get_args(Category)
    ),
)
TIMES = (
    Filter("created_after", "after", ("created_at",), "Created after this moment (excluded).", many=False),
    Filter("created_before", "before", ("created_at",), "Created before this moment (excluded).", many=False),
    Filter("updated_after", "after", ("updated_at",), "Updated after this moment (excluded).", many=False),
    Filter("updated_before", "before", ("updated_at",), "Updated before this moment (excluded).", many=False),
)
NAME = Filter("name", "text", ("name",), "Those of this name, without regard to case.")
EMAIL = Filter("email", "text", ("emails.email",), "Those with this e-mail address, without regard to case.")
OF_TICKET = Filter("ticket_id", "id", ("ticket.id",), "The ticket that is meant.", many=False, required=True)
SEARCH = Filter("search", "provider", (), "The provider's own full-text search.", many=False)

RESOURCES: tuple[Resource, ...] = (
    Resource(
        model="ticketing",
        name="tickets",
        singular="ticket",
        record=Ticket,
        writes=Writes(TicketCreate, TicketUpdate, TicketMerge),
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
        writes=Writes(CommentCreate, files=True),
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
        writes=Writes(ContactCreate, ContactUpdate, finds=True),
        description="The customers of the helpdesk.",
        filters=(
            EMAIL,
            Filter("phone", "phone", ("phones.number",), "Contacts with this phone number, compared by digits."),
            NAME,
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
    Resource(
        model="ticketing",
        name="attachments",
        singular="attachment",
        record=Attachment,
        description="The files that hang on the comments of a ticket.",
        file_url="file_url",
        filters=(
            Filter("ticket_id", "id", ("ticket_id",), "The ticket whose files are listed.", many=False, required=True),
        ),
        sorts=("created_at", "-created_at"),
    ),
    Resource(
        model="ticketing",
        name="fields",
        singular="field",
        record=Field,
        writes=Writes(FieldCreate, FieldUpdate),
        description="What can be said of a ticket or a contact, built in or defined by the customer.",
        filters=(
            Filter("entity_type", "word", ("entity_type",), "Fields of this entity.", words=get_args(Entity)),
            NAME,
        ),
        sorts=("name", "-name"),
    ),
    Resource(
        model="ticketing",
        name="tags",
        singular="tag",
        record=TagRecord,
        writes=Writes(TagCreate, TagUpdate),
        description="The words that sort tickets.",
        filters=(NAME,),
        sorts=("name", "-name"),
    ),
    Resource(
        model="ticketing",
        name="teams",
        singular="team",
        record=Team,
        writes=Writes(TeamCreate, TeamUpdate),
        description="The users who work together.",
        filters=(NAME,),
        sorts=("name", "-name"),
    ),
    Resource(
        model="ticketing",
        name="users",
        singular="user",
        record=User,
        writes=Writes(UserCreate, UserUpdate),
        description="The agents of the helpdesk.",
        filters=(EMAIL, NAME, Filter("team_id", "id", ("team_ids",), "Users of this team.")),
        sorts=("name", "-name"),
    ),
    Resource(
        model="user-directory",
        name="users",
        singular="directory_user",
        record=DirectoryUser,
        description="The people with an account in the helpdesk.",
        filters=(EMAIL, NAME),
        sorts=("name", "-name"),
    ),
    Resource(
        model="user-directory",
        name="groups",
        singular="group",
        record=Group,
        description="The groups of users; helpdesks call them teams.",
        filters=(NAME,),
        sorts=("name", "-name"),
    ),
    Resource(
        model="user-directory",
        name="roles",
        singular="role",
        record=Role,
        description="What users may do, by name.",
        filters=(NAME,),
    ),
    Resource(
        model="user-directory",
        name="me",
        singular="me",
        record=DirectoryUser,
        description="The user whose credential is linked.",
        single=True,
    ),
)


def find_resource(model: str, name: str) -> Resource | None:
    """The resource of that model and name."""
    return next((one for one in RESOURCES if (one.model, one.name) == (model, name)), None)

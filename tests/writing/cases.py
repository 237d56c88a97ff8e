"""Writes of both providers that together reach every step of every plan; ids are those of the simulators' seed."""

from dataclasses import dataclass, field
from typing import Any

from msgspec import json

from unified.mapping.ids import join_id

NOTE = "between ourselves: canary note 4c1d"
FILES = (("a.txt", b"first file", "text/plain"), ("b.pdf", b"%PDF-1.7 second", "application/pdf"))


@dataclass(frozen=True)
class Case:
    """A unified write.

    ``bent`` is a fault that belongs to it: the provider answers in another way. ``told`` are the paths that a
    warning names, as the provider does not keep them.
    """

    provider: str
    method: str
    resource: str
    says: str
    id: str | None = None
    body: Any = None
    files: tuple = ()
    bent: dict | None = field(default=None, hash=False)
    told: tuple = ()

    @property
    def verb(self):
        return {"update": "PATCH", "delete": "DELETE"}.get(self.method, "POST")

    @property
    def path(self):
        tail = "" if self.id is None else f"/{self.id}"
        return f"ticketing/{self.resource}{tail}{'/merge' if self.method == 'merge' else ''}"

    def options(self):
        """How it is sent."""
        if self.files:
            parts = [("data", (None, _json(self.body), "application/json"))]
            return {"files": parts + [("file", one) for one in self.files]}
        return {} if self.body is None else {"json": self.body}


def _json(body):
    return json.encode(body).decode()


def _trengo(method, resource, says, id_=None, body=None, **more):
    return Case("trengo", method, resource, says, id_, body, **more)


def _chatwoot(method, resource, says, id_=None, body=None, **more):
    return Case("chatwoot", method, resource, says, id_, body, **more)


CASES = [
    _trengo(
        "create",
        "tickets",
        "with everything",
        body={
            "name": "Broken parcel",
            "contact": {"email": "new.customer@example.org", "name": "New Customer"},
            "channel": {"id": "1377010"},
            "team": {"id": "88121"},
            "assignees": [{"id": "713404"}],
            "tags": [{"id": "1790311"}, {"name": "Factuur"}],
            "custom_fields": [{"id": "633403", "value": "A-1"}, {"id": "633404", "value": "late"}],
            "status": {"name": "closed"},
            "comment": {"body": NOTE, "is_private": True},
        },
    ),
    _trengo(
        "create",
        "tickets",
        "that is spam",
        body={
            "name": "Win",
            "contact": {"id": "451500001"},
            "channel": {"id": "1377010"},
            "status": {"name": "spam"},
        },
        told=("assignees",),
    ),
    _trengo(
        "update",
        "tickets",
        "in every part",
        "731190043",
        {
            "status": {"category": "open"},
            "team": {"id": "88121"},
            "assignees": [{"id": "713404"}],
            "tags": [{"id": "1790311"}, {"id": "1790315"}],
            "custom_fields": [{"id": "633403", "value": "B-2"}, {"id": "633405", "value": None}],
        },
    ),
    _trengo("update", "tickets", "out of spam", "731190076", {"status": {"name": "closed"}}),
    _trengo("update", "tickets", "into spam", "731190049", {"status": {"name": "spam"}}),
    _trengo("delete", "tickets", "for good", "731190051"),
    _trengo("merge", "tickets", "into another", "731190013", {"source": {"id": "731190036"}}),
    _trengo(
        "create",
        "comments",
        "a note with files",
        body={"ticket": {"id": "731190007"}, "body": NOTE, "is_private": True},
        files=FILES,
    ),
    _trengo(
        "create",
        "comments",
        "a reply",
        body={"ticket": {"id": "731190007"}, "html_body": "<p>We look into it.</p>"},
        told=("html_body",),
    ),
    _trengo(
        "create",
        "comments",
        "a note whose answer tells no id",
        body={"ticket": {"id": "731190007"}, "body": NOTE, "is_private": True},
        bent={
            "match": {"method": "POST", "path": "/api/v2/tickets/731190007/messages"},
            "do": "status_after_apply",
            "status": 200,
            "body": {"message": NOTE},
        },
    ),
    _trengo("delete", "comments", "a note", "comment"),
    _trengo(
        "create",
        "contacts",
        "with fields and notes",
        body={
            "name": "Nova",
            "emails": [{"email": "nova@example.org"}],
            "channel": {"id": "1377010"},
            "custom_fields": [{"id": "633401", "value": "K-1"}, {"id": "633402", "value": "nl"}],
            "notes": [{"body": NOTE}, {"body": "a second " + NOTE}],
        },
    ),
    _trengo(
        "update",
        "contacts",
        "with fields and notes",
        "451500004",
        {
            "name": "Sjoerd O.",
            "custom_fields": [{"id": "633401", "value": "K-2"}, {"id": "633402", "value": "en"}],
            "notes": [{"body": NOTE}, {"body": "a second " + NOTE}],
        },
    ),
    _trengo("delete", "contacts", "for good", "451500003"),
    _trengo("create", "fields", "of tickets", body={"label": "Colour", "entity_type": "ticket"}),
    _trengo("update", "fields", "by its label", "633404", {"label": "Reason"}),
    _trengo("delete", "fields", "for good", "633405"),
    _trengo("create", "tags", "with a colour", body={"name": "New", "color": "#ff0000"}),
    _trengo("update", "tags", "by name", "1790313", {"name": "Invoice"}),
    _trengo("delete", "tags", "for good", "1790314"),
    _trengo("create", "teams", "with members", body={"name": "Third line", "members": [{"id": "713403"}]}),
    _trengo("update", "teams", "by name and members", "88122", {"name": "Money", "members": [{"id": "713402"}]}),
    _trengo("delete", "teams", "for good", "88123"),
    _trengo(
        "create",
        "users",
        "by an invitation",
        body={
            "emails": [{"email": "invited@example.org"}],
            "first_name": "Ivy",
            "last_name": "Vited",
            "roles": [{"id": "basic_agent"}],
        },
    ),
    _trengo("update", "users", "by name", "713406", {"first_name": "Bea"}),
    _trengo("delete", "users", "for good", "713407"),
    _chatwoot(
        "create",
        "tickets",
        "with everything",
        body={
            "name": "Broken parcel",
            "contact": {"email": "new.customer@example.org", "name": "New Customer"},
            "channel": {"id": "23"},
            "team": {"id": "5"},
            "assignees": [{"id": "13"}],
            "tags": [{"name": "vip"}, {"name": "bezorging"}],
            "priority": {"name": "high"},
            "custom_fields": [{"name": "order_id", "value": "A-1"}],
            "comment": {"body": NOTE, "is_private": True},
        },
    ),
    _chatwoot(
        "update",
        "tickets",
        "in every part",
        "2",
        {
            "status": {"name": "pending"},
            "team": {"id": "5"},
            "assignees": [{"id": "13"}],
            "tags": [{"name": "bezorging"}],
            "priority": {"name": "low"},
            "custom_fields": [{"name": "order_id", "value": "B-2"}],
        },
    ),
    _chatwoot("delete", "tickets", "for good", "9"),
    _chatwoot(
        "create",
        "comments",
        "a note with files",
        body={"ticket": {"id": "3"}, "body": NOTE, "is_private": True},
        files=FILES,
    ),
    _chatwoot(
        "create",
        "comments",
        "a reply",
        body={"ticket": {"id": "3"}, "html_body": "<p>We look into it.</p>"},
        told=("html_body",),
    ),
    _chatwoot("delete", "comments", "a message", "comment"),
    _chatwoot(
        "create",
        "contacts",
        "that is new, with fields and notes",
        body={
            "name": "Nova",
            "emails": [{"email": "nova@example.org"}],
            "phones": [{"number": "+31612345678"}],
            "channel": {"id": "22"},
            "custom_fields": [{"name": "plan", "value": "gold"}],
            "notes": [{"body": NOTE}, {"body": "a second " + NOTE}],
        },
    ),
    _chatwoot(
        "create",
        "contacts",
        "that is there, on another channel",
        body={
            "emails": [{"email": "anouk.degrootvisser.1246@mail.example"}],
            "channel": {"id": "22"},
            "custom_fields": [{"name": "plan", "value": "gold"}],
            "notes": [{"body": NOTE}],
        },
    ),
    _chatwoot(
        "update",
        "contacts",
        "with fields and notes",
        "1203",
        {
            "name": "Iñigo",
            "custom_fields": [{"name": "plan", "value": "gold"}],
            "notes": [{"body": NOTE}, {"body": "a second " + NOTE}],
        },
    ),
    _chatwoot("delete", "contacts", "for good", "1204"),
    _chatwoot(
        "create",
        "fields",
        "of tickets",
        body={
            "name": "colour",
            "label": "Colour",
            "description": "The colour",
            "entity_type": "ticket",
            "type": "enum",
            "options": [{"label": "red", "value": "red"}],
        },
    ),
    _chatwoot("update", "fields", "by its label", "31", {"label": "Order"}),
    _chatwoot("delete", "fields", "for good", "32"),
    _chatwoot("create", "tags", "with a colour", body={"name": "new", "color": "#ff0000"}),
    _chatwoot("update", "tags", "by colour", "62", {"color": "#00ff00", "description": "x"}),
    _chatwoot("delete", "tags", "for good", "63"),
    _chatwoot("create", "teams", "with members", body={"name": "third line", "members": [{"id": "12"}, {"id": "13"}]}),
    _chatwoot("update", "teams", "by name and members", "4", {"name": "money", "members": [{"id": "13"}]}),
    _chatwoot("delete", "teams", "for good", "6"),
    _chatwoot(
        "create",
        "users",
        "by an invitation, into two teams",
        body={
            "emails": [{"email": "invited@example.org"}],
            "name": "Ivy",
            "roles": [{"id": "agent"}],
            "team_ids": ["4", "5"],
        },
    ),
    _chatwoot("update", "users", "by name, and into another team", "12", {"name": "Bram", "team_ids": ["5", "6"]}),
    _chatwoot("delete", "users", "for good", "14"),
]


def comment_of(kept, provider):
    """The id of a comment that can be deleted."""
    if provider == "trengo":
        ticket = next(one for one in kept.tickets.values() if any(m.type == "NOTE" for m in one.messages))
        return join_id([ticket.id, next(m.id for m in ticket.messages if m.type == "NOTE")])
    return join_id([3, next(m.id for m in kept.conversations[3].messages if m.kind == 1)])

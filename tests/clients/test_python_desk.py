"""A day at the desk by a generated Python client: a customer, a ticket, what is said on it, until it is opened again.

Every step is a write against the running server and its sandbox, and every answer is read by the client's own types.
"""

import importlib
from io import BytesIO
from uuid import uuid4

import pytest


@pytest.fixture
def model(package):
    """``model("TicketCreate", name=..)``: a body from plain values."""
    return lambda kind, /, **said: getattr(package.models, kind).from_dict(said)


def done(made):
    """The record of a write that went well."""
    assert not hasattr(made, "code"), made
    return made.result


def channel(account):
    """A channel on which the provider makes contacts and tickets: that of a ticket with a customer's address."""
    tickets = account.list("tickets", limit=50)["result"]
    return next(
        one["channel"]["id"] for one in tickets if one["channel"] and one["contact"] and one["contact"]["emails"]
    )


def field_value(account):
    """A custom field of contacts that is free to be filled in, with a value."""
    fields = account.list("fields", entity_type="contact", limit=200)["result"]
    free = next(one for one in fields if one["is_user_defined"] and one["type"] in ("text", "number"))
    return free["id"], "1815" if free["type"] == "text" else 1815


def made_contact(call, model, account, **sent):
    field, value = field_value(account)
    body = model(
        "ContactCreate",
        name="Ada Lovelace",
        emails=[{"email": "ada.lovelace@example.com"}],
        channel={"id": channel(account)},
        custom_fields=[{"id": field, "value": value}],
        notes=[{"body": "Prefers to be called in the morning."}],
    )
    return call("createContact", body=body, **sent)


def made_ticket(call, model, account, contact):
    said = {
        "name": "The parcel came damaged",
        "contact": {"id": contact},
        "channel": {"id": channel(account)},
        "tags": [{"name": account.list("tags", limit=10)["result"][0]["name"]}],
        "comment": {"body": "Called us twice; please look at it today.", "is_private": True},
    }
    return call("createTicket", body=model("TicketCreate", **said))


def comments(account, ticket):
    return account.walk("comments", ticket_id=ticket)


def test_a_contact_with_a_field_and_a_note_is_made_once(call, model, account):
    key = str(uuid4())
    made = made_contact(call, model, account, idempotency_key=key)
    contact = done(made)
    assert (contact.name, contact.emails[0].email) == ("Ada Lovelace", "ada.lovelace@example.com")
    assert field_value(account) in [(one.id, one.value) for one in contact.custom_fields]
    assert made.created in (True, None)
    account.sandbox.clear_log()
    assert done(made_contact(call, model, account, idempotency_key=key)).to_dict() == contact.to_dict()
    assert {one["method"] for one in account.sandbox.log()} == {"GET"}  # the values of the body were looked up


def test_a_desk_is_run_by_the_client(call, model, account):
    contact = done(made_contact(call, model, account)).id
    ticket = done(made_ticket(call, model, account, contact))
    assert (ticket.contact.id, len(ticket.tags)) == (contact, 1)
    (note,) = comments(account, ticket.id)
    assert (note["is_private"], note["direction"]) == (True, "internal")

    def say(**said):
        return done(call("createComment", body=model("CommentCreate", ticket={"id": ticket.id}, **said)))

    def change(**said):
        return done(call("updateTicket", ticket.id, body=model("TicketUpdate", **said)))

    assert say(body="A new parcel is on its way.").direction == "outbound"
    assert say(body="Ask the carrier for the photos.", is_private=True).is_private is True
    another = account.list("tags", limit=10)["result"][1]
    assert another["name"] in [one.name for one in change(tags_add=[{"name": another["name"]}]).tags]
    agent = account.list("users", limit=10)["result"][0]
    assert [one.id for one in change(assignees=[{"id": agent["id"]}]).assignees] == [agent["id"]]
    assert change(status={"category": "closed"}).status.category == "closed"
    assert change(status={"category": "open"}).status.category == "open"


def test_a_comment_brings_files(package, call, model, account):
    contact = done(made_contact(call, model, account)).id
    ticket = done(made_ticket(call, model, account, contact))
    data = model("CommentCreate", ticket={"id": ticket.id}, body="The photo, as promised.")
    types = importlib.import_module("interline_client.types")
    photo = types.File(payload=BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(64)), file_name="parcel.png", mime_type="image/png")
    made = call("createComment", body=package.models.CommentCreateWithFiles(data=data, files=[photo]))
    assert [one.file_name for one in done(made).attachments] == ["parcel.png"]


def test_what_was_made_is_deleted_and_gone(call, model, account):
    contact = done(made_contact(call, model, account)).id
    ticket = done(made_ticket(call, model, account, contact))
    assert done(call("deleteTicket", ticket.id)).id == ticket.id


def test_a_write_that_is_only_tried_changes_nothing(package, call, model, account):
    ticket = account.list("tickets", limit=1)["result"][0]
    account.sandbox.clear_log()
    made = call("updateTicket", ticket["id"], body=model("TicketUpdate", status={"category": "spam"}), dry_run=True)
    if isinstance(made, package.models.Problem):
        assert made.code == "unsupported-change"
    else:
        assert made.result.steps
    assert {one["method"] for one in account.sandbox.log()} <= {"GET"}

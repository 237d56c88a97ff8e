"""What writing to the simulator changes for those who read."""

import json
from urllib.parse import urlencode

import pytest

from sandbox.http import Request
from sandbox.trengo import Trengo
from sandbox.trengo.simulator import TOKEN_USERS

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Caller:
    """Calls as the administrator and remembers the last status."""

    def __init__(self):
        self.sandbox = Trengo(tickets=80, seed=6, rate_limit=100_000)
        self.token = self.sandbox.token_for(0)
        self.status = 0

    def __call__(self, method, path, body=None, kind=JSON):
        data = body if isinstance(body, bytes) else b""
        if isinstance(body, dict):
            data = json.dumps(body).encode() if kind == JSON else urlencode(body, doseq=True).encode()
        headers = (("Accept", JSON), ("Content-Type", kind), ("Authorization", f"Bearer {self.token}"), ("Host", "h"))
        answer = self.sandbox.handle(Request(method, f"/api/v2/{path}", headers, data))
        self.status = answer.status
        return json.loads(answer.body) if answer.body else None

    def top(self, query=""):
        return self("GET", f"tickets?{query}")["data"][0]


@pytest.fixture
def call():
    return Caller()


@pytest.mark.parametrize("kind", [JSON, FORM])
def test_a_new_ticket_is_assigned_to_the_users_token_and_stands_on_top(call, kind):
    old = call.top()
    body = {"channel_id": old["channel"]["id"], "contact_id": old["contact_id"], "subject": "Größe & <b>"}
    created = call("POST", "tickets", body, kind)
    assert call.status == 201
    assert (created["status"], created["user_id"], created["assigned_by"]) == (
        "ASSIGNED",
        TOKEN_USERS[0],
        TOKEN_USERS[0],
    )
    assert created["id"] > old["id"]
    top = call.top()
    assert (top["id"], top["subject"], top["messages_count"]) == (created["id"], "Größe & <b>", 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "channel_id"),
        ({"channel_id": 1}, "channel_id"),
        ({"channel_id": "x"}, "channel_id"),
        (b"{broken", "channel_id"),
    ],
)
def test_a_ticket_without_a_proper_channel_is_422(call, body, field):
    answer = call("POST", "tickets", body)
    assert (call.status, list(answer["errors"])) == (422, [field])


def test_a_private_channel_takes_no_shared_contact(call):
    private = next(one for one in call("GET", "channels")["data"] if one["is_private"])
    answer = call("POST", "tickets", {"channel_id": private["id"], "contact_id": call.top()["contact_id"]})
    assert (call.status, list(answer["errors"])) == (422, ["contact_id"])


def test_assigning_to_a_team_leaves_nobody_and_to_a_user_keeps_the_team(call):
    ticket = call.top("status=OPEN")["id"]
    team, user = call("GET", "teams")["data"][0]["id"], call("GET", "users")["data"][3]["id"]
    call("POST", f"tickets/{ticket}/assign", {"type": "user", "user_id": user})
    call("POST", f"tickets/{ticket}/assign", {"type": "team", "team_id": team})
    read = call("GET", f"tickets/{ticket}")
    assert (read["status"], read["user_id"], read["team"]["id"]) == ("ASSIGNED", None, team)
    call("POST", f"tickets/{ticket}/assign", {"type": "user", "user_id": str(user), "note": "yours"}, FORM)
    read = call("GET", f"tickets/{ticket}")
    assert (read["user_id"], read["team_id"], read["agent"]["id"]) == (user, team, user)
    assert read["audits"][-1]["audit_type"] == "TICKET_PICKED_UP"
    assert call("GET", f"tickets/{ticket}/messages")["data"][0]["message"] == "yours"


@pytest.mark.parametrize("body", [{}, {"type": "robot"}, {"type": "user"}, {"type": "user", "user_id": 5}])
def test_an_assignment_to_nobody_is_422(call, body):
    call("POST", f"tickets/{call.top()['id']}/assign", body)
    assert call.status == 422


def test_close_reopen_and_spam_change_the_status_and_nothing_moves(call):
    order = [one["id"] for one in call("GET", "tickets")["data"]]
    ticket = next(one for one in call("GET", "tickets?status=ASSIGNED")["data"])["id"]
    result = call("GET", "ticket_results")["data"][1]
    call("POST", f"tickets/{ticket}/close", {"ticket_result_id": result["id"]})
    read = call("GET", f"tickets/{ticket}")
    assert (read["status"], read["results"], read["closed_by"]["id"]) == ("CLOSED", [result], TOKEN_USERS[0])
    assert read["closed_at"] == read["updated_at"]
    call("POST", f"tickets/{ticket}/reopen")
    read = call("GET", f"tickets/{ticket}")
    assert (read["status"], read["closed_at"], read["results"]) == ("ASSIGNED", None, [])
    call("POST", f"tickets/{ticket}/spam")
    assert call("GET", f"tickets/{ticket}")["status"] == "INVALID"
    call("DELETE", f"tickets/{ticket}/spam")
    assert call("GET", f"tickets/{ticket}")["status"] == "ASSIGNED"
    assert [one["id"] for one in call("GET", "tickets")["data"]] == order


def test_an_unassigned_ticket_reopens_as_open(call):
    ticket = call.top("status=OPEN")["id"]
    call("POST", f"tickets/{ticket}/close")
    call("POST", f"tickets/{ticket}/reopen")
    assert call("GET", f"tickets/{ticket}")["status"] == "OPEN"


def test_merging_moves_the_messages_and_the_source_is_gone(call):
    target, source = call("GET", "tickets")["data"][5], call("GET", "tickets")["data"][9]
    call("POST", f"tickets/{target['id']}/merge", {"source_ticket_id": source["id"]})
    assert call.status == 200
    call("GET", f"tickets/{source['id']}")
    assert call.status == 404
    top = call.top()
    assert (top["id"], top["messages_count"]) == (target["id"], target["messages_count"] + source["messages_count"])
    messages = call("GET", f"tickets/{target['id']}/messages")["data"]
    assert {one["ticket_id"] for one in messages} == {target["id"]}
    call("POST", f"tickets/{target['id']}/merge", {"source_ticket_id": source["id"]})
    assert call.status == 422


def test_a_message_needs_its_text_under_the_right_name(call):
    path = f"tickets/{call.top()['id']}/messages"
    answer = call("POST", path, {"body": "hello"})
    assert (call.status, answer["errors"]) == (422, {"message": ["The message field is required."]})


@pytest.mark.parametrize(("flag", "kind"), [(True, JSON), ("1", FORM), ("true", FORM)])
def test_an_internal_note_is_a_note_and_moves_the_ticket_to_the_top(call, flag, kind):
    ticket = call("GET", "tickets?page=2")["data"][0]["id"]
    call("POST", f"tickets/{ticket}/messages", {"message": "psst 🤫", "internal_note": flag}, kind)
    note = call("GET", f"tickets/{ticket}/messages")["data"][0]
    assert (note["type"], note["message"], note["agent"]["id"]) == ("NOTE", "psst 🤫", TOKEN_USERS[0])
    assert note["email_message"] is None
    assert call.top()["id"] == ticket


def test_a_reply_on_a_mail_channel_becomes_a_mail(call):
    ticket = next(one for one in call("GET", "tickets")["data"] if one["channel"]["type"] == "EMAIL")
    sent = call("POST", f"tickets/{ticket['id']}/messages", {"message": "a < b & c"})["message"]
    mail = call("GET", f"tickets/{ticket['id']}/messages/{sent['id']}")["email_message"]
    assert mail["html"].startswith("<p>a &lt; b &amp; c</p>")
    assert (mail["from"], mail["to"]) == (ticket["channel"]["emailChannel"]["sender_email"], ticket["contact"]["email"])


def test_labels_come_and_go_one_by_one(call):
    ticket = next(one for one in call("GET", "tickets")["data"] if not one["labels"])["id"]
    label = call("GET", "labels")["data"][1]
    assert call("POST", f"tickets/{ticket}/labels", {"label_id": label["id"]}) == label
    call("POST", f"tickets/{ticket}/labels", {"label_id": label["id"]})
    assert call("GET", f"tickets/{ticket}/labels") == {"data": [label]}
    listed = next(one for one in call("GET", f"tickets?labels[]={label['id']}")["data"] if one["id"] == ticket)
    assert listed["labels"] == [label]
    call("DELETE", f"tickets/{ticket}/labels/{label['id']}")
    assert call("GET", f"tickets/{ticket}")["labels"] == []
    call("DELETE", f"tickets/{ticket}/labels/{label['id']}")
    assert call.status == 404


def test_changed_and_deleted_labels_show_in_ticket_lists_at_once(call):
    ticket = next(one for one in call("GET", "tickets")["data"] if one["labels"])
    label = ticket["labels"][0]["id"]
    call("PUT", f"labels/{label}", {"name": "Nieuw & anders"})
    again = next(one for one in call("GET", "tickets")["data"] if one["id"] == ticket["id"])
    assert again["labels"][0]["slug"] == "nieuw-anders"
    call("DELETE", f"labels/{label}")
    again = next(one for one in call("GET", "tickets")["data"] if one["id"] == ticket["id"])
    assert label not in [one["id"] for one in again["labels"]]


def test_field_values_of_tickets_and_contacts_are_set_one_by_one_and_cleared_by_blank(call):
    ticket = call.top()
    fields = {one["type"]: one for one in call("GET", "custom_fields")["data"]}
    for path, scope, view in (
        (f"tickets/{ticket['id']}", "TICKET", "custom_data"),
        (f"contacts/{ticket['contact_id']}", "CONTACT", "custom_field_data"),
    ):
        field = fields[scope]
        call("POST", f"{path}/custom_fields", {"custom_field_id": field["id"], "value": "Ω 7"})
        read = call("GET", path)
        assert read[view][field["title"]] == "Ω 7"
        wanted = {"custom_field_id": field["id"], "field_name": field["title"], "value": "Ω 7"}
        assert wanted in read["custom_field_values"]
        call("POST", f"{path}/custom_fields", {"custom_field_id": field["id"], "value": ""})
        assert wanted not in call("GET", path)["custom_field_values"]
        call("POST", f"{path}/custom_fields", {"custom_field_id": fields["PROFILE"]["id"], "value": "x"})
        assert call.status == 422


def test_contacts_are_found_by_identifier_or_created(call):
    channel = call("GET", "channels")["data"][2]["id"]
    first = call("POST", f"channels/{channel}/contacts", {"identifier": "+44 7700 900 321", "name": "Zoë"})
    assert (call.status, first["phone"], first["is_phone"]) == (201, "+447700900321", True)
    for spelling in ("447700900321", "0044 7700 900321"):
        again = call("POST", f"channels/{channel}/contacts", {"identifier": spelling, "name": "Somebody else"})
        assert (call.status, again["id"], again["name"]) == (200, first["id"], "Zoë")
    mail = call("POST", f"channels/{channel}/contacts", {"identifier": "Mixed.Case@Example.com"}, FORM)
    assert call("POST", f"channels/{channel}/contacts", {"identifier": "mixed.case@example.com"})["id"] == mail["id"]
    call("POST", f"channels/{channel}/contacts", {"name": "Nobody"})
    assert call.status == 422


def test_a_changed_contact_shows_in_the_ticket_list_at_once(call):
    ticket, group = call.top(), call("GET", "contact_groups")["data"][0]
    path = f"contacts/{ticket['contact_id']}"
    call("PUT", path, {"name": "Änderung", "contact_group_ids": [group["id"]], "identifier": "moved@example.com"})
    assert call.status == 200
    assert call.top()["contact"]["display_name"] == "Änderung (moved@example.com)"
    assert call("GET", path)["groups"] == [group]
    call("DELETE", path)
    assert call.status == 204
    assert (call.top()["contact"], call.top()["contact_id"]) == (None, ticket["contact_id"])
    call("GET", path)
    assert call.status == 404


def test_notes_of_contacts(call):
    contact = call("GET", "contacts")["data"][0]["id"]
    before = call("GET", f"contacts/{contact}")["notes"]
    note = call("POST", f"contacts/{contact}/notes", {"note": "Belt liever\nna zessen"})
    assert call("GET", f"contacts/{contact}")["notes"] == [*before, note]
    call("DELETE", f"contacts/{contact}/notes/{note['id']}")
    assert call("GET", f"contacts/{contact}")["notes"] == before


def test_a_file_is_uploaded_then_named_in_a_message(call):
    ticket = call.top()["id"]
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="b\xc3\xa9.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF-\x00\xff\r\n--cut--\r\n"
    )
    kind = "multipart/form-data; boundary=cut"
    query = f"ticket_draft_attachments?channel_id=1&key=ticket{ticket}"
    for path, status in (("upload/messages/multipart", 200), (query, 201)):
        uploaded = call("POST", path, body, kind)
        assert (call.status, uploaded["mime_type"], uploaded["size"]) == (status, "application/pdf", 7)
        sent = call("POST", f"tickets/{ticket}/messages", {"message": "see", "attachment_ids": [uploaded["id"]]})
        assert sent["message"]["attachments"][0]["id"] == uploaded["id"]
        served = call.sandbox.handle(Request("GET", uploaded["full_url"].removeprefix("http://h")))
        assert served.body == b"%PDF-\x00\xff"
    call("POST", f"tickets/{ticket}/messages", {"message": "see", "attachment_ids": [1]})
    assert call.status == 422


def test_the_directory_can_be_changed_by_administrators_only(call):
    team = call("POST", "teams", {"name": "Avonddienst", "user_ids": [TOKEN_USERS[1]]})
    user = call(
        "POST", "users", {"email": "n@example.com", "first_name": "N", "role": "observer", "team_ids": [team["id"]]}
    )
    assert [one["id"] for one in call("GET", f"teams/{team['id']}")["users"]] == [TOKEN_USERS[1], user["id"]]
    call("DELETE", f"users/{user['id']}")
    call("DELETE", f"teams/{team['id']}")
    assert call.status == 200
    field = call("POST", "custom_fields", {"title": "Kleur", "type": "TICKET"})
    assert call("GET", f"custom_fields/{field['id']}") == field
    call("POST", "custom_fields", {"title": "Kleur", "type": "TEXT"})
    assert call.status == 422
    webhook = call("POST", "webhooks", {"name": "hub", "type": "NOTE", "url": "https://hooks.example.com/x"})
    assert webhook["title"] == "hub"
    call.token = call.sandbox.token_of(TOKEN_USERS[2])
    assert call("POST", "labels", {"name": "mine"}) == {"message": "This action is unauthorized."}
    assert call.status == 403
    assert call.top()


def test_each_write_takes_one_second_of_the_logical_clock(call):
    ticket = call.top()["id"]
    stamps = [
        call("POST", f"tickets/{ticket}/messages", {"message": "m"})["message"]["created_at_time"] for _ in range(3)
    ]
    assert [stamps[1] - stamps[0], stamps[2] - stamps[1]] == [1, 1]


def test_every_message_of_a_deleted_ticket_goes_with_it(call):
    ticket = call.top()["id"]
    call("DELETE", f"tickets/{ticket}")
    for path in (f"tickets/{ticket}", f"tickets/{ticket}/messages"):
        call("GET", path)
        assert call.status == 404
    assert call.top()["id"] != ticket

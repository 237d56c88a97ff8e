"""What the operations around tickets and contacts change for those who read."""

import json
from urllib.parse import urlencode

import pytest

from sandbox.http import Request
from sandbox.trengo import Trengo
from sandbox.trengo.simulator import TOKEN_USERS

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SESSION = {"ticket_id", "contact_id", "agency_id", "user_id", "message", "type", "token", "body_type", "read", "id"}
SESSION |= {"updated_at", "created_at", "created_at_time", "created_at_time_day", "message_class", "ticket"}
SESSION |= {"email_message_class"}


class Caller:
    """Calls as the administrator and remembers the last status."""

    def __init__(self):
        self.sandbox = Trengo(tickets=80, seed=6, rate_limit=100_000)
        self.status = 0

    def __call__(self, method, path, body=None, kind=JSON, user=None):
        data = body if isinstance(body, bytes) else b""
        if isinstance(body, dict):
            data = json.dumps(body).encode() if kind == JSON else urlencode(body).encode()
        token = self.sandbox.token_of(user) if user else self.sandbox.token_for(0)
        headers = (("Accept", JSON), ("Content-Type", kind), ("Authorization", f"Bearer {token}"), ("Host", "h"))
        answer = self.sandbox.handle(Request(method, f"/api/v2/{path}", headers, data))
        self.status = answer.status
        return json.loads(answer.body) if dict(answer.headers).get("content-type") == JSON else answer.body

    def first(self, path):
        return self("GET", path)["data"][0]

    def channel(self, kind):
        return next(one["id"] for one in self("GET", "channels")["data"] if one["type"] == kind)


@pytest.fixture
def call():
    return Caller()


@pytest.mark.parametrize("kind", [JSON, FORM])
def test_a_template_opens_a_conversation_with_a_number_and_continues_it(call, kind):
    body = {"recipient_phone_number": "+44 7700 900555", "hsm_id": call.first("wa_templates")["id"]}
    params = {"params": [{"type": "body", "key": "{{1}}", "value": "Ann"}]}
    if kind == FORM:
        params = {"params[0][type]": "body", "params[0][key]": "{{1}}", "params[0][value]": "Ann"}
    sent = call("POST", "wa_sessions", {**body, **params}, kind)["message"]
    assert (sent["body_type"], sent["message"], sent["ticket"]["status"]) == (
        "TEXT",
        "Hoi Ann, je pakket is onderweg 📦",
        "ASSIGNED",
    )
    assert sent.keys() == SESSION
    read = call("GET", f"tickets/{sent['ticket_id']}/messages/{sent['id']}")
    assert (read["body_type"], read["meta"]["hsm_id"]) == ("COMPONENTS", body["hsm_id"])
    again = call("POST", "wa_sessions", {**body, **params, "recipient_phone_number": "447700900555"}, kind)["message"]
    assert again["ticket_id"] == sent["ticket_id"]
    call("POST", f"tickets/{sent['ticket_id']}/close")
    later = call("POST", "wa_sessions", {**body, **params}, kind)["message"]
    assert (later["ticket_id"] != sent["ticket_id"], later["contact_id"]) == (True, sent["contact_id"])


def test_a_template_with_holes_or_without_approval_is_not_sent(call):
    templates = {one["status"]: one["id"] for one in call("GET", "wa_templates")["data"]}
    for body, field in (
        ({"recipient_phone_number": "447700900555", "hsm_id": templates["ACCEPTED"]}, "params"),
        ({"recipient_phone_number": "447700900555", "hsm_id": templates["REJECTED"]}, "hsm_id"),
    ):
        answer = call("POST", "wa_sessions", body)
        assert (call.status, list(answer["errors"])) == (422, [field])


def test_a_quick_action_makes_contact_ticket_and_message_at_once(call):
    mail = call.channel("EMAIL")
    body = {"channel_id": mail, "contact_identifier": "x@example.com", "message": "hi", "contact_name": "Xu"}
    sent = call("POST", "messages", {**body, "email_subject": "Hello"})["message"]
    ticket = call("GET", f"tickets/{sent['ticket_id']}")
    assert (ticket["subject"], ticket["contact"]["name"], ticket["contact"]["email"]) == (
        "Hello",
        "Xu",
        "x@example.com",
    )
    call("POST", "messages", {**body, "contact_identifier": "447700900555"})
    assert call.status == 422


def test_what_a_custom_channel_stores_comes_in(call):
    body = {"channel": "kassa-token", "contact": {"name": "Till", "identifier": "till-1"}, "body": {"text": "paid"}}
    made = call("POST", "custom_channel_messages", body)
    (message,) = call("GET", f"tickets/{made['ticket_id']}/messages")["data"]
    assert (message["type"], message["message"], message["contact"]["name"]) == ("INBOUND", "paid", "Till")
    call("POST", "custom_channel_messages", {**body, "channel": "other"})
    assert call.status == 422


def test_a_logged_call_is_a_message_and_its_note_a_note(call):
    body = {"channel_id": call.channel("VOIP"), "phone": "447700900555", "direction": "OUTBOUND", "note": "busy"}
    log = call("POST", "voice/logs", {**body, "duration": 12})
    assert call("GET", "voice/logs")["data"] == [log]
    assert call("GET", f"voice/logs/{log['id']}") == log
    note, spoken = call("GET", f"tickets/{log['ticket_id']}/messages")["data"]
    assert (note["type"], note["message"], spoken["body_type"], spoken["type"]) == (
        "NOTE",
        "busy",
        "CALL_LOG",
        "OUTBOUND",
    )
    call("POST", "voice/logs", {**body, "direction": "SIDEWAYS"})
    assert call.status == 422


def test_a_text_message_costs_money_and_answers_nothing(call):
    before = float(call("GET", "wallet/balance")["balance_unformatted"])
    assert (
        call("POST", "sms_messages", {"channel_id": call.channel("SMS"), "to": "447700900555", "message": "hi"}) == b""
    )
    assert call.status == 200
    assert round(before - float(call("GET", "wallet/balance")["balance_unformatted"]), 2) == 0.08
    page = call("GET", "sms_messages")
    assert (page["data"][0]["message"], page["meta"]["per_page"], page["meta"]["total"]) == ("hi", 25, 3)


def test_the_team_chat_needs_a_receiver_and_something_to_say(call):
    user = call.first("users")["id"]
    sent = call("POST", "internal_chat/messages", {"bot": True, "toUserId": user, "body": "done"})
    assert (call.status, sent["body"], sent["bot"]) == (201, "done", True)
    answer = call("POST", "internal_chat/messages", {"threadId": 4, "body": "re", "parentId": sent["id"]})
    assert answer["parent_id"] == sent["id"]
    for body in (
        {"body": "x"},
        {"threadId": 4},
        {"toUserId": 1, "body": "x"},
        {"threadId": 4, "body": "x", "parentId": 1},
    ):
        call("POST", "internal_chat/messages", body)
        assert call.status == 422


def test_favourites_show_on_the_ticket(call):
    ticket = call.first("tickets")["id"]
    call("POST", f"tickets/{ticket}/favorited")
    call("POST", f"tickets/{ticket}/favorited")
    assert call("GET", f"tickets/{ticket}")["starred"] == [{"user_id": call.first("users")["id"]}]
    call("DELETE", f"tickets/{ticket}/favorited/0")
    assert call("GET", f"tickets/{ticket}")["starred"] == []


def test_profiles_have_values_notes_a_picture_and_contacts(call):
    profile = call.first("profiles")["id"]
    path = f"profiles/{profile}"
    field = next(one for one in call("GET", "custom_fields")["data"] if one["type"] == "PROFILE")
    call("POST", f"{path}/custom_fields", {"custom_field_id": field["id"], "value": "Bouw"})
    assert call("GET", path)["custom_field_data"] == {field["title"]: "Bouw"}
    note = call("POST", f"{path}/notes", {"note": "wil bellen"})
    assert call("GET", f"{path}?with[]=notes")["notes"] == [note]
    call("DELETE", f"{path}/notes/{note['id']}")
    assert call("GET", f"{path}?include=notes")["notes"] == []
    head = b'--c\r\nContent-Disposition: form-data; name="image"; filename="a b.png"\r\nContent-Type: image/png\r\n'
    image = head + b"\r\nx\r\n--c--\r\n"
    call("POST", f"{path}/image", image, "multipart/form-data; boundary=c")
    assert call("GET", path)["profile_image"].endswith("/a%20b.png")
    call("DELETE", f"{path}/images/0")
    assert call("GET", path)["profile_image"] is None
    contact = call("GET", "contacts")["data"][3]["id"]
    call("POST", f"{path}/contacts", {"contact_id": contact, "type": "EMAIL"})
    assert contact in [one["id"] for one in call("GET", path)["contacts"]]
    call("DELETE", f"{path}/contacts/{contact}")
    assert contact not in [one["id"] for one in call("GET", path)["contacts"]]


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        ("ticket_results", {"name": "Nieuw", "sort_order": 9}, {"name": "Anders"}),
        ("contact_groups", {"name": "Nieuw"}, {"name": "Anders"}),
        ("quick_replies", {"title": "t", "message": "m", "type": "SMS"}, {"message": "n"}),
        ("webhooks", {"name": "hub", "url": "https://x.example", "type": "NOTE"}, {"url": "https://y.example"}),
        ("help_center", {"name": "Help"}, {"name": "Hulp"}),
        ("help_center/{help}/articles", {"title": "How", "content": "<p>So</p>"}, {"content": "<p>Or so</p>"}),
    ],
)
def test_small_things_are_created_changed_and_deleted(call, path, body, change):
    path = path.format(help=call.first("help_center")["id"])
    made = call("POST", path, body)
    assert call.status == 201
    assert made in call("GET", path)["data"]
    changed = call("PUT", f"{path}/{made['id']}", change)
    assert changed in call("GET", path)["data"]
    assert changed != made
    call("DELETE", f"{path}/{made['id']}")
    assert call.status == 200
    assert made["id"] not in [one["id"] for one in call("GET", path)["data"]]
    call("DELETE", f"{path}/{made['id']}")
    assert call.status == 404


@pytest.mark.parametrize("path", ["ticket_results", "quick_replies", "help_center", "profiles/{profile}/notes"])
def test_only_administrators_change_the_directory(call, path):
    path = path.format(profile=call.first("profiles")["id"])
    call("POST", path, {"name": "n", "title": "t", "message": "m", "note": "n"}, user=TOKEN_USERS[1])
    assert call.status == 403


def test_lists_are_narrowed_by_type_and_sorted_by_a_field(call):
    assert {one["type"] for one in call("GET", "quick_replies?type=EMAIL")["data"]} == {"EMAIL"}
    names = [one["first_name"].casefold() for one in call("GET", "users?sort=first_name")["data"]]
    assert names == sorted(names)
    assert [one["first_name"].casefold() for one in call("GET", "users?sort=-first_name")["data"]] == sorted(names)[
        ::-1
    ]
    assert call("GET", "users?sort=nothing") == call("GET", "users")


def test_aggregates_and_metrics_count_the_tickets(call):
    tickets = call.sandbox.store.tickets.values()
    counts = call("GET", "ticket_aggregates")
    assert counts["status"]["OPEN"] == sum(one.status == "OPEN" for one in tickets)
    path = "reporting/metrics?metric[]=created_tickets&metric[]=reopened_tickets"
    assert call("GET", path)["aggregates"] == {"created_tickets": 80, "reopened_tickets": 0}
    closed = next(one for one in tickets if one.status == "CLOSED")
    call("POST", f"tickets/{closed.id}/reopen")
    assert call("GET", path)["aggregates"]["reopened_tickets"] == 1
    assert call("GET", f"{path}&start_date=2030-01-01")["aggregates"]["created_tickets"] == 0
    for wrong in ("reporting/metrics", "reporting/metrics?metric[]=x", f"{path}&end_date=soon"):
        call("GET", wrong)
        assert call.status == 422


def test_an_attachment_without_an_id_is_a_dead_end_and_a_data_address_is_a_file(call):
    body = b'--c\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--c--\r\n'
    answer = call("POST", "attachments", body, "multipart/form-data; boundary=c")
    assert sorted(answer) == ["file_path", "file_url"]
    assert call.sandbox.handle(Request("GET", answer["file_url"].removeprefix("http://h"))).body == b"hello"
    path = f"tickets/{call.first('tickets')['id']}/messages/media"
    (file,) = call("POST", path, {"file": "data:image/png;base64,aGk=", "caption": "c"})["message"]["attachments"]
    assert (file["client_name"], file["mime_type"], file["size"]) == ("file.png", "image/png", 2)
    call("POST", path, {"file": "data:image/png;base64,a"})
    assert call.status == 422

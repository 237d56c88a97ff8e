"""The simulator that follows public documents, and the one that does what the provider does instead."""

import json

import pytest

from sandbox.cli import build
from sandbox.http import Request
from sandbox.trengo import Trengo

TICKET = ["assignee", "channel", "contact", "created_at", "id", "status", "subject", "updated_at"]
MESSAGE = ["attachments", "body", "created_at", "id", "ticket_id", "type"]


class Caller:
    """Calls as the administrator; remembers status and content type."""

    def __init__(self, *, documented=True):
        self.sandbox = Trengo(tickets=60, seed=7, rate_limit=100_000, documented=documented)
        self.status, self.kind = 0, ""

    def __call__(self, method, path, body=None, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        token = self.sandbox.token_for(0)
        headers = (("Accept", "application/json"), ("Content-Type", kind), ("Authorization", f"Bearer {token}"))
        answer = self.sandbox.handle(Request(method, f"/api/v2/{path}", headers, data))
        self.status, self.kind = answer.status, dict(answer.headers).get("content-type", "")
        return json.loads(answer.body) if answer.body and "json" in self.kind else answer.body

    def ids(self, table):
        return list(getattr(self.sandbox.store, table))

    def channel(self, kind):
        return next(one.id for one in self.sandbox.store.channels.values() if one.type == kind)


@pytest.fixture
def call():
    return Caller()


@pytest.fixture
def real():
    return Caller(documented=False)


def test_assigning_and_closing_are_patches_in_the_documents_only(call, real):
    ticket, user, team = call.ids("tickets")[0], call.ids("users")[2], call.ids("teams")[1]
    answer = call("PATCH", f"tickets/{ticket}/assign", {"user_id": user, "team_id": team})
    assert (call.status, sorted(answer), answer["status"]) == (200, TICKET, "ASSIGNED")
    assert sorted(answer["assignee"]) == ["email", "id", "is_admin", "name"]
    read = call("GET", f"tickets/{ticket}")
    assert (read["user_id"], read["team_id"]) == (user, team)
    assert call("PATCH", f"tickets/{ticket}/close")["status"] == "CLOSED"
    call("PATCH", f"tickets/{ticket}/assign", {})
    assert call.status == 422
    for act in ("assign", "close"):
        call("POST", f"tickets/{ticket}/{act}", {"type": "user", "user_id": user})
        real("PATCH", f"tickets/{ticket}/{act}", {"user_id": user})
        assert (call.status, real.status) == (405, 405)


@pytest.mark.parametrize("documented", [True, False])
def test_a_ticket_for_an_identifier_finds_or_makes_its_contact(documented):
    call = Caller(documented=documented)
    body = {"channel_id": call.channel("EMAIL"), "contact_identifier": "brand.new@example.com", "subject": "Hi"}
    first = call("POST", "tickets", body)
    assert call.status == 201
    call("POST", "tickets", {**body, "contact_identifier": "Brand.New@example.com"})
    contacts = {call("GET", f"tickets/{number}")["contact_id"] for number in call.ids("tickets")[-2:]}
    assert len(contacts) == 1
    assert (sorted(first) == TICKET) == documented
    assert call("GET", f"contacts/{contacts.pop()}")["email"] == "brand.new@example.com"


def test_a_ticket_is_delegated_in_the_documents_only(call, real):
    body = {"contact_identifier": "brand.new@example.com", "channel_id": call.channel("EMAIL")}
    body["delegate_to_team_id"] = call.ids("teams")[0]
    for caller, wanted in ((call, (None, body["delegate_to_team_id"])), (real, (real.ids("users")[0], None))):
        made = caller("GET", f"tickets/{caller('POST', 'tickets', body)['id']}")
        assert (made["user_id"], made["team_id"]) == wanted


def test_the_text_of_a_message_is_the_body_in_the_documents(call):
    path = f"tickets/{call.ids('tickets')[0]}/messages"
    answer = call("POST", path, {"body": "hello"})
    assert (call.status, sorted(answer), answer["body"], answer["type"]) == (201, MESSAGE, "hello", "OUTBOUND")
    assert call("POST", path, {"message": "hm", "internal_note": True})["type"] == "NOTE"
    assert call("GET", path)["data"][1]["message"] == "hello"
    assert call("POST", path, {}) == {
        "message": "The given data was invalid.",
        "errors": {"body": ["The body field is required."]},
    }
    parts = (
        b'--c\r\nContent-Disposition: form-data; name="body"\r\n\r\nsee\r\n--c\r\nContent-Disposition: form-data; '
        b'name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--c--\r\n'
    )
    media = call("POST", f"{path}/media", parts, "multipart/form-data; boundary=c")
    assert (call.status, media["body"], media["attachments"][0]["filename"]) == (201, "see", "a.txt")


def test_paths_the_provider_lacks_are_the_web_app_there_and_answers_in_the_documents(call, real):
    template, phone = call.ids("templates")[0], "+447700900777"
    whatsapp = {"recipient_phone_number": phone, "hsm_id": template, "channel_id": call.channel("WA_BUSINESS")}
    whatsapp["params"] = [{"type": "body", "key": "{{1}}", "value": "Ann"}]
    for method, path, body, status in (
        ("POST", "profile", {"name": "House"}, 201),
        ("POST", "whatsapp/messages", whatsapp, 201),
        ("GET", "channels/voice", None, 200),
    ):
        real(method, path, body)
        assert (real.status, real.kind) == (200, "text/html; charset=UTF-8")
        call(method, path, body)
        assert (call.status, call.kind) == (status, "application/json")
    assert [one["type"] for one in call("GET", "channels/voice")["data"]] == ["VOIP"]
    call("POST", "whatsapp/messages", {**whatsapp, "channel_id": call.channel("EMAIL")})
    assert call.status == 422


def test_a_contact_is_made_on_a_channel_of_its_path_or_in_the_documents_of_its_body(call, real):
    body = {"name": "Zoë", "identifier": "+447700900888", "channel_id": call.channel("WA_BUSINESS")}
    made = call("POST", "contacts", body)
    assert (call.status, sorted(made)) == (201, ["created_at", "email", "id", "identifier", "name", "phone"])
    assert call("GET", f"contacts/{made['id']}")["name"] == "Zoë"
    real("POST", "contacts", body)
    assert real.status == 405


def test_fields_and_webhooks_are_looser_in_the_documents(call, real):
    field = call("POST", "custom_fields", {"title": "Size", "type": "NUMBER"})
    assert field == {"id": field["id"], "title": "Size", "type": "NUMBER"}
    read = call("GET", f"custom_fields/{field['id']}")
    assert (read["type"], read["field_type"]) == ("TICKET", "NUMBER")
    webhook = call("POST", "webhooks", {"url": "https://hooks.example.com/x"})
    assert sorted(webhook) == ["id", "name", "url"]
    assert (
        call("PUT", f"webhooks/{webhook['id']}", {"url": "https://hooks.example.com/y", "name": "hub"})["name"] == "hub"
    )
    call("DELETE", f"webhooks/{webhook['id']}")
    assert call.status == 204
    for path, body in (
        ("custom_fields", {"title": "Size", "type": "NUMBER"}),
        ("webhooks", {"url": "https://x.example"}),
    ):
        real("POST", path, body)
        assert real.status == 422


def test_only_a_provider_with_such_documents_can_follow_them():
    assert build("trengo", tickets=1, documented=True).name == "trengo"
    with pytest.raises(ValueError, match="no document"):
        build("chatwoot", tickets=1, documented=True)

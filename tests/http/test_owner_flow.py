"""A contact with four custom fields and two notes, and a ticket with a label and an internal message: one call each.

The helpdesk ends as it does after the ten direct calls of the same flow at a second, equal simulator.
"""

import json
import subprocess
import sys

import httpx
import pytest

FIELDS = {
    "Contact name": "Roby Cohen",
    "Phone": "972545614020",
    "Customer number": "123456789",
    "E-mail": "r@example.com",
}
KEYS = {"Contact name": "contact_name", "Phone": "phone", "Customer number": "customer_number", "E-mail": "e_mail"}
NOTES = ["some note 1", "some note 2"]
VOLATILE = {"id", "source_id", "uuid", "token", "updated_at", "created_at", "closed_at", "timestamp", "pubsub_token"}
TIMES = ("_at", "_activity", "_since", "_id", "_token", "_until")


class Trengo:
    """The flow in Trengo's own calls."""

    channel, label = "1377012", "Konimbo"

    def __init__(self, url, token):
        self.base, self.headers = f"{url}/api/v2", {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, body=None):
        answer = httpx.request(method, self.base + path, json=body, headers=self.headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def prepare(self):
        for title in FIELDS:
            self.ask("POST", "/custom_fields", {"title": title, "type": "CONTACT"})
        self.ask("POST", "/labels", {"name": self.label})

    def flow(self):
        made = self.ask(
            "POST", f"/channels/{self.channel}/contacts", {"identifier": "972545614020", "name": "test-api"}
        )
        contact = f"/contacts/{made['id']}"
        fields = {one["title"]: one["id"] for one in self.ask("GET", "/custom_fields")["data"]}
        for title, value in FIELDS.items():
            self.ask("POST", f"{contact}/custom_fields", {"custom_field_id": fields[title], "value": value})
        for note in NOTES:
            self.ask("POST", f"{contact}/notes", {"note": note})
        ticket = self.ask(
            "POST",
            "/tickets",
            {"contact_id": made["id"], "channel_id": int(self.channel), "subject": "test-api-ticket"},
        )["id"]
        label = next(one["id"] for one in self.ask("GET", "/labels")["data"] if one["name"] == self.label)
        self.ask("POST", f"/tickets/{ticket}/labels", {"label_id": label})
        self.ask("POST", f"/tickets/{ticket}/messages", {"message": "test-api-ticket-message", "internal_note": True})
        return made["id"], ticket

    def state(self, contact, ticket):
        return {
            "contact": self.ask("GET", f"/contacts/{contact}?include=notes"),
            "ticket": self.ask("GET", f"/tickets/{ticket}"),
            "messages": self.ask("GET", f"/tickets/{ticket}/messages")["data"],
            "fields": self.ask("GET", "/custom_fields")["data"],
            "labels": self.ask("GET", "/labels")["data"],
            "newest": self.ask("GET", "/tickets")["data"],
        }


class Chatwoot:
    """The flow in Chatwoot's own calls."""

    channel, label = "22", "konimbo"

    def __init__(self, url, token):
        self.base, self.headers = f"{url}/api/v1/accounts/3", {"api_access_token": token}

    ask = Trengo.ask

    def prepare(self):
        for name in FIELDS:
            row = {"attribute_display_name": name, "attribute_key": KEYS[name], "attribute_display_type": 0}
            self.ask("POST", "/custom_attribute_definitions", {**row, "attribute_model": 1})
        self.ask("POST", "/labels", {"title": self.label})

    def flow(self):
        person = {"name": "test-api", "phone_number": "+972545614020", "inbox_id": int(self.channel)}
        own = {KEYS[name]: value for name, value in FIELDS.items()}
        made = self.ask("POST", "/contacts", {**person, "custom_attributes": own})["payload"]["contact"]["id"]
        for note in NOTES:
            self.ask("POST", f"/contacts/{made}/notes", {"content": note})
        opened = {"inbox_id": int(self.channel), "contact_id": made}
        subject = {"additional_attributes": {"mail_subject": "test-api-ticket"}}
        ticket = self.ask("POST", "/conversations", {**opened, **subject})["id"]
        self.ask("POST", f"/conversations/{ticket}/labels", {"labels": [self.label]})
        message = {"content": "test-api-ticket-message", "private": True, "message_type": "outgoing"}
        self.ask("POST", f"/conversations/{ticket}/messages", message)
        return made, ticket

    def state(self, contact, ticket):
        return {
            "contact": self.ask("GET", f"/contacts/{contact}"),
            "notes": self.ask("GET", f"/contacts/{contact}/notes"),
            "ticket": self.ask("GET", f"/conversations/{ticket}"),
            "messages": self.ask("GET", f"/conversations/{ticket}/messages")["payload"],
            "fields": self.ask("GET", "/custom_attribute_definitions?attribute_model=1"),
            "labels": self.ask("GET", "/labels"),
            "newest": self.ask("GET", "/conversations?status=all")["data"]["payload"],
        }


WORDS = {"trengo": Trengo, "chatwoot": Chatwoot}


@pytest.fixture
def second(account):
    """Another simulator of the same seed, in its provider's own words."""
    command = [sys.executable, "-m", "sandbox", account.name, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        said = json.loads(process.stdout.readline())
        yield WORDS[account.name](said["url"], said["token"])
        process.terminate()
    assert process.returncode is not None


def lasting(value):
    """What of a helpdesk's state is not an id or a time."""
    if isinstance(value, dict):
        return {
            key: lasting(one)
            for key, one in value.items()
            if key not in VOLATILE and not key.endswith(TIMES) and not str(one).startswith("http://127.")
        }
    return [lasting(one) for one in value] if isinstance(value, list) else value


def test_two_calls_leave_the_helpdesk_as_ten_direct_ones_do(account, second):
    words = WORDS[account.name](account.sandbox.url, account.sandbox.token)
    for one in (words, second):
        one.prepare()

    fields = [{"name": name if account.name == "trengo" else KEYS[name], "value": v} for name, v in FIELDS.items()]
    contact = account.request(
        "POST",
        "/unified/ticketing/contacts",
        json={
            "name": "test-api",
            "phones": [{"number": "972545614020"}],
            "channel": {"id": words.channel},
            "custom_fields": fields,
            "notes": [{"body": body} for body in NOTES],
        },
    )
    assert contact.status_code == 201, contact.text
    assert "warnings" not in contact.json()
    ticket = account.request(
        "POST",
        "/unified/ticketing/tickets",
        json={
            "name": "test-api-ticket",
            "contact": {"id": contact.json()["result"]["id"]},
            "channel": {"id": words.channel},
            "tags": [{"name": words.label}],
            "comment": {"body": "test-api-ticket-message", "is_private": True},
        },
    )
    assert ticket.status_code == 201, ticket.text

    ours = words.state(contact.json()["result"]["id"], ticket.json()["result"]["id"])
    theirs = second.state(*second.flow())
    assert "test-api-ticket-message" in json.dumps(theirs)
    assert all(note in json.dumps(theirs) for note in NOTES)
    assert all(value in json.dumps(theirs["contact"]) for value in FIELDS.values())
    assert lasting(ours) == lasting(theirs)

"""Each recipe does at the helpdesk what its page says, and a second time does nothing twice."""

import json
from uuid import uuid4

import pytest

ONE = {
    "trengo": {"ticket": "/tickets/{}", "messages": "/tickets/{}/messages", "contact": "/contacts/{}"},
    "chatwoot": {"ticket": "/conversations/{}", "messages": "/conversations/{}/messages", "contact": "/contacts/{}"},
}
LIST = {"trengo": "/api/v2/tickets", "chatwoot": "/api/v1/accounts/3/conversations"}


@pytest.fixture
def there(account, ask):
    """``there("ticket", id)``: a record as the helpdesk itself shows it."""
    return lambda kind, record_id: ask("GET", ONE[account.name][kind].format(record_id))


@pytest.fixture
def given(tmp_path):
    """``given(value)``: a file with that JSON in it."""

    def write(value):
        file = tmp_path / "given.json"
        file.write_text(json.dumps(value), encoding="utf-8")
        return file

    return write


def notes_of(messages):
    """Texts of the private notes among a ticket's messages, in the helpdesk's own words."""
    rows = messages.get("data") or messages.get("payload")
    return [
        one.get("message") or one.get("content")
        for one in rows
        if one.get("type") == "NOTE" or (one.get("private") and one.get("message_type") == 1)
    ]


def labels_of(ticket):
    return sorted(one if isinstance(one, str) else one["name"] for one in ticket["labels"])


def test_a_note_is_private_at_the_helpdesk_and_there_once(account, recipe, given, there):
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    notes = [
        {"id": f"n-1-{uuid4()}", "ticket_id": ticket, "text": "Refund of 40 EUR approved"},
        {"id": f"n-2-{uuid4()}", "ticket_id": "404404404", "text": "No such ticket"},
        {"id": f"n-3-{uuid4()}", "ticket_id": ticket, "text": "Escalated to engineering"},
    ]
    status, lines, _ = recipe("internal_note", given(notes))
    assert status == 1
    assert [line.partition(":")[0] for line in lines] == [notes[0]["id"], "failed", notes[2]["id"]]
    assert "404 provider-not-found" in lines[1]
    assert recipe("internal_note", given(notes))[1][::2] == lines[::2]
    found = notes_of(there("messages", ticket))
    assert [found.count(one["text"]) for one in notes] == [1, 0, 1]


def events(account):
    team, tag = (account.list(kind)["result"][0]["name"] for kind in ("teams", "tags"))
    fields = account.walk("fields", entity_type="ticket")
    field = next(one["name"] for one in fields if one["is_user_defined"] and one["type"] == "text")
    return [
        {
            "id": f"evt-{number}-{uuid4()}",
            "subject": f"Payment failed {number}",
            "text": "Card declined twice",
            "team": team,
            "tags": [tag],
            "fields": {field: "ZL-17"},
            "customer": {"email": f"payer-{number}@example.com", "name": "Payer"},
        }
        for number in (1, 2)
    ]


def opened(account, number):
    return [one for one in account.walk("tickets", limit=200) if one["name"] == f"Payment failed {number}"]


def test_an_event_opens_one_ticket_with_everything_on_it(account, recipe, given, there):
    asked = events(account)
    asked.insert(1, {**asked[0], "id": f"evt-x-{uuid4()}", "team": "Nobody's team"})
    status, lines, _ = recipe("proactive_ticket", given(asked))
    assert status == 1
    assert "422 reference-not-found" in lines[1]
    assert "team" in lines[1]
    again = recipe("proactive_ticket", given(asked))
    assert again[1] == lines
    assert again[2] == []
    for number in (1, 2):
        (ticket,) = opened(account, number)
        assert ticket["team"]["name"] == asked[0]["team"]
        assert [one["value"] for one in ticket["custom_fields"]] == ["ZL-17"]
        assert ticket["contact"]["emails"] == [{"email": f"payer-{number}@example.com"}]
        assert labels_of(there("ticket", ticket["id"])) == asked[0]["tags"]
        assert notes_of(there("messages", ticket["id"])) == ["Card declined twice"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"match": {"method": "POST", "path": "/*"}, "do": "status", "times": 7}, id="a step fails"),
        pytest.param({"match": {"method": "POST", "path": ""}, "do": "drop_after_apply", "times": 1}, id="no answer"),
    ],
)
def test_a_ticket_that_fails_half_way_is_finished_and_not_opened_twice(account, recipe, given, there, fault):
    place = {**fault["match"], "path": LIST[account.name] + fault["match"]["path"]}
    asked = events(account)[:1]
    account.sandbox.faults({**fault, "match": place})
    status, lines, _ = recipe("proactive_ticket", given(asked))
    assert (status, len(lines)) == (0, 1), lines
    (ticket,) = opened(account, 1)
    assert labels_of(there("ticket", ticket["id"])) == asked[0]["tags"]
    assert notes_of(there("messages", ticket["id"])) == ["Card declined twice"]


def test_fields_of_a_contact_are_made_written_and_left_where_they_are_equal(account, recipe, given, there, ask):
    customers = [
        {"email": "new@example.com", "name": "New", "fields": {"Loyalty level": "gold", "Open orders": "3"}},
        {"email": "second@example.com", "name": "Second", "fields": {"Loyalty level": "free"}},
    ]
    assert recipe("enrich_contact", given(customers))[:2] == (
        0,
        ["new@example.com: made, 2 fields written", "second@example.com: made, 1 fields written"],
    )
    status, lines, sent = recipe("enrich_contact", given(customers))
    assert (status, sent) == (0, [])
    assert lines == ["new@example.com: up to date", "second@example.com: up to date"]
    customers[0]["fields"]["Open orders"] = "4"
    assert recipe("enrich_contact", given(customers))[1][0] == "new@example.com: 1 fields written"
    (contact,) = account.list("contacts", email="new@example.com")["result"]
    shown = there("contact", contact["id"])
    if account.name == "trengo":
        values = [one["value"] for one in shown["custom_field_values"]]
    else:
        values = list(shown["payload"]["custom_attributes"].values())
    assert sorted(values) == ["4", "gold"]


def test_tags_are_added_where_the_words_are_and_the_others_stay(account, recipe, given, there):
    newest = account.list("tickets", limit=6, status_category="open", sort="-last_message_at")["result"]
    target = newest[2]
    said = next(
        one["body"] for one in account.walk("comments", ticket_id=target["id"]) if one["direction"] == "inbound"
    )
    rules = {"by-rule": [said], "never": ["no ticket says this"]}
    status, lines, _ = recipe("auto_tag", given(rules), 6)
    assert status == 0
    assert f"{target['id']}: by-rule" in lines
    assert labels_of(there("ticket", target["id"])) == sorted([*(one["name"] for one in target["tags"]), "by-rule"])
    status, lines, sent = recipe("auto_tag", given(rules), 6)
    assert (status, sent) == (0, [])
    assert all(line.endswith("nothing to add") for line in lines)


def test_the_directory_is_copied_and_its_changes_are_told(account, recipe, tmp_path, ask):
    file = tmp_path / "directory.json"
    status, lines, sent = recipe("directory_sync", file)
    assert (status, sent) == (0, [])
    copy = json.loads(file.read_text())
    path, rows = ("/users", "data") if account.name == "trengo" else ("/agents", None)
    theirs = ask("GET", path)
    theirs = theirs[rows] if rows else theirs
    assert {one["email"] for one in theirs} == {one["email"] for one in copy["users"].values()}
    assert len(lines) == len(copy["users"]) + len(copy["teams"])
    assert recipe("directory_sync", file)[1] == ["no changes"]
    ask("POST", "/teams", json={"name": "night"})
    assert account.request("POST", "/unified/ticketing/teams", json={"name": "day"}).status_code == 201
    told = recipe("directory_sync", file)[1]
    assert sorted(one.partition(", ")[2] for one in told) == ["day", "night"]


def close_at_the_helpdesk(account, ask, ticket):
    if account.name == "trengo":
        ask("POST", f"/tickets/{ticket}/close")
    else:
        ask("POST", f"/conversations/{ticket}/toggle_status", json={"status": "resolved"})


def test_a_task_and_its_ticket_are_closed_and_reopened_together(account, recipe, tmp_path, there, ask):
    first, second = (one["id"] for one in account.list("tickets", limit=2, status_category="open")["result"])
    file = tmp_path / "tasks.json"
    tasks = [
        {"id": "T-1", "ticket_id": first, "state": "done"},
        {"id": "T-2", "ticket_id": second, "state": "open"},
        {"id": "T-3", "ticket_id": "404404404", "state": "open"},
    ]
    file.write_text(json.dumps({"tasks": tasks[:2]}))
    assert recipe("status_sync", file)[:2] == (0, ["T-1: ticket closed, as the task is", "T-2: in step"])
    assert there("ticket", first)["status"] in ("CLOSED", "resolved")
    status, lines, sent = recipe("status_sync", file)
    assert (status, lines, sent) == (0, ["T-1: in step", "T-2: in step"], [])

    close_at_the_helpdesk(account, ask, second)
    state = json.loads(file.read_text())
    state["tasks"][0]["state"] = "open"
    state["tasks"].append(tasks[2])
    file.write_text(json.dumps(state))
    status, lines, _ = recipe("status_sync", file)
    assert status == 1
    assert lines[:2] == ["T-1: ticket open, as the task is", "T-2: done, as the ticket is"]
    assert lines[2].startswith("failed: 404")
    assert there("ticket", first)["status"] in ("ASSIGNED", "OPEN", "open")
    assert [one["state"] for one in json.loads(file.read_text())["tasks"]] == ["open", "done", "open"]
    assert recipe("status_sync", file)[2] == []

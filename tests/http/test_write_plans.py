"""The write plans of both providers against their simulators: what is asked for is there afterwards, and once."""

import json

import pytest

PREFIX = {"trengo": "/api/v2", "chatwoot": "/api/v1/accounts/3"}
BOTH = pytest.mark.parametrize("name", ["trengo", "chatwoot"])


@pytest.fixture
def account(demo, name):
    return demo.accounts[name]


def ask(account, method, path, body=None, status=None, **options):
    """A write; the whole answer, whose status must be the usual one."""
    answer = account.request(method, f"/unified/ticketing/{path}", json=body, **options)
    assert answer.status_code == (status or (201 if method == "POST" and "/" not in path else 200)), answer.text
    return answer.json()


def made(account, resource, body):
    return ask(account, "POST", resource, body)["result"]


def get(account, path):
    answer = account.get(f"/unified/ticketing/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def sent(account):
    """The calls that changed something since the log was cleared: method and path below the prefix."""
    prefix = PREFIX[account.name]
    calls = [(one["method"], one["target"].removeprefix(prefix)) for one in account.sandbox.log()]
    return [one for one in calls if one[0] != "GET" and not one[1].endswith("/filter")]


def mail_channel(account):
    return next(one["id"] for one in account.list("channels")["result"] if "email" in one["type"].lower())


def fields(account, entity):
    return [one for one in account.list("fields", entity_type=entity)["result"] if one["is_user_defined"]]


def ticket_body(account, **more):
    contact = {"email": "New.Person@example.com", "name": "New Person"}
    return {"name": "Broken parcel", "contact": contact, "channel": {"id": mail_channel(account)}, **more}


@BOTH
def test_a_ticket_is_made_with_all_that_was_asked(account):
    users, teams, tags = (account.list(one)["result"] for one in ("users", "teams", "tags"))
    member = next(one for one in users if one["id"] in {each["id"] for each in teams[0]["members"]})
    field = fields(account, "ticket")[0]
    named = {"label": "name", "name": "name"}
    body = ticket_body(
        account,
        team={"name": teams[0]["name"]},
        assignees=[{"email": member["emails"][0]["email"]}],
        tags=[{"name": tags[0]["name"]}, {"id": tags[1]["id"]}],
        custom_fields=[{named["name"]: field["label" if account.name == "trengo" else "name"], "value": "A-17"}],
        comment={"html_body": "<p>Hello &amp; welcome</p>", "is_private": True},
    )
    answer = ask(account, "POST", "tickets", body)
    ticket = answer["result"]
    assert "warnings" not in answer
    assert ticket["name"] == "Broken parcel"
    assert ticket["contact"]["emails"] == [{"email": "new.person@example.com"}] or account.name == "trengo"
    assert [one["id"] for one in ticket["assignees"]] == [member["id"]]
    assert ticket["team"]["id"] == teams[0]["id"]
    assert {one["id"] for one in ticket["tags"]} == {tags[0]["id"], tags[1]["id"]}
    assert [(one["id"], one["value"]) for one in ticket["custom_fields"]] == [(field["id"], "A-17")]
    said = [
        one for one in account.list("comments", ticket_id=ticket["id"])["result"] if one["author"]["type"] == "user"
    ]
    assert [(one["body"], one["is_private"]) for one in said] == [("Hello & welcome", True)]


@BOTH
def test_a_second_ticket_for_an_address_is_of_the_same_contact(account):
    first = made(account, "tickets", ticket_body(account))
    again = ticket_body(account, contact={"email": "NEW.person@example.com", "name": "Someone else"})
    answer = ask(account, "POST", "tickets", again)
    assert answer["result"]["contact"] == first["contact"]
    assert answer["result"]["id"] != first["id"]
    assert [one["path"] for one in answer["warnings"] if one["path"].startswith("contact")] == ["contact.name"]


@BOTH
def test_sets_and_fields_are_changed_one_by_one_or_whole(account):
    tags, field = account.list("tags")["result"], fields(account, "ticket")[0]
    body = ticket_body(account, tags=[{"id": tags[0]["id"]}], custom_fields=[{"id": field["id"], "value": "1"}])
    path = f"tickets/{made(account, 'tickets', body)['id']}"
    changed = ask(account, "PATCH", path, {"tags_add": [{"id": tags[1]["id"]}], "tags_remove": [{"id": tags[0]["id"]}]})
    assert [one["id"] for one in changed["result"]["tags"]] == [tags[1]["id"]]
    assert [one["value"] for one in changed["result"]["custom_fields"]] == ["1"]
    cleared = ask(account, "PATCH", path, {"tags": None, "custom_fields": [{"id": field["id"], "value": None}]})
    assert (cleared["result"]["tags"], cleared["result"]["custom_fields"]) == ([], [])
    assert "warnings" not in cleared


@BOTH
def test_a_ticket_goes_through_its_states_by_their_categories(account):
    path = f"tickets/{made(account, 'tickets', ticket_body(account))['id']}"
    categories = (
        ["closed", "open", "spam", "closed", "open"] if account.name == "trengo" else ["waiting", "closed", "open"]
    )
    for category in categories:
        answer = ask(account, "PATCH", path, {"status": {"category": category}})
        assert answer["result"]["status"]["category"] == category
        assert "warnings" not in answer
        account.sandbox.clear_log()
        ask(account, "PATCH", path, {"status": {"category": category}})
        assert sent(account) == []


@pytest.mark.parametrize("name", ["trengo"])
def test_trengo_says_that_it_assigned_a_new_ticket_by_itself(account):
    answer = ask(account, "POST", "tickets", ticket_body(account))
    assert [one["path"] for one in answer["warnings"]] == ["assignees"]
    assert len(answer["result"]["assignees"]) == 1


@pytest.mark.parametrize("name", ["trengo"])
def test_trengo_takes_a_ticket_from_its_user_by_a_team_alone(account):
    path = f"tickets/{made(account, 'tickets', ticket_body(account))['id']}"
    refused = ask(account, "PATCH", path, {"assignees": []}, status=422)
    assert (refused["code"], refused["errors"][0]["path"]) == ("unsupported-change", "assignees")
    team = account.list("teams")["result"][0]
    answer = ask(account, "PATCH", path, {"assignees": [], "team": {"id": team["id"]}})
    assert (answer["result"]["assignees"], answer["result"]["team"]["id"]) == ([], team["id"])


@pytest.mark.parametrize("name", ["trengo"])
def test_a_merged_ticket_ends_and_its_comments_move(account):
    target, source = (made(account, "tickets", ticket_body(account))["id"] for _ in range(2))
    made(account, "comments", {"ticket": {"id": source}, "body": "From the source", "is_private": True})
    answer = account.request("POST", f"/unified/ticketing/tickets/{target}/merge", json={"source": {"id": source}})
    assert (answer.status_code, answer.json()["result"]["id"]) == (200, target)
    assert account.get(f"/unified/ticketing/tickets/{source}").status_code == 404
    assert "From the source" in [one["body"] for one in account.list("comments", ticket_id=target)["result"]]


@pytest.mark.parametrize("name", ["chatwoot"])
def test_chatwoot_tells_when_a_team_drops_the_assignee(account):
    users, teams = (account.list(one)["result"] for one in ("users", "teams"))
    members = {each["id"] for each in teams[0]["members"]}
    outsider = next(one["id"] for one in users if one["id"] not in members)
    path = f"tickets/{made(account, 'tickets', ticket_body(account, assignees=[{'id': outsider}]))['id']}"
    answer = ask(account, "PATCH", path, {"team": {"id": teams[0]["id"]}})
    assert [one["path"] for one in answer["warnings"]] == ["assignees"]
    kept = ask(account, "PATCH", path, {"team": None, "assignees": [{"id": outsider}], "priority": {"name": "urgent"}})
    assert [one["id"] for one in kept["result"]["assignees"]] == [outsider]
    assert (kept["result"]["team"], kept["result"]["priority"]["name"]) == (None, "urgent")
    assert ask(account, "PATCH", path, {"priority": None, "assignees": []})["result"]["priority"] is None


@BOTH
def test_a_note_with_files_stays_among_agents_and_a_reply_goes_out(account):
    ticket = made(account, "tickets", ticket_body(account))["id"]
    data = {"ticket": {"id": ticket}, "body": "See both", "is_private": True}
    files = [
        ("data", (None, json.dumps(data), "application/json")),
        ("a", ("a.png", b"\x89PNG", "image/png")),
        ("b", ("notes.txt", b"hi", "text/plain")),
    ]
    answer = account.request("POST", "/unified/ticketing/comments", files=files)
    assert answer.status_code == 201, answer.text
    note = answer.json()["result"]
    assert (note["is_private"], note["direction"], note["body"]) == (True, "internal", "See both")
    assert [one["file_name"] for one in note["attachments"]] == ["a.png", "notes.txt"]
    reply = made(account, "comments", {"ticket": {"id": ticket}, "body": "On its way"})
    assert (reply["is_private"], reply["direction"]) == (False, "outbound")
    ask(account, "DELETE", f"comments/{note['id']}")
    left = [one["body"] for one in account.list("comments", ticket_id=ticket)["result"]]
    assert "See both" not in left
    assert "On its way" in left


@BOTH
def test_a_contact_is_made_once_and_found_after_that(account):
    field = fields(account, "contact")[0]
    body = {
        "name": "Zoe",
        "emails": [{"email": "zoe@example.com"}],
        "channel": {"id": mail_channel(account)},
        "custom_fields": [{"id": field["id"], "value": "12"}],
        "notes": [{"body": "one"}, {"body": "two"}],
    }
    first = ask(account, "POST", "contacts", body)
    again = ask(
        account, "POST", "contacts", {**body, "name": "Zo", "custom_fields": [{"id": field["id"], "value": "13"}]}
    )
    assert (first["created"], again["created"]) == (True if account.name == "chatwoot" else None, False)
    assert again["result"]["id"] == first["result"]["id"]
    assert again["result"]["custom_fields"][0]["value"] == "13"
    assert [one["path"] for one in again["warnings"]] == ["name"]
    assert notes_of(account, first["result"]["id"]) == ["one", "one", "two", "two"]


def notes_of(account, contact):
    """The texts of a contact's notes, as the provider itself tells them."""
    path, key, text = {"trengo": ("?include=notes", "notes", "body"), "chatwoot": ("/notes", None, "content")}[
        account.name
    ]
    answer = account.get(f"/proxy{PREFIX[account.name].removeprefix('/api/v2')}/contacts/{contact}{path}").json()
    return sorted(one[text] for one in (answer if key is None else answer[key]))


@BOTH
def test_a_contact_is_changed_and_deleted(account):
    contact = made(
        account, "contacts", {"emails": [{"email": "zoe@example.com"}], "channel": {"id": mail_channel(account)}}
    )
    path = f"contacts/{contact['id']}"
    changed = ask(account, "PATCH", path, {"name": "Zoe B", "emails": [{"email": "zoe.b@example.com"}]})["result"]
    assert (changed["name"], changed["emails"][0]["email"]) == ("Zoe B", "zoe.b@example.com")
    answer = ask(account, "PATCH", path, {"emails": [], "phones": [{"number": "+31 6 1234"}]})
    assert (answer["result"]["emails"], answer["result"]["phones"][0]["number"]) == ([], "+3161234")
    assert "warnings" not in answer
    ask(account, "DELETE", path)
    assert account.get(f"/unified/ticketing/{path}").status_code == 404


@BOTH
def test_fields_tags_and_teams_are_made_changed_and_deleted(account):
    users = account.list("users")["result"]
    bodies = {
        "fields": ({"label": "Shoe size", "entity_type": "ticket"}, {"label": "Size"}),
        "tags": ({"name": "brand-new", "color": "#123456"}, {"name": "newer"}),
        "teams": ({"name": "night shift", "members": [{"id": users[0]["id"]}]}, {"members": [{"id": users[1]["id"]}]}),
    }
    for resource, (new, change) in bodies.items():
        answer = ask(account, "POST", resource, new)
        assert "warnings" not in answer
        path = f"{resource}/{answer['result']['id']}"
        answer = ask(account, "PATCH", path, change)
        assert "warnings" not in answer
        assert get(account, path) == answer["result"]
        ask(account, "DELETE", path)
        assert account.get(f"/unified/ticketing/{path}").status_code == 404


@BOTH
def test_a_user_is_invited_changed_and_deleted(account):
    role, teams = {"trengo": "basic_agent", "chatwoot": "agent"}[account.name], account.list("teams")["result"]
    body = {"name": "Kees van Dam", "emails": [{"email": "kees@example.com"}], "roles": [{"name": role}]}
    user = ask(account, "POST", "users", {**body, "team_ids": [teams[0]["id"]]})
    assert "warnings" not in user
    path = f"users/{user['result']['id']}"
    changed = ask(account, "PATCH", path, {"name": "Kees Dam", "team_ids": [teams[1]["id"]]})
    assert (changed["result"]["name"], changed.get("warnings")) == ("Kees Dam", None)
    members = [[each["id"] for each in one["members"]] for one in account.list("teams")["result"][:2]]
    assert [user["result"]["id"] in one for one in members] == [False, True]
    ask(account, "DELETE", path)


@BOTH
def test_what_the_provider_refuses_is_told_by_our_names(account):
    taken = account.list("users")["result"][0]["emails"][0]["email"]
    answer = ask(account, "POST", "users", {"name": "Kees", "emails": [{"email": taken}]}, status=422)
    assert (answer["code"], [one["path"] for one in answer["errors"]]) == ("provider-invalid", ["emails[0].email"])
    assert "already been taken" in answer["errors"][0]["detail"]


@BOTH
def test_a_field_that_is_built_in_stays(account):
    account.sandbox.clear_log()
    for method in ("PATCH", "DELETE"):
        body = {"label": "State"} if method == "PATCH" else None
        assert ask(account, method, "fields/ticket.status", body, status=422)["code"] == "unsupported-change"
    assert sent(account) == []


LOST = [
    # provider, the call whose answer is lost, the resource, the body, what it is told by
    ("trengo", "/tickets", "tickets", {"name": "Lost"}, "name"),
    ("trengo", "/labels", "tags", {"name": "Lost"}, "name"),
    ("trengo", "/custom_fields", "fields", {"label": "Lost", "entity_type": "ticket"}, "label"),
    ("trengo", "/teams", "teams", {"name": "Lost"}, "name"),
    ("trengo", "/users", "users", {"name": "Lost Soul", "emails": [{"email": "lost@example.com"}]}, "name"),
    ("chatwoot", "/conversations", "tickets", {"name": "Lost"}, "name"),
    ("chatwoot", "/contacts", "contacts", {"name": "Lost", "emails": [{"email": "lost@example.com"}]}, "name"),
    ("chatwoot", "/contacts", "contacts", {"name": "Lost without address"}, "name"),
    ("chatwoot", "/labels", "tags", {"name": "lost"}, "name"),
    ("chatwoot", "/custom_attribute_definitions", "fields", {"label": "Lost", "entity_type": "contact"}, "label"),
    ("chatwoot", "/teams", "teams", {"name": "lost"}, "name"),
    ("chatwoot", "/agents", "users", {"name": "Lost Soul", "emails": [{"email": "lost@example.com"}]}, "name"),
]


@pytest.mark.parametrize(
    ("name", "path", "resource", "body", "told_by"), LOST, ids=[f"{one[0]} {one[1]} of {one[2]}" for one in LOST]
)
def test_a_record_whose_making_went_unanswered_is_found_and_not_made_twice(account, path, resource, body, told_by):
    if resource == "tickets":
        body = ticket_body(account, **body)
    lose(account, path)
    answer = made(account, resource, body)
    assert [one for one in sent(account) if one == ("POST", path)] == [("POST", path)]
    assert answer[told_by] == body[told_by]


def lose(account, path):
    """The answer to the next POST of that path is lost, after it was carried out."""
    account.sandbox.clear_log()
    match = {"method": "POST", "path": PREFIX[account.name] + path}
    account.sandbox.faults({"match": match, "do": "drop_after_apply", "times": 1})


@BOTH
@pytest.mark.parametrize("private", [False, True], ids=["reply", "note"])
def test_a_comment_that_went_unanswered_is_said_once(account, private):
    ticket = made(account, "tickets", ticket_body(account))["id"]
    kind = {"trengo": "tickets", "chatwoot": "conversations"}[account.name]
    body = {"ticket": {"id": ticket}, "body": "Said once", "is_private": private}
    made(account, "comments", body)
    lose(account, f"/{kind}/{ticket}/messages")
    comment = made(account, "comments", body)
    said = [one["id"] for one in account.list("comments", ticket_id=ticket)["result"] if one["body"] == "Said once"]
    assert len(said) == 2
    assert comment["id"] == max(said)
    assert comment["is_private"] is private


@BOTH
def test_a_contact_note_that_went_unanswered_is_added_once(account):
    contact = made(
        account, "contacts", {"emails": [{"email": "zoe@example.com"}], "channel": {"id": mail_channel(account)}}
    )
    lose(account, f"/contacts/{contact['id']}/notes")
    ask(
        account,
        "PATCH",
        f"contacts/{contact['id']}",
        {"notes": [{"body": "same"}, {"body": "same"}, {"body": "other"}]},
    )
    assert notes_of(account, contact["id"]) == ["other", "same", "same"]


@pytest.mark.parametrize("name", ["trengo"])
def test_the_first_steps_of_a_new_customer(account):
    """A contact with fields and notes, a ticket with a label, and a note on it, as integrations begin."""
    channel = next(one["id"] for one in account.list("channels")["result"] if one["type"] == "WA_BUSINESS")
    one, other = fields(account, "contact")[:2]
    contact = made(
        account,
        "contacts",
        {
            "name": "test-api",
            "phones": [{"number": "972545614020"}],
            "channel": {"id": channel},
            "custom_fields": [
                {"name": one["label"], "value": "Roby Cohen"},
                {"name": other["label"], "value": 123456789},
            ],
            "notes": [{"body": "some note 1"}, {"body": "some note 2"}],
        },
    )
    assert [each["value"] for each in contact["custom_fields"]] == ["Roby Cohen", "123456789"]
    label = account.list("tags")["result"][1]
    ticket = made(
        account,
        "tickets",
        {
            "name": "test-api-ticket",
            "contact": {"id": contact["id"]},
            "channel": {"id": channel},
            "tags": [{"name": label["name"]}],
        },
    )
    assert (ticket["contact"]["id"], ticket["tags"][0]["id"]) == (contact["id"], label["id"])
    note = made(
        account, "comments", {"ticket": {"id": ticket["id"]}, "body": "test-api-ticket-message", "is_private": True}
    )
    assert (note["body"], note["is_private"]) == ("test-api-ticket-message", True)

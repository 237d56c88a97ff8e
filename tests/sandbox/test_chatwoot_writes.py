"""What writes to the simulated Chatwoot change, and what else they change on the side."""

import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask

INTERNAL = {"status": 500, "error": "Internal Server Error"}


@pytest.fixture
def chatwoot():
    return Chatwoot(tickets=60)


@pytest.fixture
def ask(chatwoot):
    return Ask(chatwoot, chatwoot.token_for(0))


def some(chatwoot, test):
    return next(one for one in chatwoot.state.conversations.values() if test(one))


def shown(ask, number):
    return ask.get(f"/conversations/{number}")


def test_labels_replace_the_whole_list_and_take_any_word(ask, chatwoot):
    one = some(chatwoot, lambda one: "btw-fout" in one.labels)
    assert ask.post(f"/conversations/{one.id}/labels", {"labels": ["neu", "vip", "neu"]}) == {"payload": ["neu", "vip"]}
    assert ask.get(f"/conversations/{one.id}/labels") == {"payload": ["neu", "vip"]}
    assert shown(ask, one.id)["labels"] == ["neu", "vip"]
    assert "neu" not in {label["title"] for label in ask.get("/labels")["payload"]}
    assert [row["id"] for row in ask.get("/conversations?status=all&labels[]=neu")["data"]["payload"]] == [one.id]


def test_custom_attributes_of_a_ticket_are_replaced_and_of_a_contact_merged(ask, chatwoot):
    one = some(chatwoot, lambda one: one.custom and chatwoot.state.contacts[one.contact_id].custom)
    answer = ask.post(f"/conversations/{one.id}/custom_attributes", {"custom_attributes": {"refund_due": False}})
    assert answer == {"custom_attributes": {"refund_due": False}}
    assert shown(ask, one.id)["custom_attributes"] == {"refund_due": False}
    before = chatwoot.state.contacts[one.contact_id].custom
    status, body = ask.refused("PUT", f"/contacts/{one.contact_id}", {"custom_attributes": {"seats": 99}})
    assert (status, body["payload"]["custom_attributes"]) == (200, {**before, "seats": 99})


def test_notes_of_a_contact_come_newest_first_and_go_along_when_it_is_merged(ask, chatwoot):
    one, other = list(chatwoot.state.contacts)[:2]
    path = f"/contacts/{one}/notes"
    first, second = (ask.post(path, {"content": text}) for text in ("Calls back", "Prefers mail"))
    assert [row["id"] for row in ask.get(path)] == [second["id"], first["id"]]
    assert (first["content"], first["user"]["id"]) == ("Calls back", 11)
    assert ask.get(f"{path}/{first['id']}") == first
    status, refusal = ask.refused("POST", path, {"content": " "})
    assert (status, refusal["attributes"]) == (422, ["content"])
    assert ask.raw("DELETE", f"{path}/{first['id']}").status == 200
    assert ask.refused("GET", f"{path}/{first['id']}")[0] == 404
    ask.post("/actions/contact_merge", {"base_contact_id": other, "mergee_contact_id": one})
    assert ask.get(f"/contacts/{other}/notes") == [second]


def test_a_contact_update_shows_in_its_conversations(ask, chatwoot):
    one = some(chatwoot, lambda one: True)
    assert shown(ask, one.id)["meta"]["sender"]["name"] != "Nieuwe Náám"
    ask.refused("PATCH", f"/contacts/{one.contact_id}", {"name": "Nieuwe Náám"})
    assert shown(ask, one.id)["meta"]["sender"]["name"] == "Nieuwe Náám"


@pytest.mark.parametrize("priority", ["urgent", None, ""])
def test_a_priority_is_set_and_cleared_by_null_or_blank(ask, chatwoot, priority):
    one = some(chatwoot, lambda one: one.priority == "high")
    status, body = ask.refused("PATCH", f"/conversations/{one.id}", {"priority": priority})
    assert (status, body["priority"]) == (200, priority or None)
    assert body["messages"][0]["message_type"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"priority": "none"}),
        ("POST", "/toggle_priority", {"priority": "normal"}),
        ("POST", "/toggle_status", {"status": "closed"}),
        ("POST", "/toggle_status", {"status": "snoozed", "snoozed_until": "tomorrow"}),
    ],
)
def test_a_value_the_enum_does_not_know_is_a_500_and_changes_nothing(ask, chatwoot, method, path, body):
    one = some(chatwoot, lambda one: one.status == "open")
    before, now = shown(ask, one.id), chatwoot.state.now
    assert ask.refused(method, f"/conversations/{one.id}{path}", body) == (500, INTERNAL)
    assert shown(ask, one.id) == before
    assert chatwoot.state.now == now


def test_toggle_priority_answers_nothing(ask, chatwoot):
    one = some(chatwoot, lambda one: one.priority is None)
    response = ask.raw("POST", f"/conversations/{one.id}/toggle_priority", {"priority": "low"})
    assert (response.status, response.body) == (200, b"")
    assert shown(ask, one.id)["priority"] == "low"


def test_a_status_without_a_value_toggles(ask, chatwoot):
    one = some(chatwoot, lambda one: one.status == "pending")
    toggled = [ask.post(f"/conversations/{one.id}/toggle_status", {})["payload"]["current_status"] for _ in range(3)]
    assert toggled == ["open", "resolved", "open"]


def test_snoozing_takes_epoch_seconds_and_reads_an_iso_date_as_its_year(ask, chatwoot):
    one = some(chatwoot, lambda one: one.status == "open")
    path = f"/conversations/{one.id}/toggle_status"
    answer = ask.post(path, {"status": "snoozed", "snoozed_until": 1778565600})
    assert answer["payload"] == {
        "success": True,
        "conversation_id": one.id,
        "current_status": "snoozed",
        "snoozed_until": "2026-05-12T06:00:00.000Z",
    }
    answer = ask.post(path, {"status": "snoozed", "snoozed_until": "2026-05-12T06:00:00Z"})
    assert answer["payload"]["snoozed_until"] == "1970-01-01T00:33:46.000Z"
    assert ask.post(path, {"status": "open"})["payload"]["snoozed_until"] is None


def test_resolving_stops_the_waiting_and_leaves_an_activity(ask, chatwoot):
    one = some(chatwoot, lambda one: one.status == "open" and one.waiting_since and one.inbox_id == 23)
    ask.post(f"/conversations/{one.id}/toggle_status", {"status": "resolved"})
    after = shown(ask, one.id)
    assert (after["waiting_since"], after["messages"][0]["message_type"]) == (0, 2)
    assert "sender" not in after["messages"][0]


def test_an_agent_who_opens_a_ticket_is_assigned(chatwoot):
    agent = Ask(chatwoot, chatwoot.agent_token())
    one = some(chatwoot, lambda one: one.status == "resolved" and one.inbox_id == 22 and one.assignee_id != 12)
    agent.post(f"/conversations/{one.id}/toggle_status", {"status": "open"})
    assert shown(agent, one.id)["meta"]["assignee"]["id"] == 12


def test_an_assignee_wins_over_a_team_and_an_unknown_one_unassigns(ask, chatwoot):
    one = some(chatwoot, lambda one: one.team_id is None)
    path = f"/conversations/{one.id}/assignments"
    assert ask.post(path, {"assignee_id": 13, "team_id": 4})["id"] == 13
    assert "team" not in shown(ask, one.id)["meta"]
    assert ask.post(path, {"assignee_id": 4242}) is None
    assert "assignee" not in shown(ask, one.id)["meta"]
    assert ask.post(path, {}) is None


def test_a_team_unassigns_who_is_not_in_it_and_picks_an_online_member(ask, chatwoot):
    one = some(chatwoot, lambda one: one.inbox_id == 21 and one.team_id is None)
    path = f"/conversations/{one.id}/assignments"
    ask.post(path, {"assignee_id": 13})
    row = ask.post(path, {"team_id": 4})
    assert list(row) == ["id", "name", "description", "allow_auto_assign", "account_id", "created_at", "updated_at"]
    meta = shown(ask, one.id)["meta"]
    assert (meta["team"]["id"], meta["assignee"]["id"] in (11, 12)) == (4, True)
    ask.post(path, {"team_id": 6})
    assert "assignee" not in shown(ask, one.id)["meta"]
    assert ask.post(path, {"team_id": 0}) is None
    assert "team" not in shown(ask, one.id)["meta"]


def test_a_bot_is_assigned_with_its_type_and_gives_way_to_a_user(ask, chatwoot):
    one = some(chatwoot, lambda one: one.bot_id is None)
    path = f"/conversations/{one.id}/assignments"
    assert "email" not in ask.post(path, {"assignee_id": 2, "assignee_type": "AgentBot"})
    assert shown(ask, one.id)["meta"]["assignee_type"] == "AgentBot"
    ask.post(path, {"assignee_id": 12})
    assert shown(ask, one.id)["meta"]["assignee_type"] == "User"


def test_a_ticket_is_created_with_an_inbox_and_a_contact(ask, chatwoot):
    body = {
        "inbox_id": 22,
        "contact_id": 1201,
        "assignee_id": 12,
        "additional_attributes": {"mail_subject": "Zählerstand"},
        "custom_attributes": {"order_id": "ZL-1"},
        "message": {"content": "uit ERP", "message_type": "incoming"},
    }
    made = ask.post("/conversations", body)
    assert made["id"] == max(chatwoot.state.conversations)
    assert made["meta"]["assignee"]["id"] == 12
    assert (made["status"], made["custom_attributes"]) == ("open", {"order_id": "ZL-1"})
    assert made["last_non_activity_message"]["content"] == "uit ERP"
    newest = ask.get("/conversations")["data"]["payload"][0]
    assert newest["id"] == made["id"]


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({"inbox_id": 999, "contact_id": 1201}, 404, {"error": "Resource could not be found"}),
        ({"inbox_id": 22, "contact_id": 9}, 404, {"error": "Resource could not be found"}),
        ({"inbox_id": 22}, 404, {"error": "Resource could not be found"}),
        ({"inbox_id": 22, "contact_id": 1201, "status": "closed"}, 500, INTERNAL),
        ({"inbox_id": 21, "contact_id": 1201, "message": {"content": "x", "message_type": "incoming"}}, 500, INTERNAL),
    ],
)
def test_a_ticket_that_cannot_be_created_is_refused_and_not_kept(ask, chatwoot, body, status, answer):
    before = len(chatwoot.state.conversations)
    assert ask.refused("POST", "/conversations", body) == (status, answer)
    assert len(chatwoot.state.conversations) == before


def test_a_source_id_of_another_contact_is_refused(ask):
    body = {"inbox_id": 22, "contact_id": 1201, "source_id": "erp-1"}
    first = ask.post("/conversations", body)
    assert ask.post("/conversations", {"source_id": "erp-1"})["meta"]["sender"]["id"] == 1201
    answer = ask.refused("POST", "/conversations", {**body, "contact_id": 1202})
    assert answer == (422, {"error": "source_id should be unique"})
    assert first["id"]


def test_an_inbox_that_keeps_one_conversation_answers_with_the_existing_one(ask, chatwoot):
    contact = next(one for one in chatwoot.state.contacts.values() if one.phone and not one.blocked)
    body = {"inbox_id": 24, "contact_id": contact.id}
    first = ask.post("/conversations", body)
    assert first["status"] in ("pending", "open", "resolved", "snoozed")
    assert ask.post("/conversations", body)["id"] == first["id"]


def test_a_private_note_answers_bare_and_does_not_end_the_waiting(ask, chatwoot):
    one = some(chatwoot, lambda one: one.waiting_since and one.first_reply is None and one.status == "open")
    note = ask.post(f"/conversations/{one.id}/messages", {"content": "intern <b>", "private": True})
    assert (note["private"], note["message_type"], note["sender"]["id"]) == (True, 1, 11)
    assert shown(ask, one.id)["waiting_since"] > 0
    ask.post(f"/conversations/{one.id}/messages", {"content": "antwoord"})
    after = shown(ask, one.id)
    assert (after["waiting_since"], after["first_reply_created_at"] > 0) == (0, True)


def test_incoming_messages_are_for_api_inboxes_alone(ask, chatwoot):
    web = some(chatwoot, lambda one: one.inbox_id == 21)
    body = {"content": "hallo", "message_type": "incoming"}
    answer = ask.refused("POST", f"/conversations/{web.id}/messages", body)
    assert answer == (422, {"error": "Incoming messages are only allowed in Api inboxes"})


def test_an_incoming_message_reopens_a_resolved_ticket(ask, chatwoot):
    one = some(
        chatwoot,
        lambda one: (
            one.inbox_id == 22 and one.status == "resolved" and not chatwoot.state.contacts[one.contact_id].blocked
        ),
    )
    message = ask.post(f"/conversations/{one.id}/messages", {"content": "nog iets", "message_type": "incoming"})
    assert (message["message_type"], message["sender"]["type"]) == (0, "contact")
    assert shown(ask, one.id)["status"] == "open"


def test_files_come_in_multipart_with_booleans_as_words(ask, chatwoot):
    one = some(chatwoot, lambda one: True)
    parts = [
        b'content-disposition: form-data; name="content"\r\n\r\nbijlage',
        b'content-disposition: form-data; name="private"\r\n\r\nfalse',
        'content-disposition: form-data; name="attachments[]"; filename="meter stand é.png"\r\n'
        "content-type: image/png\r\n\r\n".encode()
        + b"\x89PNG\r\n\r\n--b",
        b'content-disposition: form-data; name="attachments[]"; filename="a.pdf"\r\n\r\n%PDF',
    ]
    body = b"".join(b"--b1\r\n" + part + b"\r\n" for part in parts) + b"--b1--\r\n"
    headers = (("content-type", "multipart/form-data; boundary=b1"),)
    assert ask.raw("POST", f"/conversations/{one.id}/messages", body, headers).status == 200
    message = ask.get(f"/conversations/{one.id}/messages")["payload"][-1]
    assert (message["content"], message["private"]) == ("bijlage", False)
    assert [(file["file_type"], file["file_size"]) for file in message["attachments"]] == [("image", 11), ("file", 4)]
    assert message["attachments"][0]["data_url"].endswith("/meter%20stand%20%C3%A9.png")


def test_deleting_a_message_keeps_it_without_text_and_files(ask, chatwoot):
    one = some(chatwoot, lambda one: any(message.attachments for message in one.messages))
    message = next(message for message in one.messages if message.attachments)
    status, body = ask.refused("DELETE", f"/conversations/{one.id}/messages/{message.id}")
    assert (status, body["content"]) == (200, "This message was deleted")
    assert body["content_attributes"] == {"deleted": True}
    assert "attachments" not in body
    assert ask.refused("DELETE", f"/conversations/{one.id}/messages/1")[0] == 404


def test_a_message_too_long_or_of_an_unknown_type_is_422(ask, chatwoot):
    path = f"/conversations/{some(chatwoot, lambda one: True).id}/messages"
    too_long = "Validation failed: Content is too long (maximum is 150000 characters)"
    assert ask.refused("POST", path, {"content": "x" * 150_001}) == (422, {"error": too_long})
    assert ask.refused("POST", path, {"message_type": "fax"})[0] == 422
    assert ask.refused("POST", path, {"content_type": "hologram"})[0] == 422


def test_more_than_200_messages_in_a_minute_are_refused(ask, chatwoot):
    one = some(chatwoot, lambda one: not one.messages)
    path = f"/conversations/{one.id}/messages"
    original = chatwoot.state.clock.untick
    for _ in range(200):
        ask.post(path, {"content": "x"})
        original()
    assert ask.refused("POST", path, {"content": "x"}) == (422, {"error": "Validation failed: Too many messages"})


def test_mail_inboxes_add_copies_and_html_to_what_is_sent(ask, chatwoot):
    one = some(chatwoot, lambda one: one.inbox_id == 23)
    body = {"content": "Hallo <jij>", "cc_emails": "a@example.org, b@example.org"}
    attributes = ask.post(f"/conversations/{one.id}/messages", body)["content_attributes"]
    assert attributes["cc_emails"] == ["a@example.org", "b@example.org"]
    assert attributes["email"]["html_content"]["full"] == "<p>Hallo &lt;jij&gt;</p>"


def test_a_contact_is_created_inside_an_extra_object_with_its_identity(ask):
    made = ask.post("/contacts", {"inbox_id": 22, "name": "Ōe", "email": "OE@Example.org"})["payload"]
    assert made["contact"]["email"] == "oe@example.org"
    assert "last_activity_at" not in made["contact"]
    assert made["contact_inbox"]["source_id"] == made["contact"]["contact_inboxes"][0]["source_id"]
    assert made["contact_inbox"]["inbox"]["created_at"].endswith("Z")
    alone = ask.post("/contacts", {"name": "Zonder inbox"})["payload"]
    assert alone["contact_inbox"] == {"inbox": None, "source_id": None}


def test_a_taken_address_and_a_bad_number_are_named_together(ask, chatwoot):
    email = next(one.email for one in chatwoot.state.contacts.values() if one.email)
    answer = ask.refused("POST", "/contacts", {"name": "x", "email": email.upper(), "phone_number": "0612345678"})
    assert answer == (
        422,
        {
            "message": "Email has already been taken, Phone number should be in e164 format",
            "attributes": ["email", "phone_number"],
        },
    )


def test_deleting_a_contact_takes_its_conversations_along(ask, chatwoot):
    one = some(chatwoot, lambda one: True)
    response = ask.raw("DELETE", f"/contacts/{one.contact_id}")
    assert (response.status, response.body) == (200, b"")
    assert ask.refused("GET", f"/conversations/{one.id}")[0] == 404
    assert ask.refused("GET", f"/contacts/{one.contact_id}")[0] == 404


def test_contact_labels_replace_too(ask):
    assert ask.post("/contacts/1202/labels", {"labels": ["a", "b"]}) == {"payload": ["a", "b"]}
    assert ask.post("/contacts/1202/labels", {"labels": ["c"]}) == {"payload": ["c"]}
    assert ask.get("/contacts/1202/labels") == {"payload": ["c"]}


def test_titles_of_labels_and_names_of_teams_are_lower_cased(ask):
    assert ask.post("/labels", {"title": "NeU-1", "color": "#000000"})["title"] == "neu-1"
    assert ask.post("/teams", {"name": "Nacht ÉQUIPE"})["name"] == "nacht équipe"
    taken = {"message": "Title has already been taken", "attributes": ["title"]}
    assert ask.refused("POST", "/labels", {"title": "NEU-1"}) == (422, taken)
    assert ask.refused("POST", "/labels", {"title": "two words"})[0] == 422
    assert ask.refused("POST", "/labels", {}) == (422, {"error": "param is missing or the value is empty: label"})


def test_renaming_and_deleting_a_label_reaches_the_tickets(ask, chatwoot):
    one = some(chatwoot, lambda one: "bezorging" in one.labels)
    assert ask.refused("PATCH", "/labels/63", {"title": "Koerier"})[1]["title"] == "koerier"
    assert shown(ask, one.id)["labels"] == ["koerier"]
    assert ask.raw("DELETE", "/labels/63").status == 200
    assert shown(ask, one.id)["labels"] == []


def test_team_members_are_added_replaced_and_removed(ask):
    def members():
        return [one["id"] for one in ask.get("/teams/6/team_members")]

    assert [one["id"] for one in ask.post("/teams/6/team_members", {"user_ids": [15, 12]})] == [12]
    assert members() == [15, 12]
    ask.refused("PATCH", "/teams/6/team_members", {"user_ids": [13]})
    assert members() == [13]
    ask.raw("DELETE", "/teams/6/team_members", {"user_ids": [13]})
    assert members() == []
    assert ask.refused("POST", "/teams/6/team_members", {"user_ids": [1]}) == (401, {"error": "Invalid User IDs"})


def test_deleting_a_team_takes_it_from_its_tickets(ask, chatwoot):
    one = some(chatwoot, lambda one: one.team_id == 4)
    ask.raw("DELETE", "/teams/4")
    assert "team" not in shown(ask, one.id)["meta"]


def test_fields_and_agents_can_be_made_changed_and_removed(ask):
    made = ask.post(
        "/custom_attribute_definitions",
        {"attribute_display_name": "Maat", "attribute_key": "maat", "attribute_display_type": 6, "attribute_model": 0},
    )
    assert (made["attribute_display_type"], made["attribute_model"]) == ("list", "conversation_attribute")
    path = f"/custom_attribute_definitions/{made['id']}"
    assert ask.refused("PATCH", path, {"attribute_values": ["s", "m"]})[1]["attribute_values"] == ["s", "m"]
    assert ask.raw("DELETE", path).status == 204
    user = ask.post("/agents", {"name": "Nieuw", "email": "nieuw@example.org", "role": "agent"})
    assert (user["role"], user["confirmed"]) == ("agent", False)
    assert ask.refused("PATCH", f"/agents/{user['id']}", {"role": "administrator"})[1]["role"] == "administrator"
    assert ask.raw("DELETE", f"/agents/{user['id']}").status == 200
    assert ask.refused("GET", f"/agents/{user['id']}") == (404, {"status": 404, "error": "Not Found"})


def test_deleting_a_conversation_answers_an_empty_200(ask, chatwoot):
    one = some(chatwoot, lambda one: True)
    response = ask.raw("DELETE", f"/conversations/{one.id}")
    assert (response.status, response.body) == (200, b"")
    assert ask.refused("GET", f"/conversations/{one.id}") == (404, {"error": "Resource could not be found"})


def test_each_applied_write_moves_the_clock_one_second(ask, chatwoot):
    one = some(chatwoot, lambda one: True)
    before = chatwoot.state.now
    ask.post(f"/conversations/{one.id}/labels", {"labels": []})
    ask.get("/conversations")
    ask.post("/conversations/filter", {"payload": []})
    assert chatwoot.state.now - before == 1_000_000

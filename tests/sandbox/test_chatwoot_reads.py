"""What the simulated Chatwoot shows: which keys are there, which are absent, and how times are written."""

import json

import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask

CONVERSATION = (
    "meta id messages account_id uuid additional_attributes agent_last_seen_at assignee_last_seen_at can_reply "
    "contact_last_seen_at custom_attributes inbox_id labels muted snoozed_until status created_at updated_at "
    "timestamp first_reply_created_at unread_count last_non_activity_message last_activity_at priority waiting_since "
    "sla_policy_id"
)
CONTACT = (
    "additional_attributes availability_status email id name phone_number blocked identifier thumbnail "
    "custom_attributes created_at"
)
AGENT = "id account_id availability_status auto_offline confirmed email provider available_name name role thumbnail"
LISTED_MESSAGE = (
    "id content inbox_id conversation_id message_type content_type status content_attributes created_at private "
    "source_id"
)
EMBEDDED_ONLY = {
    *("account_id", "updated_at", "sender_type", "sender_id", "external_source_ids", "additional_attributes"),
    *("processed_message_content", "sentiment", "conversation"),
}


@pytest.fixture(scope="module")
def chatwoot():
    return Chatwoot()


@pytest.fixture(scope="module")
def ask(chatwoot):
    return Ask(chatwoot, chatwoot.token_for(0))


@pytest.fixture(scope="module")
def rows(ask):
    pages = [ask.get(f"/conversations?status=all&page={page}")["data"]["payload"] for page in range(1, 21)]
    return [row for page in pages for row in page]


@pytest.fixture(scope="module")
def messages(ask, rows):
    found = []
    for row in rows:
        found += ask.get(f"/conversations/{row['id']}/messages?after=0")["payload"]
    return found


def test_every_conversation_has_the_same_keys_in_the_same_order(rows):
    assert {" ".join(row) for row in rows} == {CONVERSATION}


def test_meta_leaves_out_assignee_and_team_when_there_is_none(rows):
    kinds = {tuple(row["meta"]) for row in rows}
    assert ("sender", "channel", "hmac_verified") in kinds
    assert ("sender", "channel", "assignee", "assignee_type", "hmac_verified") in kinds
    assert ("sender", "channel", "assignee", "assignee_type", "team", "hmac_verified") in kinds


def test_assignees_are_agents_with_or_bots_without_a_mail_address(rows):
    for row in rows:
        if row["meta"].get("assignee_type") == "User":
            assert " ".join(row["meta"]["assignee"]) == AGENT
        elif row["meta"].get("assignee_type") == "AgentBot":
            wanted = ["id", "name", "description", "thumbnail", "outgoing_url", "bot_type"]
            assert list(row["meta"]["assignee"]) == wanted


def test_both_kinds_of_assignees_occur(rows):
    assert {row["meta"].get("assignee_type") for row in rows} == {"User", "AgentBot", None}


def test_a_sender_without_activity_has_no_last_activity_key(chatwoot, rows):
    unseen = [row["meta"]["sender"] for row in rows if "last_activity_at" not in row["meta"]["sender"]]
    assert unseen
    assert all(" ".join(sender) == CONTACT for sender in unseen)


def test_times_without_a_value_are_zero(rows):
    for key in ("agent_last_seen_at", "assignee_last_seen_at", "contact_last_seen_at", "first_reply_created_at"):
        assert {type(row[key]) for row in rows} == {int}
        assert any(row[key] == 0 for row in rows)
    assert any(row["waiting_since"] == 0 for row in rows)


def test_updated_at_is_a_float_and_snoozed_until_is_iso_for_snoozed_ones_alone(rows):
    assert all(isinstance(row["updated_at"], float) for row in rows)
    for row in rows:
        assert (row["snoozed_until"] is not None) == (row["status"] == "snoozed")
        assert row["snoozed_until"] is None or row["snoozed_until"].endswith(":00.000Z")


def test_messages_of_a_conversation_holds_the_last_message_or_nothing(ask, rows):
    assert {len(row["messages"]) for row in rows} == {0, 1}
    for row in rows[:40]:
        listed = ask.get(f"/conversations/{row['id']}/messages")["payload"]
        assert [one["id"] for one in row["messages"]] == [one["id"] for one in listed[-1:]]


def test_the_last_non_activity_message_differs_after_an_activity(rows):
    after = [row for row in rows if row["messages"] and row["messages"][0]["message_type"] == 2]
    assert after
    assert all(row["last_non_activity_message"]["message_type"] != 2 for row in after)
    assert any(row["last_non_activity_message"] is None for row in rows)


def test_an_embedded_message_has_nine_keys_the_listed_one_has_not(ask, rows):
    row = next(row for row in rows if row["messages"] and "sender" in row["messages"][0])
    listed = ask.get(f"/conversations/{row['id']}/messages")["payload"][-1]
    embedded = row["messages"][0]
    assert set(embedded) - set(listed) == EMBEDDED_ONLY
    assert " ".join(list(listed)[:11]) == LISTED_MESSAGE
    assert embedded["conversation_id"] == row["id"]


def test_all_statuses_and_priorities_occur(rows):
    assert {row["status"] for row in rows} == {"open", "resolved", "pending", "snoozed"}
    assert {row["priority"] for row in rows} == {None, "low", "medium", "high", "urgent"}


def test_some_tickets_carry_words_that_are_no_labels_of_the_account(ask, rows):
    titles = {label["title"] for label in ask.get("/labels")["payload"]}
    assert {label for row in rows for label in row["labels"]} - titles == {"op-proef", "Spoed!"}


def test_all_kinds_of_messages_and_authors_occur(messages):
    assert {one["message_type"] for one in messages} == {0, 1, 2, 3}
    authors = {one["sender"]["type"] for one in messages if "sender" in one}
    assert authors == {"contact", "user", "agent_bot", "captain_assistant"}
    assert any(one["private"] for one in messages)
    assert any(one["content"] is None and one["attachments"] for one in messages)


def test_activities_and_templates_have_no_sender_key(messages):
    assert all(("sender" in one) == (one["message_type"] in (0, 1)) for one in messages)


def test_a_deleted_message_stays_with_a_fixed_text(messages):
    deleted = [one for one in messages if one["content_attributes"].get("deleted")]
    assert {one["content"] for one in deleted} == {"This message was deleted"}
    assert not any("attachments" in one for one in deleted)


def test_incoming_mail_carries_its_html(messages):
    mail = next(one for one in messages if one["content_type"] == "incoming_email")
    assert mail["content_attributes"]["email"]["html_content"]["full"].startswith("<p>")
    assert mail["source_id"].startswith("<")


def test_attachments_are_absent_not_empty(messages):
    assert all(one.get("attachments") != [] for one in messages)
    files = [file for one in messages for file in one.get("attachments", ())]
    assert {file["file_type"] for file in files} == {"file", "image", "audio", "location"}
    place = next(file for file in files if file["file_type"] == "location")
    assert "file_size" not in place
    assert place["coordinates_lat"] == pytest.approx(53.2194)


def test_a_file_is_fetched_through_a_redirect_on_the_host_that_was_asked(chatwoot, messages):
    file = next(file for one in messages for file in one.get("attachments", ()) if file["file_type"] == "file")
    anonymous = Ask(chatwoot, None)
    path = file["data_url"].removeprefix("http://support.example")
    assert path.startswith("/rails/active_storage/blobs/redirect/")
    redirect = anonymous.raw("GET", "/" + path)
    location = dict(redirect.headers)["location"]
    assert redirect.status == 302
    assert location.startswith("http://support.example/rails/active_storage/disk/")
    stored = anonymous.raw("GET", "/" + location.removeprefix("http://support.example"))
    assert (stored.status, len(stored.body)) == (200, file["file_size"])
    assert dict(stored.headers)["content-type"] == "application/pdf"


def test_attachment_urls_name_the_host_of_each_request(chatwoot, rows):
    row = next(row for row in rows if row["messages"] and row["messages"][0].get("attachments"))
    for host in ("a.example", "b.example:8080", "a.example"):
        shown = Ask(chatwoot, chatwoot.token_for(0), host).get(f"/conversations/{row['id']}")
        assert (
            shown["messages"][0]["attachments"][0].get("data_url", "").startswith((f"http://{host}/", "https://kaart"))
        )


def test_the_attachments_of_a_conversation_say_who_sent_them_but_no_content_type(ask, messages):
    one = next(one for one in messages if one.get("attachments") and one["message_type"] == 1)
    answer = ask.get(f"/conversations/{one['conversation_id']}/attachments")
    assert answer["meta"]["total_count"] == len(answer["payload"])
    assert "content_type" not in answer["payload"][0]
    assert answer["payload"][0]["sender"]["type"] == "user"


def test_lists_without_pages_come_in_their_own_envelopes(ask):
    assert isinstance(ask.get("/agents"), list)
    assert isinstance(ask.get("/teams"), list)
    assert isinstance(ask.get("/canned_responses"), list)
    assert set(ask.get("/webhooks")["payload"]["webhooks"][0]) >= {"url", "secret"}
    assert [row["name"] for row in ask.get("/agents")] == sorted(
        (row["name"] for row in ask.get("/agents")), key=str.lower
    )


def test_fields_can_be_asked_by_model(ask):
    def models(query):
        return {row["attribute_model"] for row in ask.get("/custom_attribute_definitions" + query)}

    assert models("?attribute_model=0") == {"conversation_attribute"}
    assert models("?attribute_model=1") == {"contact_attribute"}
    assert models("") == {"conversation_attribute", "contact_attribute"}


def test_only_an_administrator_is_shown_the_secrets_of_inboxes(chatwoot, ask):
    secret = {"hmac_token", "secret", "imap_password", "smtp_password", "provider_config"}
    agent = Ask(chatwoot, chatwoot.agent_token()).get("/inboxes")["payload"]
    assert secret <= {key for row in ask.get("/inboxes")["payload"] for key in row}
    assert not secret & {key for row in agent for key in row}
    assert {row["id"] for row in agent} == {21, 22}


def test_the_profile_shows_both_tokens_in_clear(chatwoot):
    token = chatwoot.token_for(7)
    profile = Ask(chatwoot, token).get("//api/v1/profile")
    assert profile["access_token"] == token
    assert profile["pubsub_token"]
    assert [(account["id"], account["role"]) for account in profile["accounts"]] == [(3, "administrator")]


def test_the_version_needs_no_token(chatwoot):
    assert Ask(chatwoot, None).get("//api")["version"] == "4.15.1"


def test_display_ids_are_not_the_ids_of_the_database(chatwoot, ask):
    some = next(iter(chatwoot.state.conversations.values()))
    assert some.key != some.id
    assert ask.refused("GET", f"/conversations/{some.key}")[0] == 404


def test_a_contact_endpoint_adds_the_identities_unless_told_not_to(ask):
    full = ask.get("/contacts")["payload"]
    bare = ask.get("/contacts?include_contact_inboxes=false")["payload"]
    assert all("contact_inboxes" in one for one in full)
    assert not any("contact_inboxes" in one for one in bare)
    identity = next(one["contact_inboxes"][0] for one in full if one["contact_inboxes"])
    assert list(identity["inbox"]) == ["id", "avatar_url", "channel_id", "name", "channel_type", "provider"]


def test_rendered_json_is_utf8_and_typed(ask):
    response = ask.raw("GET", "/conversations")
    assert dict(response.headers)["content-type"] == "application/json; charset=utf-8"
    assert json.loads(response.body.decode("utf-8"))

"""The rest of the account: each write changes what the next read says, in the provider's own envelopes."""

import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask

NO_ACTION = {"error": "You are not authorized to do this action"}
CRASHED = (500, {"status": 500, "error": "Internal Server Error"})


@pytest.fixture
def chatwoot():
    return Chatwoot(tickets=60)


@pytest.fixture
def ask(chatwoot):
    return Ask(chatwoot, chatwoot.token_for(0))


@pytest.fixture
def agent(chatwoot):
    return Ask(chatwoot, chatwoot.agent_token())


def test_the_accounts_name_is_kept_and_reaches_the_profile(ask):
    before = ask.get("")
    assert before["latest_chatwoot_version"] is None
    assert "custom_attributes" not in before
    status, after = ask.refused("PATCH", "", {"name": "Nieuwe naam", "industry": "fietsen", "auto_resolve_after": 9})
    assert (status, after["name"], after["settings"]) == (200, "Nieuwe naam", {"auto_resolve_after": 9})
    assert after["custom_attributes"]["industry"] == "fietsen"
    assert ask.get("//api/v1/profile")["accounts"][0]["name"] == "Nieuwe naam"


def test_another_account_is_looked_for_among_the_readers_own_and_not_found(ask, agent):
    for number in (4, 5, 77):
        assert ask.refused("GET", f"//api/v1/accounts/{number}") == (404, {"error": "Resource could not be found"})
    assert agent.get("")["id"] == 3
    assert agent.refused("PATCH", "", {"name": "x"}) == (401, NO_ACTION)


def test_a_bots_webhook_secret_is_for_administrators_and_its_token_for_all(ask, agent, chatwoot):
    assert ask.get("/agent_bots/2")["secret"]
    (seen,) = agent.get("/agent_bots")
    assert "secret" not in seen
    assert seen["access_token"] == chatwoot.bot_token()


def test_a_deleted_bot_leaves_its_inbox_its_conversations_and_its_token(ask, chatwoot):
    assert ask.get("/inboxes/24/agent_bot")["agent_bot"]["id"] == 2
    assert ask.raw("DELETE", "/agent_bots/2").status == 200
    assert ask.get("/inboxes/24/agent_bot") == {}
    assert not any(one.bot_id for one in chatwoot.state.conversations.values())
    gone = Ask(chatwoot, chatwoot.bot_token()).refused("GET", "/conversations/1")
    assert gone == (401, {"error": "Invalid Access Token"})


def test_a_deleted_user_is_not_let_in_and_a_promoted_one_may_do_more(ask, agent):
    assert agent.refused("GET", "/webhooks") == (401, NO_ACTION)
    ask.refused("PATCH", "/agents/12", {"role": "administrator"})
    assert agent.get("/webhooks")
    ask.raw("DELETE", "/agents/12")
    assert agent.refused("GET", "/labels") == (401, {"error": "Invalid Access Token"})


def test_a_new_bot_in_front_of_an_inbox_makes_conversations_pending(ask):
    made = ask.post("/agent_bots", {"name": "Nachtwacht"})
    assert ask.raw("POST", "/inboxes/22/set_agent_bot", {"agent_bot": made["id"]}).body == b""
    talk = ask.post("/conversations", {"inbox_id": 22, "contact_id": 1201})
    assert talk["status"] == "pending"
    ask.raw("POST", "/inboxes/22/set_agent_bot", {"agent_bot": None})
    assert ask.post("/conversations", {"inbox_id": 22, "contact_id": 1201})["status"] == "open"


def test_a_rule_is_bare_when_made_and_in_payload_ever_after(ask):
    body = {"name": "x", "event_name": "message_created", "conditions": [], "actions": []}
    made = ask.post("/automation_rules", body)
    assert ask.get(f"/automation_rules/{made['id']}") == {"payload": made}
    status, changed = ask.refused("PATCH", f"/automation_rules/{made['id']}", {"active": False})
    assert (status, changed["payload"]["active"]) == (200, False)
    assert ask.get("/automation_rules")["payload"][1] == changed["payload"]


def test_a_rule_that_is_not_there_is_a_crash_and_one_that_is_wrong_says_where(ask):
    for method in ("GET", "PATCH", "DELETE"):
        assert ask.refused(method, "/automation_rules/999") == CRASHED
    body = {
        "name": "x",
        "event_name": "y",
        "conditions": [{"attribute_key": "moon"}],
        "actions": [{"action_name": "fly"}],
    }
    assert ask.refused("POST", "/automation_rules", body) == (
        422,
        {
            "error": {
                "conditions": ["Automation conditions moon not supported."],
                "actions": ["Automation actions fly not supported."],
            }
        },
    )


def test_saved_filters_are_each_users_own_and_of_one_kind(ask, agent):
    assert [one["id"] for one in ask.get("/custom_filters")] == [91]
    assert [one["id"] for one in ask.get("/custom_filters?filter_type=contact")] == [92]
    assert [one["id"] for one in agent.get("/custom_filters")] == [93]
    assert ask.refused("GET", "/custom_filters/93")[0] == 404
    assert ask.raw("DELETE", "/custom_filters/91").status == 204
    assert ask.get("/custom_filters") == []
    assert ask.refused("POST", "/custom_filters", {"name": "x", "filter_type": "moon"}) == CRASHED


def test_canned_responses_are_found_by_code_before_text_and_have_unique_codes(ask):
    made = ask.post("/canned_responses", {"short_code": "ruil", "content": "btw blijft gelijk"})
    assert [one["id"] for one in ask.get("/canned_responses?search=btw")] == [71, made["id"]]
    refused = ask.refused("PATCH", f"/canned_responses/{made['id']}", {"short_code": "btw"})
    assert refused == (422, {"message": "Short code has already been taken", "attributes": ["short_code"]})
    ask.raw("DELETE", "/canned_responses/71")
    assert ask.refused("PATCH", f"/canned_responses/{made['id']}", {"short_code": "btw"})[0] == 200


def test_a_webhook_is_made_with_a_secret_and_hears_only_known_events(ask):
    made = ask.post("/webhooks", {"url": "https://a.example/x"})["payload"]["webhook"]
    assert len(made["subscriptions"]) == 8
    assert made["secret"]
    assert ask.refused("POST", "/webhooks", {"url": "ftp://a", "subscriptions": ["moon"]}) == (
        422,
        {"message": "Url is invalid, Subscriptions Invalid events", "attributes": ["url", "subscriptions"]},
    )
    assert ask.refused("POST", "/webhooks", {"url": "https://a.example/x"})[1]["attributes"] == ["url"]
    ask.raw("DELETE", f"/webhooks/{made['id']}")
    assert [one["id"] for one in ask.get("/webhooks")["payload"]["webhooks"]] == [8]


def test_a_new_inbox_can_be_used_and_its_hours_changed_by_day(ask):
    made = ask.post("/inboxes", {"name": "Kassa", "channel": {"type": "api"}})
    assert made["hmac_token"]
    assert ask.post("/conversations", {"inbox_id": made["id"], "contact_id": 1201})["meta"]["channel"] == "Channel::Api"
    day = {"day_of_week": 1, "closed_all_day": True, "moon": 1}
    _, changed = ask.refused("PATCH", f"/inboxes/{made['id']}", {"working_hours": [day], "greeting_message": "Dag"})
    assert [one["closed_all_day"] for one in changed["working_hours"][:3]] == [True, True, False]
    assert "moon" not in changed["working_hours"][1]
    assert ask.get(f"/inboxes/{made['id']}") == changed
    assert ask.refused("POST", "/inboxes", {"name": "x"}) == CRASHED


def test_membership_of_an_inbox_opens_it_to_an_agent(ask, agent):
    assert agent.refused("GET", "/inboxes/24") == (401, NO_ACTION)
    shown = ask.post("/inbox_members", {"inbox_id": 24, "user_ids": [12]})["payload"]
    assert [one["id"] for one in shown] == [11, 12, 14]
    assert agent.get("/inboxes/24")["id"] == 24
    ask.raw("DELETE", "/inbox_members", {"inbox_id": 24, "user_ids": [12]})
    assert agent.refused("GET", "/inboxes/24") == (401, NO_ACTION)
    assert ask.refused("PATCH", "/inbox_members", {"inbox_id": 24}) == CRASHED


def test_participants_are_added_replaced_and_removed(ask):
    path = "/conversations/2/participants"
    before = [one["id"] for one in ask.get(path)]
    added = ask.post(path, {"user_ids": [14, 15, *before]})
    assert [one["id"] for one in added] == [14, 15]
    ask.refused("PATCH", path, {"user_ids": [15]})
    assert [one["id"] for one in ask.get(path)] == [15]
    ask.raw("DELETE", path, {"user_ids": [15]})
    assert ask.get(path) == []


def test_a_contact_is_reached_by_its_addresses_and_identities(ask):
    made = ask.post("/contacts", {"name": "Ada", "email": "ada@a.example"})["payload"]["contact"]["id"]
    path = f"/contacts/{made}/contactable_inboxes"
    rows = {row["inbox"]["id"]: row["source_id"] for row in ask.get(path)["payload"]}
    assert rows == {22: rows[22], 23: "ada@a.example"}
    assert ask.get(path) == ask.get(path)
    assert ask.post(f"/contacts/{made}/contact_inboxes", {"inbox_id": 22, "source_id": "kassa"})["source_id"] == "kassa"
    again = {row["inbox"]["id"]: row["source_id"] for row in ask.get(path)["payload"]}
    assert again[22] == "kassa"


def test_a_merge_moves_conversations_identities_and_authorship_and_fills_gaps(ask, chatwoot):
    base, mergee = chatwoot.state.contacts[1201], chatwoot.state.contacts[1204]
    numbers = sorted(chatwoot.state.of_contact[1204])
    phone, identifier = base.phone, mergee.identifier
    merged = ask.post("/actions/contact_merge", {"base_contact_id": 1201, "mergee_contact_id": 1204})
    assert (merged["phone_number"], merged["identifier"]) == (phone or mergee.phone, base.identifier or identifier)
    assert ask.refused("GET", "/contacts/1204")[0] == 404
    for number in numbers:
        assert ask.get(f"/conversations/{number}")["meta"]["sender"]["id"] == 1201
    moved = ask.get(f"/conversations/{numbers[0]}/messages?after=0")["payload"][0]
    assert moved["sender"]["id"] == 1201


def test_apps_show_their_setup_to_administrators_and_only_visible_settings(ask, agent):
    dialogflow = next(one for one in ask.get("/integrations/apps")["payload"] if one["id"] == "dialogflow")
    assert dialogflow["hooks"][0]["settings"] == {"project_id": "zuiderlicht-1", "region": "global"}
    seen = next(one for one in agent.get("/integrations/apps")["payload"] if one["id"] == "dialogflow")
    assert "settings_json_schema" not in seen
    assert "settings" not in seen["hooks"][0]


def test_a_hook_must_fit_its_app_and_be_the_only_one(ask):
    wrong = ask.refused("POST", "/integrations/hooks", {"app_id": "openai", "settings": {"moon": 1}})
    assert wrong == (422, {"message": "Settings : Invalid settings data", "attributes": ["settings"]})
    made = ask.post("/integrations/hooks", {"app_id": "openai", "settings": {"api_key": "k"}})
    assert (made["status"], made["settings"]) == (True, {})
    again = ask.refused("POST", "/integrations/hooks", {"app_id": "openai", "settings": {"api_key": "k"}})
    assert again[1]["attributes"] == ["app_id"]
    assert ask.refused("PATCH", f"/integrations/hooks/{made['id']}", {"status": "disabled"})[1]["status"] is False
    ask.raw("DELETE", f"/integrations/hooks/{made['id']}")
    assert ask.refused("PATCH", f"/integrations/hooks/{made['id']}", {"status": "enabled"})[0] == 404


def test_the_help_center_counts_what_is_written_into_it(ask):
    category = ask.post("/portals/hulp/categories", {"name": "Ruil", "slug": "ruil", "locale": "en"})["payload"]
    body = {"title": "Swap it!", "author_id": 11, "category_id": category["id"]}
    article = ask.post("/portals/hulp/articles", body)["payload"]
    assert (article["status"], article["position"], article["category"]["slug"]) == ("draft", 10, "ruil")
    assert article["slug"].endswith("-swap-it")
    (portal,) = ask.get("/portals")["payload"]
    english = portal["config"]["allowed_locales"][1]
    assert english == {"code": "en", "articles_count": 1, "categories_count": 1, "draft": False}
    assert portal["meta"]["categories_count"] == 2


def test_the_help_center_refuses_unknown_languages_authors_and_portals(ask):
    wrong = ask.refused("POST", "/portals/hulp/categories", {"name": "a", "slug": "a", "locale": "xx"})
    assert wrong[1]["attributes"] == ["locale"]
    assert ask.refused("POST", "/portals/hulp/articles", {"title": "a"})[1]["attributes"] == ["author"]
    assert ask.refused("POST", "/portals/nope/articles", {"title": "a"})[0] == 404
    assert ask.refused("PATCH", "/portals/nope", {"name": "a"}) == CRASHED
    assert ask.refused("POST", "/portals", {"name": "a", "slug": "hulp"})[1]["attributes"] == ["slug"]

"""Outside the account: the platform API behind its own token, and the client API without any."""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask
from sandbox.chatwoot.clock import DAY
from sandbox.chatwoot.open_routes import PLATFORM, PUBLIC

PLATFORM_API = "//platform/api/v1"
NOT_FOUND = (404, {"status": 404, "error": "Not Found"})
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
KEYS = (
    *("name", "email", "password", "status", "features", "limits", "custom_attributes", "role", "user_id", "content"),
    *("account_id", "source_id", "identifier", "identifier_hash", "phone_number", "submitted_values", "attachments"),
)


@pytest.fixture
def chatwoot():
    return Chatwoot(tickets=60)


@pytest.fixture
def app(chatwoot):
    return Ask(chatwoot, chatwoot.platform_token())


@pytest.fixture
def visitor(chatwoot):
    return Ask(chatwoot, None)


@pytest.fixture
def inbox(chatwoot):
    return "//public/api/v1/inboxes/" + chatwoot.state.inboxes[22].shown["inbox_identifier"]


def test_every_other_token_is_refused_by_the_platform_in_the_same_words(chatwoot):
    for token in (None, "wrong", chatwoot.token_for(0), chatwoot.bot_token()):
        refused = Ask(chatwoot, token).refused("GET", f"{PLATFORM_API}/agent_bots")
        assert refused == (401, {"error": "Invalid access_token"})


def test_the_platform_token_is_no_token_of_the_account(app):
    assert app.refused("GET", "/labels") == (401, {"error": "Invalid Access Token"})


def test_a_platform_app_reaches_only_what_it_made(app):
    assert app.refused("GET", f"{PLATFORM_API}/accounts/3") == (401, {"error": "Non permissible resource"})
    assert app.refused("GET", f"{PLATFORM_API}/users/11")[0] == 401
    assert app.refused("GET", f"{PLATFORM_API}/accounts/999") == NOT_FOUND


def test_an_account_its_user_and_the_membership_are_made_changed_and_deleted(app):
    account = app.post(f"{PLATFORM_API}/accounts", {"name": "Nieuw", "features": {"labels": True, "macros": False}})
    assert account["features"] == {"labels": True}
    body = {"name": "Piet", "email": "Piet@n.example", "password": "Geheim1!"}
    user = app.post(f"{PLATFORM_API}/users", body)
    assert (user["email"], user["accounts"]) == ("piet@n.example", [])
    assert app.post(f"{PLATFORM_API}/users", body) == user
    members = f"{PLATFORM_API}/accounts/{account['id']}/account_users"
    member = app.post(members, {"user_id": user["id"], "role": "administrator"})
    assert app.post(members, {"user_id": user["id"], "role": "agent"})["id"] == member["id"]
    assert app.get(f"{PLATFORM_API}/users/{user['id']}")["accounts"][0]["role"] == "agent"
    app.raw("DELETE", members, {"user_id": user["id"]})
    assert app.get(members) == []
    app.raw("DELETE", f"{PLATFORM_API}/accounts/{account['id']}")
    assert app.refused("GET", f"{PLATFORM_API}/accounts/{account['id']}") == NOT_FOUND


def test_a_users_custom_attributes_are_merged_and_a_login_address_is_new_every_time(app):
    path = f"{PLATFORM_API}/users/31"
    app.refused("PATCH", path, {"custom_attributes": {"a": 1}})
    assert app.refused("PATCH", path, {"custom_attributes": {"b": 2}})[1]["custom_attributes"] == {"a": 1, "b": 2}
    assert app.get(f"{path}/login") != app.get(f"{path}/login")


def test_platform_bots_are_kept(app):
    made = app.post(f"{PLATFORM_API}/agent_bots", {"name": "Gids"})
    app.refused("PATCH", f"{PLATFORM_API}/agent_bots/{made['id']}", {"description": "Wijst de weg"})
    assert app.get(f"{PLATFORM_API}/agent_bots/{made['id']}")["description"] == "Wijst de weg"
    app.raw("DELETE", f"{PLATFORM_API}/agent_bots/{made['id']}")
    assert [one["id"] for one in app.get(f"{PLATFORM_API}/agent_bots")] == [9]


def test_only_an_api_inbox_has_an_identifier(visitor, inbox):
    assert visitor.get(inbox)["name"] == "ERP <koppeling>"
    assert visitor.refused("GET", "//public/api/v1/inboxes/nope") == NOT_FOUND
    assert visitor.refused("GET", f"{inbox}/contacts/nope") == NOT_FOUND


def test_a_customer_writes_and_an_agent_reads_and_answers(chatwoot, visitor, inbox):
    ask = Ask(chatwoot, chatwoot.token_for(0))
    contact = visitor.post(f"{inbox}/contacts", {"name": "Ada", "email": "ada@a.example", "source_id": "web-1"})
    assert (contact["source_id"], set(contact)) == (
        "web-1",
        {"source_id", "pubsub_token", "id", "name", "email", "phone_number"},
    )
    talks = f"{inbox}/contacts/web-1/conversations"
    talk = visitor.post(talks, {"custom_attributes": {"order_id": "ZL-1"}, "status": "resolved"})
    assert (talk["status"], talk["messages"], talk["contact"]["contact_type"]) == ("open", [], "lead")
    said = visitor.post(f"{talks}/{talk['id']}/messages", {"content": "Waar blijft het?"})
    assert (said["message_type"], said["sender"]["type"]) == (0, "contact")
    shown = ask.get(f"/conversations/{talk['id']}")
    assert shown["messages"][0]["content"] == "Waar blijft het?"
    assert shown["custom_attributes"] == {"order_id": "ZL-1"}
    ask.post(f"/conversations/{talk['id']}/messages", {"content": "Onder ons", "private": True})
    ask.post(f"/conversations/{talk['id']}/messages", {"content": "Morgen"})
    heard = visitor.get(f"{talks}/{talk['id']}/messages")
    assert [one["content"] for one in heard] == ["Waar blijft het?", "Morgen"]


def test_a_known_address_gives_the_known_contact_a_new_identity(chatwoot, visitor, inbox):
    known = next(one for one in chatwoot.state.contacts.values() if one.email)
    made = visitor.post(f"{inbox}/contacts", {"email": known.email, "name": "Een ander"})
    assert (made["id"], made["name"]) == (known.id, known.name)
    assert visitor.get(f"{inbox}/contacts/{made['source_id']}") == made


def test_a_right_hash_verifies_and_a_wrong_one_crashes(chatwoot, visitor, inbox):
    visitor.post(f"{inbox}/contacts", {"name": "Ada", "source_id": "web-2"})
    secret = chatwoot.state.inboxes[22].secret["hmac_token"]
    right = hmac.new(secret.encode(), b"ada", sha256).hexdigest()
    path = f"{inbox}/contacts/web-2"
    assert visitor.refused("PATCH", path, {"identifier": "ada", "identifier_hash": "wrong"})[0] == 500
    assert visitor.refused("PATCH", path, {"identifier": "ada", "identifier_hash": right, "name": "Ada L."})[0] == 200
    source = chatwoot.state.source_of("web-2", 22)
    assert source.hmac_verified
    assert chatwoot.state.contacts[source.contact_id].name == "Ada L."


def test_a_client_resolves_but_never_opens_and_says_what_it_saw(chatwoot, visitor, inbox):
    visitor.post(f"{inbox}/contacts", {"name": "Ada", "source_id": "web-3"})
    talks = f"{inbox}/contacts/web-3/conversations"
    talk = f"{talks}/{visitor.post(talks, {})['id']}"
    assert [visitor.post(f"{talk}/toggle_status", {})["status"] for _ in range(2)] == ["resolved", "resolved"]
    assert visitor.raw("POST", f"{talk}/toggle_typing", {"typing_status": "on"}).status == 200
    assert visitor.raw("POST", f"{talk}/update_last_seen").status == 200
    assert visitor.get(talk)["contact_last_seen_at"] > 0
    said = visitor.post(f"{talk}/messages", {"content": "x"})
    values = [{"name": "rating", "value": 5}]
    status, changed = visitor.refused("PATCH", f"{talk}/messages/{said['id']}", {"submitted_values": values})
    assert (status, changed["content_attributes"]) == (200, {"submitted_values": values})
    assert visitor.get(talk)["status"] == "open"


def test_a_client_sends_a_file(visitor, inbox):
    visitor.post(f"{inbox}/contacts", {"name": "Ada", "source_id": "web-5"})
    talks = f"{inbox}/contacts/web-5/conversations"
    talk = f"{talks}/{visitor.post(talks, {})['id']}"
    head = b'--b\r\nContent-Disposition: form-data; name="attachments[]"; filename="bon.txt"'
    form = (("content-type", "multipart/form-data; boundary=b"),)
    assert visitor.raw("POST", f"{talk}/messages", head + b"\r\n\r\nbon 7\r\n--b--\r\n", form).status == 200
    (said,) = visitor.get(f"{talk}/messages")
    assert (said["attachments"][0]["file_type"], said["attachments"][0]["file_size"]) == ("file", 5)
    assert visitor.refused("POST", f"{talk}/messages", {"attachments": ["signed"]})[0] == 500


def test_a_survey_can_be_answered_for_two_weeks(chatwoot, visitor, inbox):
    visitor.post(f"{inbox}/contacts", {"name": "Ada", "source_id": "web-6"})
    talks = f"{inbox}/contacts/web-6/conversations"
    talk = f"{talks}/{visitor.post(talks, {})['id']}"
    said = visitor.post(f"{talk}/messages", {"content": "x"})
    conversation = chatwoot.state.conversations[said["conversation_id"]]
    conversation.messages[0].content_type = "input_csat"
    answer = {"submitted_values": {"csat_survey_response": {"rating": 4}}}
    assert visitor.refused("PATCH", f"{talk}/messages/{said['id']}", answer)[0] == 200
    conversation.messages[0].created -= 15 * DAY
    late = visitor.refused("PATCH", f"{talk}/messages/{said['id']}", answer)
    assert late == (422, {"error": "You cannot update the CSAT survey after 14 days"})


def test_a_client_does_not_reach_anothers_conversation(chatwoot, visitor, inbox):
    other = next(one for one in chatwoot.state.conversations.values() if one.inbox_id == 22)
    visitor.post(f"{inbox}/contacts", {"name": "Ada", "source_id": "web-4"})
    path = f"{inbox}/contacts/web-4/conversations/{other.id}"
    assert visitor.refused("GET", path) == NOT_FOUND
    assert visitor.refused("GET", f"{path}/messages") == NOT_FOUND


def test_the_survey_page_is_html_for_any_conversation(visitor):
    page = visitor.raw("GET", "//survey/responses/5b5a9a5e")
    assert page.status == 200
    assert dict(page.headers)["content-type"].startswith("text/html")


CHATWOOT = Chatwoot(tickets=30, rate_limit=10**9)
BASES = {
    "//platform/api/v1": (PLATFORM, CHATWOOT.platform_token()),
    "//public/api/v1/inboxes/" + CHATWOOT.state.inboxes[22].shown["inbox_identifier"]: (PUBLIC, None),
}
CALLS = [
    (token, methods.split()[0], base + path)
    for base, (table, token) in BASES.items()
    for methods, path, _ in table
    if methods != "GET"
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CALLS), st.sampled_from(["6", "31", "9", "x"]), st.dictionaries(st.sampled_from(KEYS), ODD))
def test_every_operation_outside_answers_every_body(call, number, body):
    CHATWOOT.reset()
    token, method, path = call
    talk = next(one for one in CHATWOOT.state.conversations.values() if one.inbox_id == 22)
    if token is None:
        number = str(talk.id)
    path = path.replace("{id}", number).replace("{source}", talk.source.source_id)
    path = path.replace("{message_id}", str(talk.messages[0].id))
    assert Ask(CHATWOOT, token).raw(method, path, body).status in (200, 401, 404, 422, 500)
    assert Ask(CHATWOOT, CHATWOOT.token_for(0)).raw("GET", "/conversations?status=all").status == 200

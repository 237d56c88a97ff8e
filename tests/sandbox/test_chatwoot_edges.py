"""Who is let in, how the simulated Chatwoot refuses, throttles, churns and starts over."""

from hashlib import sha256

import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import PREFIX, Ask
from sandbox.http import Request

SIGN_IN = {"errors": ["You need to sign in or sign up before continuing."]}
INVALID = {"error": "Invalid Access Token"}
NO_ACCOUNT = {"error": "You are not authorized to access this account"}
NO_ACTION = {"error": "You are not authorized to do this action"}
NOT_FOUND = {"error": "Resource could not be found"}


@pytest.fixture(scope="module")
def chatwoot():
    return Chatwoot(tickets=80)


@pytest.fixture
def fresh():
    return Chatwoot(tickets=80)


def account(chatwoot, token, number):
    return Ask(chatwoot, token).refused("GET", f"//api/v1/accounts/{number}/labels")


def test_the_401s_differ_by_their_body_alone(chatwoot):
    admin = chatwoot.token_for(0)
    assert account(chatwoot, None, 3) == (401, SIGN_IN)
    assert account(chatwoot, "", 3) == (401, SIGN_IN)
    assert account(chatwoot, "wrong", 3) == (401, INVALID)
    assert account(chatwoot, chatwoot.stranger_token(), 3) == (401, NO_ACCOUNT)
    assert account(chatwoot, admin, 4) == (401, NO_ACCOUNT)
    assert account(chatwoot, admin, 5) == (401, {"error": "Account is suspended"})
    assert account(chatwoot, admin, 77) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/webhooks"),
        ("GET", "/labels/61"),
        ("POST", "/labels"),
        ("POST", "/teams"),
        ("DELETE", "/contacts/1201"),
        ("DELETE", "/conversations/1"),
        ("POST", "/agents"),
    ],
)
def test_an_agent_may_not_do_what_administrators_do(chatwoot, method, path):
    agent = Ask(chatwoot, chatwoot.agent_token())
    assert agent.refused(method, path, {"title": "x"} if method == "POST" else None) == (401, NO_ACTION)


def test_an_agent_may_list_labels_but_not_see_foreign_conversations(chatwoot):
    agent = Ask(chatwoot, chatwoot.agent_token())
    foreign = next(
        one for one in chatwoot.state.conversations.values() if one.inbox_id == 23 and one.team_id in (None, 5, 6)
    )
    assert agent.get("/labels")["payload"]
    assert agent.refused("GET", f"/conversations/{foreign.id}") == (401, NO_ACTION)


def test_a_conversation_of_the_agents_team_can_be_shown_though_it_is_not_listed(fresh):
    agent = Ask(fresh, fresh.agent_token())
    mail = next(one for one in fresh.state.conversations.values() if one.inbox_id == 23)
    Ask(fresh, fresh.token_for(0)).post(f"/conversations/{mail.id}/assignments", {"team_id": 4})
    assert agent.get(f"/conversations/{mail.id}")["meta"]["team"]["is_member"] is True
    listed = agent.get("/conversations?status=all&updated_within=99999999")["data"]["payload"]
    assert mail.id not in {one["id"] for one in listed}


def test_a_bot_is_let_in_to_a_few_operations(fresh):
    bot = Ask(fresh, fresh.bot_token())
    one = next(iter(fresh.state.conversations))
    assert bot.refused("GET", "/conversations")[1] == {"error": "Access to this endpoint is not authorized for bots"}
    assert bot.get(f"/conversations/{one}")["id"] == one
    assert bot.post(f"/conversations/{one}/messages", {"content": "bliep"})["sender"]["type"] == "agent_bot"


def spelled(chatwoot, *headers):
    request = Request("GET", PREFIX + "/labels", (("Accept", "application/json"), *headers))
    return chatwoot.handle(request).status


def test_both_spellings_of_the_header_work_and_hyphens_win(chatwoot):
    good = chatwoot.token_for(0)
    assert spelled(chatwoot, ("api_access_token", good)) == 200
    assert spelled(chatwoot, ("Api-Access-Token", good)) == 200
    assert spelled(chatwoot, ("api_access_token", "bad"), ("api-access-token", good)) == 200
    assert spelled(chatwoot, ("api_access_token", good), ("API-ACCESS-TOKEN", "bad")) == 401


def test_every_numbered_token_is_valid_distinct_and_stamped_on_the_answer(chatwoot):
    tokens = [chatwoot.token_for(number) for number in (0, 1, 42, 9999)]
    assert len(set(tokens)) == 4
    for token in tokens:
        response = Ask(chatwoot, token).raw("GET", "/labels")
        assert response.status == 200
        assert dict(response.headers)["x-sandbox-credential"] == sha256(token.encode()).hexdigest()[:12]
    with pytest.raises(ValueError, match="0 to 9999"):
        chatwoot.token_for(10_000)


def test_refusals_are_stamped_too(chatwoot):
    response = Ask(chatwoot, "wrong").raw("GET", "/labels")
    assert dict(response.headers)["x-sandbox-credential"] == sha256(b"wrong").hexdigest()[:12]


def test_credentials_link_the_account(chatwoot):
    assert chatwoot.credentials() == {"token": chatwoot.token_for(0), "connection": {"account_id": 3}}


@pytest.mark.parametrize("path", ["/custom_roles", "/nothing", "/conversations/1/messages/2/3"])
def test_an_unknown_route_is_json_or_html_as_accepted(chatwoot, path):
    token = chatwoot.token_for(0)
    assert Ask(chatwoot, token).refused("GET", path) == (404, {"status": 404, "error": "Not Found"})
    page = Ask(chatwoot, token, accept="*/*").raw("GET", path)
    assert page.status == 404
    assert page.body.startswith(b"<!DOCTYPE html>")


def test_a_method_a_path_does_not_have_is_an_unknown_route(chatwoot):
    assert Ask(chatwoot, chatwoot.token_for(0)).refused("DELETE", "/inboxes")[0] == 404


@pytest.mark.parametrize("number", ["999999", "abc", "0"])
def test_an_unknown_record_is_404(chatwoot, number):
    ask = Ask(chatwoot, chatwoot.token_for(0))
    for path in (f"/conversations/{number}", f"/contacts/{number}", f"/teams/{number}", f"/labels/{number}"):
        assert ask.refused("GET", path) == (404, NOT_FOUND)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_is_a_400_page(chatwoot, body):
    ask = Ask(chatwoot, chatwoot.token_for(0))
    response = ask.raw("POST", "/labels", body, (("content-type", "application/json"),))
    assert (response.status, response.body) == (400, b'{"status":400,"error":"Bad Request"}')


def test_too_many_requests_answer_plain_text_and_no_hint(fresh):
    now = [0.0]
    chatwoot = Chatwoot(tickets=10, rate_limit=5, monotonic=lambda: now[0])
    ask, other = Ask(chatwoot, chatwoot.token_for(0)), Ask(chatwoot, chatwoot.token_for(1))
    assert [ask.raw("GET", "/labels").status for _ in range(5)] == [200] * 5
    refused = other.raw("GET", "//api")
    assert (refused.status, refused.body) == (429, b"Retry later\n")
    assert {name for name, _ in refused.headers} == {"content-type", "x-sandbox-credential"}
    assert dict(refused.headers)["content-type"] == "text/plain"
    now[0] = 60.0
    assert ask.raw("GET", "/labels").status == 200


def test_contact_searches_and_counts_have_throttles_of_their_own():
    chatwoot = Chatwoot(tickets=10, monotonic=lambda: 0.0)
    ask = Ask(chatwoot, chatwoot.token_for(0))
    assert [ask.raw("GET", "/contacts/search?q=a").status for _ in range(101)][99:] == [200, 429]
    assert [ask.raw("GET", "/conversations/meta").status for _ in range(31)][29:] == [200, 429]
    assert ask.raw("GET", "/contacts").status == 200


def test_a_reset_starts_the_throttles_anew():
    chatwoot = Chatwoot(tickets=10, rate_limit=1, monotonic=lambda: 0.0)
    ask = Ask(chatwoot, chatwoot.token_for(0))
    assert [ask.raw("GET", "/labels").status for _ in range(2)] == [200, 429]
    chatwoot.reset()
    assert ask.raw("GET", "/labels").status == 200


def everything(chatwoot):
    ask = Ask(chatwoot, "x")
    ask = Ask(chatwoot, chatwoot.token_for(0))
    paths = ["/conversations?status=all&updated_within=99999999", "/inboxes", "/agents", "/webhooks"]
    paths += [f"/contacts?page={page}" for page in range(1, 5)]
    paths += [f"/conversations/{number}/messages?after=0" for number in chatwoot.state.conversations]
    return b"".join(ask.raw("GET", path).body for path in paths)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    assert everything(Chatwoot(tickets=40, seed=3)) == everything(Chatwoot(tickets=40, seed=3))
    assert everything(Chatwoot(tickets=40, seed=3)) != everything(Chatwoot(tickets=40, seed=4))


def test_the_same_writes_after_a_reset_give_the_same_bytes(fresh):
    def played():
        changed = fresh.churn({"insert": 3, "close": 3, "bump": 3, "merge": 3})
        ask = Ask(fresh, fresh.token_for(0))
        ask.post("/conversations", {"inbox_id": 21, "contact_id": 1202, "message": {"content": "x"}})
        return changed, everything(fresh)

    untouched = everything(fresh)
    first = played()
    fresh.reset()
    assert everything(fresh) == untouched
    assert played() == first


def test_churn_inserts_on_top_closes_bumps_and_deletes(fresh):
    ask = Ask(fresh, fresh.token_for(0))
    before = {one.id: one.last_activity for one in fresh.state.conversations.values()}
    done = fresh.churn({"insert": 2, "close": 4, "bump": 3, "merge": 5})
    assert {name: len(ids) for name, ids in done.items()} == {"insert": 2, "close": 4, "bump": 3, "merge": 5}
    gone = set(done["merge"])
    assert not gone & set(fresh.state.conversations)
    assert min(done["insert"]) > max(before)
    for number in set(done["bump"]) - gone:
        assert fresh.state.conversations[number].last_activity > before.get(number, 0)
    for number in set(done["close"]) - gone - set(done["bump"]):
        assert ask.get(f"/conversations/{number}")["status"] == "resolved"


def test_an_insert_is_the_newest_ticket_with_one_incoming_message(fresh):
    (number,) = fresh.churn({"insert": 1})["insert"]
    newest = Ask(fresh, fresh.token_for(0)).get("/conversations?status=all")["data"]["payload"][0]
    assert newest["id"] == number
    assert (newest["messages"][0]["message_type"], newest["unread_count"]) == (0, 1)


def test_churn_asked_for_nothing_does_nothing(fresh):
    before = everything(fresh)
    assert fresh.churn({}) == {}
    assert everything(fresh) == before


def test_the_number_of_tickets_is_what_was_asked():
    for tickets in (1, 7, 500):
        state = Chatwoot(tickets=tickets).state
        assert len(state.conversations) == tickets
        assert len(state.contacts) == max(6, tickets * 3 // 5)

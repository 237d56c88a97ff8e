"""Who gets in, how often, and what those get who ask for what is not there."""

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.http import Request
from sandbox.trengo import Trengo
from sandbox.trengo.limits import Limiter


def ask(sandbox, path, token=None, method="GET", accept="application/json"):
    headers = [("Host", "box.example")]
    headers += [("Accept", accept)] if accept else []
    headers += [("Authorization", f"Bearer {sandbox.token_for(0) if token is None else token}")] if token != "" else []
    return sandbox.handle(Request(method, path, tuple(headers)))


def get(sandbox, path):
    answer = ask(sandbox, f"/api/v2/{path}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


@pytest.fixture(scope="module")
def sandbox():
    return Trengo(tickets=260, seed=2, rate_limit=1_000_000)


@pytest.mark.parametrize("token", [None, "", "wrong"])
@pytest.mark.parametrize("path", ["/api/v2/nope", "/api/v2/users/me", "/api/v2/attachments/1", "/", "/api/v1/tickets"])
def test_unknown_paths_are_the_web_app_with_a_token_or_without(sandbox, path, token):
    answer = ask(sandbox, path, token)
    assert (answer.status, dict(answer.headers)["content-type"]) == (200, "text/html; charset=UTF-8")
    assert b'<div id="app">' in answer.body


@pytest.mark.parametrize("token", ["", "wrong", "a.b.c", "e30.e30.e30", "..", "é", "eyJ.WzFd.x"])
def test_wrong_tokens_are_401_for_json_and_a_login_page_for_browsers(sandbox, token):
    answer = ask(sandbox, "/api/v2/tickets", token)
    assert (answer.status, json.loads(answer.body)) == (401, {"message": "Unauthenticated."})
    assert {"x-ratelimit-limit", "x-ratelimit-remaining"} <= dict(answer.headers).keys()
    browser = ask(sandbox, "/api/v2/tickets", token, accept="text/html")
    assert (browser.status, dict(browser.headers)["location"]) == (302, "http://box.example/login")


def test_a_token_of_another_seed_or_with_another_signature_is_refused(sandbox):
    good = sandbox.token_for(0)
    for token in (Trengo(tickets=1, seed=9).token_for(0), good[:-4] + "AAAA", good + "x"):
        assert ask(sandbox, "/api/v2/labels", token).status == 401


def test_missing_models_are_404_and_wrong_methods_405(sandbox):
    missing = ask(sandbox, "/api/v2/tickets/731999999")
    assert (missing.status, json.loads(missing.body)) == (
        404,
        {"message": "No query results for model [App\\Models\\Ticket] 731999999"},
    )
    for method, path, allow in (("PATCH", "tickets/1/close", "POST"), ("PATCH", "tickets/1/assign", "POST")):
        wrong = ask(sandbox, f"/api/v2/{path}", method=method)
        assert (wrong.status, dict(wrong.headers)["allow"]) == (405, allow)
    assert ask(sandbox, "/api/v2/tickets/messages", method="POST").status == 405


def test_tokens_look_like_passports_and_say_who(sandbox):
    header, payload, _ = sandbox.token_for(7).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "RS256"
    assert claims.keys() == {"aud", "jti", "iat", "nbf", "exp", "sub", "scopes", "agency_id"}
    me = get(sandbox, f"users/{claims['sub']}")
    assert (me["role"]["name"], me["agency_id"]) == ("administrator", claims["agency_id"])


def test_ten_thousand_tokens_are_accepted_and_told_apart(sandbox):
    marks = set()
    for number in (0, 1, 50, 9999):
        answer = ask(sandbox, "/api/v2/labels", sandbox.token_for(number))
        assert answer.status == 200
        marks.add(dict(answer.headers)["x-sandbox-credential"])
    assert len(marks) == 4
    with pytest.raises(ValueError, match="0 to 9999"):
        sandbox.token_for(10_000)


def test_the_limit_is_per_token_and_answers_429_with_the_wait():
    sandbox = Trengo(tickets=5, seed=1, rate_limit=3)
    seen = [dict(ask(sandbox, "/api/v2/labels").headers)["x-ratelimit-remaining"] for _ in range(3)]
    assert seen == ["2", "1", "0"]
    refused = ask(sandbox, "/api/v2/labels")
    headers = dict(refused.headers)
    assert (refused.status, json.loads(refused.body)) == (429, {"message": "Too Many Attempts."})
    assert 0 < int(headers["retry-after"]) <= 60
    assert int(headers["x-ratelimit-reset"]) > 1_700_000_000
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("3", "0")
    assert ask(sandbox, "/api/v2/labels", sandbox.token_for(1)).status == 200
    sandbox.reset()
    assert ask(sandbox, "/api/v2/labels").status == 200


def test_the_window_is_a_fixed_minute_from_the_first_request():
    now = [1000.0]
    limiter = Limiter(2, clock=lambda: now[0])
    assert [limiter.hit("t"), limiter.hit("t")] == [1, 0]
    now[0] += 59.4
    assert dict(limiter.hit("t").headers)["retry-after"] == "1"
    now[0] += 0.6
    assert limiter.hit("t") == 1


def test_every_answer_names_the_digest_of_the_credential_it_was_asked_with(sandbox):
    token = sandbox.token_for(3)
    wanted = hashlib.sha256(token.encode()).hexdigest()[:12]
    for path, method in (("tickets", "GET"), ("nope", "GET"), ("tickets/1", "GET"), ("labels", "PATCH")):
        assert dict(ask(sandbox, f"/api/v2/{path}", token, method).headers)["x-sandbox-credential"] == wanted
    assert "x-sandbox-credential" not in dict(ask(sandbox, "/api/v2/tickets", "").headers)


SMALL = Trengo(tickets=8, seed=1, rate_limit=10**9)
REAL = [str(max(table)) for table in (SMALL.store.tickets, SMALL.store.contacts, SMALL.store.labels, SMALL.store.users)]
COLLECTIONS = ["tickets", "contacts", "labels", "users", "teams", "profiles", "channels", "messages", "custom_fields"]
ACTS = ["assign", "close", "merge", "spam", "notes", "upload/messages/multipart", "media", "email_messages"]
ODD = [
    "%2F",
    "..",
    "0",
    "9" * 30,
    "²",
    "me",
    "%ff",
    "?page=2",
    "&term=%00",
    "?users[]=x",
    "?updated_at_gt=1",
    "?sort=date",
]
PIECES = st.sampled_from([*REAL * 3, *COLLECTIONS * 2, *ACTS, *ODD])
BODIES = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["message", "type", "user_id", "label_id", "identifier", "name", "note", "attachment_ids"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    st.lists(PIECES, max_size=6),
    BODIES,
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]),
)
def test_no_request_makes_the_simulator_fail(method, pieces, body, kind):
    headers = (
        ("Authorization", f"Bearer {SMALL.token_for(0)}"),
        ("Content-Type", kind),
        ("Accept", "application/json"),
    )
    SMALL.reset()
    answer = SMALL.handle(Request(method, "/api/v2/" + "/".join(pieces), headers, body))
    assert 200 <= answer.status < 500
    assert answer.status == 204 or answer.body

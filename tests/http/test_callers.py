"""Who may do what: every route, every scope, over HTTP."""

import pytest
from litestar.routes import ASGIRoute, HTTPRoute

from proxy.accounts.keys import SCOPES
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from unified.app import Server, litestar_app
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings


def declared_routes():
    """Every (method, path, scope) of the application, from the application itself."""
    settings = Settings(
        sealing_keys=(SealingKey.parse(new_key()),), database_url="sqlite+aiosqlite:///:memory:", docs=True
    )
    app = litestar_app(Server(settings, load_mappings(mappings_folder())))
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS"}:
                    yield method, route.path, handler.opt["scope"]
        elif isinstance(route, ASGIRoute):
            yield "GET", route.path + "/x", route.route_handler.opt["scope"]


ROUTES = sorted(set(declared_routes()), key=str)
CLOSED = [route for route in ROUTES if route[2] is not None]


def concrete(path):
    return (
        path.replace("{account_id:str}", "none")
        .replace("{record_id:str}", "1")
        .replace("{name:str}", "none")
        .replace("{method:str}", "list")
    )


@pytest.fixture(scope="module")
def own(own_server):
    """A server whose keys the test may make."""
    return own_server(docs="true", bounds_wrong_keys="100000")


@pytest.fixture(scope="module")
def keys(own):
    """One API key for each scope alone, made by the command line."""
    return {scope: own.key_with(scope) for scope in SCOPES}


@pytest.mark.parametrize(("method", "path", "scope"), CLOSED, ids=str)
def test_without_a_key_every_closed_route_is_401(demo, own, method, path, scope):
    for headers in ({}, {"Authorization": "Bearer il_wrong"}, {"Authorization": "Basic eDp5"}, {"Authorization": ""}):
        answer = demo.http.request(method, own.base_url + concrete(path), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path", "scope"), CLOSED, ids=str)
def test_a_key_without_the_scope_is_403_and_one_with_it_is_not(demo, own, keys, method, path, scope):
    for given, key in keys.items():
        answer = demo.http.request(method, own.base_url + concrete(path), headers={"Authorization": f"Bearer {key}"})
        refused = answer.status_code == 403 and answer.json()["code"] == "missing-scope"
        assert refused == (given != scope), (given, answer.text[:300])


def test_health_ready_and_docs_are_for_everyone_and_say_nothing_of_tenants(demo):
    for path in ("/health", "/ready", "/docs", "/openapi.json"):
        answer = demo.http.get(demo.base_url + path)
        assert answer.status_code == 200
        assert all(account.tenant_id not in answer.text for account in demo.accounts.values())


def test_metrics_need_the_scope_admin_and_name_no_tenant(demo):
    demo.accounts["trengo"].list("tickets")
    assert demo.http.get(demo.base_url + "/metrics").status_code == 401
    text = demo.operator("GET", "/metrics").text
    assert 'interline_answers_total{method="GET",route="/unified/ticketing/tickets",status="200"}' in text
    assert all(account.id not in text and account.tenant_id not in text for account in demo.accounts.values())


def test_an_unknown_route_and_a_wrong_method_are_problems(demo):
    missing = demo.operator("GET", "/no/such/route")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    wrong = demo.operator("PUT", "/health")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["allow"]


def test_query_and_header_that_name_different_accounts_are_refused(demo):
    one, other = demo.accounts["trengo"].id, demo.accounts["chatwoot"].id
    answer = demo.operator(
        "GET",
        "/unified/ticketing/tickets",
        params={"integrated_account_id": one},
        headers={"X-Integrated-Account-Id": other},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "ambiguous-account")
    nameless = demo.operator("GET", "/unified/ticketing/tickets")
    assert (nameless.status_code, nameless.json()["code"]) == (400, "account-required")


def test_every_answer_has_our_headers(account):
    for path in ("/unified/ticketing/tickets", "/unified/ticketing/tickets/0", "/unified/ticketing/nothing"):
        headers = account.get(path).headers
        assert headers["cache-control"] == "private, no-store"
        assert headers["vary"] == "Authorization, X-Integrated-Account-Id"
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 24
        assert headers["x-upstream-calls"].isdigit()
    timing = account.get("/unified/ticketing/tickets").headers["server-timing"]
    assert {"account", "open", "plan", "send", "decode", "translate", "filter", "complete", "seal"} <= {
        part.split(";")[0].strip() for part in timing.split(",")
    }
    budget = account.get("/unified/ticketing/tickets").headers
    assert budget["ratelimit-limit"] == "100000"
    assert int(budget["ratelimit-remaining"]) < 100000
    assert 0 <= int(budget["ratelimit-reset"]) <= 60


def test_a_refused_credential_is_424_and_at_the_second_no_call_is_made(demo, tokens):
    account = demo.accounts["trengo"]
    link = demo.link("trengo", tokens("trengo", 77), "revoked")
    query = {"integrated_account_id": link}
    account.sandbox.faults({"match": {}, "do": "status", "status": 401, "body": {"message": "Unauthenticated."}})
    for _ in range(2):
        answer = demo.operator("GET", "/unified/ticketing/tickets", params=query)
        assert (answer.status_code, answer.json()["code"]) == (424, "reauth-required")
    assert demo.operator("GET", f"/integrated-account/{link}").json()["result"]["status"] == "needs_reauth"
    account.sandbox.faults()
    account.sandbox.clear_log()
    for path in ("/unified/ticketing/tickets", "/proxy/tickets"):
        answer = demo.operator("GET", path, params=query)
        assert (answer.status_code, answer.json()["code"]) == (424, "reauth-required")
    assert account.sandbox.log() == []


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("GET /health HTTP/1.1\r\nHost: x\r\nX_Under: 1\r\n", "invalid-request"),
        ("GET /health HTTP/1.1\r\nHost: a b\r\n", "invalid-request"),
        ("GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n", "invalid-request"),
        ("GET /health HTTP/1.1\r\n", "invalid-request"),
        ("GET /" + "a" * 3000 + " HTTP/1.1\r\nHost: x\r\n", "head-too-large"),
        ("GET /health?" + "a" * 9000 + " HTTP/1.1\r\nHost: x\r\n", "head-too-large"),
        ("GET /health HTTP/1.1\r\nHost: x\r\nX-Big: " + "a" * 33000 + "\r\n", "head-too-large"),
        ("GET /health HTTP/1.1\r\nHost: x\r\n" + "".join(f"X-{n}: 1\r\n" for n in range(101)), "head-too-large"),
        ("POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n", "invalid-request"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else value,
)
def test_a_head_that_two_readers_could_read_differently_is_refused(demo, raw, head, code):
    status, answer = raw(demo.base_url, (head + "Connection: close\r\n\r\n").encode("latin-1"))
    assert 400 <= status < 500
    if b"problem+json" in answer:
        assert f'"code":"{code}"'.encode() in answer


def test_a_blocked_account_makes_no_call_until_it_is_unblocked(demo, tokens):
    account = demo.accounts["trengo"]
    link = demo.link("trengo", tokens("trengo", 88), "blocked")
    for status, expected in (("blocked", 403), ("active", 200)):
        assert demo.operator("PATCH", f"/integrated-account/{link}", json={"status": status}).status_code == 200
        account.sandbox.clear_log()
        for path in ("/unified/ticketing/tickets", "/proxy/tickets"):
            answer = demo.operator("GET", path, params={"integrated_account_id": link})
            assert answer.status_code == expected, answer.text
            assert expected == 200 or answer.json()["code"] == "account-blocked"
        assert bool(account.sandbox.log()) == (expected == 200)


def test_a_caller_that_prefers_not_to_wait_is_told_at_once(demo, tokens):
    account = demo.accounts["trengo"]
    link = demo.link("trengo", tokens("trengo", 89), "impatient")
    account.sandbox.faults({"match": {}, "do": "status", "status": 429, "headers": {"retry-after": "9"}, "times": 1})
    account.sandbox.clear_log()
    for path in ("/unified/ticketing/tickets", "/unified/ticketing/tickets", "/proxy/tickets"):
        query = {"integrated_account_id": link}
        answer = demo.operator("GET", path, params=query, headers={"Prefer": "wait=0"})
        assert answer.status_code == 429
        assert answer.json()["code"] == "rate-limited"
        assert 1 <= int(answer.headers["retry-after"]) <= 9
    assert len(account.sandbox.log()) == 1

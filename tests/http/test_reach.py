"""Who reaches which account: every operation, generated from the routes, for every kind of key and every kind of id.

A new route fails here until it is told apart: one of ``NO_ACCOUNT``, or one that names its account as the others do.
"""

import re
from uuid import uuid4

import pytest
from litestar.routes import ASGIRoute, HTTPRoute

from proxy.accounts.keys import SCOPES
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from tests.http.test_callers import concrete
from unified.app import Server, litestar_app
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

NO_ACCOUNT = {"/integrated-account", "/integration", "/integration/{name:str}", "/metrics"}
"""Routes that name no account; the list of accounts is narrowed by the key's tenants."""
FOR_TOKENS = re.compile(r"/(?:unified|proxy)/|/integrated-account/(?:me|\{account_id:str\}/capabilities)\Z")
"""All that account tokens are for."""
BODIES = {("PATCH", "/integrated-account/{account_id:str}"): {"label": "theirs"}}
TOKEN = "/integrated-account/token"
BY_BODY = {TOKEN, "/link-token"}
"""Routes whose body names the account."""
WRITING = {"POST", "PATCH", "PUT", "DELETE"}


def operations():
    """Every closed (method, path, scope, account tokens) of the application."""
    key = SealingKey.parse(new_key())
    settings = Settings(sealing_keys=(key,), database_url="sqlite+aiosqlite:///:memory:", docs=True)
    app = litestar_app(Server(settings, load_mappings(mappings_folder())))
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    yield method, route.path, handler.opt["scope"], handler.opt.get("account_token", True)
        elif isinstance(route, ASGIRoute):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                yield method, route.path + "/tickets", route.route_handler.opt["scope"], True


CLOSED = sorted({one for one in operations() if one[2] is not None}, key=str)
NAMING = [one for one in CLOSED if one[1] not in NO_ACCOUNT]


def request_for(method, path, account_id):
    """How a caller asks: the account in the path, in the body of a token's making, or in the query."""
    if path in BY_BODY:
        return concrete(path), {"json": {"integrated_account_id": account_id}}
    body = {"json": BODIES.get((method, path), {})} if method in WRITING - {"DELETE"} else {}
    if "{account_id:str}" in path:
        return concrete(path.replace("{account_id:str}", account_id)), body
    assert path.startswith(("/unified/", "/proxy/")) or path == "/integrated-account/me", f"tell {path} apart above"
    return concrete(path), {**body, "params": {"integrated_account_id": account_id}}


@pytest.fixture(scope="module")
def own(own_server):
    return own_server(bounds_wrong_keys="100000")


@pytest.fixture(scope="module")
def ask(running, own):
    def ask(key, method, path, **options):
        return running.http.request(method, own.base_url + path, headers={"Authorization": f"Bearer {key}"}, **options)

    return ask


@pytest.fixture(scope="module")
def keys(own):
    """A key of each tenant, and one for every tenant."""
    scopes = [part for one in SCOPES for part in ("--scope", one)]
    limited = {name: own.command("keys", "new", "--name", name, *scopes, "--tenant", name) for name in ("a", "b")}
    return {**limited, "all": own.key_with(*SCOPES)}


@pytest.fixture(scope="module")
def link(running, ask, keys, tokens):
    """``link(tenant)``: a further account of that tenant."""
    numbers = iter(range(800, 900))

    def link(tenant):
        body = {
            "tenant_id": tenant,
            "integration": "trengo",
            "credentials": {"token": tokens("trengo", next(numbers))},
        }
        answer = ask(keys["all"], "POST", "/integrated-account", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]

    return link


@pytest.fixture(scope="module")
def world(running, ask, keys, link):
    """Tenant a's account, b's, one that is gone, one that never was; and an account token of a's."""
    ids = {"own": link("a"), "foreign": link("b"), "deleted": link("a"), "random": str(uuid4())}
    assert ask(keys["all"], "DELETE", f"/integrated-account/{ids['deleted']}").status_code == 200
    body = {"integrated_account_id": ids["own"], "scopes": ["read", "write", "proxy"]}
    token = ask(keys["a"], "POST", TOKEN, json=body).json()["result"]["token"]
    return ids, token


def seen(answer, account_id):
    """All that a caller can learn from an answer, but for what names the request itself."""
    changing = {"x-request-id", "server-timing", "date", "connection"}
    headers = {name: value for name, value in answer.headers.items() if name not in changing}
    body = re.sub(r'"request_id":"\w+"', "", answer.text).replace(account_id, "ID")
    return answer.status_code, body, tuple(sorted(headers.items()))


@pytest.mark.parametrize("operation", NAMING, ids=lambda one: f"{one[0]} {one[1]}")
def test_what_is_out_of_reach_answers_like_what_does_not_exist(running, ask, keys, world, operation):
    method, path, _, for_tokens = operation
    ids, token = world
    sandbox = running.accounts["trengo"].sandbox
    sandbox.clear_log()
    for key in (keys["a"], *([token] if for_tokens else [])):
        answers = {}
        for kind in ("foreign", "deleted", "random"):
            target, options = request_for(method, path, ids[kind])
            answers[kind] = seen(ask(key, method, target, **options), ids[kind])
        assert answers["foreign"][0] == 404, answers
        (status, body, headers), *others = answers.values()
        for other in others:
            assert (other[0], other[1], set(other[2]) ^ set(headers)) == (status, body, set())
    assert sandbox.log() == []
    # The other tenant's key reaches what this one does not.
    if method == "GET" and path == "/integrated-account/{account_id:str}":
        assert ask(keys["b"], "GET", f"/integrated-account/{ids['foreign']}").status_code == 200


@pytest.mark.parametrize("operation", NAMING, ids=lambda one: f"{one[0]} {one[1]}")
def test_ones_own_account_is_reached(ask, keys, link, world, operation):
    method, path, _, for_tokens = operation
    ids, token = world
    account_id = link("a") if method == "DELETE" and "{account_id:str}" in path else ids["own"]
    for key in (keys["a"], keys["all"], *([token] if for_tokens else [])):
        target, options = request_for(method, path, account_id)
        answer = ask(key, method, target, **options)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        assert "within reach" not in answer.text
        assert answer.status_code not in (401, 403), answer.text
        if "{account_id:str}" in path and method == "DELETE":
            return


@pytest.mark.parametrize("operation", CLOSED, ids=lambda one: f"{one[0]} {one[1]}")
def test_a_route_is_open_to_account_tokens_only_where_they_belong(ask, world, operation):
    method, path, _, for_tokens = operation
    assert for_tokens == bool(FOR_TOKENS.match(path)), "declare account_token in the route's opt"
    if not for_tokens:
        ids, token = world
        target, options = request_for(method, path, ids["own"]) if path not in NO_ACCOUNT else (concrete(path), {})
        answer = ask(token, method, target, **options)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing-scope")


@pytest.mark.parametrize("scope", ["read", "write", "proxy"])
def test_an_account_token_has_the_scopes_it_was_made_with_and_no_other(ask, keys, world, scope):
    ids, _ = world
    body = {"integrated_account_id": ids["own"], "scopes": [scope]}
    token = ask(keys["a"], "POST", TOKEN, json=body).json()["result"]["token"]
    for method, path, needed, for_tokens in CLOSED:
        if for_tokens:
            target, options = request_for(method, path, ids["own"])
            answer = ask(token, method, target, **options)
            refused = answer.status_code == 403 and answer.json().get("code") == "missing-scope"
            assert refused == (needed != scope), (method, path, answer.text[:200])


def test_a_key_of_one_tenant_lists_and_links_nothing_of_another(ask, keys, world):
    ids, _ = world
    listed = ask(keys["a"], "GET", "/integrated-account").json()["result"]
    assert ids["own"] in {one["id"] for one in listed}
    assert {one["tenant_id"] for one in listed} == {"a"}
    assert ask(keys["a"], "GET", "/integrated-account", params={"tenant_id": "b"}).json()["result"] == []
    body = {"tenant_id": "b", "integration": "trengo", "credentials": {"token": "x"}}
    answer = ask(keys["a"], "POST", "/integrated-account", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "tenant-not-allowed")

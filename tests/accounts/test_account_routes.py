"""The account routes over a real application: bodies, scopes, reach, answers."""

import io
import json
import logging

import httpx
import pytest
import structlog
from litestar import Litestar, Request, Response
from sqlalchemy import func, select

from proxy import log
from proxy.accounts.guard import PUBLIC, authenticate, caller_of
from proxy.accounts.mint import NewKey
from proxy.accounts.routes import account_routes
from proxy.accounts.verify import verify
from proxy.accounts.wrong_keys import WrongKeys
from proxy.database.tables import accounts as table
from proxy.errors import Problem

BODY = {
    "tenant_id": "t1",
    "integration": "desk",
    "context": {"account_id": 7},
    "credentials": {"token": "good"},
}


def _problem(request: Request, error: Problem) -> Response:
    body = error.body(request_id="r", instance=request.url.path)
    return Response(body, status_code=error.status, media_type="application/problem+json", headers=error.headers)


def _in_this_loop(app):
    """Litestar's own test client has a loop of its own, and a connection to PostgreSQL belongs to one loop."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def _desk(account, _method, _path):
    """The provider: takes tokens that begin with ``good``, and has the accounts 7 and 8."""
    if not account.credential["token"].reveal().startswith(("good", "canary")):
        return 401, {"error": "no"}
    return 200, {"name": "Ada's desk", "accounts": [{"id": 7}, {"id": 8}]}


@pytest.fixture
async def client(accounts, clock):
    app = Litestar(
        account_routes(accounts, lambda candidate: verify(candidate, _desk)),
        guards=[authenticate(accounts, WrongKeys(10, clock))],
        exception_handlers={Problem: _problem},
        openapi_config=None,
    )
    async with _in_this_loop(app) as client:
        yield client


@pytest.fixture
def bearer(accounts):
    async def bearer(*scopes, **more):
        minted = await accounts.keyring.mint.key(
            NewKey(name="x", scopes=scopes or ("read", "write", "proxy", "link"), **more), "key:cli"
        )
        return {"Authorization": f"Bearer {minted.key.reveal()}"}

    return bearer


@pytest.fixture
async def operator_key(bearer):
    return await bearer()


async def _link(client, key, **changes):
    return await client.post("/integrated-account", json=BODY | changes, headers=key)


async def _rows(engine):
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table))


def _paths(answer):
    return {error["path"] for error in answer.json()["errors"]}


async def test_linking_answers_the_account_without_its_credential(client, operator_key):
    answer = await _link(client, operator_key, credentials={"token": "good-secret-1"})
    assert answer.status_code == 201
    account = answer.json()["result"]
    assert set(account) == {
        "id",
        "tenant_id",
        "integration",
        "status",
        "label",
        "context",
        "last_error",
        "created_at",
        "updated_at",
    }
    assert (account["label"], account["status"], account["integration"]) == ("Ada's desk", "active", {"name": "desk"})
    assert account["context"] == {"base_url": "https://desk.example", "account_id": 7}
    found = await client.get(f"/integrated-account/{account['id']}", headers=operator_key)
    assert found.json() == {"result": account}
    assert "good-secret" not in answer.text + found.text


async def test_a_list_has_the_envelope_and_its_filters(client, operator_key):
    await _link(client, operator_key)
    await _link(client, operator_key, tenant_id="t2")
    answer = (await client.get("/integrated-account", headers=operator_key)).json()
    assert (answer["result_count"], answer["next_cursor"], answer["prev_cursor"]) == (2, None, None)
    for query, count in (
        ("tenant_id=t1", 1),
        ("tenant_id=t1&tenant_id=t2", 2),
        ("status=blocked", 0),
        ("integration=desk", 2),
        ("integration=desk&tenant_id=t3", 0),
    ):
        answer = (await client.get(f"/integrated-account?{query}", headers=operator_key)).json()
        assert len(answer["result"]) == answer["result_count"] == count, query


@pytest.mark.parametrize(("query", "code"), [("tenant=t1", "unknown-parameter"), ("status=old", "invalid-request")])
async def test_a_misspelt_filter_lists_nothing(client, operator_key, query, code):
    answer = await client.get(f"/integrated-account?{query}", headers=operator_key)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_wrong_credential_is_422_and_nothing_is_stored(client, operator_key, engine):
    for changes, path in (
        ({"credentials": {"token": "bad"}}, "credentials"),
        ({"context": {"account_id": 9}}, "context"),
    ):
        answer = await _link(client, operator_key, **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-credential")
        assert _paths(answer) == {path}
    assert await _rows(engine) == 0


@pytest.mark.parametrize(
    ("body", "code", "paths"),
    [
        (b"", "invalid-json", set()),
        (b"{", "invalid-json", set()),
        (b'{"tenant_id": "\xff"}', "invalid-json", set()),
        (b"[" * 100_000, "invalid-json", set()),
        (b'{"context":' * 100_000, "invalid-json", set()),
        (b"null", "invalid-request", {""}),
        (b"[]", "invalid-request", {""}),
        (b"NaN", "invalid-json", set()),
        (b'{"tenant_id": 5}', "invalid-request", {"tenant_id"}),
        (json.dumps(BODY | {"colour": 1}).encode(), "invalid-request", {"colour"}),
        (json.dumps(BODY | {"tenant_id": ""}).encode(), "invalid-request", {"tenant_id"}),
        (json.dumps(BODY | {"tenant_id": "a\nb"}).encode(), "invalid-request", {"tenant_id"}),
        (json.dumps(BODY | {"context": {"account_id": [1]}}).encode(), "invalid-request", {"context.account_id"}),
        (json.dumps(BODY | {"credentials": {"token": True}}).encode(), "invalid-request", {"credentials.token"}),
        (json.dumps(BODY | {"tenant_id": "t1\n"}).encode(), "invalid-request", {"tenant_id"}),
        (json.dumps(BODY | {"context": {"hue": 1}}).encode(), "invalid-request", {"context.hue", "context.account_id"}),
        (json.dumps(BODY | {"integration": "nobody"}).encode(), "invalid-request", {"integration"}),
        (json.dumps({"tenant_id": "t1"}).encode(), "invalid-request", {"integration"}),
    ],
    ids=lambda value: ascii(value[:30]) if isinstance(value, bytes) else "",
)
async def test_every_wrong_body_is_a_400_that_names_what_is_wrong(client, operator_key, engine, body, code, paths):
    headers = operator_key | {"Content-Type": "application/json"}
    answer = await client.post("/integrated-account", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert _paths(answer) == paths
    assert await _rows(engine) == 0


async def test_a_body_that_is_not_json_by_its_type_is_415(client, operator_key):
    headers = operator_key | {"Content-Type": "text/plain"}
    answer = await client.post("/integrated-account", content=json.dumps(BODY), headers=headers)
    assert answer.json()["code"] == "unsupported-media-type"


SCOPES = [
    ("POST", "/integrated-account", "link"),
    ("GET", "/integrated-account", "read"),
    ("GET", "/integrated-account/x", "read"),
    ("PATCH", "/integrated-account/x", "link"),
    ("DELETE", "/integrated-account/x", "link"),
    ("POST", "/integrated-account/token", "read"),
    ("GET", "/integrated-account/me", "read"),
    ("GET", "/integration", "read"),
    ("GET", "/integration/desk", "read"),
]


@pytest.mark.parametrize(("method", "path", "scope"), SCOPES)
async def test_a_route_asks_for_its_scope_before_anything_else(client, bearer, method, path, scope):
    assert (await client.request(method, path)).status_code == 401
    others = [one for one in ("read", "write", "proxy", "link", "events", "admin") if one != scope]
    answer = await client.request(method, path, headers=await bearer(*others))
    assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (403, "missing-scope", scope)
    answer = await client.request(method, path, headers=await bearer(scope))
    assert answer.status_code not in {401, 403, 500}


async def test_every_route_of_the_file_is_in_the_table_of_scopes(accounts):
    handlers = account_routes(accounts, lambda candidate: verify(candidate, _desk))
    declared = {(next(iter(one.http_methods)), one.opt["scope"], len(one.paths)) for one in handlers}
    assert len(handlers) == len(SCOPES)
    assert {(method, scope) for method, scope, _ in declared} == {(method, scope) for method, _, scope in SCOPES}


async def test_a_route_without_a_scope_is_closed_and_a_public_one_open(accounts, clock):
    from litestar import get

    @get("/closed")
    async def closed() -> str:
        return ""

    @get("/open", opt={"scope": PUBLIC})
    async def public() -> str:
        return "open"

    @get("/who", opt={"scope": "read"})
    async def who(request: Request) -> str:
        return caller_of(request).key_id

    app = Litestar(
        [closed, public, who],
        guards=[authenticate(accounts, WrongKeys(10, clock))],
        exception_handlers={Problem: _problem},
        openapi_config=None,
    )
    minted = await accounts.keyring.mint.key(NewKey(name="x", scopes=("read",)), "key:cli")
    headers = {"Authorization": f"Bearer {minted.key.reveal()}"}
    async with _in_this_loop(app) as client:
        assert (await client.get("/closed", headers=headers)).status_code == 500
        assert (await client.get("/open")).text == "open"
        assert (await client.get("/who", headers=headers)).text == minted.id


async def test_a_limited_key_reaches_its_tenants_only(client, bearer, operator_key):
    foreign = (await _link(client, operator_key, tenant_id="t2")).json()["result"]["id"]
    limited = await bearer("read", "link", tenant_ids=("t1",))
    answer = await _link(client, limited, tenant_id="t2")
    assert (answer.status_code, answer.json()["code"]) == (422, "tenant-not-allowed")
    assert (await _link(client, limited)).status_code == 201
    listed = (await client.get("/integrated-account", headers=limited)).json()["result"]
    assert {account["tenant_id"] for account in listed} == {"t1"}
    unknown = "11111111-2222-3333-4444-555555555555"
    for method, tail, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PATCH", "", {"label": "x"}),
        ("PATCH", "", {"credentials": {"token": "good"}}),
    ):
        answers = [
            await client.request(method, f"/integrated-account/{account_id}{tail}", json=body, headers=limited)
            for account_id in (foreign, unknown)
        ]
        assert answers[0].status_code == 404
        assert answers[0].text.replace(foreign, unknown) == answers[1].text
    for account_id in (foreign, unknown):
        answer = await client.post(
            "/integrated-account/token", json={"integrated_account_id": account_id}, headers=limited
        )
        assert answer.status_code == 404


async def test_a_deleted_account_is_gone(client, operator_key, engine):
    account_id = (await _link(client, operator_key)).json()["result"]["id"]
    answer = await client.delete(f"/integrated-account/{account_id}", headers=operator_key)
    assert (answer.status_code, answer.json()) == (200, {"result": {"id": account_id}})
    assert await _rows(engine) == 0
    assert (await client.delete(f"/integrated-account/{account_id}", headers=operator_key)).status_code == 404


async def _token(client, key, account_id, **body):
    return await client.post(
        "/integrated-account/token", json={"integrated_account_id": account_id} | body, headers=key
    )


async def test_an_account_token_sees_its_account_and_no_other_account_route(client, operator_key):
    own = (await _link(client, operator_key)).json()["result"]
    other = (await _link(client, operator_key)).json()["result"]
    made = (await _token(client, operator_key, own["id"])).json()["result"]
    assert made["scopes"] == ["read"]
    assert made["expires_at"] == "2027-01-15T08:15:00.000Z"
    token = {"Authorization": f"Bearer {made['token']}"}
    assert (await client.get("/integrated-account/me", headers=token)).json() == {"result": own}
    query = f"?integrated_account_id={other['id']}"
    assert (await client.get(f"/integrated-account/me{query}", headers=token)).status_code == 404
    named = token | {"X-Integrated-Account-Id": other["id"]}
    assert (await client.get("/integrated-account/me", headers=named)).status_code == 404
    for method, path in (
        ("GET", "/integrated-account"),
        ("GET", f"/integrated-account/{own['id']}"),
        ("POST", "/integrated-account/token"),
        ("GET", "/integration"),
    ):
        assert (await client.request(method, path, headers=token)).status_code == 403, path
    assert (await client.get("/integrated-account/me", headers=operator_key)).json()["code"] == "account-required"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scopes": ["read", "write", "proxy"], "expires_in": 1}, 201),
        ({"allowed_origins": ["https://app.example", "http://localhost:3000"]}, 201),
        ({"expires_in": 901}, 400),
        ({"expires_in": 0}, 400),
        ({"expires_in": None}, 400),
        ({"scopes": []}, 400),
        ({"scopes": ["link"]}, 400),
        ({"scopes": ["admin"]}, 400),
        ({"allowed_origins": ["*"]}, 400),
        ({"allowed_origins": ["https://app.example/path"]}, 400),
    ],
)
async def test_what_a_token_may_be_asked_for(client, operator_key, body, status):
    account_id = (await _link(client, operator_key)).json()["result"]["id"]
    assert (await _token(client, operator_key, account_id, **body)).status_code == status


async def test_a_token_cannot_exceed_the_key_that_mints_it(client, bearer, operator_key):
    account_id = (await _link(client, operator_key)).json()["result"]["id"]
    answer = await _token(client, await bearer("read"), account_id, scopes=["read", "write"])
    assert (answer.status_code, answer.json()["scope"]) == (403, "write")


async def test_a_label_changes_and_a_block_holds_without_the_provider(client, operator_key):
    account = (await _link(client, operator_key)).json()["result"]
    path = f"/integrated-account/{account['id']}"
    changed = (await client.patch(path, json={"label": "Mine", "status": "blocked"}, headers=operator_key)).json()
    assert (changed["result"]["label"], changed["result"]["status"]) == ("Mine", "blocked")
    for body in ({"status": "needs_reauth"}, {"tenant_id": "t2"}, {"label": ""}):
        assert (await client.patch(path, json=body, headers=operator_key)).status_code == 400


async def test_a_new_credential_of_the_same_provider_account_relinks(client, operator_key, accounts, operator):
    account = (await _link(client, operator_key)).json()["result"]
    for _ in range(2):
        await accounts.note_refusal(account["id"])
    path = f"/integrated-account/{account['id']}"
    assert (await client.get(path, headers=operator_key)).json()["result"]["status"] == "needs_reauth"
    answer = await client.patch(path, json={"credentials": {"token": "good-2"}}, headers=operator_key)
    assert answer.json()["result"]["status"] == "active"
    linked = await accounts.linked(operator, account["id"])
    assert linked.credential["token"].reveal() == "good-2"


async def test_another_provider_account_or_host_is_not_slipped_in(client, operator_key, accounts, operator):
    account = (await _link(client, operator_key)).json()["result"]
    path = f"/integrated-account/{account['id']}"
    for body in (
        {"context": {"account_id": 8}},
        {"context": {"account_id": 8}, "credentials": {"token": "good"}},
    ):
        answer = await client.patch(path, json=body, headers=operator_key)
        assert (answer.status_code, answer.json()["code"]) == (409, "different-account")
    answer = await client.patch(path, json={"context": {"base_url": "https://evil.example"}}, headers=operator_key)
    assert (answer.status_code, _paths(answer)) == (400, {"credentials"})
    answer = await client.patch(path, json={"credentials": {"token": "bad"}}, headers=operator_key)
    assert answer.status_code == 422
    linked = await accounts.linked(operator, account["id"])
    assert (linked.origin, linked.connection["account_id"]) == ("https://desk.example", 7)
    assert linked.credential["token"].reveal() == "good"


async def test_a_connection_field_that_names_no_host_changes_with_the_stored_credential(
    client, operator_key, accounts, operator
):
    account = (await _link(client, operator_key)).json()["result"]
    path = f"/integrated-account/{account['id']}"
    answer = await client.patch(path, json={"context": {"inbox_id": 3}}, headers=operator_key)
    assert answer.json()["result"]["context"] == account["context"] | {"inbox_id": 3}
    assert (await accounts.linked(operator, account["id"])).credential["token"].reveal() == "good"
    answer = await client.patch(path, json={"context": {"inbox_id": None}}, headers=operator_key)
    assert answer.json()["result"]["context"] == account["context"]


async def test_integrations_say_what_linking_takes(client, operator_key):
    listed = (await client.get("/integration", headers=operator_key)).json()
    assert listed["result_count"] == 1
    one = (await client.get("/integration/desk", headers=operator_key)).json()["result"]
    assert listed["result"] == [one]
    assert (one["name"], one["label"]) == ("desk", "Desk")
    assert {field["name"]: field["required"] for field in one["context"]} == {
        "base_url": False,
        "account_id": True,
        "inbox_id": False,
    }
    assert [field["name"] for field in one["credentials"]] == ["token"]
    assert (await client.get("/integration/none", headers=operator_key)).status_code == 404


async def test_a_planted_credential_is_in_no_answer_log_line_or_file(client, operator_key, stored, canary):
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    log.configure("debug", stream)
    answers = [
        await _link(client, operator_key, credentials={"token": canary}),
        await _link(client, operator_key, credentials={"token": canary, "pin": canary}),
        await _link(client, operator_key, credentials={"token": [canary]}),
        await _link(client, operator_key, credentials={"token": f"wrong-{canary}"}),
        await _link(client, operator_key, credentials=canary),
        await client.get("/integrated-account", headers=operator_key),
    ]
    account_id = answers[0].json()["result"]["id"]
    path = f"/integrated-account/{account_id}"
    answers.append(await client.patch(path, json={"credentials": {"token": f"bad {canary}"}}, headers=operator_key))
    answers.append(await client.delete(path, headers=operator_key))
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    assert [answer.status_code for answer in answers] == [201, 400, 400, 422, 400, 200, 422, 200]
    seen = "".join(answer.text + str(answer.headers) for answer in answers) + stream.getvalue()
    files = stored()
    assert account_id.encode() in files
    for form in (canary, canary[:12], canary[::-1], canary.encode().hex()):
        assert form not in seen
        assert form.encode() not in files

"""The scope of every route, by a table: a route that the table does not name, or names otherwise, fails here.

tests/http/test_callers.py shows that a declared scope is asked for, tests/http/test_reach.py that an account out of
reach is none; both take what the application declares. This is what it has to declare.
"""

import re
from itertools import product

import pytest

from proxy.accounts.keys import SCOPES
from tests.hostile.scene import scene
from tests.http.test_reach import CLOSED, NAMING, operations
from unified.schemas.resources import RESOURCES

ID = r"\{\w+:str\}"
WRITING = "POST|PUT|PATCH|DELETE"
RESOURCE = f"/unified/(?:{'|'.join(f'{one.model}/{one.name}' for one in RESOURCES)})"
TABLE = [
    ("GET", r"/health|/ready|/openapi\.json|/docs", None),
    ("GET", rf"/docs/{ID}", None),
    ("GET", "/metrics", "admin"),
    ("GET", rf"/connect-account(?:/{ID}(?:/confirm|/change|/cancel)?)?", None),
    ("POST", rf"/connect-account/{ID}(?:/confirm|/change|/cancel)?", None),
    ("GET", rf"/connect-account/files/{ID}", None),
    ("GET", rf"/integration(?:/{ID})?", "read"),
    ("GET", rf"/integrated-account(?:/me|/{ID}(?:/capabilities)?)?", "read"),
    ("POST", "/integrated-account/token", "read"),
    ("POST", "/integrated-account|/link-token", "link"),
    ("PATCH|DELETE", rf"/integrated-account/{ID}", "link"),
    ("GET", rf"{RESOURCE}(?:/{ID}|/meta/{ID}|/{ID}/download)?", "read"),
    ("POST", rf"{RESOURCE}/(?:{ID}/)?download", "read"),
    ("POST", rf"{RESOURCE}(?:/{ID}/merge)?", "write"),
    ("PATCH|DELETE", rf"{RESOURCE}/{ID}", "write"),
    (f"GET|{WRITING}", "/proxy/tickets", "proxy"),
]
ROUTES = sorted({(method, path, scope) for method, path, scope, _ in operations()}, key=str)


def rows(method, path):
    """The scopes that the table names for a route."""
    return {scope for verbs, paths, scope in TABLE if re.fullmatch(verbs, method) and re.fullmatch(paths, path)}


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES, ids=str)
def test_a_route_has_one_row_and_its_scope(method, path, scope):
    assert rows(method, path) == {scope}


@pytest.mark.parametrize("row", TABLE, ids=lambda one: f"{one[0]} {one[1]}")
def test_a_row_names_a_route_that_is_there(row):
    verbs, paths, _ = row
    assert any(re.fullmatch(verbs, method) and re.fullmatch(paths, path) for method, path, _ in ROUTES)


def test_the_table_tells_a_new_route():
    for method, path in product(
        ("GET", "POST"), ("/admin", "/unified/ticketing/invoices", "/proxy", "/link-token/{x:str}")
    ):
        assert rows(method, path) == set()


@pytest.fixture(scope="module")
def stage(running, tmp_path_factory):
    with scene(running, tmp_path_factory.mktemp("scopes"), bounds_wrong_keys="1000000") as made:
        yield made


@pytest.fixture(scope="module")
def limited(stage):
    """A key of tenant a alone, and one of a tenant that has no account."""
    scopes = [part for one in SCOPES for part in ("--scope", one)]
    return {
        name: stage.server.command("keys", "new", "--name", name, *scopes, "--tenant", name) for name in ("a", "none")
    }


FORMS = ("query", "header", "both")
KNOWN = "/unified/ticketing/tags/meta/list"
"""Looks the account up and calls no provider."""


def named(account_id, form):
    """How a request names its account."""
    query = {"params": {"integrated_account_id": account_id}} if form != "header" else {}
    return query | ({"headers": {"X-Integrated-Account-Id": account_id}} if form != "query" else {})


@pytest.mark.parametrize("form", FORMS)
def test_an_account_of_another_tenant_is_none_however_it_is_named(stage, limited, form):
    own, foreign = stage.link("a", "token-of-tenant-a-0123"), stage.link("b", "token-of-tenant-b-0123")
    stage.provider.clear()
    for method, path, _, _ in NAMING:
        if not path.startswith(("/unified/", "/proxy/")):
            continue
        target = re.sub(ID, "1", path)
        for account_id in (own, foreign):  # what a worker remembers of an account is for those alone who reach it
            assert stage.ask("GET", KNOWN, **named(account_id, form)).status_code == 200
        seen = [
            stage.ask(method, target, key=limited[key], **named(account_id, form))
            for key, account_id in (("a", foreign), ("none", own), ("none", foreign))
        ]
        assert {(one.status_code, one.json()["detail"]) for one in seen} == {(404, seen[0].json()["detail"])}, path
    assert stage.provider.got == []


def test_a_finished_write_is_replayed_to_nobody_but_its_owner(stage, limited):
    """One idempotency key, one path: another tenant's account, another account, another key of the same tenant."""
    accounts = {tenant: stage.link(tenant, f"token-of-writer-{tenant}-0123") for tenant in ("a", "b")}
    more = stage.link("a", "token-of-writer-more-0123")
    stage.provider.clear()

    def write(key, account_id, door):
        headers = {"Idempotency-Key": "same", "X-Integrated-Account-Id": account_id}
        path = {"unified": "/unified/ticketing/tags", "proxy": "/proxy/labels"}[door]
        return stage.ask("POST", path, key=key, headers=headers, json={"name": "n", "color": "#ffffff"})

    for door in ("unified", "proxy"):
        assert write(limited["a"], accounts["a"], door).status_code in (200, 201)
        assert write(limited["a"], accounts["a"], door).headers["idempotency-replayed"] == "true"
        for key, account_id in ((stage.key, accounts["a"]), (limited["a"], more), (stage.key, accounts["b"])):
            assert "idempotency-replayed" not in write(key, account_id, door).headers
        assert write(limited["none"], accounts["a"], door).status_code == 404
        assert write(limited["a"], accounts["b"], door).status_code == 404


def test_the_token_of_an_account_dies_with_it_and_reaches_no_other(stage):
    own, other = stage.link("a", "token-of-dying-0123456"), stage.link("a", "token-of-living-0123456")
    minted = stage.ask("POST", "/integrated-account/token", json={"integrated_account_id": own})
    token = minted.json()["result"]["token"]
    assert stage.ask("GET", "/unified/ticketing/tags", key=token).status_code == 200
    assert stage.ask("GET", "/unified/ticketing/tags", key=token, **named(other, "query")).status_code == 404
    assert stage.ask("DELETE", f"/integrated-account/{own}").status_code == 200
    stage.provider.clear()
    for method, path, _, for_tokens in CLOSED:
        if for_tokens:
            assert stage.ask(method, re.sub(ID, own, path), key=token).status_code == 401
    assert stage.provider.got == []

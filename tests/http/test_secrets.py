"""Canaries: no secret in a log at DEBUG, an answer, a metric, the database, whatever goes wrong meanwhile."""

import base64
import json
import sqlite3
from urllib.parse import quote

import pytest

FAULTS = [
    {"do": "status", "status": 500},
    {"do": "status", "status": 401, "body": {"message": "Unauthenticated."}},
    {"do": "status", "status": 422, "body": {"message": "no", "errors": {"x": ["bad"]}}},
    {"do": "html"},
    {"do": "truncate"},
    {"do": "drop_after_apply"},
    {"do": "stray_bytes"},
]


def forms(secret):
    """The ways a secret could be written down: as it is, encoded, reversed, and its first half."""
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        base64.b64encode(raw).decode().rstrip("="),
        raw.hex(),
        secret[::-1],
        secret[len(secret) // 4 : len(secret) // 4 + 24],
    }


@pytest.fixture(scope="module")
def day(running, own_server, tokens):
    """A day of a server at DEBUG in which everything goes wrong once; everything that it let out."""
    server = own_server(log_level="debug", docs="true")
    key = server.key_with("read", "write", "proxy", "link", "admin")
    http, out, secrets = running.http, [], {"api key": key}
    headers = {"Authorization": f"Bearer {key}"}
    paths = {"trengo": "tickets", "chatwoot": "api/v1/accounts/3/conversations"}
    for number, (name, account) in enumerate(running.accounts.items()):
        secrets[f"{name} token"] = token = tokens(name, 500 + number)
        context = {"base_url": account.sandbox.url, "account_id": 3} if name == "chatwoot" else {}
        body = {"tenant_id": "t", "integration": name, "context": context, "credentials": {"token": token}}
        wrong = {**body, "credentials": {"token": token, "tokn": token}}
        out.append(http.post(f"{server.base_url}/integrated-account", json=wrong, headers=headers).text)
        linked = http.post(f"{server.base_url}/integrated-account", json=body, headers=headers)
        out.append(linked.text)
        account_id = linked.json()["result"]["id"]
        minted = http.post(
            f"{server.base_url}/integrated-account/token", json={"integrated_account_id": account_id}, headers=headers
        )
        secrets[f"{name} account token"] = minted.json()["result"]["token"]
        for fault in [None, *FAULTS]:
            account.sandbox.faults(*([{"match": {}, "times": 4, **fault}] if fault else []))
            for path in ("/unified/ticketing/tickets", f"/proxy/{paths[name]}", f"/proxy/{token}"):
                query = {"integrated_account_id": account_id}
                answer = http.get(server.base_url + path, params=query, headers=headers)
                out.append(f"{answer.headers} {answer.text}".replace(f"/proxy/{token}", "/proxy/own-words"))
            http.patch(f"{server.base_url}/integrated-account/{account_id}", json=body["credentials"], headers=headers)
        account.sandbox.faults()
        out.append(http.get(f"{server.base_url}/integrated-account", headers=headers).text)
    pages = ("/metrics", "/openapi.json", "/health", "/ready", "/integration")
    out += [http.get(server.base_url + path, headers=headers).text for path in pages]
    out.append(server.command("accounts", "list"))
    out.append(server.command("keys", "list"))
    server.stop()
    return {"server": server, "out": out, "secrets": secrets}


def test_no_answer_holds_a_secret(day):
    for what, secret in day["secrets"].items():
        for text in day["out"]:
            found = [form for form in forms(secret) if form in text]
            if "account token" in what:
                continue  # given to the caller once, by the call that makes it
            assert found == [], (what, text[:300])


def test_no_log_line_holds_a_secret_or_a_body(day):
    log = day["server"].log.read_text()
    assert len(log.splitlines()) > 40
    for what, secret in day["secrets"].items():
        # The path of one request is the token itself: what a caller writes into a path is the caller's.
        lines = [line for line in log.splitlines() if f"/proxy/{secret}"[:40] not in line]
        assert [line for line in lines if any(form in line for form in forms(secret))] == [], what
    assert "Unauthenticated" not in log


def test_every_request_is_one_line_of_json_with_its_stages(day):
    lines = [json.loads(line) for line in day["server"].log.read_text().splitlines() if line.startswith("{")]
    requests = [line for line in lines if line.get("event") == "request"]
    reads = [line for line in requests if line["path"] == "/unified/ticketing/tickets" and line["status"] == 200]
    assert reads
    for line in reads:
        assert {"request_id", "method", "status", "duration_ms", "stages", "upstream_calls", "provider"} <= set(line)
        assert {"account", "open", "plan", "credentials", "budget", "send", "translate"} <= set(line["stages"])
        assert all(isinstance(value, int | float) for value in line["stages"].values())
    failed = [line for line in requests if line["status"] >= 400]
    assert all(line["code"] for line in failed)
    assert any(line["path"].startswith("/proxy/") for line in requests)
    assert len({line["request_id"] for line in requests}) == len(requests)


def test_the_database_holds_secrets_only_sealed_or_as_digests(day):
    for file in day["server"].folder.glob("own.sqlite3*"):
        raw = file.read_bytes()
        for what, secret in day["secrets"].items():
            assert secret.encode() not in raw, what
            assert secret.encode()[8:40] not in raw, what
    with sqlite3.connect(day["server"].folder / "own.sqlite3") as database:
        (sealed,) = database.execute("select credential from accounts limit 1").fetchone()
    database.close()
    assert sealed.startswith("v1:")

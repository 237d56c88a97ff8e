"""What depends on the provider's version: read at linking and relinking, and again once it is a day old."""

import sqlite3

import httpx
import pytest

OLD, NEW = "4.14.1", "4.14.2"


@pytest.fixture
def chatwoot(demo):
    return demo.accounts["chatwoot"]


def ask(demo, account_id, **query):
    """One page of tickets of an account; the answer and the lists of conversations that were called."""
    sandbox = demo.accounts["chatwoot"].sandbox
    sandbox.clear_log()
    answer = demo.operator(
        "GET", "/unified/ticketing/tickets", params={"integrated_account_id": account_id, "limit": 200, **query}
    )
    paths = [entry["target"].partition("?")[0].rpartition("/3")[2] for entry in sandbox.log()]
    return answer, [path for path in paths if path.startswith("/conversations")]


def linked_at(demo, version):
    """An account linked while the provider runs as that version."""
    demo.accounts["chatwoot"].sandbox.control("POST", "/version", {"version": version})
    return demo.link("chatwoot", demo.accounts["chatwoot"].sandbox.token)


def ids(answer):
    assert answer.status_code == 200, answer.text
    return sorted(one["id"] for one in answer.json()["result"])


def capability(demo, account_id):
    """How the account's tickets are filtered by contact, and the version that says so."""
    told = demo.operator("GET", f"/integrated-account/{account_id}/capabilities").json()["result"]
    tickets = next(one for one in told["unified"] if one["resource"] == "tickets")
    return told["integration"]["version"], tickets["filters"]["contact_id"]


def test_the_filter_by_contact_narrows_from_its_version_on_and_is_a_scan_below(demo, chatwoot):
    everything = chatwoot.walk("tickets", limit=200)
    contact = everything[3]["contact"]["id"]
    by_hand = sorted(one["id"] for one in everything if one["contact"]["id"] == contact)
    new, old = linked_at(demo, NEW), linked_at(demo, OLD)
    assert (capability(demo, new), capability(demo, old)) == ((NEW, "body"), (OLD, "scan"))
    scanned, calls = ask(demo, old, contact_id=contact)
    assert set(calls) == {"/conversations"}
    assert set(ids(scanned)) <= set(by_hand)
    chatwoot.sandbox.control("POST", "/version", {"version": NEW})
    narrowed, calls = ask(demo, new, contact_id=contact)
    assert calls == ["/conversations/filter"]
    assert ids(narrowed) == by_hand


def test_a_set_of_contacts_narrows_together_with_other_filters(demo, chatwoot):
    everything = chatwoot.walk("tickets", limit=200)
    contacts = sorted({one["contact"]["id"] for one in everything})[:40]
    wanted = [one for one in everything if one["contact"]["id"] in contacts and one["status"]["category"] == "open"]
    found, calls = ask(demo, linked_at(demo, NEW), contact_id=contacts, status_category="open")
    assert set(calls) == {"/conversations/filter"}
    assert ids(found) == sorted(one["id"] for one in wanted) != []


def test_what_a_method_takes_is_told_for_the_version_of_the_account(demo):
    told = {}
    for version in (OLD, NEW):
        meta = demo.operator(
            "GET", "/unified/ticketing/tickets/meta/list", params={"integrated_account_id": linked_at(demo, version)}
        ).json()["result"]
        told[version] = next(one["how"] for one in meta["filters"] if one["name"] == "contact_id")
    assert told == {OLD: "scan", NEW: "narrowed"}


def test_a_new_version_is_known_after_linking_again(demo, chatwoot):
    account_id = linked_at(demo, OLD)
    chatwoot.sandbox.control("POST", "/version", {"version": NEW})
    assert capability(demo, account_id) == (OLD, "scan")
    body = {"credentials": {"token": chatwoot.sandbox.token}}
    assert demo.operator("PATCH", f"/integrated-account/{account_id}", json=body).status_code == 200
    assert capability(demo, account_id) == (NEW, "body")


def test_an_account_is_linked_though_its_version_cannot_be_read_and_its_filter_is_a_scan(demo, chatwoot):
    chatwoot.sandbox.faults({"match": {"path": "/api"}, "do": "status", "status": 500})
    account_id = demo.link("chatwoot", chatwoot.sandbox.token)
    chatwoot.sandbox.faults()
    assert capability(demo, account_id) == (None, "scan")
    _, calls = ask(demo, account_id, contact_id="1264")
    assert "/conversations/filter" not in calls


def test_a_version_of_more_than_a_day_is_read_again_by_the_first_question_that_depends_on_it(own_server, demo):
    server, sandbox = own_server(), demo.accounts["chatwoot"].sandbox
    key = {"Authorization": f"Bearer {server.key_with('read', 'link')}"}
    context = {"base_url": sandbox.url, "account_id": 3}
    body = {
        "tenant_id": "t",
        "integration": "chatwoot",
        "context": context,
        "credentials": {"token": sandbox.token},
    }
    with httpx.Client(base_url=server.base_url, headers=key, timeout=60) as http:
        account_id = http.post("/integrated-account", json=body).json()["result"]["id"]
        with sqlite3.connect(server.folder / "own.sqlite3") as database:
            database.execute("UPDATE accounts SET version = '4.0.0', version_at = version_at - 86400001")
        query = {"integrated_account_id": account_id, "contact_id": "1264"}
        sandbox.clear_log()
        http.get("/unified/ticketing/tickets", params={"integrated_account_id": account_id})
        assert "/api" not in [entry["target"] for entry in sandbox.log()]
        for asked in (1, 0):
            sandbox.clear_log()
            answer = http.get("/unified/ticketing/tickets", params=query)
            assert answer.status_code == 200
            calls = [entry["target"].partition("?")[0] for entry in sandbox.log()]
            assert calls.count("/api") == asked
            assert "/api/v1/accounts/3/conversations/filter" in calls
            assert int(answer.headers["x-upstream-calls"]) == len(calls)

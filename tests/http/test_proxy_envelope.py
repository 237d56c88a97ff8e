"""``interline_response_format=result``: every list of the providers in one envelope, their items as they are."""

import json
import re
from urllib.parse import urlsplit

import pytest

from sandbox.chatwoot.operations import ENTERPRISE, QUERIES, READS, REPORTS
from sandbox.trengo.routes import ROUTES
from unified.folders import data_folder
from unified.mapping.load import load_mappings

PROVIDERS = load_mappings(data_folder("mappings")).providers
OURS = "/api/v1/accounts/3"
EVERY_STATUS = {"payload": [{"attribute_key": "status", "filter_operator": "equal_to", "values": ["all"]}]}
NO_LISTS = {
    "trengo": {"/wallet/balance", "/ticket_aggregates", "/reporting/metrics"},
    "chatwoot": {
        *(OURS + path for path in ("/conversations/meta", "/inboxes/*/agent_bot")),
        *("/api/v2/accounts/3/reports/" + name for name in ("summary", "conversations", "inbox_label_matrix")),
        "/api/v2/accounts/3/reports/first_response_time_distribution",
    },
}
"""What reads and is neither a list nor one record of a list."""


def direct(account, method, path, body=None, **query):
    """The provider's own answer."""
    header = {"Authorization": f"Bearer {account.sandbox.token}"}
    if account.name == "chatwoot":
        header = {"Api-Access-Token": account.sandbox.token}
    base = account.sandbox.url + ("/api/v2" if account.name == "trengo" else "")
    answer = account.http.request(
        method, base + path, params=query, json=body, headers={"Accept": "application/json", **header}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def enveloped(account, path, method="GET", body=None, **query):
    """One answer in the envelope."""
    query = {"interline_response_format": "result", **query}
    return account.request(method, f"/proxy{path}", params=query, json=body)


def walked(account, path, method="GET", body=None, **query):
    """Every item, page by page; each page but the last has the size asked for."""
    items, cursor = [], None
    while True:
        following = {} if cursor is None else {"interline_next_cursor": cursor}
        page = enveloped(account, path, method, body, **(query if cursor is None else following)).json()
        assert set(page) >= {"result", "next_cursor", "prev_cursor", "result_count"}, page
        assert page["result_count"] == len(page["result"])
        items += page["result"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
        assert page["result_count"] == query.get("interline_limit", 25)


def by_hand(account, method, path, take, body=None, **query):
    """The pages of a list one after another, until one is empty."""
    items, number = [], 1
    while found := take(direct(account, method, path, body, page=number, **query)):
        items += found
        number += 1
    return items


PAGED = [
    # provider, method, path, where the items are, body, query
    ("trengo", "GET", "/tickets", lambda one: one["data"], None, {}),
    ("trengo", "GET", "/tickets", lambda one: one["data"], None, {"status": "CLOSED"}),
    ("trengo", "GET", "/contacts", lambda one: one["data"], None, {}),
    ("trengo", "GET", "/profiles", lambda one: one["data"], None, {}),
    ("trengo", "GET", "/tickets/{ticket}/messages", lambda one: one["data"], None, {}),
    ("chatwoot", "GET", OURS + "/conversations", lambda one: one["data"]["payload"], None, {"status": "all"}),
    ("chatwoot", "GET", OURS + "/conversations", lambda one: one["data"]["payload"], None, {"q": "factuur"}),
    ("chatwoot", "GET", OURS + "/conversations", lambda one: one["data"]["payload"], None, {"assignee_type": "me"}),
    ("chatwoot", "POST", OURS + "/conversations/filter", lambda one: one["payload"], EVERY_STATUS, {}),
    ("chatwoot", "GET", OURS + "/contacts", lambda one: one["payload"], None, {}),
    ("chatwoot", "GET", OURS + "/contacts/search", lambda one: one["payload"], None, {"q": "a"}),
]


@pytest.mark.parametrize(("provider", "method", "path", "take", "body", "query"), PAGED)
def test_a_walk_gives_the_items_of_all_pages_in_their_order(demo, provider, method, path, take, body, query):
    account = demo.accounts[provider]
    path = path.replace("{ticket}", account.list("tickets", limit=1)["result"][0]["id"])
    expected = by_hand(account, method, path, take, body, **query)
    for limit in (7, 200):
        found = walked(account, path, method, body, interline_limit=limit, **query)
        assert found == expected
    assert len(expected) > 10


def test_messages_are_walked_by_their_ids_newest_first(demo):
    account = demo.accounts["chatwoot"]
    tickets = [one["id"] for one in account.list("tickets", limit=100)["result"]]
    counts = {one: len(account.walk("comments", ticket_id=one, limit=200)) for one in tickets}
    longest = max(counts, key=counts.get)
    path = f"{OURS}/conversations/{longest}/messages"
    whole = direct(account, "GET", path, after="1", before=str(10**9))["payload"]
    found = walked(account, path, interline_limit=7)
    assert [one["id"] for one in found] == [one["id"] for one in reversed(whole)]
    assert len(found) > 20


SHORT = [
    ("trengo", "/channels", lambda one: one["data"]),
    ("trengo", "/labels", lambda one: one["data"]),
    ("trengo", "/users", lambda one: one["data"]),
    ("trengo", "/tickets/{ticket}/labels", lambda one: one["data"]),
    ("chatwoot", OURS + "/teams", lambda one: one),
    ("chatwoot", OURS + "/agents", lambda one: one),
    ("chatwoot", OURS + "/labels", lambda one: one["payload"]),
    ("chatwoot", OURS + "/webhooks", lambda one: one["payload"]["webhooks"]),
    ("chatwoot", OURS + "/conversations/{ticket}/labels", lambda one: one["payload"]),
    ("chatwoot", OURS + "/conversations/{ticket}/attachments", lambda one: one["payload"]),
    ("chatwoot", OURS + "/portals", lambda one: one["payload"]),
]


@pytest.mark.parametrize(("provider", "path", "take"), SHORT)
def test_a_short_list_comes_whole_and_is_split_where_less_is_asked_for(demo, provider, path, take):
    account = demo.accounts[provider]
    tickets = account.list("tickets", limit=50)["result"]
    path = path.replace("{ticket}", next(one["id"] for one in tickets if len(one["tags"]) > 1))
    expected = take(direct(account, "GET", path))
    assert walked(account, path) == expected
    assert walked(account, path, interline_limit=1) == expected


def listed(provider):
    """The patterns of the sandbox's reads that end in no record's id, and those of its searches."""
    if provider == "trengo":
        reads = {"/" + path for method, path, _ in ROUTES if method == "GET"}
        posts = set()
    else:
        reads = {OURS + path for path, _ in READS + ENTERPRISE}
        reads |= {"/api/v2/accounts/3" + path for path, _ in REPORTS}
        posts = {OURS + path for path, _ in QUERIES}
    star = {re.sub(r"\{\w+\}", "*", path) for path in reads}
    lists = {path for path in star if not path.endswith("/*") or path.endswith("/inbox_members/*")}
    return {("GET", path) for path in lists - NO_LISTS[provider]} | {("POST", path) for path in posts}


@pytest.mark.parametrize("provider", ["trengo", "chatwoot"])
def test_every_list_of_the_sandbox_is_in_the_provider_file(provider):
    known = {(one.method, one.path.replace("{account_id}", "3")) for one in PROVIDERS[provider].envelopes}
    if provider == "chatwoot":
        known.remove(("GET", "/api/v2/accounts/3/summary_reports/*"))
        known |= {("GET", f"/api/v2/accounts/3/summary_reports/{name}") for name in ("agent", "team", "inbox")}
        known.add(("GET", "/api/v2/accounts/3/summary_reports/channel"))
    assert listed(provider) == known


def test_pages_are_joined_and_split_without_a_call_too_many(account):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    query = {} if account.name == "trengo" else {"status": "all"}
    for limit, calls in ((7, 1), (25, 1), (60, 3), (200, 8)):
        answer = enveloped(account, path, interline_limit=limit, **query)
        assert (answer.json()["result_count"], answer.headers["x-upstream-calls"]) == (limit, str(calls))
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"


def test_the_link_header_leads_to_the_next_page(account):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    first = enveloped(account, path, interline_limit=3)
    link = re.fullmatch(r'<(/proxy/[^>]+)>; rel="next"', first.headers["link"])[1]
    assert urlsplit(link).path == f"/proxy{path}"
    second = account.get(link).json()
    assert second["result"] == enveloped(account, path, interline_limit=6).json()["result"][3:]


@pytest.mark.parametrize("limit", [7, 60])
def test_a_list_that_moves_gives_no_item_twice(account, limit):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    account.sandbox.churn(close=3, merge=2, insert=3, bump=3, every_call=True)
    found = [one["id"] for one in walked(account, path, interline_limit=limit)]
    account.sandbox.churn(every_call=True)
    assert len(found) == len(set(found)) > 100


def test_a_provider_that_repeats_its_page_is_a_loop(account):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    account.sandbox.faults({"match": {}, "do": "repeat_page"})
    answer = enveloped(account, path, interline_limit=200)
    account.sandbox.faults()
    assert (answer.status_code, answer.json()["code"]) == (502, "pagination-loop")


def test_a_cursor_is_good_for_its_account_path_query_limit_and_body_alone(demo):
    account, other = demo.accounts["chatwoot"], demo.accounts["trengo"]
    path = f"{OURS}/conversations/filter"
    first = enveloped(account, path, "POST", EVERY_STATUS, interline_limit=5).json()
    cursor = {"interline_next_cursor": first["next_cursor"]}
    assert enveloped(account, path, "POST", EVERY_STATUS, interline_limit=5, **cursor).status_code == 200
    rows = [{**EVERY_STATUS["payload"][0], "values": ["open"]}]
    refused = [
        enveloped(account, path, "POST", {"payload": rows}, **cursor),
        enveloped(account, path, "POST", EVERY_STATUS, interline_limit=6, **cursor),
        enveloped(account, path, "POST", EVERY_STATUS, other="1", **cursor),
        enveloped(account, f"{OURS}/conversations", **cursor),
        enveloped(other, "/tickets", **cursor),
        enveloped(account, path, "POST", EVERY_STATUS, interline_next_cursor=first["next_cursor"][:-2] + "AA"),
    ]
    assert {(one.status_code, one.json()["code"]) for one in refused} == {(400, "invalid-cursor")}
    unified = account.list("tickets", limit=2)["next_cursor"]
    assert enveloped(account, f"{OURS}/conversations", interline_next_cursor=unified).status_code == 400


REFUSED = [
    # query beside the format, status, code, what the problem names
    ({"interline_limit": "0"}, 400, "invalid-request", "interline_limit"),
    ({"interline_limit": "201"}, 400, "invalid-request", "interline_limit"),
    ({"interline_colour": "red"}, 400, "unknown-parameter", "interline_colour"),
    ({"interline_response_format": "envelope"}, 400, "invalid-request", "interline_response_format"),
    ({"page": "2"}, 400, "invalid-request", "page"),
]


@pytest.mark.parametrize(("query", "status", "code", "named"), REFUSED)
def test_what_cannot_be_asked_is_refused_before_a_call(account, query, status, code, named):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    account.sandbox.clear_log()
    answer = enveloped(account, path, **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert named in [one["path"] for one in answer.json()["errors"]]
    assert account.sandbox.log() == []


def test_messages_from_an_id_on_have_another_order_and_are_refused(demo):
    account = demo.accounts["chatwoot"]
    answer = enveloped(account, f"{OURS}/conversations/513/messages", after="5")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "after")


def test_what_is_no_list_is_501_and_names_the_lists(account):
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    path = f"/tickets/{ticket}" if account.name == "trengo" else f"{OURS}/conversations/{ticket}"
    answer = enveloped(account, path)
    assert (answer.status_code, answer.json()["code"]) == (501, "unsupported-operation")
    assert any("labels" in one for one in answer.json()["supported"])


def test_an_answer_without_the_list_is_501_and_says_where_it_was_looked_for(account):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    account.sandbox.faults({"match": {}, "do": "status", "status": 200, "body": {"odd": True}})
    answer = enveloped(account, path)
    account.sandbox.faults()
    assert (answer.status_code, answer.json()["code"]) == (501, "unsupported-operation")
    assert "data" in answer.json()["detail"]


def test_a_refusal_of_the_provider_is_a_problem(account):
    path = "/tickets/1/messages" if account.name == "trengo" else f"{OURS}/conversations/999999/messages"
    answer = enveloped(account, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "provider-not-found")
    assert answer.json()["provider_body"]


def test_an_item_that_shows_the_linked_credential_is_never_relayed(account):
    path = "/tickets" if account.name == "trengo" else f"{OURS}/conversations"
    items = [{"id": 1, "note": account.sandbox.token}]
    body = {"data": items if account.name == "trengo" else {"payload": items}}
    account.sandbox.faults({"match": {}, "do": "status", "status": 200, "body": body, "times": 1})
    answer = enveloped(account, path)
    account.sandbox.faults()
    assert (answer.status_code, answer.json()["code"]) == (502, "credential-echo")
    assert account.sandbox.token not in json.dumps(answer.json())

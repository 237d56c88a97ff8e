"""Walking lists over HTTP: the promise of section 6 of the contract, for both providers."""

import pytest

OPEN = {"status_category": "open"}


def provider_ids(account, path="tickets", **query):
    """Ids as the provider itself gives them, page by page, straight at the sandbox."""
    if account.name == "trengo":
        return trengo_ids(account, path, query)
    return chatwoot_ids(account, query)


def trengo_ids(account, path, query):
    ids, page = [], 1
    headers = {"Authorization": f"Bearer {account.sandbox.token}", "Accept": "application/json"}
    while True:
        answer = account.http.get(
            f"{account.sandbox.url}/api/v2/{path}", params={**query, "page": page}, headers=headers
        ).json()
        ids += [str(one["id"]) for one in answer["data"]]
        if answer["links"]["next"] is None:
            return ids
        page += 1


def chatwoot_ids(account, query):
    ids, page = [], 1
    headers = {"Api-Access-Token": account.sandbox.token}
    url = f"{account.sandbox.url}/api/v1/accounts/3/conversations"
    while True:
        answer = account.http.get(url, params={"status": "all", **query, "page": page}, headers=headers).json()
        rows = answer["data"]["payload"]
        if not rows:
            return ids
        ids += [str(one["id"]) for one in rows]
        page += 1


@pytest.mark.parametrize("limit", [7, 25, 50, 200])
def test_a_walk_gives_every_ticket_exactly_once(account, limit):
    found = [record["id"] for record in account.walk("tickets", limit=limit)]
    assert sorted(found) == sorted(provider_ids(account))
    assert len(found) == 500


@pytest.mark.parametrize("limit", [7, 200])
def test_pages_have_the_size_that_was_asked_for_until_the_last(account, limit):
    page = account.list("tickets", limit=limit)
    assert page["result_count"] == len(page["result"]) == limit


def test_the_default_page_costs_one_provider_call_once_the_small_lists_are_warm(account):
    account.list("tickets")
    account.sandbox.clear_log()
    answer = account.get("/unified/ticketing/tickets")
    assert len(account.sandbox.log()) == 1
    assert answer.headers["x-upstream-calls"] == "1"


def snapshot(account):
    """Open tickets and when each last changed."""
    return {(record["id"], record["updated_at"]) for record in account.walk("tickets", limit=200, **OPEN)}


@pytest.mark.parametrize("limit", [7, 25, 50, 200])
def test_strict_under_churn_gives_no_duplicate_and_misses_no_untouched_ticket(account, limit):
    """Before every provider call 2 % of the list is closed or merged away."""
    before = snapshot(account)
    each = round(len(before) * 0.01)
    account.sandbox.churn(close=each, merge=each, every_call=True)
    found = [record["id"] for record in account.walk("tickets", limit=limit, consistency="strict", **OPEN)]
    account.sandbox.churn(every_call=True)
    untouched = {ticket for ticket, _ in before & snapshot(account)}
    assert len(found) == len(set(found))
    assert len(untouched) < len(before)
    assert untouched <= set(found)


@pytest.mark.parametrize("limit", [7, 25, 200])
def test_without_strict_churn_gives_no_duplicate(account, limit):
    account.sandbox.churn(close=3, merge=2, insert=3, bump=3, every_call=True)
    found = [record["id"] for record in account.walk("tickets", limit=limit, **OPEN)]
    assert len(found) == len(set(found))


def test_contacts_and_comments_are_walked_once_each(account):
    contacts = [record["id"] for record in account.walk("contacts", limit=40)]
    assert len(contacts) == len(set(contacts)) > 200
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    comments = [record["id"] for record in account.walk("comments", ticket_id=ticket, limit=3)]
    assert len(comments) == len(set(comments)) > 0

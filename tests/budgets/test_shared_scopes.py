"""What counts in one budget, whichever server, command or account makes the call; and what answers tell of it."""

import pytest

CALLS, PER = 1000, 600
"""So long a window that nothing comes free while a test runs; no header of the sandbox corrects what is counted."""


@pytest.fixture(scope="module")
def servers(running, two_servers):
    return two_servers(CALLS, PER, running.accounts["trengo"].sandbox.url)


def left(answer):
    """Calls left in the budget, as an answer tells."""
    assert answer.status_code == 200, answer.text
    return int(answer.headers["ratelimit-remaining"])


def test_two_servers_share_the_budget_of_an_account(servers, demo, tokens):
    account = servers.link(tokens("trengo", 501))
    seen = [left(servers.get("/proxy/labels", account, server)) for server in (0, 1, 0, 1, 1)]
    assert seen == [CALLS - 2 - number for number in range(5)]


def test_one_token_linked_twice_is_one_budget(servers, demo, tokens):
    one, two = servers.link(tokens("trengo", 502)), servers.link(tokens("trengo", 502))
    other = servers.link(tokens("trengo", 503))
    first = left(servers.get("/proxy/labels", one))
    assert left(servers.get("/proxy/labels", two, 1)) == first - 1
    assert left(servers.get("/proxy/labels", other)) == CALLS - 2


def test_accounts_of_one_chatwoot_share_the_budget_of_its_host(servers, demo, tokens):
    sandbox = demo.accounts["chatwoot"].sandbox
    place = {"base_url": sandbox.url, "account_id": 3}
    one, two = (servers.link(tokens("chatwoot", number), "chatwoot", **place) for number in (504, 505))
    path = "/proxy/api/v1/accounts/3/labels"
    first = left(servers.get(path, one))
    assert left(servers.get(path, two, 1)) == first - 1


def test_a_limit_of_one_path_counts_there_alone(servers, demo, tokens):
    sandbox = demo.accounts["chatwoot"].sandbox
    account = servers.link(tokens("chatwoot", 506), "chatwoot", base_url=sandbox.url, account_id=3)
    search = servers.get("/proxy/api/v1/accounts/3/contacts/search?q=a", account)
    assert (search.headers["ratelimit-limit"], left(search)) == ("100", 99)
    labels = servers.get("/proxy/api/v1/accounts/3/labels", account)
    assert labels.headers["ratelimit-limit"] == "3000"


def test_commands_use_the_budget_that_the_servers_use(servers, demo, tokens):
    account = servers.link(tokens("trengo", 507))
    before = left(servers.get("/proxy/labels", account))
    servers.running[0].command("accounts", "test", account)
    tested = left(servers.get("/proxy/labels", account))
    assert tested == before - 2
    servers.running[1].command("export", account, "tags", "--output", str(servers.running[1].folder / "tags.ndjson"))
    assert left(servers.get("/proxy/labels", account)) < tested - 1


def test_every_data_answer_tells_the_budget_whether_it_took_a_provider_call_or_not(servers, demo, tokens):
    account = servers.link(tokens("trengo", 508))
    answers = [
        servers.get(path, account)
        for path in (
            "/unified/ticketing/tickets",
            "/unified/ticketing/tags",
            "/unified/ticketing/tickets/1",
            "/unified/ticketing/ticket_status",
            "/unified/ticketing/tickets/meta/list",
            "/unified/ticketing/tickets?unknown=1",
            "/proxy/%2e%2e",
            "/proxy/labels",
            "/proxy/labels/1",
            "/proxy/tickets?interline_response_format=result",
        )
    ]
    assert {answer.status_code for answer in answers} == {200, 400, 404}
    assert {answer.headers["x-upstream-calls"] for answer in answers} >= {"0", "1"}
    for answer in answers:
        assert answer.headers["ratelimit-limit"] == str(CALLS)
        assert 0 <= int(answer.headers["ratelimit-remaining"]) < CALLS
        assert 0 < int(answer.headers["ratelimit-reset"]) <= PER


def test_a_budget_that_is_used_up_is_refused_at_once_with_the_wait(running, two_servers, demo, tokens, valkey):
    servers = two_servers(2, PER, running.accounts["trengo"].sandbox.url)
    account = servers.link(tokens("trengo", 509))
    assert left(servers.get("/proxy/labels", account)) == 0
    demo.accounts["trengo"].sandbox.clear_log()
    for path in ("/proxy/labels", "/unified/ticketing/tags"):
        refused = servers.get(path, account, 1)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (429, "rate-limited")
        assert PER - 60 < int(refused.headers["retry-after"]) <= PER
        assert refused.headers["ratelimit-limit"] == "2"
        assert refused.headers["ratelimit-remaining"] == "0"
        assert 0 < int(refused.headers["ratelimit-reset"]) <= PER
    assert demo.accounts["trengo"].sandbox.log() == []

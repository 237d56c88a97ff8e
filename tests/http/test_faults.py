"""What a caller sees when a provider fails: retries by phase, problems with stable codes, nothing half."""

import pytest

LIST = {"trengo": "/api/v2/tickets", "chatwoot": "/api/v1/accounts/3/conversations"}


def fault(account, do, **more):
    account.sandbox.clear_log()
    account.sandbox.faults({"match": {"path": LIST[account.name]}, "do": do, **more})


def calls(account):
    return [one for one in account.sandbox.log() if one["target"].startswith(LIST[account.name])]


def tickets(account, **query):
    return account.get("/unified/ticketing/tickets", limit=25, **query)


@pytest.mark.parametrize(
    "once",
    [
        {"do": "status", "status": 500},
        {"do": "status", "status": 503},
        {"do": "drop_before"},
        {"do": "drop_after_apply"},
        {"do": "truncate"},
    ],
    ids=lambda once: f"{once['do']} {once.get('status', '')}".strip(),
)
def test_a_read_that_fails_once_is_tried_again(account, once):
    fault(account, times=1, **once)
    answer = tickets(account)
    assert answer.status_code == 200, answer.text
    assert answer.json()["result_count"] == 25
    assert len(calls(account)) == 2
    assert int(answer.headers["x-upstream-calls"]) >= 2


@pytest.mark.parametrize(
    ("do", "more", "status", "code", "provider_status"),
    [
        ("status", {"status": 500}, 502, "provider-error", 500),
        ("status", {"status": 503}, 502, "provider-error", 503),
        ("status", {"status": 403}, 403, "provider-forbidden", 403),
        ("status", {"status": 404, "body": {"message": "gone"}}, 404, "provider-not-found", 404),
        ("status", {"status": 302, "headers": {"location": "https://evil.example/"}}, 502, "provider-redirect", 302),
        ("status", {"status": 200, "body": {"unexpected": True}}, 502, "provider-error", None),
        ("html", {}, 502, "provider-not-json", 200),
        ("drop_before", {}, 502, "provider-unreachable", None),
        ("truncate", {}, 502, "provider-unreachable", None),
        ("repeat_page", {}, 502, "pagination-loop", None),
    ],
)
def test_a_provider_that_stays_broken_is_a_problem_with_a_stable_code(account, do, more, status, code, provider_status):
    fault(account, do, **more)
    answer = tickets(account)
    if do == "repeat_page":
        answer = tickets(account, next_cursor=answer.json()["next_cursor"])
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["is_remote_error"] is True
    assert body["provider"] == account.name
    assert body.get("provider_status") == provider_status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert len(calls(account)) <= 3


def test_the_request_after_a_fault_is_clean(account):
    fault(account, "truncate", times=2)
    tickets(account)
    assert tickets(account).status_code == 200


def test_a_short_wait_that_the_provider_asks_for_is_waited(account):
    fault(account, "status", status=429, headers={"retry-after": "1"}, times=1)
    answer = tickets(account)
    assert answer.status_code == 200, answer.text
    assert len(calls(account)) == 2


def test_a_long_wait_is_told_to_the_caller_and_no_further_call_is_made(demo, tokens):
    account = demo.accounts["trengo"]
    token = tokens("trengo", 9001)
    links = [demo.link("trengo", token, tenant) for tenant in ("patient", "its-twin")]
    fault(account, "status", status=429, headers={"retry-after": "600"}, times=1)
    answers = [
        demo.operator("GET", "/unified/ticketing/tickets", params={"integrated_account_id": link}) for link in links
    ]
    for answer in answers:
        assert answer.status_code == 429, answer.text
        assert answer.json()["code"] == "rate-limited"
        assert 590 <= int(answer.headers["retry-after"]) <= 600
    assert len(calls(account)) == 1, "one token is one budget, however often it is linked"
    assert tickets(account).status_code == 200, "another token's budget is another"


def test_a_validation_answer_names_the_fields(demo):
    account = demo.accounts["trengo"]
    body = {"message": "The given data was invalid.", "errors": {"page": ["The page must be a number."]}}
    fault(account, "status", status=422, body=body)
    problem = tickets(account).json()
    assert problem["code"] == "provider-invalid"
    assert problem["errors"] == [{"path": "page", "detail": "The page must be a number."}]


def test_a_slow_body_is_waited_for(account):
    fault(account, "slow_body", seconds=1.5)
    assert tickets(account).status_code == 200

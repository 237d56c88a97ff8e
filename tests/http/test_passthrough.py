"""The passthrough over HTTP: the provider's own API, 1:1, and nothing beyond it."""

import pytest
from trengo import Trengo

OURS = {
    *("cache-control", "vary", "x-content-type-options", "x-request-id", "x-upstream-calls", "server-timing"),
    *("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "server", "date", "content-length", "connection"),
}


def direct(account, method, path, **options):
    """The same call straight at the simulator."""
    header = {"Authorization": f"Bearer {account.sandbox.token}"}
    if account.name == "chatwoot":
        header = {"Api-Access-Token": account.sandbox.token}
    base = account.sandbox.url + ("/api/v2" if account.name == "trengo" else "")
    headers = {"Accept": "application/json", **header, **options.pop("headers", {})}
    return account.http.request(method, base + path, headers=headers, **options)


READS = {
    "trengo": [
        *("/tickets", "/tickets?page=2&status=OPEN", "/tickets/{ticket}", "/tickets/{ticket}/messages", "/contacts"),
        *("/labels", "/users", "/teams", "/channels", "/custom_fields", "/tickets/1", "/no/such/path"),
    ],
    "chatwoot": [
        *("/api/v1/accounts/3/conversations", "/api/v1/accounts/3/conversations/{ticket}"),
        *("/api/v1/accounts/3/conversations/{ticket}/messages", "/api/v1/accounts/3/contacts?page=2"),
        *("/api/v1/accounts/3/labels", "/api/v1/accounts/3/agents", "/api/v1/accounts/3/conversations/999999"),
    ],
}


@pytest.mark.parametrize("provider", ["trengo", "chatwoot"])
def test_status_bytes_and_headers_are_the_providers(demo, provider):
    account = demo.accounts[provider]
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    for path in [one.replace("{ticket}", ticket) for one in READS[provider]]:
        ours, theirs = account.get(f"/proxy{path}"), direct(account, "GET", path)
        assert ours.status_code == theirs.status_code, path
        assert ours.content == theirs.content, path
        changing = OURS | {"x-ratelimit-remaining"}
        assert {k: v for k, v in ours.headers.items() if k not in changing} == {
            k: v for k, v in theirs.headers.items() if k not in changing
        }, path


def test_a_write_passes_through_with_its_body_byte_for_byte(demo):
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    body = '{"name":  "Spaced \\u00e9 — “quotes”", "color":"#ff0000"}'.encode()
    answer = account.request("POST", "/proxy/labels", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    (call,) = account.sandbox.log()
    assert call["body"].encode() == body
    assert call["target"] == "/api/v2/labels"


def test_query_bytes_are_forwarded_and_only_our_names_removed(demo):
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    query = f"users[]=1&users%5B%5D=2&term=a+b%20c&integrated_account_id={account.id}&x=%C3%A9&empty="
    answer = account.get(f"/proxy/tickets?{query}")
    assert answer.status_code == 200
    (call,) = account.sandbox.log()
    assert call["target"] == "/api/v2/tickets?users[]=1&users%5B%5D=2&term=a+b%20c&x=%C3%A9&empty="


def test_our_key_and_the_callers_cookies_never_reach_the_provider(account):
    account.sandbox.clear_log()
    headers = {"Cookie": "session=1", "X-Forwarded-For": "10.0.0.1", "Api-Access-Token": "mine", "X-Custom": "y"}
    path = READS[account.name][0]
    account.request("GET", f"/proxy{path}", headers=headers)
    (call,) = account.sandbox.log()
    sent = {name.lower(): value for name, value in call["headers"]}
    assert not {"cookie", "x-forwarded-for", "x-custom"} & set(sent)
    assert account.token not in str(call)
    assert "mine" not in sent.values()


def test_the_python_client_of_the_provider_gets_the_same_answers(demo):
    """pytrengo, a client we did not write, pointed at us with an account token."""
    account = demo.accounts["trengo"]
    with (
        Trengo(token=account.token, base_url=f"{account.base_url}/proxy") as ours,
        Trengo(token=account.sandbox.token, base_url=f"{account.sandbox.url}/api/v2") as theirs,
    ):
        assert list(ours.get_labels()) == list(theirs.get_labels())
        assert list(ours.get_teams()) == list(theirs.get_teams())
        assert list(ours.get_users()) == list(theirs.get_users())
        ticket = account.list("tickets", limit=1)["result"][0]["id"]
        for get in (
            lambda client: client.get_json_api("/tickets"),
            lambda client: client.get_json_api(f"/tickets/{ticket}"),
        ):
            assert get(ours) == get(theirs)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/profile", "/api/v1/profile/", "/api/v1/PROFILE", "/api/v1/profile.json"])
def test_the_operation_that_shows_the_credential_is_refused(demo, method, path):
    account = demo.accounts["chatwoot"]
    account.sandbox.clear_log()
    answer = account.request(method, f"/proxy{path}")
    assert answer.status_code in {400, 403}
    assert account.sandbox.token not in answer.text
    assert account.sandbox.log() == []


@pytest.mark.parametrize(
    "path", ["/api/v1/accounts/4/conversations", "/api", "/platform/api/v1/users", "/auth/sign_in", "/rails/x", "/"]
)
def test_other_accounts_and_paths_of_a_shared_server_are_not_reached(demo, path):
    account = demo.accounts["chatwoot"]
    account.sandbox.clear_log()
    answer = account.get(f"/proxy{path}")
    assert answer.status_code in {400, 403}
    assert answer.json()["code"] in {"path-not-allowed", "invalid-path"}
    assert account.sandbox.log() == []


def test_an_answer_that_holds_the_credential_is_not_relayed(account):
    body = {"message": f"token {account.sandbox.token} is fine"}
    path = READS[account.name][0]
    account.sandbox.faults({"match": {}, "do": "status", "status": 200, "body": body})
    answer = account.get(f"/proxy{path}")
    assert answer.status_code == 502
    assert answer.json()["code"] == "credential-echo"
    assert account.sandbox.token not in answer.text


SPELLINGS = [
    "..",
    "%2e%2e",
    "%2e.",
    ".%2e",
    "%252e%252e",
    "..%2f..",
    "..%5c..",
    "%c0%ae%c0%ae",
    "..;",
    "%00",
    "%0d%0aX:1",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "shape", ["/proxy/{}/admin", "/proxy/tickets/{}/{}/admin", "/proxy/{}", "/proxy//{}", "/proxy/tickets/1/{}"]
)
def test_a_path_that_climbs_is_refused_over_a_raw_socket(demo, raw, shape, spelling):
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    status, body = raw_get(raw, account, shape.replace("{}", spelling))
    assert 400 <= status < 500, body
    assert b'"code"' in body
    assert b"problem+json" in body
    assert account.sandbox.log() == []


@pytest.mark.parametrize(
    "target", ["//evil.example/proxy/tickets", "/proxy/http://evil.example/x", "/proxy//evil.example/x", "*", "proxy"]
)
def test_a_target_that_names_a_host_is_refused(demo, raw, target):
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    status, _ = raw_get(raw, account, target)
    assert 400 <= status < 500
    assert account.sandbox.log() == []


def test_the_host_of_an_absolute_target_is_not_where_the_call_goes(demo, raw):
    """RFC 9112 3.2.2 lets a client write the whole address; host and base are the account's all the same."""
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    raw_get(raw, account, "http://evil.example/proxy/tickets?page=2")
    assert {call["target"] for call in account.sandbox.log()} <= {"/api/v2/tickets?page=2"}


def raw_get(raw, account, target):
    """A request whose target goes onto the wire as written."""
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.token}\r\nConnection: close\r\n\r\n"
    return raw(account.base_url, head.encode())

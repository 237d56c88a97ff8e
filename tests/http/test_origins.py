"""Browsers: account tokens answer to pages of their allowed origins alone, and no other caller to any page."""

import pytest

APP = "https://app.example"
OTHER = "https://evil.example"
CORS = "access-control-"
PATHS = ("/unified/ticketing/tickets", "/proxy/tickets", "/integrated-account/me")


@pytest.fixture(scope="module")
def page(running):
    """``page(*origins, scopes)``: a token for pages of these origins."""

    def page(*origins, scopes=("read", "proxy"), name="trengo"):
        body = {
            "integrated_account_id": running.accounts[name].id,
            "scopes": list(scopes),
            **({"allowed_origins": list(origins)} if origins else {}),
        }
        answer = running.operator("POST", "/integrated-account/token", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["token"]

    return page


@pytest.fixture
def ask(demo):
    def ask(method, path, key=None, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return demo.http.request(
            method, demo.base_url + path, headers=given | ({"Authorization": f"Bearer {key}"} if key else {})
        )

    return ask


def cors(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith(CORS)}


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_an_allowed_origin_may_read_the_answer(ask, page, path):
    answer = ask("GET", path, page("https://first.example", APP), Origin=APP)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["vary"] == "Authorization, X-Integrated-Account-Id, Origin"
    exposed = {one.strip().lower() for one in answer.headers["access-control-expose-headers"].split(",")}
    assert {"x-request-id", "x-upstream-calls", "retry-after", "link", "server-timing"} <= exposed
    assert set(cors(answer)) == {"access-control-allow-origin", "access-control-expose-headers"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/unified/ticketing/tickets?limit=0", 400, "invalid-request"),
        ("/unified/ticketing/tickets/unknown", 404, "not-found"),
        ("/unified/ticketing/tickets?include=remote_data", 403, "missing-scope"),
        ("/proxy/tickets", 403, "missing-scope"),
        ("/integrated-account", 403, "missing-scope"),
    ],
)
def test_the_page_reads_problems_too(ask, page, path, status, code):
    answer = ask("GET", path, page(APP, scopes=("read",)), Origin=APP)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["access-control-allow-origin"] == APP


def test_the_page_reads_that_the_provider_has_had_enough(demo, ask, page):
    fault = {"match": {}, "do": "status", "status": 429, "headers": {"retry-after": "3"}, "times": 1}
    demo.accounts["trengo"].sandbox.faults(fault)
    answer = ask("GET", "/unified/ticketing/tickets", page(APP), Origin=APP, Prefer="wait=0")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["access-control-allow-origin"] == APP


@pytest.mark.parametrize(
    "origin",
    [
        OTHER,
        "null",
        "http://app.example",
        "https://app.example:444",
        "https://app.example.evil.example",
        "https://app.example/",
        "HTTPS://APP.EXAMPLE",
        "https://evil-app.example",
        "*",
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_any_other_origin_is_refused_before_a_provider_call(demo, ask, page, origin, path):
    sandbox = demo.accounts["trengo"].sandbox
    sandbox.clear_log()
    for token in (page(APP), page()):
        answer = ask("GET", path, token, Origin=origin)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin-not-allowed")
        assert cors(answer) == {}
        assert "Origin" in answer.headers["vary"]
    assert sandbox.log() == []


def test_a_write_from_a_foreign_page_is_refused_too(demo, ask, page):
    sandbox = demo.accounts["trengo"].sandbox
    sandbox.clear_log()
    answer = ask("POST", "/proxy/tickets", page(APP), Origin=OTHER)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-not-allowed")
    assert sandbox.log() == []


def test_two_origins_are_none(demo, page, raw):
    request = f"GET /integrated-account/me HTTP/1.1\r\nHost: x\r\nOrigin: {APP}\r\nOrigin: {APP}\r\n"
    status, answer = raw(
        demo.base_url, f"{request}Authorization: Bearer {page(APP)}\r\nConnection: close\r\n\r\n".encode()
    )
    assert status == 403
    assert CORS.encode() not in answer


def test_a_worker_without_an_origin_is_served_without_headers_for_pages(ask, page):
    answer = ask("GET", PATHS[0], page(APP))
    assert (answer.status_code, cors(answer)) == (200, {})
    assert answer.headers["vary"] == "Authorization, X-Integrated-Account-Id"


def test_an_api_key_is_for_no_page(demo):
    query = {"integrated_account_id": demo.accounts["trengo"].id}
    answer = demo.operator("GET", PATHS[0], params=query, headers={"Origin": APP})
    assert (answer.status_code, cors(answer)) == (200, {})


def test_no_answer_without_a_right_token_can_be_read(ask, page):
    for path in ("/health", "/ready", "/docs", "/openapi.json", *PATHS):
        for token in (None, "ila_wrong"):
            assert cors(ask("GET", path, token, Origin=APP)) == {}, path


def test_a_page_of_the_server_itself_is_from_nowhere_else(demo, ask, page):
    answer = ask("GET", PATHS[2], page(), Origin=demo.base_url)
    assert (answer.status_code, cors(answer)) == (200, {})


@pytest.mark.parametrize("path", [*PATHS, "/unified/no/such/thing", "/proxy/contacts/5"])
def test_a_preflight_is_answered_the_same_for_every_origin(demo, ask, path):
    sandbox = demo.accounts["trengo"].sandbox
    sandbox.clear_log()
    for origin in (APP, OTHER):
        wanted = {"Access_Control_Request_Method": "DELETE", "Access_Control_Request_Headers": "authorization,prefer"}
        answer = ask("OPTIONS", path, Origin=origin, **wanted)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == origin
        assert {"GET", "POST", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
        allowed = set(answer.headers["access-control-allow-headers"].lower().split(", "))
        assert {"authorization", "content-type", "x-integrated-account-id", "idempotency-key", "prefer"} <= allowed
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]
        assert len(answer.headers["x-request-id"]) == 24
    assert sandbox.log() == []


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/integrated-account", {"Origin": APP, "Access_Control_Request_Method": "GET"}),
        ("/integrated-account/token", {"Origin": APP, "Access_Control_Request_Method": "POST"}),
        ("/integrated-account/some-id", {"Origin": APP, "Access_Control_Request_Method": "DELETE"}),
        ("/integration", {"Origin": APP, "Access_Control_Request_Method": "GET"}),
        ("/metrics", {"Origin": APP, "Access_Control_Request_Method": "GET"}),
        (PATHS[0], {"Origin": "null", "Access_Control_Request_Method": "GET"}),
        (PATHS[0], {"Origin": "https://a b", "Access_Control_Request_Method": "GET"}),
        (PATHS[0], {"Origin": "https://" + "a" * 400, "Access_Control_Request_Method": "GET"}),
        (PATHS[0], {"Access_Control_Request_Method": "GET"}),
        (PATHS[0], {"Origin": APP}),
    ],
)
def test_what_no_page_may_ask_is_no_preflight(ask, path, headers):
    assert cors(ask("OPTIONS", path, **headers)) == {}


def test_a_passed_through_options_is_no_preflight(demo, ask, page):
    answer = ask("OPTIONS", "/proxy/tickets", page(APP), Origin=OTHER, Access_Control_Request_Method="GET")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-not-allowed")

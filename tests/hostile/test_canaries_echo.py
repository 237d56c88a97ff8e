"""A provider that says the credential back: in bodies, headers and their names, encoded, and cut anywhere.

Lists, records and writes go on, with the text that holds it masked; what is passed through is not relayed.
"""

import base64
import json
import os
import subprocess
import sys
from urllib.parse import quote

import pytest

from tests.hostile.scene import ANYTHING, scene
from tests.outbound.scripted import answer

TOKENS = {"plain": "Zk7Qx0f3b9d1e5a7c44aaWq", "with signs": 'Zk/7Q+x0"f3b=9d1\\e5a7~c44'}
FORMS = {
    "as it is": lambda token: token,
    "percent-encoded": lambda token: quote(token, safe=""),
    "base64": lambda token: base64.b64encode(token.encode()).decode(),
    "base64 after a user": lambda token: base64.b64encode(f"user:{token}".encode()).decode(),
    "base64 for addresses": lambda token: base64.urlsafe_b64encode(f"x:{token}".encode()).decode(),
}
UNIFIED = [
    ("GET", "/unified/ticketing/tags"),
    ("GET", "/unified/ticketing/tags/1"),
    ("GET", "/unified/ticketing/tags?include=remote_data"),
    ("GET", "/unified/ticketing/tags/1?include=remote_data"),
    ("GET", "/unified/ticketing/tickets"),
    ("GET", "/unified/user-directory/users"),
    ("POST", "/unified/ticketing/tags"),
    ("PATCH", "/unified/ticketing/tags/1"),
]
PASSED = [
    ("GET", "/proxy/labels"),
    ("GET", "/proxy/labels?interline_response_format=result"),
    ("POST", "/proxy/labels"),
    ("HEAD", "/proxy/labels"),
]


@pytest.fixture(scope="module")
def stage(running, tmp_path_factory):
    with scene(running, tmp_path_factory.mktemp("echo"), log_level="debug") as made:
        yield made


@pytest.fixture(scope="module")
def accounts(stage):
    """An account with each token."""
    return {token: stage.link(token=token) for token in TOKENS.values()}


@pytest.fixture(params=TOKENS.values(), ids=TOKENS)
def token(request):
    return request.param


@pytest.fixture
def account(stage, accounts, token):
    stage.provider.clear()
    return accounts[token]


def said(text):
    """A body that holds the text wherever a provider could put it."""
    row = {"id": 1, "name": f"x{text}", "subject": text, "color": "#fff", "echo": {text: [text]}, "full_name": text}
    errors = {"errors": {"name": [f"not {text}"], text: ["no"]}, "message": text, "error": text}
    return {"data": [row], "links": {}, "meta": {}, **row, **errors}


def ask(stage, account, method, path):
    given = {"json": {"name": "q", "color": "#ffffff"}} if method in ("POST", "PATCH") else {}
    return stage.ask(method, path, headers={"X-Integrated-Account-Id": account, "Prefer": "wait=0"}, **given)


def shows(answered, token):
    """Whether the answer holds the token in any form, its JSON read or not."""
    seen = [f"{answered.status_code} {dict(answered.headers)} {answered.text}"]
    if "json" in answered.headers.get("content-type", "") and answered.content:
        seen.append(json.dumps(answered.json(), ensure_ascii=False).replace('\\"', '"').replace("\\\\", "\\"))
    return [name for name, form in FORMS.items() if any(form(token) in one for one in seen)]


@pytest.mark.parametrize("form", FORMS)
def test_no_success_shows_it_in_its_body(stage, account, token, form):
    body = json.dumps(said(FORMS[form](token))).encode()
    stage.provider.script = lambda _got, _number: [answer(body)]
    for method, path in UNIFIED:
        answered = ask(stage, account, method, path)
        assert answered.status_code in (200, 201), answered.text
        assert shows(answered, token) == [], (method, path, answered.text[:300])
        assert "***" in answered.text
    for method, path in PASSED:
        answered = ask(stage, account, method, path)
        assert shows(answered, token) == [], (method, path, answered.text[:300])
        if method != "HEAD":
            assert (answered.status_code, answered.json()["code"]) == (502, "credential-echo")


@pytest.mark.parametrize("form", FORMS)
def test_no_refusal_shows_it_in_its_body(stage, account, token, form):
    body = json.dumps(said(FORMS[form](token))).encode()
    for status in (302, 400, 403, 404, 409, 422):
        stage.provider.script = lambda _got, _number, status=status: [answer(body, status)]
        for method, path in [*UNIFIED, *PASSED]:
            answered = ask(stage, account, method, path)
            assert shows(answered, token) == [], (status, method, path, answered.text[:300])


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_nor_do_faults_and_ended_credentials(stage, token, status):
    """Each with an account and a token of its own, whose end or pause is nobody else's."""
    for number, (method, path) in enumerate([UNIFIED[0], UNIFIED[6], *PASSED[:3]]):
        stage.provider.clear()
        own = f"{token}{status}{number}"
        account = stage.link(token=own)
        body = json.dumps(said(own)).encode()
        stage.provider.script = lambda _got, _number, body=body: [answer(body, status, [(b"x-t", own.encode())])]  # noqa: B023
        answered = ask(stage, account, method, path)
        assert shows(answered, own) == [], (method, path, answered.text[:300])
        assert answered.status_code >= 400
        assert shows(stage.ask("GET", f"/integrated-account/{account}"), own) == []


@pytest.mark.parametrize("form", FORMS)
def test_nor_does_a_header_in_its_value_or_its_name(stage, account, token, form):
    text = FORMS[form](token).encode()
    fields = [(b"x-echo", b"Bearer " + text), (b"etag", b'"' + text + b'"'), (b"link", b"<" + text + b">")]
    fields += [(b"location", b"/api/v2/" + text), (b"content-type", b"text/plain; a=" + text)]
    if text.isalnum():
        fields += [(text, b"1"), (b"x-" + text.upper() + b"-y", b"1"), (b"x-" + text.lower(), b"1")]
    body = json.dumps(ANYTHING).encode()
    for name, value in fields:
        stage.provider.script = lambda _got, _number, name=name, value=value: [answer(body, headers=((name, value),))]
        for method, path in [*PASSED, UNIFIED[0]]:
            answered = ask(stage, account, method, path)
            assert shows(answered, token) == [], (name, answered.headers)
            assert text.decode().lower() not in str(dict(answered.headers)).lower()


def test_nor_does_an_export(stage, account, token):
    """A row for each form, and one that holds none."""
    told = [said(form(token))["data"][0] | {"id": number} for number, form in enumerate(FORMS.values(), 1)]
    rows = [*told, {"id": 99, "name": "clean", "color": "#fff"}]
    body = json.dumps({"data": rows, "links": {}, "meta": {}}).encode()
    stage.provider.script = lambda _got, _number: [answer(body)]
    command = [sys.executable, "-m", "unified", "export", account, "tags"]
    made = subprocess.run(
        command, env={**os.environ, **stage.server.environment}, capture_output=True, text=True, check=True, timeout=60
    )
    names = [json.loads(line)["name"] for line in made.stdout.splitlines()]
    assert names == ["***"] * len(FORMS) + ["clean"]
    assert [name for name, form in FORMS.items() if form(token) in made.stdout + made.stderr] == []


def test_what_does_not_hold_it_is_not_touched(stage, account, token):
    body = json.dumps(said(token[:-1])).encode()
    stage.provider.script = lambda _got, _number: [answer(body)]
    assert ask(stage, account, "GET", "/proxy/labels").content == body
    listed = ask(stage, account, "GET", "/unified/ticketing/tags").json()["result"]
    assert [one["name"] for one in listed] == [f"x{token[:-1]}"]


@pytest.mark.parametrize("size", [100, 300 * 1024], ids=["short", "longer than is kept back"])
def test_it_is_found_wherever_the_provider_cuts_its_answer(stage, account, token, size):
    raw = token.encode()
    body = b"before " + b"." * size + raw + b" after"
    for cut in range(size + 7, size + 7 + len(raw) + 1):
        parts = [answer(body)[: -len(body)] + body[:cut], 0.002, body[cut:]]
        stage.provider.script = lambda _got, _number, parts=parts: parts
        wire = f"GET /proxy/file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stage.key}\r\n"
        with stage.connection() as connection:
            received = connection.all(f"{wire}X-Integrated-Account-Id: {account}\r\nConnection: close\r\n\r\n".encode())
        assert raw not in received
        assert raw[:12] not in received
        assert received.startswith(b"HTTP/1.1 502 ") or b"after" not in received


def test_no_log_line_shows_it(stage):
    """Of all that the tests above made the provider say."""
    lines = stage.server.log.read_text()
    assert lines.count('"event":"request"') > 200
    for token in TOKENS.values():
        for form in FORMS.values():
            assert form(token) not in lines

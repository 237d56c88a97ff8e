"""A day on which everything goes wrong, at DEBUG: no planted secret is in anything that the server let out.

Each secret is shown once where it must be: by the command that makes a key, by the answer that makes a token.
"""

import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote as quoted

import pytest
import redis

from proxy.seal import new_key
from tests.databases import PASSWORD
from tests.hostile.canaries import forms, hits
from tests.hostile.scene import Bytes, scene
from tests.link.house import Page
from tests.outbound.scripted import CLOSE, RESET, answer
from tests.valkey import Valkey

ROW = {"id": 1, "agency_id": 1, "full_name": "Ada", "name": "n", "color": "#fff", "subject": "s", "status": "OPEN"}
DOORS = [
    ("GET", "/proxy/labels"),
    ("GET", "/unified/ticketing/tags"),
    ("GET", "/unified/ticketing/contacts"),
    ("GET", "/proxy/labels?interline_response_format=result"),
    ("POST", "/proxy/labels"),
    ("POST", "/unified/ticketing/tags"),
]
TABLES = ("accounts", "api_keys", "account_tokens", "links", "audit", "journal")


def provider_faults(token):
    """What a provider does wrong, most with the token in its mouth."""
    echo = json.dumps({"message": token, "errors": {"name": [token]}, "data": token}).encode()
    whole = answer(echo)
    for status in (400, 403, 404, 409, 422, 500, 502, 503):
        yield f"status {status}", [answer(echo, status, [(b"x-echo", token.encode())])]
    yield "redirect", [answer(b"", 302, [(b"location", b"https://evil.example/?t=" + token.encode())])]
    yield "html", [answer(f"<html>{token}</html>".encode(), 200, [(b"content-type", b"text/html")])]
    yield "empty", [answer(b"")]
    yield "not UTF-8", [answer(b'{"data":"\xff' + token.encode() + b'"}')]
    yield "deep", [answer(b"[" * 5000 + b'"' + token.encode() + b'"' + b"]" * 5000)]
    yield "another shape", [answer(json.dumps([token, {token: token}]).encode())]
    yield "truncated", [whole[:-10], CLOSE]
    yield "closed", [CLOSE]
    yield "reset", [RESET]
    yield "reset in the middle", [whole[:-10], 0.01, RESET]
    yield "no HTTP", [token.encode() + b"\r\n\r\n"]
    yield "a bad header", [b"HTTP/1.1 200 OK\r\n" + token.encode() + b"\r\n\r\n"]
    yield "a bad chunk", [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + token.encode() + b"\r\n"]
    yield "bad compression", [answer(token.encode(), 200, [(b"content-encoding", b"gzip")])]
    yield "hints", [b"HTTP/1.1 103 Early Hints\r\nlink: <%b>\r\n\r\n" % token.encode() * 20 + whole]
    yield "two answers", [whole + whole]


def bad_input(token, key, account):
    """What callers send wrong, with secrets where they do not belong."""
    linking = {"tenant_id": "t", "integration": "trengo", "credentials": {"token": token}}
    for name, body in {
        "another kind": {**linking, "credentials": {"token": [token]}},
        "a number too many": {**linking, "credentials": {"token": {token: 1}}},
        "an unknown field": {**linking, "credentials": {"token": token, "tokn": token}},
        "no object": {**linking, "credentials": token},
        "in the context": {**linking, "context": {"default_channel_id": token}},
        "an unknown integration": {**linking, "integration": "desk"},
        "a control character": {**linking, "credentials": {"token": token + "\n"}},
        "beyond every length": {**linking, "credentials": {"token": token * 500}},
        "a tenant that is none": {**linking, "tenant_id": ""},
    }.items():
        yield name, "POST", "/integrated-account", {"json": body}
    half = json.dumps(linking)[:-3]
    yield (
        "half a body",
        "POST",
        "/integrated-account",
        {"content": half, "headers": {"Content-Type": "application/json"}},
    )
    yield "another type", "POST", "/integrated-account", {"content": half, "headers": {"Content-Type": "text/plain"}}
    yield "in a patch", "PATCH", f"/integrated-account/{account}", {"json": {"credentials": {"token": 5}, "label": 1}}
    yield "a basic login", "GET", "/proxy/labels", {"headers": {"Authorization": f"Basic {token}"}}
    yield "half a key", "GET", "/proxy/labels", {"headers": {"Authorization": f"Bearer {key[:-1]}"}}
    yield "a key too long", "GET", "/proxy/labels", {"headers": {"Authorization": f"Bearer {key}x"}}
    yield "two keys", "GET", "/proxy/labels", {"headers": {"Authorization": f"Bearer {key} {key}"}}
    yield "a key in the query", "GET", f"/integrated-account?api_key={key}", {}
    yield "a token as a cursor", "GET", f"/unified/ticketing/tags?next_cursor={quoted(token)}", {}
    yield "a token in a query", "GET", f"/proxy/labels?token={quoted(token)}", {}
    yield "an account that is none", "GET", "/proxy/labels", {"headers": {"X-Integrated-Account-Id": token}}


class Day:
    """What was planted, what came out, and how many things went wrong."""

    def __init__(self, stage):
        self.stage = stage
        self.secrets = {"api key": stage.key}
        self.answers, self.outputs = [], {}
        self.wrong = []
        self.people = {
            "e-mail": f"canary.{secrets.token_hex(8)}@people.example",
            "phone": f"+3197{secrets.randbelow(10**12):012d}",
        }

    def plant(self, name, secret):
        self.secrets[name] = secret
        return secret

    def note(self, answered, *shown):
        """Keeps an answer; the secrets that it is there to show are taken out."""
        text = f"{answered.status_code} {dict(answered.headers)} {answered.text}"
        for secret in shown:
            assert secret in text
            text = text.replace(secret, "shown")
        self.answers.append((f"{answered.request.method} {answered.request.url.path}", text))
        return answered

    def ask(self, method, path, account=None, **options):
        headers = {"Prefer": "wait=0", **options.pop("headers", {})}
        if account is not None:
            headers.setdefault("X-Integrated-Account-Id", account)
        return self.note(self.stage.ask(method, path, headers=headers, **options))

    def everything(self, account):
        """Every door at once, as retries take their time; a link with the credential among them."""
        body = {"tenant_id": "t", "integration": "trengo", "credentials": {"token": self.token}}
        linking = ("POST", "/integrated-account", None, body)
        written = {"name": "n", "color": "#ffffff"}
        asked = [(method, path, account, written if method == "POST" else None) for method, path in DOORS]

        def ask(one):
            method, path, named, given = one
            self.ask(method, path, named, **({} if given is None else {"json": given}))

        with ThreadPoolExecutor(len(DOORS) + 1) as pool:
            list(pool.map(ask, [*asked, linking]))


@contextmanager
def temporary_folder(path):
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(path)
    try:
        yield
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before


@pytest.fixture(scope="module")
def locked_valkey():
    """A Valkey with a password, and that password."""
    server, password = Valkey(), f"canary-{secrets.token_hex(12)}"
    server.start()
    try:
        with server.client() as client:
            client.config_set("requirepass", password)
        yield server, password
    finally:
        server.remove()


@pytest.fixture(scope="module")
def day(running, tmp_path_factory, postgres, postgresql_of_module, locked_valkey):
    valkey, redis_password = locked_valkey
    keys = [new_key(), new_key()]
    folder, scratch = tmp_path_factory.mktemp("day"), tmp_path_factory.mktemp("scratch")
    settings = {
        "database_url": postgres.url(postgresql_of_module),
        "redis_url": f"redis://:{redis_password}@127.0.0.1:{valkey.port}/0",
        "sealing_keys": ",".join(keys),
        "log_level": "debug",
        "docs": "true",
        "bounds_wrong_keys": "5",
    }
    with temporary_folder(scratch), scene(running, folder, **settings) as stage:
        day = Day(stage)
        day.plant("database password", PASSWORD)
        day.plant("redis password", redis_password)
        for number, key in enumerate(keys):
            day.plant(f"sealing key {number}", key.partition(":")[2])
        morning(day)
        noon(day)
        evening(day, postgres, postgresql_of_module, valkey)
        gather(day, folder, scratch, postgres, postgresql_of_module, valkey, redis_password)
    day.outputs["log"] = stage.server.log.read_text()
    return day


def morning(day):
    """Everything works."""
    stage = day.stage
    person = {**ROW, "email": day.people["e-mail"], "phone": day.people["phone"]}
    stage.provider.script = lambda _got, _number: [
        answer(json.dumps({"data": [person], "links": {}, "id": 1}).encode())
    ]
    day.token = day.plant("provider token", f"tok+{secrets.token_urlsafe(24)}/x")
    day.account = stage.link(token=day.token)
    minted = stage.ask(
        "POST", "/integrated-account/token", json={"integrated_account_id": day.account, "scopes": ["read"]}
    )
    day.plant("account token", minted.json()["result"]["token"])
    day.note(minted, day.secrets["account token"])
    link(day)
    day.everything(day.account)
    for query in (f"email={day.people['e-mail']}", f"phone={quoted(day.people['phone'])}", "search=x"):
        stage.ask("GET", f"/unified/ticketing/contacts?{query}", headers={"X-Integrated-Account-Id": day.account})
    stage.ask(
        "GET", f"/unified/ticketing/contacts/{day.people['e-mail']}", headers={"X-Integrated-Account-Id": day.account}
    )
    day.note(stage.ask("GET", "/unified/ticketing/tags", key=day.secrets["account token"]))


def link(day):
    """A customer links an account by the page: the link's token, the cookie, the credential that is typed."""
    stage = day.stage
    made = stage.ask("POST", "/link-token", json={"tenant_id": "t", "integration": "trengo"})
    token = day.plant("link token", made.json()["link_token"])
    day.note(made, token)
    typed = day.plant("typed token", f"typed-{secrets.token_urlsafe(24)}")
    entered = stage.http.get(f"{stage.base_url}/connect-account?link_token={token}", follow_redirects=False)
    cookie = day.plant("link cookie", entered.cookies[next(iter(entered.cookies))])
    day.note(entered, cookie)
    headers = {"Cookie": f"{next(iter(entered.cookies))}={cookie}", "Origin": stage.base_url}
    place = stage.base_url + entered.headers["location"]
    for ending, fields in (("", {"credentials.token": typed}), ("confirm", {})):
        page = day.note(stage.http.get(place, headers=headers))
        form = Page(page.text).form(ending)
        sent = stage.http.post(
            stage.base_url + form["action"], data={**form["fields"], **fields}, headers=headers, follow_redirects=False
        )
        day.note(sent)
    stage.http.cookies.clear()


def noon(day):
    """The provider fails, and callers send nonsense."""
    stage = day.stage
    for name, script in provider_faults(day.token):
        stage.provider.script = lambda _got, _number, script=script: script
        day.everything(day.account)
        day.wrong.append(f"provider: {name}")
    for name, method, path, options in bad_input(day.token, stage.key, day.account):
        day.ask(method, path, **options)
        day.wrong.append(f"caller: {name}")
    with Bytes(stage.base_url) as connection:
        for raw in (f"GET /proxy/labels HTTP/1.1\r\nAuthorization: Bearer {stage.key}\r\n\r\n", f"{stage.key}\r\n\r\n"):
            _, head, body = connection.ask(raw.encode())
            day.answers.append(("raw", f"{head} {body}"))
            day.wrong.append("caller: no HTTP")
    for status in (401, 401):
        stage.provider.script = lambda _got, _number, status=status: [answer(day.token.encode(), status)]
        day.ask("GET", "/unified/ticketing/tags", day.account)
    day.wrong.append("the credential ends")
    stage.provider.clear()


def evening(day, postgres, database, valkey):
    """The house itself fails: tables that are not there, no database, no Redis."""
    for table in TABLES:
        postgres.run(f"ALTER TABLE {table} RENAME TO gone", database)
        of_the_house(day)
        postgres.run(f"ALTER TABLE gone RENAME TO {table}", database)
        day.wrong.append(f"without the table {table}")
    valkey.freeze()
    of_the_house(day)
    valkey.thaw()
    day.wrong.append("without Redis")
    postgres.stop()
    of_the_house(day)
    postgres.start()
    day.wrong.append("without a database")


def of_the_house(day):
    """What needs tables of every kind."""
    for method, path, body in [
        ("GET", "/integrated-account", None),
        ("GET", f"/integrated-account/{day.account}", None),
        ("PATCH", f"/integrated-account/{day.account}", {"credentials": {"token": day.token}}),
        ("POST", "/integrated-account/token", {"integrated_account_id": day.account}),
        (
            "POST",
            "/integrated-account",
            {"tenant_id": "t", "integration": "trengo", "credentials": {"token": day.token}},
        ),
        ("POST", "/link-token", {"tenant_id": "t"}),
        ("GET", "/ready", None),
        ("GET", f"/connect-account?link_token={day.secrets['link token']}", None),
    ]:
        answered = day.stage.ask(method, path, **({} if body is None else {"json": body}))
        new = [
            answered.json()["result"][name]
            for name in ("token", "link_token")
            if answered.status_code == 201 and name in answered.json()["result"]
        ]
        day.note(answered, *new)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    day.ask("POST", "/proxy/labels", day.account, headers=key, json={"name": "n"})
    wrong = day.stage.ask("GET", "/integrated-account", key=day.secrets["account token"])
    day.note(wrong)


def gather(day, folder, scratch, postgres, database, valkey, redis_password):
    """Everything that is left of the day."""
    stage = day.stage
    for path in ("/metrics", "/openapi.json", "/integration", "/docs"):
        day.outputs[path] = day.ask("GET", path).text
    commands = [["accounts", "list"], ["keys", "list"], ["audit"], ["db", "upgrade"], ["mappings", "check"]]
    day.outputs |= {" ".join(command): stage.server.command(*command) for command in commands}
    day.outputs["database"] = "\n".join(postgres.rows(database))
    day.outputs["database's log"] = postgres.log()
    with redis.Redis(port=valkey.port, password=redis_password) as client:
        day.outputs["valkey"] = repr([(key, client.dump(key)) for key in client.scan_iter()]) + valkey.log()
    day.outputs["command lines"] = "\n".join(command_lines(stage.server.process.pid))
    for root in (folder, scratch):
        for file in root.rglob("*"):
            if file.is_file():
                day.outputs[f"file {file.name}"] = file.read_bytes()


def command_lines(pid):
    """Of a process and all below it."""
    running = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            running[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    family = [pid]
    for one in family:
        family += [child for child, parent in running.items() if parent == one]
    return [(Path("/proc") / str(one) / "cmdline").read_text() for one in family]


def test_everything_went_wrong_that_should(day):
    assert len(day.wrong) >= 40
    assert len(day.answers) > 200
    assert "unforeseen" in day.outputs["log"]
    assert day.outputs["database"].count("v1:") >= 2
    assert len(day.outputs["command lines"].splitlines()) >= 2
    assert len(day.secrets) >= 9


def test_no_answer_holds_a_secret(day):
    found = [(what, hits(day.secrets, text)) for what, text in day.answers]
    assert [one for one in found if one[1]] == []


def test_nothing_else_that_came_out_holds_one(day):
    found = {what: hits(day.secrets, text) for what, text in day.outputs.items()}
    assert {what: names for what, names in found.items() if names} == {}


def test_nobody_is_named_in_logs_metrics_and_the_database(day):
    """Personal data of a provider's records, and of a caller's query."""
    for what in ("log", "/metrics", "/openapi.json", "database", "database's log", "valkey", "audit"):
        text = day.outputs[what]
        lines = [line for line in text.splitlines() if "/contacts/" not in line]  # a path is the caller's own words
        assert hits(day.people, "\n".join(lines)) == [], what


def test_every_line_of_the_log_is_an_object_of_its_own(day):
    lines = [line for line in day.outputs["log"].splitlines() if line]
    assert len([line for line in lines if line.startswith("{")]) > 200
    for line in lines:
        if line.startswith("{"):
            json.loads(line)


@pytest.mark.parametrize("secret", ["cAnAry+7f3b/9d1e=5a7c", "4f1e9b2a7c6d8e0f"])
def test_the_search_finds_every_form(secret):
    for form in forms(secret):
        assert hits({"it": secret}, f'{{"x": "before{form}after"}}') == ["it"]
    assert hits({"it": secret}, secret[:11] + "!") == []

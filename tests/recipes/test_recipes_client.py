"""The recipes' client against a server that answers what it is told to: when it waits, repeats, goes on, gives up."""

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.recipes.conftest import RECIPES

LOST = None


def load(name):
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", RECIPES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = load("client")


class Scripted(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        asked = (self.command, self.path, self.headers.get("Idempotency-Key"), self.rfile.read(length))
        self.server.asked.append(asked)
        said = self.server.script.pop(0)
        if said is LOST:
            self.close_connection = True
            return
        status, headers, body = said
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names that the standard library calls

    def log_message(self, *_):
        pass


@pytest.fixture
def served():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    server.asked, server.script = [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def api(served, waits):
    return client.Interline(f"http://127.0.0.1:{served.server_port}", "token", "account", waits.append)


MADE = (201, {}, {"result": {"id": "7"}})


def problem(status, code="x", headers=None, **more):
    return (status, headers or {}, {"status": status, "code": code, "detail": "d", **more})


@pytest.mark.parametrize(
    ("first", "wait"),
    [
        (problem(429, "rate-limited", {"Retry-After": "17"}), 17.0),
        (problem(409, "idempotency-in-progress", {"Retry-After": "2"}), 2.0),
        (problem(504, "outcome-unknown", {"Retry-After": "60"}), 60.0),
        (problem(502, "provider-error", steps=[{"name": "ticket", "state": "applied"}]), 0.5),
        (LOST, 0.5),
    ],
    ids=["its turn", "still running", "outcome unknown", "partly applied", "no answer"],
)
def test_a_write_waits_as_it_is_told_and_is_repeated_with_its_key(served, api, waits, first, wait):
    served.script = [first, MADE]
    assert api.create("ticketing/tickets", {"name": "a"}, "key-1") == {"id": "7"}
    assert waits == [wait]
    assert served.asked == [("POST", "/unified/ticketing/tickets", "key-1", b'{"name": "a"}')] * 2


@pytest.mark.parametrize(
    "only",
    [
        problem(422, "provider-invalid", errors=[{"path": "name", "detail": "too long"}]),
        problem(409, "outcome-unknown"),
        problem(429, "rate-limited", {"Retry-After": "3600"}),
        problem(501, "unsupported-operation"),
    ],
    ids=lambda said: said[2]["code"],
)
def test_what_no_waiting_mends_is_told_at_once(served, api, waits, only):
    served.script = [only]
    with pytest.raises(client.Refused) as caught:
        api.update("ticketing/tickets", "7", {}, "key-1")
    assert caught.value.code == only[2]["code"]
    assert caught.value.problem == only[2]
    assert (waits, len(served.asked)) == ([], 1)


def test_it_gives_up_in_the_end(served, api, waits):
    served.script = [problem(503)] * 9
    with pytest.raises(client.Refused, match="503"):
        api.get("ticketing/tickets", "7")
    assert len(served.asked) == client.ATTEMPTS
    assert waits == sorted(waits)


def test_a_walk_goes_through_every_page_and_on_where_a_search_has_found_nothing(served, api):
    served.script = [
        (200, {}, {"result": [1, 2], "next_cursor": "b"}),
        problem(422, "scan-limit", next_cursor="c"),
        (200, {}, {"result": [3], "next_cursor": None}),
    ]
    assert list(api.walk("ticketing/tickets", tag_id=["4", "5"])) == [1, 2, 3]
    assert [one[1].partition("?")[2] for one in served.asked] == [
        "limit=100&tag_id=4&tag_id=5",
        "next_cursor=b",
        "next_cursor=c",
    ]


def test_one_refused_row_stops_no_other(capsys):
    def work(row):
        if row == 2:
            raise client.Refused({"status": 422, "code": "c", "detail": "d", "errors": [{"path": "p", "detail": "e"}]})
        return f"done {row}"

    assert client.each([1, 2, 3], work) == 1
    assert capsys.readouterr().out.splitlines() == ["done 1", "failed: 422 c: d; p: e", "done 3"]


def test_keys_are_equal_for_equal_events_and_fit_the_header():
    assert client.key_of("note", "n-1") == client.key_of("note", "n-1") != client.key_of("note", "n-2")
    assert client.key_of({"b": 1, "a": 2}) == client.key_of({"a": 2, "b": 1})
    assert len(client.key_of("x" * 10_000)) == 40

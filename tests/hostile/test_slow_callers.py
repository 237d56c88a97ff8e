"""Callers who send, read or say nothing: each is ended in time, and nobody else notices."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hostile.tap import answer
from tests.hostile.wire import connect, statuses

IDLE_SECONDS, DEADLINE_SECONDS, STALL_SECONDS = 1, 3, 2
PATIENCE = 20
"""How long a test waits for what is promised within a few seconds: the machine may be busy."""

TABLE = Path("/proc/net/tcp")
"""The kernel's connections, each with its two ends in hexadecimal."""

PART = b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n'
FORM = b"Content-Type: multipart/form-data; boundary=b"
BODIES = {
    "a unified write": (b"POST /unified/ticketing/comments HTTP/1.1", b"Content-Type: application/json"),
    "an account": (b"POST /integrated-account HTTP/1.1", b"Content-Type: application/json"),
    "a link token": (b"POST /link-token HTTP/1.1", b"Content-Type: application/json"),
    "an account token": (b"POST /integrated-account/token HTTP/1.1", b"Content-Type: application/json"),
    "files of a write": (b"POST /unified/ticketing/comments HTTP/1.1", FORM),
    "a passthrough write": (b"POST /proxy/api/v1/accounts/3/x HTTP/1.1", b"Content-Type: application/json"),
    "a keyed passthrough write": (b"POST /proxy/api/v1/accounts/3/x HTTP/1.1", b"Idempotency-Key: k-1"),
}


@pytest.fixture(scope="module")
def bounds():
    return {
        "body_idle_seconds": IDLE_SECONDS,
        "deadline_seconds": DEADLINE_SECONDS,
        "answer_stall_seconds": STALL_SECONDS,
    }


@pytest.fixture(params=BODIES.values(), ids=BODIES)
def begun(request):
    return request.param


def start(kind):
    """How a body of its kind begins."""
    return PART if kind == FORM else b'{"a":'


def ended(connection):
    """What comes until the server closes."""
    received = b""
    connection.settimeout(PATIENCE)
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received


def test_a_body_that_stalls_is_refused_and_the_connection_closed(target, begun):
    line, kind = begun
    with connect(target.url) as connection:
        connection.sendall(target.head(line, kind, b"Content-Length: 70000") + b"\r\n" + start(kind))
        received = ended(connection)
    assert statuses(received) == [408]
    assert b'"code":"body-timeout"' in received
    assert not any(got.complete for got in target.tap.received)


@pytest.mark.parametrize("name", ["a unified write", "files of a write", "a passthrough write"])
def test_a_body_that_drips_is_refused_in_the_end(target, name):
    """Each byte comes in time, the whole never."""
    line, kind = BODIES[name]
    with connect(target.url) as connection:
        connection.sendall(target.head(line, kind, b"Content-Length: 70000") + b"\r\n" + start(kind))
        connection.settimeout(IDLE_SECONDS / 4)
        received, until = b"", time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                connection.sendall(b" ")
                chunk = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if not chunk:
                break
            received += chunk
    assert statuses(received) == [408]
    assert not any(got.complete for got in target.tap.received)


def test_the_form_of_the_link_page_that_stalls_is_refused(target):
    made = target.request("POST", "/link-token", json={"tenant_id": "slow", "integration": "chatwoot"}).json()
    page = target.http.get(target.url + "/connect-account", params={"link_token": made["link_token"]})
    cookie = page.headers["set-cookie"].partition(";")[0].encode()
    path = page.headers["location"].encode()
    head = b"\r\n".join(
        [
            b"POST " + path + b" HTTP/1.1",
            b"Host: " + target.host,
            b"Cookie: " + cookie,
            b"Origin: http://" + target.host,
            b"Sec-Fetch-Site: same-origin",
            b"Content-Type: application/x-www-form-urlencoded",
            b"Content-Length: 500",
        ]
    )
    with connect(target.url) as connection:
        connection.sendall(head + b"\r\n\r\ntoken=")
        received = ended(connection)
    assert statuses(received) == [408]


@pytest.mark.parametrize("sent", [b"abc", b""], ids=["a part", "nothing"])
@pytest.mark.parametrize(
    ("framing", "rest"), [(b"Content-Length: 100000", b""), (b"Transfer-Encoding: chunked", b"2000\r\n")]
)
def test_an_upload_that_is_cut_short_is_never_complete(target, framing, rest, sent):
    """By its length and by its chunks; the provider sees a connection that breaks off, or none."""
    path = f"/proxy/api/v1/accounts/3/cut-{len(sent)}-{len(rest)}"
    with connect(target.url) as connection:
        connection.sendall(target.head(b"POST " + path.encode() + b" HTTP/1.1", framing) + b"\r\n" + rest + sent)
    [line] = logged(target, path)
    assert line["status"] in (400, 499)
    assert not any(got.complete for got in target.tap.received)


def logged(target, path):
    """The lines of the requests for a path, once there are any."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := [line for line in target.log_lines() if line.get("path") == path]:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no request for {path} has ended")


def test_two_hundred_slow_sockets_change_nothing_for_the_others(target):
    target.tap.answer = answer(b'{"payload":[]}')
    head = target.head(b"GET /proxy/api/v1/accounts/3/agents HTTP/1.1")
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(connect(target.url)) for _ in range(200)]
        for number, one in enumerate(slow):
            one.sendall((b"", b"GET / HT", head, head[: number + 1])[number % 4])
        with ThreadPoolExecutor(4) as pool:
            seen = list(pool.map(lambda _: target.request("GET", "/proxy/api/v1/accounts/3/agents"), range(100)))
        assert {one.status_code for one in seen} == {200}


def test_a_connection_without_a_request_is_ended(target):
    """By the server itself, ten seconds after it came or was last used."""
    with connect(target.url) as fresh, connect(target.url) as used:
        used.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert statuses(ended(used)) == [200]
        assert ended(fresh) == b""


def unread(target, path):
    """A connection whose answer is never read; little of it fits into the caller's buffers."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", int(target.url.rpartition(":")[2])))
    connection.sendall(target.head(b"GET " + path.encode() + b" HTTP/1.1") + b"\r\n")
    return connection


def test_a_caller_who_takes_nothing_of_a_long_answer_is_cut_off(target):
    target.tap.answer = answer(b"x" * 16_000_000, kind=b"application/octet-stream")
    path = "/proxy/api/v1/accounts/3/long"
    with unread(target, path):
        assert logged(target, path)[0]["aborted"] == "the caller does not read the answer"


def test_a_caller_who_takes_nothing_of_an_answer_that_the_server_holds_is_cut_off(target):
    """The application is done with it; the kernel ends the connection."""
    target.tap.answer = answer(b"x" * 250_000, kind=b"application/octet-stream")
    path = "/proxy/api/v1/accounts/3/whole"
    with unread(target, path) as connection:
        assert logged(target, path)[0]["status"] == 200
        place = f"{connection.getpeername()[1]:04X} 0100007F:{connection.getsockname()[1]:04X}"
        assert any(place in line for line in TABLE.read_text().splitlines())
        until = time.monotonic() + PATIENCE
        while any(place in line for line in TABLE.read_text().splitlines()):
            assert time.monotonic() < until, "the server still holds the connection"
            time.sleep(0.05)

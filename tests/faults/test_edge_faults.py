"""F42, F47 and F48: odd but legal requests, a server short of everything, callers who go away."""

import os
import re
import resource
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.hostile.tap import answer
from tests.hostile.target import opened
from tests.hostile.wire import connect, open_files, statuses, worker_pids

FEW_FILES = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
LITTLE_MEMORY = ("bash", "-c", 'ulimit -v 524288; exec "$@"', "bash")
PATIENCE = 20
"""Seconds to wait for what happens in one: the machine may be busy."""
PROXY = "/proxy/api/v1/accounts/3/"


def logged(target, path):
    """The line of the request for a path, once it has ended."""
    return eventually(lambda: [line for line in target.log_lines() if line.get("path") == path])[0]


def eventually(found):
    until = time.monotonic() + PATIENCE
    while not (seen := found()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
    return seen


@pytest.mark.fault("F42", "expect")
def test_who_expects_to_be_asked_is_asked_and_the_provider_is_not(target):
    target.tap.answer = answer()
    with connect(target.url) as connection:
        head = target.head(f"POST {PROXY}x HTTP/1.1".encode(), b"Expect: 100-continue", b"Content-Length: 4")
        connection.sendall(head + b"Connection: close\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abcd")
        assert statuses(read(connection)) == [200]
    [got] = target.tap.received
    assert (got.body, got.values(b"expect")) == (b"abcd", [])


def read(connection):
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.fault("F42", "expect, refused")
def test_who_may_not_send_is_not_asked_to(target):
    lines = [f"POST {PROXY}x HTTP/1.1".encode(), b"Host: " + target.host, b"Authorization: Bearer il_wrong"]
    lines += [b"Expect: 100-continue", b"Content-Length: 4"]
    received, _ = target.raw(b"\r\n".join(lines) + b"\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 401 ")


@pytest.mark.fault("F42", "pipelining")
def test_requests_sent_at_once_are_answered_in_order(target):
    """Even where one fails among them."""
    target.tap.answer = answer()
    one = target.head(f"GET {PROXY}x HTTP/1.1".encode()) + b"\r\n"
    missing = target.head(b"GET /nowhere HTTP/1.1") + b"\r\n"
    last = target.head(f"GET {PROXY}y HTTP/1.1".encode(), b"Connection: close") + b"\r\n"
    received, _ = target.raw(one + missing + one + last)
    assert statuses(received) == [200, 404, 200, 200]
    assert [got.target.rpartition("/")[2] for got in target.tap.received] == ["x", "x", "y"]


@pytest.mark.fault("F42", "HTTP/1.0")
def test_an_old_client_is_served_and_the_connection_closed(target):
    target.tap.answer = answer()
    received, _ = target.raw(target.head(f"GET {PROXY}x HTTP/1.0".encode()) + b"\r\n")
    assert (statuses(received), received[:8]) == ([200], b"HTTP/1.0")
    assert target.tap.received[0].line.endswith(b" HTTP/1.1")


@pytest.mark.fault("F47", "256 files")
def test_a_server_with_few_files_sheds_and_stays(running, tmp_path):
    """Held calls fill it: the rest is told to come back, health is answered, and afterwards all is as before."""
    with opened(running, tmp_path, prefix=FEW_FILES) as target:
        target.tap.answer, target.tap.hold = answer(), threading.Event()
        head = target.head(f"GET {PROXY}x HTTP/1.1".encode()) + b"\r\n"
        with ExitStack() as stack:
            waiting = [stack.enter_context(connect(target.url, 20)) for _ in range(80)]
            for one in waiting:
                one.sendall(head)
            refused = eventually(lambda: [line for line in target.log_lines() if line.get("status") == 503])
            assert refused[0]["code"] == "overloaded"
            assert target.http.get(target.url + "/health").status_code == 200
            assert open_files(target.pids[-1]) < 256
            target.tap.hold.set()
            first = [one.recv(12) for one in waiting]
        assert {one for one in first if one} <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}
        assert b"HTTP/1.1 200" in first
        assert target.request("GET", PROXY + "x").status_code == 200
        assert worker_pids(target.server.process) == target.pids


@pytest.fixture(scope="module")
def small(running, tmp_path_factory):
    """A server with 512 MiB of address space, which serves at the end as it did at the beginning."""
    with opened(running, tmp_path_factory.mktemp("small"), prefix=LITTLE_MEMORY) as target:
        yield target
        target.tap.clear()
        assert target.request("GET", "/unified/ticketing/teams").status_code == 200
        assert worker_pids(target.server.process) == target.pids


@pytest.mark.fault("F47", "memory, uploads")
@pytest.mark.parametrize("keyed", [False, True], ids=["streamed", "keyed"])
def test_a_server_with_little_memory_takes_many_uploads_at_once(small, keyed):
    small.tap.answer, body = answer(), b"x" * 4_000_000

    def send(number):
        headers = {"Idempotency-Key": f"upload-{number}"} if keyed else {}
        return small.request("POST", PROXY + "x", content=body, headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(send, range(32)))
    assert set(seen) <= {200, 503}
    assert 200 in seen


@pytest.mark.fault("F47", "memory, JSON")
def test_a_server_with_little_memory_sheds_bodies_that_it_would_have_to_hold(small):
    """As many as the account may have under way and waiting, while the provider holds its answers back."""
    small.tap.hold = threading.Event()
    sent = {"name": "heavy", "remote_data": {"more": "x" * 1_000_000}}

    def send(_):
        answered = small.request("POST", "/unified/ticketing/tags", json=sent, timeout=60)
        return answered.status_code, answered.json().get("detail")

    with ThreadPoolExecutor(40) as pool:
        answers = [pool.submit(send, number) for number in range(40)]
        eventually(lambda: any(one.done() for one in answers))
        small.tap.hold.set()
        seen = [one.result() for one in answers]
    assert (503, "the server holds as many bodies as it takes") in seen
    assert {status for status, _ in seen} <= {201, 503, 504}


BODIES = {
    "passed on whole": (PROXY + "x", b"x" * 60_000, 64 * 1024),
    "understood": ("/unified/ticketing/tags", b'{"name":"%s"}' % (b"x" * 200_000), 256 * 1024),
}


@pytest.mark.fault("F47", "memory, bodies")
@pytest.mark.parametrize(("path", "body", "most"), BODIES.values(), ids=BODIES)
def test_a_body_that_has_no_room_is_told_to_come_back(running, tmp_path, path, body, most):
    """The first is held for as long as its request is under way, and no longer."""
    with opened(running, tmp_path, json_bytes=most, bodies_bytes=most) as target:
        target.tap.answer, target.tap.hold = answer(), threading.Event()

        def send():
            return target.request("POST", path, content=body, headers={"Content-Type": "application/json"})

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send)
            eventually(lambda: target.tap.received)
            second = send()
            target.tap.hold.set()
            assert first.result().status_code < 300
        assert (second.status_code, second.json()["code"], second.headers["retry-after"]) == (503, "overloaded", "1")
        assert len([got for got in target.tap.received if got.line.startswith(b"POST ")]) == 1
        assert send().status_code < 300


@pytest.mark.fault("F47", "memory, an answer")
def test_an_answer_that_memory_does_not_suffice_for_fails_alone(running, tmp_path):
    """Three megabytes of small objects take some seventy in memory."""
    with opened(running, tmp_path) as target:
        target.tap.answer = answer(b"[" + b",".join([b'{"id":1}'] * 300_000) + b"]")
        with little_more_space(target.pids[-1], 32 * 1024 * 1024):
            failed = target.request("GET", "/unified/ticketing/teams")
        target.tap.answer = None
        assert (failed.status_code, failed.json()["code"]) == (503, "overloaded"), failed.text
        assert failed.headers["retry-after"]
        assert [line for line in target.log_lines() if line.get("event") == "out-of-memory"]
        assert target.request("GET", "/unified/ticketing/teams").status_code == 200
        assert worker_pids(target.server.process) == target.pids


@contextmanager
def little_more_space(pid, size):
    """A process may map so many bytes more than it does."""
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    mapped = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (mapped + size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, before)


@pytest.mark.fault("F47", "blocked loop")
def test_a_worker_that_stood_still_goes_on_and_tells(target):
    before = late(target)
    os.kill(target.pids[-1], signal.SIGSTOP)
    time.sleep(0.9)
    os.kill(target.pids[-1], signal.SIGCONT)
    assert target.http.get(target.url + "/health").status_code == 200
    eventually(lambda: late(target) > before)


def late(target):
    """How often the loop was more than half a second late."""
    text = target.request("GET", "/metrics").text
    counts = dict(re.findall(r'interline_event_loop_lag_seconds_bucket\{le="([^"]+)"\} ([0-9.]+)', text))
    return float(counts["+Inf"]) - float(counts["0.5"])


@pytest.mark.fault("F48", "read")
@pytest.mark.parametrize("path", [PROXY + "left", "/unified/ticketing/teams"])
def test_a_read_ends_with_its_caller(target, path):
    """The provider still holds its answer back, and sees the connection closed."""
    target.tap.hold = threading.Event()
    with connect(target.url) as connection:
        connection.sendall(target.head(f"GET {path} HTTP/1.1".encode()) + b"\r\n")
        eventually(lambda: target.tap.received)
    assert logged(target, path)["status"] == 499
    eventually(lambda: target.tap.received[0].abandoned)


@pytest.mark.fault("F48", "write")
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (PROXY + "labels", b'{"title":"left-by-proxy"}', 200),
        ("/unified/ticketing/tags", b'{"name":"left-unified"}', 201),
    ],
)
def test_a_write_is_finished_and_kept_without_its_caller(target, path, body, status):
    target.tap.hold = threading.Event()
    key = f"left-{path[1:6]}"
    lines = [b"Content-Type: application/json", b"Content-Length: %d" % len(body), b"Idempotency-Key: " + key.encode()]
    with connect(target.url) as connection:
        connection.sendall(target.head(f"POST {path} HTTP/1.1".encode(), *lines) + b"\r\n" + body)
        eventually(lambda: target.tap.received)
    time.sleep(0.7)  # longer than a read would go on
    assert not target.tap.received[0].abandoned
    target.tap.hold.set()
    logged(target, path)
    made = [got for got in target.tap.received if got.line.startswith(b"POST ")]
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    again = target.request("POST", path, content=body, headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (status, "true")
    assert len(made) == len([got for got in target.tap.received if got.line.startswith(b"POST ")]) == 1

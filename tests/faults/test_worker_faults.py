"""Faults of our own processes: a worker that is killed at the points that matter, and a server that is told to stop."""

import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.workers.fleet import Fleet, eventually, kill
from tests.workers.gate import HALF, Gate

WORKERS = 4
UNDER_WAY = 40
HURRIED = httpx.Timeout(60, read=1.5)
"""For a caller who gives up once the request is sent, and the server, busy as it may be, has begun with it."""


@pytest.fixture(scope="module")
def gate():
    made = Gate()
    yield made
    made.release()
    made.close()


@pytest.fixture(scope="module")
def build(gate, postgres, valkey_server, tmp_path_factory):
    """``build(**settings)``: a server on PostgreSQL and Valkey."""
    made, names = [], []

    def start(**settings):
        names.append(postgres.create())
        shared = {"database_url": postgres.url(names[-1]), "redis_url": valkey_server.url}
        made.append(Fleet(gate, tmp_path_factory.mktemp("fleet"), **shared, **settings))
        return made[-1]

    yield start
    for one in made:
        one.close()
    for name in names:
        postgres.drop(name)


@pytest.fixture(scope="module")
def fleet(build):
    """One call of an account at a time, so that a second write has to wait before it is sent."""
    made = build(workers=str(WORKERS), bounds_account_in_flight="1")
    made.first = set(made.workers)
    return made


@pytest.fixture
def pair(fleet, gate):
    """A caller at a worker that will die, and one at another; all workers live again afterwards.

    One of the first workers dies each time: of one that ends again soon, Granian thinks that it always will.
    """
    gate.hold()
    doomed = eventually(lambda: _caller(fleet, lambda worker: worker in fleet.first), "a caller at a first worker")
    fleet.first.discard(doomed.worker)
    other = eventually(lambda: _caller(fleet, lambda worker: worker != doomed.worker), "a caller at another worker")
    yield doomed, other
    gate.release()
    eventually(lambda: fleet.metric("interline_workers") == WORKERS, "all workers again")


@pytest.fixture(scope="module")
def leaving(build):
    """A server that is stopped by its scenario."""
    return build(workers="2", bounds_account_in_flight=str(2 * UNDER_WAY), bounds_notice_seconds="0.5")


def _caller(fleet, wanted):
    """A new caller, if its worker is wanted; the kernel spreads connections."""
    caller = fleet.caller()
    return caller if wanted(caller.worker) else None


def _given_up(caller, body, path="/proxy/write"):
    with pytest.raises(httpx.ReadTimeout):
        caller.write(body, path, timeout=HURRIED)


def _in_progress(answer):
    return answer.status_code == 409 and answer.json()["code"] == "idempotency-in-progress"


@pytest.mark.fault("F38", "killed idle: the other worker serves, and it is replaced")
def test_an_idle_worker_is_killed(fleet, pair):
    doomed, other = pair
    kill(doomed.worker)
    assert other.http.get(f"{fleet.url}/ready").status_code == 200
    eventually(lambda: len(fleet.workers) == WORKERS and doomed.worker not in fleet.workers, "the replacement")


@pytest.mark.fault("F38", "killed before a write is sent: nothing is sent, and another worker knows of it")
def test_killed_before_the_write_is_sent(fleet, pair, gate):
    doomed, other = pair
    blocking = eventually(
        lambda: _caller(fleet, lambda worker: worker == doomed.worker), "a further caller at the same worker"
    )
    _given_up(blocking, {"blocking": 1}, "/proxy/held-write")
    _given_up(doomed, {"unsent": 1})
    eventually(lambda: _in_progress(other.write({"unsent": 1})), "the claim")
    kill(doomed.worker)
    assert _in_progress(other.write({"unsent": 1}))
    assert gate.written['{"unsent":1}'] == 0


@pytest.mark.fault("F38", "killed after a write was sent: it is not sent again, and another worker says so")
def test_killed_after_the_write_was_sent(fleet, pair, gate):
    doomed, other = pair
    _given_up(doomed, {"sent": 1}, "/proxy/held-write")
    eventually(lambda: gate.written['{"sent":1}'], "the write at the provider")
    kill(doomed.worker)
    told = other.write({"sent": 1}, "/proxy/held-write")
    assert _in_progress(told)
    assert int(told.headers["retry-after"]) >= 1
    assert gate.written['{"sent":1}'] == 1


@pytest.mark.fault("F38", "killed after the answer was stored: another worker gives it")
def test_killed_after_the_answer_was_stored(fleet, pair, gate):
    doomed, other = pair
    first = doomed.write({"stored": 1})
    kill(doomed.worker)
    again = other.write({"stored": 1})
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert (again.content, gate.written['{"stored":1}']) == (first.content, 1)


@pytest.mark.fault("F39", "reads, writes and a download under way are finished; readiness ends first; exit status 0")
def test_a_server_is_told_to_stop(leaving, gate):
    gate.hold()
    before = gate.waiting

    def ask(number):
        if number % 2:
            return leaving.request("GET", "/proxy/held")
        headers = {"Idempotency-Key": f'"leaving-{number}"'}
        return leaving.request("POST", "/proxy/held-write", json={"leaving": number}, headers=headers)

    with ThreadPoolExecutor(UNDER_WAY + 1) as pool:
        asked = [pool.submit(ask, number) for number in range(UNDER_WAY)]
        streamed = pool.submit(leaving.request, "GET", "/proxy/stream")
        eventually(lambda: gate.waiting == before + UNDER_WAY + 1, "all under way")
        leaving.signal(signal.SIGTERM)
        eventually(lambda: leaving.server.log.read_text().count('"event":"draining"') == 2, "the notice")
        gate.release()
        assert [one.result().status_code for one in asked] == [200] * UNDER_WAY
        assert len(streamed.result().content) == 2 * HALF
    assert leaving.ended() == 0
    assert {count for body, count in gate.written.items() if "leaving" in body} == {1}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{leaving.url}/ready")

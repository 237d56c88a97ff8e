"""A worker that is killed: the others serve on, it is replaced, and a write that it had under way is not made twice."""

import httpx
import pytest

from tests.workers.fleet import eventually, kill


@pytest.fixture
def fleet(start, postgresql_url):
    return start(database_url=postgresql_url)


def another(fleet, worker):
    """A caller at another worker; connections are spread by the kernel."""
    return eventually(lambda: next((one for one in [fleet.caller()] if one.worker != worker), None), "another worker")


def test_a_write_whose_worker_was_killed_after_it_was_sent_is_told_truthfully_by_another(fleet, gate):
    caller = fleet.caller()
    other = another(fleet, caller.worker)
    _killed_at_the_gate(fleet, gate, caller, {"sent": 1})
    live = other.write({"sent": 1}, "/proxy/held-write")
    assert (live.status_code, live.json()["code"]) == (409, "idempotency-in-progress")
    assert int(live.headers["retry-after"]) >= 1
    gate.release()
    told = eventually(lambda: _settled(other.write({"sent": 1}, "/proxy/held-write")), "the end of the lease")
    assert (told.status_code, told.json()["code"]) == (409, "outcome-unknown")
    assert gate.written['{"sent":1}'] == 1


def test_a_write_whose_worker_was_killed_before_it_was_sent_is_carried_out_by_another(start, postgresql_url, gate):
    fleet = start(database_url=postgresql_url, bounds_account_in_flight="1")
    caller = fleet.caller()
    other = another(fleet, caller.worker)
    blocking = fleet.caller()
    while blocking.worker != caller.worker:
        blocking = fleet.caller()
    with pytest.raises(httpx.ReadTimeout):
        blocking.write({"first": 1}, "/proxy/held-write", timeout=httpx.Timeout(60, read=0.2))
    eventually(lambda: gate.waiting == 1, "the one place taken")
    with pytest.raises(httpx.ReadTimeout):
        caller.write({"queued": 1}, timeout=httpx.Timeout(60, read=0.5))
    eventually(lambda: _claimed(other, {"queued": 1}), "the claim of the write that waits")
    kill(caller.worker)
    gate.release()
    done = eventually(lambda: _settled(other.write({"queued": 1})), "the end of the lease")
    assert (done.status_code, gate.written['{"queued":1}']) == (200, 1)


def _killed_at_the_gate(fleet, gate, caller, body):
    with pytest.raises(httpx.ReadTimeout):
        caller.write(body, "/proxy/held-write", timeout=httpx.Timeout(60, read=0.5))
    eventually(lambda: gate.waiting == 1, "the write at the provider")
    kill(caller.worker)
    eventually(lambda: caller.worker not in fleet.workers, "its end")


def _claimed(other, body):
    answer = other.write(body)
    return answer.status_code == 409 and answer.json()["code"] == "idempotency-in-progress"


def _settled(answer):
    """The answer, once nobody is thought to be at it any more."""
    live = answer.status_code == 409 and answer.json()["code"] == "idempotency-in-progress"
    return None if live else answer

"""Two servers on one PostgreSQL and one Valkey, as on two machines: what one does, the other knows."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from proxy.accounts.cache import LIFE_SECONDS
from proxy.accounts.keys import new_key
from tests.workers.fleet import Fleet, eventually
from tests.workers.gate import Gate

WRONG_KEYS = 10


@pytest.fixture(scope="module")
def gate():
    made = Gate()
    made.release()
    yield made
    made.close()


@pytest.fixture(scope="module")
def machines(gate, postgres, valkey_server, tmp_path_factory):
    """The first of two workers, the second of one."""
    name = postgres.create()
    shared = {"database_url": postgres.url(name), "redis_url": valkey_server.url, "trusted_proxies": "127.0.0.1"}
    first = Fleet(gate, tmp_path_factory.mktemp("first"), workers="2", **shared)
    keys = first.server.environment["INTERLINE_SEALING_KEYS"]
    second = Fleet(gate, tmp_path_factory.mktemp("second"), workers="1", sealing_keys=keys, **shared)
    second.account_id, second.key = first.account_id, first.key
    yield first, second
    first.close()
    second.close()
    postgres.drop(name)


def test_an_account_linked_at_one_is_served_by_the_other(machines):
    for one, other in (machines, machines[::-1]):
        linked = one.link("elsewhere")
        headers = {"X-Integrated-Account-Id": linked}
        answer = other.request("GET", "/unified/ticketing/tickets", params={"limit": 2}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["result"]) == 2


def test_a_key_revoked_at_one_ends_at_the_other_within_the_life_of_the_cache(machines):
    first, second = machines
    key = first.server.key_with("read")
    listed = first.server.command("keys", "list").splitlines()
    key_id = next(line.split()[0] for line in reversed(listed) if key[:8] in line)

    def status():
        return second.http.get(f"{second.url}/integration", headers={"Authorization": f"Bearer {key}"}).status_code

    assert status() == 200
    first.server.command("keys", "revoke", key_id)
    revoked = time.monotonic()
    eventually(lambda: status() == 401, "the end of the key")
    # What is asked for after so long is not out of the cache; the machine may be slow to ask.
    assert time.monotonic() - revoked < LIFE_SECONDS + 5


def test_one_key_sent_to_both_at_once_makes_one_write(machines, gate):
    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            headers, body = {"Idempotency-Key": f'"both-{number}"'}, {"both": number}
            sent = [
                pool.submit(machines[n % 2].request, "POST", "/proxy/write", json=body, headers=headers)
                for n in range(6)
            ]
            answers = [one.result() for one in sent]
            assert {one.status_code for one in answers} <= {200, 409}
            assert {one.json()["code"] for one in answers if one.status_code == 409} <= {"idempotency-in-progress"}
            assert [one.status_code for one in answers].count(200) >= 1
            assert gate.written[f'{{"both":{number}}}'] == 1
            replayed = machines[1].request("POST", "/proxy/write", json=body, headers=headers)
            assert replayed.headers["idempotency-replayed"] == "true"


def test_a_credential_that_ended_at_one_is_not_used_by_the_other(machines, gate):
    first, second = machines
    headers = {"X-Integrated-Account-Id": first.link("ends")}
    gate.refusing = True
    try:
        for _ in range(2):
            answer = first.request("GET", "/proxy/tickets", headers=headers)
            assert answer.status_code == 424, answer.text
    finally:
        gate.refusing = False
    answer = second.request("GET", "/proxy/tickets", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (424, "reauth-required")
    needs = [line for line in second.http.get(f"{second.url}/metrics").text.splitlines() if "needs_reauth" in line]
    assert needs == ['interline_accounts{status="needs_reauth"} 1.0']


def test_wrong_keys_are_counted_by_both_together(machines):
    def status(machine):
        headers = {"Authorization": f"Bearer {new_key().reveal()}", "X-Forwarded-For": "198.51.100.7"}
        return machine.http.get(f"{machine.url}/integration", headers=headers).status_code

    assert [status(machines[number % 2]) for number in range(WRONG_KEYS)] == [401] * WRONG_KEYS
    assert [status(one) for one in machines] == [429, 429]


def test_a_restart_of_the_database_ends_no_server_and_no_write_is_made_twice(machines, gate, postgres):
    postgres.stop()
    try:
        for one in machines:
            assert one.http.get(f"{one.url}/ready").status_code == 503
            headers, body = {"Idempotency-Key": '"away"'}, {"away": 1}
            refused = one.request("POST", "/proxy/write", json=body, headers=headers)
            assert refused.status_code >= 500
        assert gate.written['{"away":1}'] == 0
    finally:
        postgres.start()
    for one in machines:
        eventually(lambda one=one: one.http.get(f"{one.url}/ready").status_code == 200, "readiness")
        assert one.request("GET", "/unified/ticketing/tickets", params={"limit": 1}).status_code == 200
    done = [
        one.request("POST", "/proxy/write", json={"away": 1}, headers={"Idempotency-Key": '"away"'}) for one in machines
    ]
    assert [one.status_code for one in done] == [200, 200]
    assert gate.written['{"away":1}'] == 1


def test_several_workers_are_refused_without_redis(machines):
    given = {**os.environ, **machines[0].server.environment, "INTERLINE_REDIS_URL": ""}
    command = [sys.executable, "-m", "unified", "serve", "--workers", "3"]
    refused = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert "INTERLINE_REDIS_URL is not set" in refused.stderr

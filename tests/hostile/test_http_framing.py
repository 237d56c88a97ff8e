"""More than a thousand raw requests: each is one request or none, and a provider receives ours or nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from proxy.outbound.headers import REQUEST_ALLOWED
from tests.hostile.framings import REFUSED, TAKEN, Framings
from tests.hostile.tap import answer
from tests.hostile.wire import statuses, worker_pids

HANG_SECONDS = 12
AT_ONCE = 16
INJECTED = {b"host", b"api-access-token", b"accept", b"accept-encoding", b"content-length", b"transfer-encoding"}
ONCE = {b"host", b"api-access-token", b"content-length", b"transfer-encoding", b"content-type", b"user-agent"}


@pytest.fixture(scope="module")
def bounds():
    return {"body_idle_seconds": 1}


@pytest.fixture(scope="module")
def payloads(target_server):
    return Framings(target_server.host, target_server.credentials).all()


@pytest.fixture(scope="module")
def battle(target_server, payloads):
    """Each payload with what was answered, and what the provider received of it; the same workers serve on."""
    target = target_server
    target.tap.answer = answer()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answered = list(pool.map(lambda one: target.raw(one.raw, seconds=HANG_SECONDS, quiet=0.5)[0], payloads))
    received = target.tap.received
    assert worker_pids(target.server.process) == target.pids
    numbered = {}
    for got in received:
        numbered.setdefault(int(got.values(b"user-agent")[0]), []).append(got)
    return [
        (one, said, numbered.get(number, [])) for number, (one, said) in enumerate(zip(payloads, answered, strict=True))
    ]


def test_there_are_a_thousand_and_more(payloads):
    assert len(payloads) >= 1000
    assert sum(one.verdict == REFUSED for one in payloads) >= 250
    assert sum(one.verdict == TAKEN for one in payloads) >= 20


def test_nothing_hangs(battle):
    assert [one.name for one, said, _ in battle if said is None] == []


def test_nothing_is_a_fault_of_ours(battle):
    assert [(one.name, said[:40]) for one, said, _ in battle if max(statuses(said), default=0) >= 500] == []


def test_what_breaks_a_rule_is_refused_and_reaches_nobody(battle):
    wrong = [
        (one.name, said[:60], [got.line for got in arrived])
        for one, said, arrived in battle
        if one.verdict == REFUSED and ((arrived and arrived[0].complete) or any(s < 400 for s in statuses(said)))
    ]
    assert wrong == []


def test_what_keeps_the_rules_is_taken_once(battle):
    wrong = [
        (one.name, said[:60], len(arrived))
        for one, said, arrived in battle
        if one.verdict == TAKEN and (statuses(said) != [200] or len(arrived) != 1)
    ]
    assert wrong == []


def test_no_body_becomes_a_request(battle):
    assert [one.name for one, _, arrived in battle if any(b"smuggled" in got.line for got in arrived)] == []


def test_no_payload_reaches_the_provider_twice(battle):
    assert [one.name for one, _, arrived in battle if len(arrived) > 1] == []


def test_what_a_provider_receives_is_written_by_us(battle, target):
    """One host, the credential that we put in, one framing, the body that was meant, and no other header."""
    wrong = []
    for one, _, arrived in battle:
        for got in arrived:
            names = [name.lower() for name, _ in got.headers]
            strange = set(names) - REQUEST_ALLOWED - INJECTED
            twice = {name for name in ONCE if names.count(name) > 1}
            host = got.values(b"host") != [target.tap.url.removeprefix("http://").encode()]
            framed = b"content-length" in names and b"transfer-encoding" in names
            body = one.body is not None and got.complete and got.body != one.body
            line = not got.target.startswith("/api/v1/accounts/3/inner") or not got.line.endswith(b" HTTP/1.1")
            if strange or twice or host or framed or body or line:
                wrong.append((one.name, got.line, strange, twice, got.body[:40]))
    assert wrong == []


def test_every_request_is_one_line_of_the_log(battle, target):
    """And each line is JSON; what the server itself refuses never comes as far."""
    lines = [line for line in target.log_lines() if line.get("event") == "request"]
    ids = [line["request_id"] for line in lines]
    assert len(ids) == len(set(ids))
    assert len(lines) >= sum(len(arrived) for _, _, arrived in battle)

"""No secret that a provider's raw answer to a write holds leaves by an answer, a log or the journal."""

from dataclasses import replace
from itertools import count

import pytest
from msgspec import json

from sandbox.http import Response
from tests.writing.cases import CASES, comment_of
from tests.writing.recorded import journal_rows

CANARY = "canary-6f3b9d1e5a7c"
PLACES = (
    "password",
    "activation_token",
    "access_token",
    "pubsub_token",
    "hmac_token",
    "api_key",
    "auth_token",
    "secret",
)
KEYS = (f"secret-{number}" for number in count())
FAULTS = [
    None,
    {"do": "drop_after_apply", "times": 1},
    {"do": "status_after_apply", "status": 422, "body": {"message": "no", "agent": {"password": CANARY}}, "times": 1},
    {"do": "status_after_apply", "status": 500, "body": {"channel": {"api_key": CANARY}}, "times": 2},
]


@pytest.fixture(scope="module")
def house(build_house):
    """A house whose workers log all they can."""
    return build_house(log_level="debug")


def with_secrets(value):
    """An answer whose every object holds secrets, as raw models do."""
    if isinstance(value, dict):
        planted = {name: f"{CANARY}-{name}" for name in PLACES}
        nested = {"channel": {"password": CANARY}, "agent": {"activation_token": CANARY}}
        return {**nested, **{name: with_secrets(one) for name, one in value.items()}, **planted}
    return [with_secrets(one) for one in value] if isinstance(value, list) else value


@pytest.fixture
def leaky(house):
    """Both simulators answer every write with secrets all over."""
    house_ports = house.ports.values()
    before = [port._wire._handle for port in house_ports]

    def leaking(handle):
        def answer(request):
            made = handle(request)
            if request.method == "GET" or made.status >= 400 or not made.body.startswith((b"{", b"[")):
                return made
            return Response(made.status, json.encode(with_secrets(json.decode(made.body))), made.headers)

        return answer

    for port in house_ports:
        port._wire._handle = leaking(port._wire._handle)
    yield
    for port, handle in zip(house_ports, before, strict=True):
        port._wire._handle = handle


@pytest.mark.parametrize("fault", FAULTS, ids=["without faults", "dropped", "refused with a secret", "failed with one"])
def test_nothing_of_a_raw_answer_leaves(fault, house, worker, leaky):
    seen, planted = [], 0
    for one in CASES:
        case, place, key = one, house.places[one.provider], next(KEYS)
        place.reset()
        if case.id == "comment":
            case = replace(case, id=comment_of(place.kept, case.provider))
        match = {"method": {"PATCH": "POST"}.get(case.verb, case.verb)}
        place.faults(*([{"match": match, **fault}] if fault else []))
        for _ in range(2):
            answer = worker.request(case.provider, case.verb, case.path, key=key, **case.options())
            seen.append((case, f"{answer.headers} {answer.text}"))
        planted += any(entry["method"] != "GET" for entry in place.log())
    assert planted == len(CASES)
    assert [text for _, text in seen if CANARY in text] == []
    assert CANARY not in house.log.read_text()
    rows = journal_rows(house)
    assert len(rows) > len(CASES) / 2
    assert [key for key, row in rows.items() if CANARY in json.encode(row.progress).decode()] == []

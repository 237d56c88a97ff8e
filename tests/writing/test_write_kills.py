"""A worker that is killed (SIGKILL) in the middle of a write: repeated with its key elsewhere, it is made once."""

import os
from itertools import count, cycle, islice

import httpx
import pytest

from tests.writing.cases import CASES, NOTE
from tests.writing.recorded import lasting, record, texts_in_the_open
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

CYCLES = int(os.environ.get("KILL_CYCLES", "40"))
"""Kills at each point."""
LEASE_SECONDS = 12.0
"""So far ahead is the clock of each worker after the one before, so that a dead one's lease is over."""
POINTS = {
    "before the claim is committed": ("insert", "after"),
    "after sent was committed, before the bytes go": ("sent", "after"),
    "after the provider did it, before that is noted": ("applied", "before"),
    "after the last step, before the answer is stored": ("finish", "before"),
    "after the answer was stored, before it goes out": ("finish", "after"),
}
WRITES = (
    ("trengo", "create", "tickets"),
    ("chatwoot", "create", "tickets"),
    ("trengo", "create", "comments"),
    ("chatwoot", "create", "contacts"),
    ("trengo", "merge", "tickets"),
    ("chatwoot", "update", "tickets"),
    ("trengo", "update", "contacts"),
    ("chatwoot", "create", "comments"),
)
KEYS = (f"killed-{number}" for number in count())
AHEAD = (LEASE_SECONDS * number for number in count(1))


class Killing:
    """Writes whose worker dies, each repeated at the next worker, which dies of the next write."""

    def __init__(self, house):
        self.house = house
        self.mappings = load_mappings(mappings_folder()).resources
        self.worker = house.worker(ahead=next(AHEAD))
        self.recordings = {}

    def recording(self, wanted):
        """What the write does without a kill, and how many of its calls change something."""
        if wanted not in self.recordings:
            case = next(one for one in CASES if (one.provider, one.method, one.resource) == wanted)
            plan = self.mappings[case.provider, "ticketing", case.resource].plans[case.method]
            made = record(case, self.send, self.house.places[case.provider], self.house, plan, next(KEYS))
            reads = {step.name for step in plan.steps if step.reads}
            changing = sum(1 for key in made.steps if key.partition(":")[0] not in reads)
            self.recordings[wanted] = made, plan, changing
        return self.recordings[wanted]

    def send(self, case, key):
        return self.worker.request(case.provider, case.verb, case.path, key=key, **case.options())

    def renew(self, **order):
        self.worker.kill()
        self.worker = self.house.worker(ahead=next(AHEAD), **order)

    def killed(self, case, key):
        """The worker dies of the write."""
        with pytest.raises(httpx.TransportError):
            self.send(case, key)

    def final(self, case, key):
        """The answer after the kill; one repeat more where the provider had to be asked twice."""
        answer = self.send(case, key)
        return answer if answer.status_code < 300 or "Retry-After" not in answer.headers else self.send(case, key)


@pytest.fixture(scope="module")
def killing(build_house):
    made = Killing(build_house())
    for wanted in WRITES:
        made.recording(wanted)
    yield made
    made.worker.kill()


@pytest.mark.parametrize("point", POINTS)
def test_a_write_is_made_once_though_its_worker_is_killed(point, killing):
    place, side = POINTS[point]
    replayed = point == list(POINTS)[-1]
    last, kills = None, 0
    for number, wanted in enumerate(islice(cycle(WRITES), CYCLES)):
        recording, plan, changing = killing.recording(wanted)
        calls = {"sent": changing, "applied": len(recording.steps)}.get(place, 1)
        at, key = 1 + (number // len(WRITES)) % calls, next(KEYS)
        killing.renew(die=[place, side, at, key])
        if last:
            check(killing, *last, replayed)
        killing.house.places[recording.case.provider].reset()
        killing.killed(recording.case, key)
        last, kills = (recording, plan, key), kills + 1
    killing.renew()
    check(killing, *last, replayed)
    assert kills == CYCLES


def check(killing, recording, plan, key, replayed):
    """The write as the next worker has it: the state is as after one, and unknown is only what nothing could tell."""
    answer = killing.final(recording.case, key)
    place = killing.house.places[recording.case.provider]
    assert not texts_in_the_open(place.name, place.kept, NOTE)
    assert (answer.headers.get("Idempotency-Replayed") == "true") is replayed
    state = lasting(place.state())
    if answer.status_code < 300:
        assert state == lasting(recording.after)
    else:
        assert answer.json()["code"] == "outcome-unknown", answer.text
        assert any(not step.safe and step.probe is None for step in plan.steps)
        assert state in (lasting(recording.before), lasting(recording.after))

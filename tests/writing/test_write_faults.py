"""Every step of every plan meets every fault; repeated with its key, the write takes effect once.

The matrix is made of the plans: a new step is in it by itself, and fails where no case reaches it. The cells are worked
off side by side, each in a lane with a simulator of its own, since most of the time is waiting.
"""

import difflib
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock

import pytest

from tests.writing.cases import CASES, NOTE
from tests.writing.recorded import dumped, lasting, record, texts_in_the_open
from tests.writing.stable import HURRIED, HURRY_SECONDS
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

MAPPINGS = load_mappings(mappings_folder())
STEPS = [
    (provider, resource, plan, step)
    for (provider, _, resource), mapping in sorted(MAPPINGS.resources.items())
    for plan in mapping.plans.values()
    for step in plan.steps
]
REFUSED, LATE = "is refused the connection", "is late"
FAULTS = {
    REFUSED: None,
    "is dropped unread": {"do": "drop_before", "times": 3},
    "is carried out and dropped": {"do": "drop_after_apply", "times": 3},
    "is carried out and answered 500": {"do": "status_after_apply", "status": 500, "times": 3},
    "is answered 429 with a time": {"do": "status", "status": 429, "headers": {"Retry-After": "2"}, "times": 3},
    "is answered 429 without a time": {"do": "status", "status": 429, "times": 3},
    "is answered in part": {"do": "truncate", "times": 3},
    "is answered with a page": {"do": "html", "times": 3},
    LATE: {"do": "delay", "seconds": HURRY_SECONDS + 0.6, "times": 1},
}
WITHOUT_EFFECT = (REFUSED, "is answered 429 with a time", "is answered 429 without a time")
"""Faults after which it is known that the step had none."""
CELLS = [(*step, fault) for step in STEPS for fault in FAULTS]
TRIES, BREAK = 160, 0.06
SETTLE_SECONDS = 4.5
"""What is late must have arrived by then, on a busy machine too: it would be looked for in vain, and sent again."""
RECORDS_FIRST = {"ticket", "contact", "team", "agent"}
"""Steps that make a record which further steps complete."""


class Lanes:
    """Some lanes of one house, each used by one thread at a time."""

    def __init__(self, house):
        self.house, self.worker = house, house.worker()
        self._free = queue.SimpleQueue()
        self._recordings, self._lock = {}, Lock()
        self._keys = (f"key-{number}" for number in count())
        for number in range(len(house.lanes)):
            self._free.put(number)
        self.pool = ThreadPoolExecutor(len(house.lanes))

    def check(self, cell):
        """Works off one cell of the matrix."""
        number = self._free.get()
        try:
            Trial(self, number, *cell).check()
        finally:
            self._free.put(number)

    def key(self):
        with self._lock:
            return next(self._keys)

    def sender(self, number):
        """Sends a case with a key, for the accounts of a lane."""
        accounts = self.house.lane_accounts[number]

        def send(case, key):
            account = accounts[case.provider]
            return self.worker.request(case.provider, case.verb, case.path, key=key, account=account, **case.options())

        return send

    def recording(self, number, provider, resource, plan, step):
        """What the step's write does without faults: of the first case that reaches it."""
        wanted = (provider, resource, plan.method)
        for index, case in enumerate(CASES):
            if (case.provider, case.resource, case.method) != wanted:
                continue
            if index not in self._recordings:
                place = self.house.lanes[number][provider]
                made = record(case, self.sender(number), place, self.house, plan, self.key())
                self._recordings[index] = made
            if self._recordings[index].reaches(step.name):
                return self._recordings[index]
        raise AssertionError(f"no case of tests/writing/cases.py reaches the step {step.name}")


class Trial:
    """One step that meets one fault."""

    def __init__(self, lanes, number, provider, resource, plan, step, fault):
        self.lanes, self.step, self.fault = lanes, step, fault
        self.recording = lanes.recording(number, provider, resource, plan, step)
        self.case = self.recording.case
        self.send = lanes.sender(number)
        self.place = lanes.house.lanes[number][provider]
        self.port = lanes.house.ports[provider]

    def check(self):
        self.place.reset()
        self.play()
        answers = self.until_final()
        self.wait_until_quiet()
        if self.fault != REFUSED:
            assert FAULTS[self.fault]["do"] in [one["fault"] for one in self.place.log()]
        if answers[0].status_code >= 300 and self.fault != LATE:
            self.check_partial(answers[0])
        if self.fault == LATE:
            assert answers[0].status_code >= 300
        assert not texts_in_the_open(self.case.provider, self.place.kept, NOTE)
        self.check_state(answers[-1])

    def play(self):
        """Arranges the fault for the call of the step."""
        if self.fault == REFUSED:
            method, path, number = self.recording.forerunner(self.step.name)
            self.place.faults(*self.bent)
            self.port.refuse_after(number, method, path)
            return
        method, path, number = self.recording.call(self.step.name)
        match = {"method": method, "path": path}
        spared = {"match": match, "do": "delay", "seconds": 0, "times": number}
        self.place.faults(*self.bent, spared, {"match": match, **FAULTS[self.fault]})

    def wait_until_quiet(self):
        """Waits for what is late."""
        until = time.monotonic() + 5
        while self.fault == LATE and time.monotonic() < until:
            if all(one["status"] for one in self.place.log()):
                return
            time.sleep(BREAK)

    @property
    def bent(self):
        return [self.case.bent] if self.case.bent else []

    def until_final(self):
        """The answers to the write, repeated with its key until nothing new would come."""
        answers, key = [], (HURRIED if self.fault == LATE else "") + self.lanes.key()
        for _ in range(TRIES):
            answers.append(self.send(self.case, key))
            if self.fault == REFUSED:
                self.port.open()
            if _is_final(answers[-1]):
                return answers
            if self.step.safe and len(answers) == 1:
                self.wait_until_quiet()  # what may arrive twice must not arrive after the steps that follow it
            time.sleep(BREAK)
        raise AssertionError([one.text for one in answers])

    def check_partial(self, answer):
        """A failure in the middle says how far it came."""
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        states = {one["name"].partition(":")[0]: one["state"] for one in problem.get("steps", ())}
        mine = states.get(self.step.name)
        if not self.step.reads:
            assert mine in self.states(), problem
        if any(state in ("applied", "unknown") for state in states.values()):
            assert answer.headers["Idempotency-Key"] == problem["idempotency_key"]
        reached = [key.partition(":")[0] for key in self.recording.steps]
        before = set(reached[: reached.index(self.step.name)])
        if self.recording.made and before & RECORDS_FIRST & {self.case.resource.removesuffix("s"), "agent"}:
            assert problem["result"]["id"] == self.recording.made

    def states(self):
        """What may be said of the step. Bytes that went onto a kept connection as it was closed may have arrived."""
        if self.fault not in WITHOUT_EFFECT:
            return ("unknown", "applied")
        return (None, "not_applied", "unknown") if self.fault == REFUSED else (None, "not_applied")

    def check_state(self, answer):
        """Once where the answer is a success, and at most once anyway."""
        state, once = self.place.state(), self.recording.after
        if self.step.safe:
            state, once = lasting(state), lasting(once)
        if answer.status_code < 300:
            assert state == once, "\n".join(difflib.unified_diff(dumped(once), dumped(state), "once", "now", n=2))
        else:
            assert not self.step.safe
            assert self.step.probe is None
            assert state in (self.recording.before, self.recording.after)


def _is_final(answer):
    """Whether a repeated request would meet nothing new."""
    if answer.status_code < 300:
        return True
    return answer.json()["code"] == "outcome-unknown" and "Retry-After" not in answer.headers


@pytest.fixture(scope="module")
def trials(build_house, request):
    """The cells that were asked for, all under way at once."""
    lanes = {
        REFUSED: Lanes(build_house()),
        LATE: Lanes(build_house(lanes=8, bounds_settle_seconds=SETTLE_SECONDS)),
    }
    others = Lanes(build_house(lanes=3))
    wanted = [one.callspec.params["cell"] for one in request.session.items if "cell" in _parameters(one)]
    running = {}
    for cell in wanted:
        place = lanes.get(CELLS[cell][-1], others)
        running[cell] = place.pool.submit(place.check, CELLS[cell])
    yield running
    for place in (*lanes.values(), others):
        place.pool.shutdown(cancel_futures=True)
        place.worker.kill()


def _parameters(item):
    return getattr(getattr(item, "callspec", None), "params", {})


@pytest.mark.parametrize(
    "cell",
    range(len(CELLS)),
    ids=[f"{provider} {plan.method} {resource} {step.name} {fault}" for provider, resource, plan, step, fault in CELLS],
)
def test_a_step_takes_effect_once_whatever_it_meets(cell, trials):
    trials[cell].result()

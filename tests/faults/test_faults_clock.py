"""The wall clock of the server is wrong, or steps while it runs."""

import time
from email.utils import formatdate

import pytest

from tests.faults.house import House
from tests.outbound.scripted import answer

SHIFTED = """
import os, time
_real = time.time
def _shifted():
    with open(os.environ["CLOCK_OFF_BY"]) as offset:
        return _real() + float(offset.read() or 0)
time.time = _shifted
"""
"""Python runs a ``sitecustomize`` at its start: the server's wall clock is then off by what a file says."""


class Clock:
    """How far the server's wall clock is off, in seconds."""

    def __init__(self, path):
        self._path = path
        self.step(0)

    def step(self, seconds):
        written = self._path.with_suffix(".new")
        written.write_text(str(seconds))
        written.replace(self._path)


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clock")
    (folder / "sitecustomize.py").write_text(SHIFTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("CLOCK_OFF_BY", str(folder / "offset"))
        yield Clock(folder / "offset")


@pytest.fixture(scope="module")
def house(stage, clock, tmp_path_factory):
    made = House.open(stage, tmp_path_factory.mktemp("house"))
    yield made
    made.close()


STEPS = {"ten minutes ahead": 600, "ten minutes back": -600, "an hour ahead": 3600, "an hour back": -3600}


@pytest.fixture(params=[pytest.param(STEPS[one], marks=pytest.mark.fault("F41", one), id=one) for one in STEPS])
def step(request, clock):
    yield lambda: clock.step(request.param)
    clock.step(0)


def test_a_step_of_the_clock_changes_nothing_that_a_caller_sees(scene, step):
    ticket, key = scene.ticket(), {"Idempotency-Key": "before-the-step"}
    assert scene.message(ticket, "ref-step", headers=key).status < 300
    cursor = scene.tickets().json()["next_cursor"]
    step()
    assert scene.tickets(next_cursor=cursor).json()["result_count"] == 5
    replayed = scene.message(ticket, "ref-step", headers=key)
    assert replayed.headers["idempotency-replayed"] == "true"
    assert scene.provider.effects == {"ref-step": 1}
    assert 0 <= int(replayed.headers.get("ratelimit-reset", 0)) <= 60
    assert scene.message(ticket, "ref-after", headers={"Idempotency-Key": "after"}).status < 300
    now = time.time()
    dates = [
        (b"retry-after", formatdate(now + 90, usegmt=True).encode()),
        (b"date", formatdate(now, usegmt=True).encode()),
    ]
    scene.answer_first(answer(b"{}", 429, dates), times=99)
    told = scene.tickets()
    assert (told.status, 88 <= int(told.headers["retry-after"]) <= 90) == (429, True)

"""A provider that answers with an error of its own."""

import pytest

from tests.faults.provider import CLOSE
from tests.outbound.scripted import answer

STATUSES = {"F6": 500, "F7": 502, "F8": 503, "F9": 504}


@pytest.mark.parametrize(
    "once", [pytest.param(s, marks=pytest.mark.fault(f, "once, on a read")) for f, s in STATUSES.items()]
)
def test_a_read_that_fails_once_is_tried_again(scene, once):
    scene.answer_first(answer(b"{}", once))
    answered = scene.tickets()
    assert answered.status == 200, answered.text
    assert scene.calls == 2


@pytest.mark.fault("F25", "close before the answer")
def test_close(scene):
    scene.answer_first(CLOSE, times=9)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-unreachable")
    assert scene.calls == 3

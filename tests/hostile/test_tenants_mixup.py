"""The storm of benchmarks/mixup.py in its short form: no account reads another's bytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
REQUESTS = 1200
MODES = 8


@pytest.fixture
def mixup(monkeypatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import mixup

    return mixup


def test_a_storm_of_forty_accounts_hands_nobody_a_foreign_byte():
    command = [sys.executable, BENCHMARKS / "mixup.py", "--accounts", "40", "--requests", str(REQUESTS)]
    made = subprocess.run([*command, "--in-flight", "30"], capture_output=True, text=True, check=False, timeout=240)
    assert made.returncode == 0, made.stdout + made.stderr
    told = json.loads(made.stdout)
    assert (told["accounts"], told["foreign"], told["examples"]) == (40, 0, [])
    assert told["answers with the own mark"] > REQUESTS / 2
    assert REQUESTS / 10 < told["left by their callers"] < REQUESTS / 3
    assert len([mode for mode, count in told["played"].items() if count > 20 and mode != "plain"]) == MODES
    assert told["asked the provider again"] > 0
    assert told["provider's connections"] < sum(told["played"].values())  # some were used again


@pytest.mark.parametrize("place", ["body", "header", "cut"])
def test_the_storm_sees_a_foreign_byte(mixup, place):
    from client import Got

    own, other = (mixup.Account(name, mixup.mark(name).encode()) for name in ("a", "b"))
    tally = mixup.Tally()
    if place == "cut":
        tally.searched(own, 1, b"HTTP/1.1 200 OK\r\n\r\n" + other.mark)
    else:
        headers = {"x-mark": other.mark.decode()} if place == "header" else {}
        tally.answered(own, 1, Got(200, headers, own.mark + b":1:" + (other.mark if place == "body" else b"")))
    assert tally.foreign == 1
    assert len(tally.examples) == 1


def test_the_storm_sees_an_answer_to_another_question(mixup):
    own = mixup.Account("a", mixup.mark("a").encode())
    tally = mixup.Tally()
    tally.searched(own, 1, own.mark + b":1:")
    assert (tally.foreign, tally.stale, tally.owned) == (0, 0, 1)
    tally.searched(own, 2, own.mark + b":1:")
    assert (tally.foreign, tally.stale, tally.owned) == (0, 1, 2)

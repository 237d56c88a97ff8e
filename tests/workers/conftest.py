"""Servers of several workers on a provider that can be held, and a Valkey that the workers share."""

import pytest

from tests.workers.fleet import Fleet
from tests.workers.gate import Gate


@pytest.fixture(scope="module")
def gate():
    made = Gate()
    yield made
    made.release()
    made.close()


@pytest.fixture
def start(gate, valkey_server, tmp_path_factory):
    """``start(**settings)``: a server of two workers, stopped at the end of the test."""
    started = []

    def make(**settings):
        given = {"workers": "2", "redis_url": valkey_server.url, "bounds_notice_seconds": "1", **settings}
        started.append(Fleet(gate, tmp_path_factory.mktemp("fleet"), **given))
        return started[-1]

    gate.hold()
    yield make
    for one in started:
        one.close()

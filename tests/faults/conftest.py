"""Fixtures of the fault scenarios: a house for each file, a scene for each scenario.

A scenario is a test marked ``@pytest.mark.fault("F12", "html with 200")``; the list of faults is in ``promises.py``.
Scenarios of other parts than the providers' side may start servers of their own and watch them with ``oracle``.
"""

import pytest

from tests.faults.house import House, Scene
from tests.faults.oracle import Oracle
from tests.faults.stage import Stage


@pytest.fixture(scope="module")
def stage():
    """A loop beside the tests of a file."""
    made = Stage()
    yield made
    made.close()


@pytest.fixture(scope="module")
def settings():
    """Settings of the file's server; a file that needs others has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def house(stage, settings, tmp_path_factory):
    """The server of a file with its scripted providers."""
    made = House.open(stage, tmp_path_factory.mktemp("house"), **settings)
    yield made
    made.close()


@pytest.fixture
def scene(house):
    """A fresh Trengo account; after the scenario, what must hold is looked at."""
    made = Scene(house, "trengo")
    yield made
    made.end()


@pytest.fixture
def self_hosted(house):
    """The same with a Chatwoot account, whose host is the customer's own."""
    made = Scene(house, "chatwoot")
    yield made
    made.end()


@pytest.fixture
def oracle():
    """``oracle(server, http, secrets, ..)`` watches a server; what must hold is looked at in the end."""
    watched = []

    def watch(*given, **named):
        watched.append(Oracle(*given, **named))
        return watched[-1]

    yield watch
    for one in watched:
        one.verify()

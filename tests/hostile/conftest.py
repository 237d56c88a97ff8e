"""A server of its own for each file of hostile requests, its provider a tap that keeps what arrives there."""

import pytest

from tests.hostile.target import opened
from tests.hostile.wire import worker_pids


@pytest.fixture(scope="module")
def bounds():
    """Bounds of the file's server, by setting; a file that needs others has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def target(running, bounds, tmp_path_factory):
    """The server of a file."""
    with opened(running, tmp_path_factory.mktemp("hostile"), **bounds) as made:
        yield made


@pytest.fixture(autouse=True)
def unharmed(request):
    """Whatever was sent: the same workers serve on."""
    if "target" not in request.fixturenames:
        yield
    else:
        target = request.getfixturevalue("target")
        target.tap.received = []
        yield
        target.tap.clear()
        assert worker_pids(target.server.process) == target.pids
        assert target.http.get(f"{target.url}/health").status_code == 200

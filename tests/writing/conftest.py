"""Houses for the tests of writes: simulators whose state can be looked at, and server processes that may be killed."""

import shutil

import pytest

from tests.writing.house import House, Street


@pytest.fixture(scope="session")
def street():
    """The loop that all simulators of the session live in."""
    made = Street()
    yield made
    made.close()


@pytest.fixture(scope="module")
def build_house(street, sqlite_pattern, tmp_path_factory):
    """``build_house(**settings)``: a furnished house of its own; all are closed with the module."""
    built = []

    def build(database_url=None, **settings):
        folder = tmp_path_factory.mktemp("house")
        shutil.copy(sqlite_pattern, folder / "house.sqlite3")
        built.append(House(street, folder, database_url, **settings))
        built[-1].furnish()
        return built[-1]

    yield build
    for house in built:
        house.close()


@pytest.fixture(scope="module")
def house(build_house):
    """The house of a module."""
    return build_house()


@pytest.fixture
def worker(house):
    """A server process before simulators at their seed."""
    for place in house.places.values():
        place.reset()
    started = house.worker()
    yield started
    started.kill()

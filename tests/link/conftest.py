"""A house for the link page, on each kind of database."""

import pytest

from tests.link.house import House


@pytest.fixture
async def house(tables_url, demo):
    house = House(tables_url, demo)
    yield house
    await house.close()


@pytest.fixture
async def small(sqlite_tables_url, demo):
    """``small(**settings)``: on SQLite alone, for what no database decides."""
    made = []

    def make(**settings):
        made.append(House(sqlite_tables_url, demo, **settings))
        return made[-1]

    yield make
    for house in made:
        await house.close()

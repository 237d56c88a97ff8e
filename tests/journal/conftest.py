"""A journal over a real database of each kind, with a clock to turn, and accounts its rows belong to."""

import asyncio

import pytest

from proxy.database.engine import open_engine
from proxy.database.tables import accounts
from proxy.journal import Claim, Journal, StoredAnswer, fingerprint
from proxy.seal import Sealer, SealingKey, new_key

ACCOUNTS = ("account-1", "account-2")


class Turned:
    """A wall clock that stands until it is turned."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now

    def turn(self, seconds):
        self.now += seconds


def account_row(account_id):
    """The least that the table ``accounts`` takes."""
    texts = ("tenant_id", "integration", "label", "context", "origin", "identity", "credential")
    return {**dict.fromkeys(texts, "x"), "id": account_id, "status": "active", "created_at": 0, "updated_at": 0}


def make_claim(**changes):
    """A claim as a caller makes it."""
    given = {
        "account_id": "account-1",
        "owner": "owner-1",
        "method": "POST",
        "path": "/proxy/tickets",
        "key": "key-1",
        "fingerprint": fingerprint(b'{"a": 1}', content_type="application/json"),
    }
    return Claim(**{**given, **changes})


ANSWER = StoredAnswer(201, [("content-type", "application/json"), ("x-a", "1")], b'{"id": 9}\x00\xff')


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def sealing_key():
    return SealingKey.parse(new_key())


@pytest.fixture
async def engine(tables_url):
    engine = open_engine(tables_url)
    async with engine.begin() as connection:
        for account_id in ACCOUNTS:
            await connection.execute(accounts.insert().values(**account_row(account_id)))
    yield engine
    await engine.dispose()


@pytest.fixture
def journal(engine, sealing_key, clock):
    return Journal(engine, Sealer([sealing_key]), clock)


@pytest.fixture
async def another_worker(tables_url, sealing_key, clock, engine):
    """A second journal over the same database, with connections of its own."""
    engine = open_engine(tables_url)
    yield Journal(engine, Sealer([sealing_key]), clock)
    await engine.dispose()


def died(entry):
    """What is left of a run whose worker was killed: nothing but its row."""
    entry._lease._renewing.cancel()


async def gather(*tasks):
    return await asyncio.gather(*tasks, return_exceptions=True)

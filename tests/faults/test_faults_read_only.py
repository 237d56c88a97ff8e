"""The database turns read-only, as PostgreSQL does that has become a standby: what cannot be kept is not begun."""

import pytest

NUMBER = "ref-read-only"


@pytest.fixture(scope="module")
def database(postgres):
    name = postgres.create()
    yield name
    postgres.drop(name)


@pytest.fixture(scope="module")
def settings(postgres, database):
    return {"database_url": postgres.url(database)}


@pytest.fixture
def read_only(postgres, database):
    """``read_only(on=True)`` or not, from the next connection on; those that are open are ended."""

    def turn(*, on):
        postgres.run(f"ALTER DATABASE {database} SET default_transaction_read_only = {'on' if on else 'off'}")
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")

    yield turn
    turn(on=False)


@pytest.mark.fault("F40", "read-only")
def test_a_read_only_database_refuses_keyed_writes_and_nothing_else(scene, read_only):
    ticket, key = scene.ticket(), {"Idempotency-Key": NUMBER}
    read_only(on=True)
    refused = scene.message(ticket, NUMBER, headers=key)
    assert (refused.status, refused.code) == (503, "journal-unavailable")
    assert scene.provider.effects == {}
    assert scene.tickets().status == 200
    assert scene.proxied().status == 200
    assert scene.message(ticket, "ref-without-a-key").status < 300
    read_only(on=False)
    assert scene.message(ticket, NUMBER, headers=key).status < 300
    assert scene.provider.effects[NUMBER] == 1

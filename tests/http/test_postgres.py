"""A whole server on PostgreSQL: migrated, given a key, served, an account linked and its tickets read."""

import pytest

from tests.databases import PASSWORD


@pytest.fixture(scope="module")
def database(postgres):
    name = postgres.create()
    yield name
    postgres.drop(name)


@pytest.fixture(scope="module")
def server(own_server, postgres, database):
    """``interline db upgrade`` and ``interline serve`` on an empty PostgreSQL database."""
    return own_server(database_url=postgres.url(database), log_level="debug")


@pytest.fixture(scope="module")
def key(server):
    return server.key_with("read", "write", "proxy", "link")


@pytest.fixture(scope="module")
def call(server, key, running):
    def call(method, path, **options):
        return running.http.request(
            method, server.base_url + path, headers={"Authorization": f"Bearer {key}"}, **options
        )

    return call


@pytest.fixture(scope="module")
def linked(call, tokens):
    token = tokens("trengo", 700)
    body = {"tenant_id": "t-pg", "integration": "trengo", "credentials": {"token": token}}
    answer = call("POST", "/integrated-account", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["result"] | {"token": token}


def _tickets(call, linked):
    return call("GET", "/unified/ticketing/tickets", params={"integrated_account_id": linked["id"], "limit": 5})


def test_a_linked_account_lists_its_tickets(call, linked):
    answer = _tickets(call, linked)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["result"]) == 5


def test_the_account_is_listed_and_a_filter_with_a_nul_finds_nothing(call, linked):
    found = call("GET", "/integrated-account", params={"tenant_id": "t-pg"}).json()
    assert [one["id"] for one in found["result"]] == [linked["id"]]
    odd = call("GET", "/integrated-account?tenant_id=%00")
    assert (odd.status_code, odd.json()["result_count"]) == (200, 0)
    for method in ("GET", "DELETE"):
        assert call(method, "/integrated-account/a%00b").status_code == 404


def test_an_account_token_reads_the_tickets_too(server, call, linked, running):
    minted = call("POST", "/integrated-account/token", json={"integrated_account_id": linked["id"]})
    assert minted.status_code == 201, minted.text
    headers = {"Authorization": f"Bearer {minted.json()['result']['token']}"}
    answer = running.http.get(f"{server.base_url}/unified/ticketing/tickets", headers=headers)
    assert answer.status_code == 200, answer.text


def test_the_commands_see_what_the_server_wrote(server, linked):
    assert linked["id"] in server.command("accounts", "show", linked["id"])


def test_a_restart_of_the_database_is_survived_and_its_absence_is_said(server, call, linked, postgres, running):
    assert running.http.get(f"{server.base_url}/ready").status_code == 200
    postgres.stop()
    try:
        assert running.http.get(f"{server.base_url}/ready").status_code == 503
        assert running.http.get(f"{server.base_url}/health").status_code == 200
    finally:
        postgres.start()
    assert running.http.get(f"{server.base_url}/ready").status_code == 200
    assert _tickets(call, linked).status_code == 200


def test_neither_the_log_nor_the_database_holds_a_secret(server, key, linked, postgres, database):
    log, rows = server.log.read_text(), "\n".join(postgres.rows(database))
    assert linked["id"] in rows
    for secret in (PASSWORD, key, linked["token"]):
        assert secret not in log
        assert secret not in rows

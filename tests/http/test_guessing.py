"""Guessing keys over HTTP: counted by address, answered alike, and no holder of a right key is locked out."""

import pytest

from proxy.accounts.keys import ACCOUNT_TOKEN, new_key

PATH = "/integration"


@pytest.fixture(scope="module")
def behind(own_server):
    """A server that believes a reverse proxy on this machine."""
    return own_server(trusted_proxies="127.0.0.1")


def ask(demo, server, key, address=None):
    headers = {"Authorization": f"Bearer {key}"} | ({"X-Forwarded-For": address} if address else {})
    return demo.http.get(server.base_url + PATH, headers=headers)


def test_the_eleventh_wrong_key_of_an_address_is_429_and_a_right_one_is_served(demo, behind):
    right = behind.key_with("read")
    wrong = ["nonsense", new_key().reveal(), new_key(ACCOUNT_TOKEN).reveal(), right[:-1]]
    for number in range(10):
        assert ask(demo, behind, wrong[number % 4], "198.51.100.1").status_code == 401
    for number in range(30):
        # What a client puts in front of the proxy's own word does not help it.
        refused = ask(demo, behind, wrong[number % 4], f"203.0.113.{number}, 198.51.100.1")
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-attempts")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert ask(demo, behind, right, "198.51.100.1").status_code == 200
    assert ask(demo, behind, wrong[1], "198.51.100.2").status_code == 401

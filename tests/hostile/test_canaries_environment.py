"""An environment that points elsewhere: its proxies and logins are not followed. And two thousand wrong keys."""

import pytest

from proxy.accounts.keys import new_key
from tests.conftest import start_server
from tests.hostile.scene import Bytes, Provider, Scene

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY")
TOKEN = "canary-of-the-environment-0123456789"
GUESSES = 2_000
WINDOW = 50
"""Requests that are written before the answers are read."""


@pytest.fixture(scope="module")
def trap():
    """Where the environment points."""
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def poisoned(running, trap, tmp_path_factory):
    """The environment of everything that is started below."""
    netrc = tmp_path_factory.mktemp("netrc") / "netrc"
    netrc.write_text("machine 127.0.0.1 login trap password trap\ndefault login trap password trap\n")
    netrc.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        for name in PROXIES:
            patch.setenv(name, trap.origin)
            patch.setenv(name.lower(), trap.origin)
        patch.setenv("NETRC", str(netrc))
        patch.delenv("NO_PROXY", raising=False)
        yield


def served(running, folder, **settings):
    return start_server(folder, running, provider_limits="trengo=1000000", **settings)


@pytest.fixture(scope="module")
def stage(running, poisoned, tmp_path_factory):
    provider = Provider()
    server = served(running, tmp_path_factory.mktemp("env"), provider_bases=f"trengo={provider.origin}/api/v2")
    yield Scene(server, provider, running.http)
    server.stop()
    provider.close()


def test_the_trap_sees_who_follows_the_environment(poisoned, trap):
    """The measure itself: a client that trusts its environment goes to the trap."""
    import httpx

    before = len(trap.got)
    with httpx.Client() as trusting:
        trusting.get("http://127.0.0.1:9/x")
    assert len(trap.got) == before + 1
    trap.clear()


def test_no_call_goes_through_a_proxy_or_with_a_login_of_the_environment(stage, trap):
    account = stage.link(token=TOKEN)
    for path in ("/proxy/labels", "/unified/ticketing/tags", "/unified/ticketing/tickets"):
        answered = stage.ask("GET", path, headers={"X-Integrated-Account-Id": account})
        assert answered.status_code == 200
    assert stage.server.command("accounts", "test", account)
    assert stage.server.command("export", account, "tags", "--limit", "1")
    assert {got.header(b"authorization") for got in stage.provider.got} == {b"Bearer " + TOKEN.encode()}
    assert len(stage.provider.got) >= 6
    assert (trap.got, trap.upstream.connections) == ([], 1)


def test_two_thousand_wrong_keys_find_nothing_and_lock_nobody_out(stage):
    """From the eleventh on in a minute 429; another address in a header is no other address; a right key is served."""
    statuses = []
    guesses = (new_key().reveal() for _ in range(GUESSES))
    with Bytes(stage.base_url) as connection:
        for start in range(0, GUESSES, WINDOW):
            wires = (
                f"GET /integration HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {next(guesses)}\r\n"
                f"X-Forwarded-For: 203.0.{number // 250}.{number % 250}\r\nX-Real-IP: 203.0.113.{number % 250}\r\n\r\n"
                for number in range(start, start + WINDOW)
            )
            statuses += connection.pipelined([wire.encode() for wire in wires])
    assert len(statuses) == GUESSES
    assert set(statuses) == {401, 429}
    assert statuses[:11] == [401] * 10 + [429]
    assert statuses.count(401) <= 10 * (1 + GUESSES // 1000)  # a machine may take minutes: ten in each
    assert stage.ask("GET", "/integration").status_code == 200
    assert stage.http.get(f"{stage.base_url}/integration").status_code == 401  # nothing sent is nothing guessed

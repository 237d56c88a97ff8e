"""A server of its own before a tap, which keeps what arrives there: what tests of the edge send their bytes to."""

import json
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import OwnServer, start_server
from tests.hostile.tap import Tap
from tests.hostile.wire import exchange, worker_pids


@dataclass
class Target:
    """The server, its tap, and one linked account with a key that may everything."""

    server: OwnServer
    tap: Tap
    key: str
    account: str
    pids: list[int]
    http: httpx.Client

    @property
    def url(self):
        return self.server.base_url

    @property
    def host(self):
        return self.url.removeprefix("http://").encode()

    @property
    def credentials(self):
        """The header lines by which a raw request is let in."""
        return [b"Authorization: Bearer " + self.key.encode(), b"X-Integrated-Account-Id: " + self.account.encode()]

    def head(self, line, *lines):
        """The head of a raw request that is let in, without its empty line."""
        return b"\r\n".join([line, b"Host: " + self.host, *self.credentials, *lines]) + b"\r\n"

    def raw(self, request, **how):
        return exchange(self.url, request, **how)

    def request(self, method, path, **options):
        given = options.pop("headers", {})
        headers = {"Authorization": f"Bearer {self.key}", "X-Integrated-Account-Id": self.account, **given}
        return self.http.request(method, self.url + path, headers=headers, **options)

    def log_lines(self):
        """Every line of the server's log, which must all be JSON."""
        return [json.loads(line) for line in self.server.log.read_text().splitlines()]


@contextmanager
def opened(running, folder, *, prefix=(), **bounds):
    """A server with these bounds, begun by the command ``prefix``, and a Chatwoot account linked at its tap."""
    simulator = running.accounts["chatwoot"].sandbox
    tap = Tap(simulator.url)
    server = start_server(
        folder,
        running,
        prefix=prefix,
        private_hosts=tap.url.removeprefix("http://"),
        provider_limits="chatwoot=10000000",
        **{f"bounds_{name}": str(value) for name, value in bounds.items()},
    )
    try:
        with httpx.Client(timeout=30) as http:
            yield linked(server, tap, http, simulator)
    finally:
        server.stop()
        tap.close()


def linked(server, tap, http, simulator):
    key = server.key_with("read", "write", "proxy", "link", "admin")
    body = {
        "tenant_id": "hostile",
        "integration": "chatwoot",
        "context": {"base_url": tap.url, "account_id": 3},
        "credentials": {"token": simulator.token},
    }
    made = http.post(f"{server.base_url}/integrated-account", json=body, headers={"Authorization": f"Bearer {key}"})
    assert made.status_code == 201, made.text
    tap.clear()
    return Target(server, tap, key, made.json()["result"]["id"], worker_pids(server.process), http)


@pytest.fixture(scope="module")
def bounds():
    """Bounds of the file's target, by setting; a file that needs others has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def target_server(running, bounds, tmp_path_factory):
    """The target of a file."""
    with opened(running, tmp_path_factory.mktemp("target"), **bounds) as made:
        yield made


@pytest.fixture
def target(target_server):
    """The target, its tap as it was; whatever is sent, the same workers serve on."""
    target_server.tap.received = []
    yield target_server
    target_server.tap.clear()
    assert worker_pids(target_server.server.process) == target_server.pids
    assert target_server.http.get(f"{target_server.url}/health").status_code == 200

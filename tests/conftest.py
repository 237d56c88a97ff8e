"""The running house for tests over HTTP: one demo (sandboxes, server, linked accounts) for the whole session."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from proxy.seal import new_key
from sandbox.cli import build

pytest_plugins = ["tests.databases", "tests.faults.ledger", "tests.hostile.target", "tests.valkey"]
PROVIDERS = ("trengo", "chatwoot")


@dataclass
class Sandbox:
    """A running simulator: its own API and its control."""

    url: str
    token: str
    control_url: str
    control_token: str
    http: httpx.Client

    def control(self, method, path, body=None):
        """A call of the control API."""
        headers = {"Authorization": f"Bearer {self.control_token}"}
        answer = self.http.request(method, self.control_url + path, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def log(self):
        """Every request since the log was cleared."""
        return self.control("GET", "/log")

    def clear_log(self):
        self.control("DELETE", "/log")

    def faults(self, *faults):
        """Replaces the faults."""
        self.control("POST", "/faults", list(faults))

    def churn(self, **change):
        return self.control("POST", "/churn", change)

    def reset(self):
        """Back to the seed, without faults and churn, the log empty."""
        self.faults()
        self.control("POST", "/reset")
        self.clear_log()


@dataclass
class Account:
    """A linked account, its token and the simulator behind it."""

    name: str
    id: str
    tenant_id: str
    token: str
    sandbox: Sandbox
    base_url: str
    http: httpx.Client

    def get(self, path, **query):
        """A GET with the account token; lists of values are repeated keys."""
        return self.request("GET", path, params=query or None)

    def request(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.request(method, self.base_url + path, headers=headers, **options)

    def list(self, resource, **query):
        """One page of a unified resource, which must be a success."""
        path = resource if "/" in resource else f"ticketing/{resource}"
        answer = self.get(f"/unified/{path}", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def walk(self, resource, **query):
        """Every record of a list, page by page."""
        records, cursor = [], None
        for _ in range(2000):
            page = self.list(resource, **(query if cursor is None else {"next_cursor": cursor}))
            records += page["result"]
            cursor = page["next_cursor"]
            if cursor is None:
                return records
        raise AssertionError("the walk does not end")


@dataclass
class Demo:
    """What ``interline demo --json`` says."""

    base_url: str
    api_key: str
    accounts: dict[str, Account]
    http: httpx.Client

    def operator(self, method, path, **options):
        """A call with the API key."""
        headers = {"Authorization": f"Bearer {self.api_key}", **options.pop("headers", {})}
        return self.http.request(method, self.base_url + path, headers=headers, **options)

    def link(self, name, token, tenant="another"):
        """Links a further account at a sandbox; its id."""
        sandbox = self.accounts[name].sandbox
        context = {"base_url": sandbox.url, "account_id": 3} if name == "chatwoot" else {}
        body = {"tenant_id": tenant, "integration": name, "context": context, "credentials": {"token": token}}
        answer = self.operator("POST", "/integrated-account", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]


@dataclass
class OwnServer:
    """A server with its own database, started as an operator would, its log in a file."""

    base_url: str
    environment: dict[str, str]
    process: subprocess.Popen
    log: Path
    folder: Path

    def command(self, *arguments):
        """The output of an ``interline`` command with this server's settings."""
        made = subprocess.run(
            [sys.executable, "-m", "unified", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.strip()

    def key_with(self, *scopes):
        """A new API key with just these scopes."""
        return self.command("keys", "new", "--name", "test", *(part for one in scopes for part in ("--scope", one)))

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def start_server(folder, demo, *, prefix=(), **settings):
    """A server of its own in ``folder``, whose providers are the demo's simulators; ``prefix`` is a command before."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "INTERLINE_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/own.sqlite3",
        "INTERLINE_SEALING_KEYS": new_key(),
        "INTERLINE_PORT": str(port),
        "INTERLINE_BOUNDS_NOTICE_SECONDS": "0.05",
        "INTERLINE_PROVIDER_BASES": f"trengo={demo.accounts['trengo'].sandbox.url}/api/v2",
        "INTERLINE_PRIVATE_HOSTS": demo.accounts["chatwoot"].sandbox.url.removeprefix("http://"),
        **{f"INTERLINE_{name.upper()}": value for name, value in settings.items()},
    }
    log = folder / "server.log"
    given = {**os.environ, **environment}
    subprocess.run([sys.executable, "-m", "unified", "db", "upgrade"], env=given, check=True, capture_output=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "unified", "serve"], env=given, stdout=out, stderr=subprocess.STDOUT
        )
    base_url = f"http://127.0.0.1:{port}"
    for _ in range(600):  # a loaded machine takes its time
        try:
            if demo.http.get(f"{base_url}/ready").status_code == 200:
                return OwnServer(base_url, environment, process, log, folder)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    process.terminate()
    process.wait(20)
    raise AssertionError(log.read_text())


def start_demo(*arguments):
    """Starts ``interline demo --json``; the process and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "unified", "demo", "--json", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(process.stderr.read().decode())
    return process, json.loads(line)


def stop_demo(process):
    """Stops a demo as Ctrl-C would."""
    process.send_signal(signal.SIGINT)
    process.wait(20)
    process.stdout.close()
    process.stderr.close()


def raw_exchange(base_url, request):
    """Bytes onto a fresh connection; the status and everything received until the server closes."""
    place = urlsplit(base_url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return int(received.split(b" ", 2)[1]), received


@pytest.fixture
def raw():
    """``raw(base_url, bytes)``: what no HTTP client would send."""
    return raw_exchange


def demo_of(said, http):
    """The demo as objects that share one HTTP client."""
    accounts = {
        name: Account(
            name=name,
            id=one["id"],
            tenant_id=one["tenant_id"],
            token=one["account_token"],
            sandbox=Sandbox(**said["sandboxes"][name], http=http),
            base_url=said["base_url"],
            http=http,
        )
        for name, one in said["accounts"].items()
    }
    return Demo(said["base_url"], said["api_key"], accounts, http)


@pytest.fixture(scope="session")
def tokens():
    """``tokens("trengo", n)``: further tokens of a simulator's administrator, the same in every process of one seed."""
    simulators = {name: build(name) for name in PROVIDERS}
    return lambda name, number: simulators[name].token_for(number)


@pytest.fixture(scope="session")
def running():
    """The demo of the session, on any free port, not slowed by the sandboxes' rate limits."""
    process, said = start_demo("--port", "0", "--rate-limit", "100000")
    with httpx.Client(timeout=60) as http:
        yield demo_of(said, http)
    stop_demo(process)


@pytest.fixture
def demo(running):
    """The demo with both sandboxes back at their seed."""
    for account in running.accounts.values():
        account.sandbox.reset()
    yield running
    for account in running.accounts.values():
        account.sandbox.faults()


@pytest.fixture(params=PROVIDERS)
def account(request, demo):
    """Each provider's linked account in turn."""
    return demo.accounts[request.param]


@pytest.fixture(scope="module")
def own_server(running, tmp_path_factory):
    """``own_server(**settings)``: a further server against the same simulators, stopped at the end of the module."""
    started = []

    def start(**settings):
        started.append(start_server(tmp_path_factory.mktemp("own"), running, **settings))
        return started[-1]

    yield start
    for server in started:
        server.stop()

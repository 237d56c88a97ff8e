"""A server of several workers, seen from outside: its processes, which of them holds a connection, its metrics."""

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

from proxy.accounts.mint import NewKey
from proxy.accounts.store import Accounts
from proxy.database.engine import open_engine
from proxy.seal import Sealer
from proxy.settings import load_settings
from tests.conftest import Account, Demo, Sandbox, start_server

SCOPES = ("read", "write", "proxy", "link", "admin")
PATIENCE_SECONDS = 60


def eventually(happened, what):
    """Waits until something is so; the machine may be busy."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if found := happened():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen in {PATIENCE_SECONDS} s")


class Fleet:
    """A running server with one account at the gate; ``settings`` are those of ``start_server``."""

    def __init__(self, gate, folder, **settings):
        self.gate = gate
        self.http = httpx.Client(timeout=60)
        self._callers = []
        sandbox = Sandbox(gate.url, gate.token, "", "", self.http)
        accounts = {name: Account(name, "", "", "", sandbox, "", self.http) for name in ("trengo", "chatwoot")}
        given = {"provider_limits": "trengo=1000000", "metrics_public": "true", **settings}
        self.server = start_server(folder, Demo("", "", accounts, self.http), **given)
        self.key = _key(load_settings(self.server.environment))
        self.account_id = self.link("t")

    @property
    def url(self):
        return self.server.base_url

    @property
    def pid(self):
        return self.server.process.pid

    @property
    def workers(self):
        """The process ids of the workers that live."""
        return [pid for pid in children(self.pid) if state(pid) != "Z"]

    def headers(self, **more):
        return {"Authorization": f"Bearer {self.key}", "X-Integrated-Account-Id": self.account_id, **more}

    def request(self, method, path, *, client=None, headers=None, **options):
        """A call for the account."""
        call = (client or self.http).request
        return call(method, self.url + path, headers={**self.headers(), **(headers or {})}, **options)

    def link(self, tenant):
        body = {"tenant_id": tenant, "integration": "trengo", "context": {}, "credentials": {"token": self.gate.token}}
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.http.post(f"{self.url}/integrated-account", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]

    def caller(self):
        """A new connection, closed with the fleet."""
        self._callers.append(Caller(self))
        return self._callers[-1]

    def metric(self, name):
        """A metric of the whole server, added up over its labels."""
        lines = httpx.get(f"{self.url}/metrics", timeout=60).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def signal(self, number):
        self.server.process.send_signal(number)

    def ended(self):
        """The exit status, once it has ended."""
        return self.server.process.wait(60)

    def close(self):
        self.gate.release()
        for one in (self, *self._callers):
            one.http.close()
        if self.server.process.poll() is None:
            self.server.stop()


class Caller:
    """One connection, kept open, and the worker that holds it."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.http = httpx.Client(timeout=60)
        stream = self.http.get(f"{fleet.url}/health").extensions["network_stream"]
        self.worker = worker_of(fleet, stream.get_extra_info("client_addr")[1])

    def write(self, body, path="/proxy/write", *, timeout=60):
        """A keyed write; the key is the body's one name."""
        headers = {"Idempotency-Key": f'"{next(iter(body))}"'}
        return self.fleet.request("POST", path, json=body, headers=headers, client=self.http, timeout=timeout)


def _key(settings):
    """A key with every scope, made as the command does."""

    async def made():
        engine = open_engine(settings.database_url)
        try:
            accounts = Accounts(engine, Sealer(settings.sealing_keys), {}, settings)
            minted = await accounts.keyring.mint.key(NewKey(name="test", scopes=SCOPES), "test")
            return minted.key.reveal()
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1) as pool:  # the test may be in a loop already
        return pool.submit(asyncio.run, made()).result()


def children(pid):
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def state(pid):
    """The state letter of a process: Z where it has ended and was not waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def worker_of(fleet, client_port):
    """The worker that holds the connection of a client's port (proc(5), /proc/net/tcp)."""
    server_port = httpx.URL(fleet.url).port
    wanted = (f":{server_port:04X}", f":{client_port:04X}")
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(wanted[0]) and fields[2].endswith(wanted[1]):
            return next(pid for pid in fleet.workers if f"socket:[{fields[9]}]" in _links(pid))
    raise AssertionError("no worker holds that connection")


def _links(pid):
    found = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(entry.readlink()))
    return found


def kill(pid):
    """As the kernel ends a process that took too much memory; once it has ended, so are its connections."""
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{pid}").exists(), "the end of the process")

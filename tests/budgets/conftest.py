"""Servers that share one Redis, in front of a sandbox whose limit is kept for real."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from proxy.seal import new_key
from tests.conftest import Sandbox, start_server

MAPPINGS = Path(__file__).parents[2] / "mappings"
LIMITS = "limits:\n  - { scope: token, calls: 120, per: 60 }\n"
HEADERS = "limit_headers: { limit: x-ratelimit-limit, remaining: x-ratelimit-remaining, reset: x-ratelimit-reset }\n"
PATIENT_REDIS = "10"
"""Seconds for an operation: on a loaded machine a slow answer is no lost Redis."""


def mappings_with(folder, calls, per):
    """The provider files with another limit, which no header corrects: what is known is what the servers share."""
    shutil.copytree(MAPPINGS, folder)
    file = folder / "trengo" / "provider.yaml"
    words = file.read_text()
    assert LIMITS in words
    assert HEADERS in words
    limits = f"limits:\n  - {{ scope: token, calls: {calls}, per: {per} }}\n"
    file.write_text(words.replace(LIMITS, limits).replace(HEADERS, ""))
    return folder


class Servers:
    """Two servers with one database and one Redis, as two machines would be."""

    def __init__(self, folder, demo, valkey, mappings, base):
        settings = {
            "database_url": f"sqlite+aiosqlite:///{folder}/shared.sqlite3",
            "sealing_keys": new_key(),
            "mappings_dir": str(mappings),
            "provider_bases": f"trengo={base}/api/v2",
            "redis_url": valkey.url,
            "bounds_redis_seconds": PATIENT_REDIS,
        }
        self.running = []
        try:
            for name in ("one", "two"):
                (folder / name).mkdir()
                self.running.append(start_server(folder / name, demo, **settings))
        except BaseException:
            self.stop()
            raise
        self.http = demo.http
        self.key = self.running[0].key_with("read", "write", "proxy", "link")
        self.headers = {"Authorization": f"Bearer {self.key}"}

    @property
    def urls(self):
        return [server.base_url for server in self.running]

    def link(self, token, integration="trengo", **context):
        """Links an account; its id."""
        body = {"tenant_id": "t", "integration": integration, "context": context, "credentials": {"token": token}}
        answer = self.http.post(f"{self.urls[0]}/integrated-account", json=body, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]

    def get(self, path, account, server=0, **headers):
        return self.http.get(
            self.urls[server] + path, params={"integrated_account_id": account}, headers=self.headers | headers
        )

    def logs(self):
        return "".join(server.log.read_text() for server in self.running)

    def stop(self):
        for server in self.running:
            server.stop()


def start_sandbox(*arguments):
    """A sandbox of Trengo as a process; the process and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "unified", "sandbox", "trengo", "--json", *arguments], stdout=subprocess.PIPE
    )
    line = process.stdout.readline()
    assert line
    return process, json.loads(line)


@pytest.fixture(scope="module")
def limited_sandbox(running):
    """``limited_sandbox(calls, per)``: a sandbox that takes so many calls in so many seconds of each token."""
    started = []

    def start(calls, per):
        process, said = start_sandbox("--tickets", "60", "--rate-limit", str(calls), "--rate-window", str(per))
        started.append(process)
        return Sandbox(said["url"], said["token"], said["control_url"], said["control_token"], running.http)

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def two_servers(running, valkey_server, tmp_path_factory):
    """``two_servers(calls, per, base)``: two servers that know this limit, in front of the provider at that base."""
    started = []

    def start(calls, per, base):
        folder = tmp_path_factory.mktemp("servers")
        mappings = mappings_with(folder / "mappings", calls, per)
        started.append(Servers(folder, running, valkey_server, mappings, base))
        return started[-1]

    yield start
    for servers in started:
        servers.stop()


@pytest.fixture
async def client():
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as made:
        yield made

"""Sealing keys rotate under load: no request fails, however often it is killed, and then the old key can go."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from uuid import uuid4

import pytest

from proxy.database.sealed import CREDENTIAL
from proxy.seal import Sealer, SealingKey, new_key
from tests.conftest import start_server

ROWS = 4000
RATE = 40
KILLS = 4
ORIGIN = "https://desk.example"


class Load:
    """Requests at a steady rate, whatever they take, until it is stopped."""

    def __init__(self, http, base_url, headers, paths):
        self.statuses = []
        self._http, self._base_url, self._headers, self._paths = http, base_url, headers, paths
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(4)]

    def _run(self, number):
        due = time.monotonic()
        while not self._over.is_set():
            path = self._paths[(len(self.statuses) + number) % len(self._paths)]
            answer = self._http.get(self._base_url + path, headers=self._headers)
            self.statuses.append((answer.status_code, answer.text[:200] if answer.status_code != 200 else ""))
            due += len(self._threads) / RATE
            self._over.wait(max(0, due - time.monotonic()))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()


def crowd(database, sealer):
    """Thousands of further accounts, as linking would have stored them."""
    seal = sealer.for_use(CREDENTIAL.use).seal
    rows = []
    for number in range(ROWS):
        account_id = str(uuid4())
        text = seal(b'{"token":"x"}', CREDENTIAL.place({"id": account_id, "origin": ORIGIN}))
        rows.append((account_id, f"t{number}", "trengo", "l", "active", "{}", ORIGIN, "1", text, 0, 1, 1))
    names = "id,tenant_id,integration,label,status,context,origin,identity,credential,refusals,created_at,updated_at"
    with sqlite3.connect(database) as connection:
        connection.executemany(f"insert into accounts ({names}) values ({','.join('?' * 12)})", rows)
    connection.close()


def under(database, kid):
    connection = sqlite3.connect(database, timeout=10)
    (count,) = connection.execute("select count(*) from accounts where credential like ?", (f"v1:{kid}:%",)).fetchone()
    connection.close()
    return count


@pytest.fixture
def servers(running, tmp_path):
    """``servers(keys)``: the server of this test's database, started anew with these sealing keys."""
    started = []

    def start(keys):
        if started:
            started[-1].stop()
        started.append(start_server(tmp_path, running, sealing_keys=keys))
        return started[-1]

    yield start
    started[-1].stop()


def test_no_request_fails_while_everything_is_sealed_anew(demo, tokens, servers, tmp_path):
    old, new = new_key(), new_key()
    database, kid = tmp_path / "own.sqlite3", new.partition(":")[0]
    server = servers(old)
    crowd(database, Sealer([SealingKey.parse(old)]))
    idle = server.key_with("admin")
    headers = {"Authorization": f"Bearer {server.key_with('read', 'proxy', 'link')}"}
    paths, cursors = [], []
    for number in range(3):
        body = {"tenant_id": "t", "integration": "trengo", "credentials": {"token": tokens("trengo", 700 + number)}}
        made = demo.http.post(f"{server.base_url}/integrated-account", json=body, headers=headers).json()["result"]
        listing = f"/unified/ticketing/tickets?limit=5&integrated_account_id={made['id']}"
        cursor = demo.http.get(server.base_url + listing, headers=headers).json()["next_cursor"]
        paths += [f"/proxy/tickets?integrated_account_id={made['id']}", listing]
        cursors.append(f"{listing}&next_cursor={cursor}")

    server = servers(f"{new},{old}")
    environment = {**os.environ, **server.environment}
    command = [sys.executable, "-m", "unified", "secrets", "rotate"]
    with Load(demo.http, server.base_url, headers, [*paths, *cursors]) as load:
        for _ in range(KILLS):
            before = under(database, kid)
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                while under(database, kid) <= before and process.poll() is None:
                    time.sleep(0.005)
                process.kill()
            assert before < under(database, kid) < ROWS, "each run was killed in the middle of its work"
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert under(database, kid) == ROWS + 3
    assert len(load.statuses) > 2 * RATE
    assert [one for one in load.statuses if one[0] != 200] == []
    left = int(done.stdout.split(" texts")[0])
    assert 0 < left < ROWS
    assert f"{ROWS + 3}" not in done.stdout
    # The key that nobody used meanwhile is named: it ends with the old sealing key.
    assert "1 API keys were not used" in done.stdout

    server = servers(new)
    for path in paths:
        assert demo.http.get(server.base_url + path, headers=headers).status_code == 200
    for path in cursors:
        assert demo.http.get(server.base_url + path, headers=headers).json()["code"] == "invalid-cursor"
    assert demo.http.get(f"{server.base_url}/metrics", headers={"Authorization": f"Bearer {idle}"}).status_code == 401


def test_a_row_that_no_key_opens_is_named_and_the_rest_is_done(demo, servers, tmp_path):
    old, new, stranger = new_key(), new_key(), new_key()
    database = tmp_path / "own.sqlite3"
    server = servers(old)
    crowd(database, Sealer([SealingKey.parse(old)]))
    account_id = str(uuid4())
    text = Sealer([SealingKey.parse(stranger)]).for_use("credential").seal(b"{}", b"elsewhere")
    with sqlite3.connect(database) as connection:
        row = {"id": account_id, "tenant_id": "t", "integration": "trengo", "label": "l", "status": "active"}
        row |= {
            "context": "{}",
            "origin": ORIGIN,
            "identity": "1",
            "credential": text,
            "created_at": 1,
            "updated_at": 1,
        }
        places = ", ".join(f":{name}" for name in row)
        connection.execute(f"insert into accounts ({', '.join(row)}) values ({places})", row)
    connection.close()
    environment = {**os.environ, **server.environment, "INTERLINE_SEALING_KEYS": f"{new},{old}"}
    command = [sys.executable, "-m", "unified", "secrets", "rotate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, f"{ROWS} texts sealed anew." in done.stdout) == (1, True)
    assert f"accounts.credential {account_id}" in done.stderr
    for key in (old, new, stranger):
        assert key.partition(":")[2] not in done.stdout + done.stderr

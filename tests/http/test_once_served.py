"""``Idempotency-Key`` on a server that an operator runs: many requests at once, and processes that are killed."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

LEASE_SECONDS = 10


def post(base_url, bearer, account, name, key):
    headers = {"Authorization": f"Bearer {bearer}", "X-Integrated-Account-Id": account, "Idempotency-Key": key}
    with httpx.Client(timeout=30) as http:
        return http.post(f"{base_url}/proxy/labels", json={"name": name, "color": "#ff0000"}, headers=headers)


def writes(sandbox, name):
    """How often the simulator got this write."""
    return sum(call["method"] == "POST" and name in (call["body"] or "") for call in sandbox.log())


def test_twenty_requests_with_one_key_are_one_write(demo):
    account = demo.accounts["trengo"]
    account.sandbox.faults({"match": {"method": "POST"}, "do": "delay", "seconds": 0.3})
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(post, demo.base_url, account.token, account.id, "busy-label", "busy") for _ in range(20)]
        answers = [one.result() for one in asked]
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) >= 1
    assert statuses.count(201) + statuses.count(409) == 20
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert writes(account.sandbox, "busy-label") == 1
    again = post(demo.base_url, account.token, account.id, "busy-label", "busy")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert writes(account.sandbox, "busy-label") == 1


def test_a_write_whose_answer_was_lost_is_never_repeated(demo):
    account = demo.accounts["trengo"]
    account.sandbox.faults({"match": {"method": "POST"}, "do": "drop_after_apply", "times": 1})
    first = post(demo.base_url, account.token, account.id, "lost-label", "lost")
    again = post(demo.base_url, account.token, account.id, "lost-label", "lost")
    assert (first.status_code, first.json()["code"]) == (504, "outcome-unknown")
    assert (again.status_code, again.json()["code"]) == (409, "outcome-unknown")
    assert writes(account.sandbox, "lost-label") == 1


class Killed:
    """What stands after a server was killed in the middle of three writes, and another took its place."""

    def __init__(self, demo, server, tokens):
        self.demo, self.server = demo, server
        self.sandbox = demo.accounts["trengo"].sandbox
        self.key = server.key_with("read", "proxy", "link")
        self.base_url = server.base_url
        self.accounts = [self._link(tokens("trengo", number)) for number in (810, 811)]

    def _link(self, token):
        body = {"tenant_id": "t-killed", "integration": "trengo", "credentials": {"token": token}}
        answer = self.demo.http.post(f"{self.base_url}/integrated-account", json=body, headers=self._auth())
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]

    def _auth(self):
        return {"Authorization": f"Bearer {self.key}"}

    def post(self, number, name, key):
        return post(self.base_url, self.key, self.accounts[number], name, key)

    def use_up_the_budget(self, number):
        """A 429 that pauses the account's calls for as long as a write will wait."""
        busy = {"do": "status", "status": 429, "headers": {"retry-after": "15"}, "times": 1}
        self.sandbox.faults(busy)
        headers = {**self._auth(), "X-Integrated-Account-Id": self.accounts[number], "Prefer": "wait=0"}
        assert self.demo.http.get(f"{self.base_url}/proxy/labels", headers=headers).status_code == 429

    def kill(self):
        """SIGKILL for the server and its worker."""
        main = self.server.process
        children = Path(f"/proc/{main.pid}/task/{main.pid}/children").read_text().split()
        for pid in (main.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        main.wait(10)

    def rows(self):
        """The states of the journal's rows, as the killed processes left them in the file."""
        with closing(sqlite3.connect(self.server.folder / "own.sqlite3")) as file:
            return [row[0] for row in file.execute("SELECT state FROM journal ORDER BY state")]

    def restart(self):
        """Another server on the same database."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        given = {**os.environ, **self.server.environment, "INTERLINE_PORT": str(port)}
        with self.server.log.open("ab") as out:
            self.server.process = subprocess.Popen(
                [sys.executable, "-m", "unified", "serve"], env=given, stdout=out, stderr=subprocess.STDOUT
            )
        self.base_url = f"http://127.0.0.1:{port}"
        for _ in range(600):  # a loaded machine takes its time
            try:
                if self.demo.http.get(f"{self.base_url}/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(self.server.log.read_text())

    def until_decided(self, number, name, key):
        """Repeats as a client would: while the key is in progress."""
        for _ in range(3 * LEASE_SECONDS):
            answer = self.post(number, name, key)
            if answer.status_code != 409 or answer.json()["code"] != "idempotency-in-progress":
                return answer
            assert int(answer.headers["retry-after"]) >= 1
            time.sleep(0.5)
        raise AssertionError("the lease does not end")


def test_a_killed_server_repeats_no_write_and_loses_none(demo, own_server, tokens):
    """One write was finished, one is at the provider and one still waits for its budget when the process is killed."""
    house = Killed(demo, own_server(), tokens)
    done = house.post(0, "done-label", "done")
    assert done.status_code == 201, done.text
    house.use_up_the_budget(1)
    house.sandbox.faults({"match": {"method": "POST"}, "do": "delay", "seconds": 10})
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(house.post, 0, "sent-label", "sent"),
            pool.submit(house.post, 1, "waiting-label", "waiting"),
        ]
        for _ in range(400):
            if writes(house.sandbox, "sent-label") and len(house.rows()) == 3:
                break
            time.sleep(0.05)
        house.kill()
        for one in asked:
            with pytest.raises(httpx.TransportError):
                one.result()
    house.sandbox.faults()
    assert house.rows() == ["finished", "running", "running"]
    house.restart()
    replayed = house.post(0, "done-label", "done")
    assert (replayed.status_code, replayed.content) == (201, done.content)
    assert replayed.headers["idempotency-replayed"] == "true"
    sent = house.until_decided(0, "sent-label", "sent")
    assert (sent.status_code, sent.json()["code"]) == (409, "outcome-unknown")
    waiting = house.until_decided(1, "waiting-label", "waiting")
    assert (waiting.status_code, "idempotency-replayed" in waiting.headers) == (201, False)
    counts = [writes(house.sandbox, f"{name}-label") for name in ("done", "sent", "waiting")]
    assert counts == [1, 1, 1]

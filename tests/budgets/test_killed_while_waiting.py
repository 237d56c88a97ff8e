"""A worker that is killed while a write waits for the budget: nothing was sent, and nobody takes it for sent."""

import os
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

CALLS, PER = 2, 15
KEY = {"Idempotency-Key": "killed-while-waiting", "Prefer": "wait=25"}


@pytest.fixture(scope="module")
def servers(running, two_servers):
    return two_servers(CALLS, PER, running.accounts["trengo"].sandbox.url)


def write(servers, account, ticket, server):
    body = {"ticket": {"id": ticket}, "body": "sent once", "is_private": True}
    headers = {**servers.headers, **KEY, "X-Integrated-Account-Id": account}
    return servers.http.post(f"{servers.urls[server]}/unified/ticketing/comments", json=body, headers=headers)


def kill(pid):
    """Kills a server at once, its workers first."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        kill(int(child))
    os.kill(pid, signal.SIGKILL)


def until(wanted, seconds=40):
    """Asks until it is so."""
    for _ in range(seconds * 20):
        if wanted():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def test_a_write_whose_worker_dies_while_it_waits_is_carried_out_by_the_next(servers, demo, tokens, valkey):
    account = servers.link(tokens("trengo", 510))
    sandbox = demo.accounts["trengo"].sandbox
    ticket = demo.accounts["trengo"].list("tickets")["result"][0]["id"]
    with valkey.client() as client:
        until(lambda: servers.get("/proxy/labels", account).headers["ratelimit-remaining"] == "0")
        sandbox.clear_log()
        ended = []

        def waits():
            with pytest.raises(httpx.TransportError):
                write(servers, account, ticket, 1)
            ended.append(True)

        caller = threading.Thread(target=waits)
        caller.start()
        until(lambda: any(client.zcard(key) for key in client.scan_iter("interline:budget:*:tickets")))
        kill(servers.running[1].process.pid)
        caller.join(20)
    assert ended == [True]
    answers = []
    until(lambda: answers.append(write(servers, account, ticket, 0)) or answers[-1].status_code != 409)
    assert {one.json()["code"] for one in answers[:-1]} <= {"idempotency-in-progress"}
    assert answers[-1].status_code == 201, answers[-1].text
    assert [one["method"] for one in sandbox.log()].count("POST") == 1

"""The control of a running sandbox, and the sandbox as a process."""

import asyncio
import hashlib
import json
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

from sandbox import log as log_module
from sandbox.cli import build, start
from sandbox.http import Request
from sandbox.log import Log, credential, digest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def running():
    running = await start(build("trengo", tickets=60, seed=3, rate_limit=10_000))
    yield running
    await running.close()


@pytest.fixture
async def provider(running):
    headers = {"authorization": f"Bearer {running.simulator.credentials()['token']}", "accept": "application/json"}
    async with httpx.AsyncClient(base_url=running.url + "/api/v2", headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
async def control(running):
    headers = {"authorization": f"Bearer {running.control_token}"}
    async with httpx.AsyncClient(base_url=running.control_url, headers=headers, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer ключ".encode()}])
async def test_the_control_wants_its_token(running, headers):
    async with httpx.AsyncClient(trust_env=False) as client:
        for method, path in (("GET", "/log"), ("POST", "/reset"), ("GET", "/nowhere")):
            assert (await client.request(method, running.control_url + path, headers=headers)).status_code == 401


async def test_every_start_has_a_token_of_its_own(running):
    other = await start(build("trengo", tickets=1))
    assert other.control_token != running.control_token
    assert other.url != other.control_url
    await other.close()


async def test_the_log_shows_digests_and_never_the_token(running, provider, control):
    token = running.simulator.token_for(0)
    await provider.get(f"/tickets?term={token}")
    await provider.post("/contacts/1/notes", json={"note": f"psst {token}"}, headers={"x-trace": token})
    await provider.get("/channels", headers={"authorization": "", "api_access_token": "hush-hush-token"})
    await provider.get("/channels", headers={"Api-Access-Token": "hush-hush-token"})
    text = (await control.get("/log")).text
    assert token not in text
    assert "hush-hush-token" not in text
    assert f"sha256:{hashlib.sha256(token.encode()).hexdigest()[:12]}" in text
    assert f"sha256:{hashlib.sha256(b'hush-hush-token').hexdigest()[:12]}" in text


async def test_the_log_says_method_target_headers_body_status_and_time(provider, control):
    await provider.post("/tickets/1/close?a=%2F&b", content=b"\xff\xfe", headers={"X-Odd": "1"})
    (entry,) = (await control.get("/log")).json()
    assert (entry["method"], entry["target"], entry["status"]) == ("POST", "/api/v2/tickets/1/close?a=%2F&b", 404)
    assert ["X-Odd", "1"] in entry["headers"]
    assert (entry["body"], entry["body_encoding"]) == ("//4=", "base64")
    assert abs(entry["time"] - time.time()) < 60


async def test_the_log_can_be_cleared(provider, control):
    await provider.get("/labels")
    assert (await control.delete("/log")).status_code == 204
    assert (await control.get("/log")).json() == []


def test_the_log_lets_go_of_the_oldest_when_it_is_full(monkeypatch):
    log = Log()
    monkeypatch.setattr(log_module, "CAPACITY", 3)
    monkeypatch.setattr(log_module, "KEPT_BODIES", 100)
    for number in range(4):
        log.open(Request("GET", f"/{number}"))
    assert [entry["target"] for entry in log.public()] == ["/1", "/2", "/3"]
    log.open(Request("POST", "/large", (), b"x" * 60))
    log.open(Request("POST", "/larger", (), b"x" * 70))
    assert ([entry["target"] for entry in log.public()], log.dropped) == (["/larger"], 5)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer  ", "Basic ", "Token ", ""])
def test_a_credential_is_known_with_or_without_its_scheme(scheme):
    request = Request("GET", "/", (("AUTHORIZATION", f"{scheme}open-sesame"),))
    assert (credential(request), digest("open-sesame")) == (
        "open-sesame",
        hashlib.sha256(b"open-sesame").hexdigest()[:12],
    )


async def test_reset_brings_back_the_seed_and_ends_faults_and_churn(provider, control):
    before = (await provider.get("/tickets")).json()
    await control.post("/churn", json={"insert": 3})
    await control.post("/churn", json={"bump": 1, "every_call": True})
    await control.put("/faults", json=[{"do": "status", "match": {"path": "/api/v2/labels"}}])
    assert (await provider.get("/labels")).status_code == 500
    assert (await provider.get("/tickets")).json() != before
    assert (await control.post("/reset")).status_code == 204
    assert (await provider.get("/tickets")).json() == before
    assert (await provider.get("/labels")).status_code == 200
    assert (await control.get("/faults")).json() == []


async def test_faults_are_replaced_by_put_and_by_post(control):
    assert (await control.put("/faults", json=[{"do": "html", "times": 2}])).json()[0]["left"] == 2
    await control.post("/faults", json=[{"do": "delay"}])
    assert [fault["do"] for fault in (await control.get("/faults")).json()] == ["delay"]
    answer = await control.put("/faults", json=[{"do": "nonsense"}])
    assert answer.status_code == 422
    assert "do is one of" in answer.json()["error"]


@pytest.mark.parametrize("body", [{"insert": -1}, {"insert": True}, {"explode": 1}, [], {"bump": "1"}])
async def test_a_wrong_churn_is_refused(control, body):
    assert (await control.post("/churn", json=body)).status_code == 422


async def test_churn_on_every_call_moves_the_list_until_it_is_replaced(provider, control):
    await control.post("/churn", json={"insert": 1, "every_call": True})
    tops = [(await provider.get("/tickets")).json()["data"][0]["id"] for _ in range(3)]
    assert len(set(tops)) == 3
    single = [(await provider.get(f"/tickets/{tops[0]}")).json()["id"] for _ in range(2)]
    assert single == [tops[0]] * 2
    await control.post("/churn", json={"every_call": True})
    assert (await provider.get("/tickets")).json()["data"][0]["id"] == tops[2]


async def test_a_provider_of_one_version_runs_as_no_other(control):
    for body in ({"version": "4.13.0"}, {"version": 4}, [], {}):
        assert (await control.post("/version", json=body)).status_code == 422


async def test_unknown_control_paths_and_methods_are_named(control):
    assert (await control.get("/state")).status_code == 404
    answer = await control.patch("/log")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, DELETE")


async def test_without_json_the_process_prints_lines_and_a_taken_port_is_said_plainly(running):
    port = running.url.rpartition(":")[2]
    command = (sys.executable, "-m", "sandbox", "trengo", "--tickets", "5", "--port")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, "0", cwd=ROOT, stdout=pipe)
    lines = [(await asyncio.wait_for(process.stdout.readline(), 10)).decode() for _ in range(4)]
    assert [line.split()[0] for line in lines] == ["trengo", "token", "control", "control"]
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 5) == 0
    process = await asyncio.create_subprocess_exec(*command, port, cwd=ROOT, stdout=pipe, stderr=pipe)
    _, complaint = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 1
    assert complaint.startswith(b"cannot listen: ")


async def test_the_process_says_where_it_is_within_a_second_and_ends_at_once_on_sigterm():
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "trengo", "--tickets", "500", "--json"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    summary = json.loads(await asyncio.wait_for(process.stdout.readline(), 10))
    assert time.monotonic() - started < 5  # 0.5 s on an idle machine
    assert summary.keys() == {"name", "url", "token", "connection", "control_url", "control_token"}
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {summary['token']}"}, trust_env=False) as client:
        assert (await client.get(summary["url"] + "/api/v2/channels")).status_code == 200
        stopped = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert time.monotonic() - stopped < 2

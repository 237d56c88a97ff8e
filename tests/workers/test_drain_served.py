"""SIGTERM: readiness first, then no new connection; what is under way is finished, and the exit status is 0."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.workers.fleet import eventually
from tests.workers.gate import HALF

UNDER_WAY = int(os.environ.get("DRAIN_REQUESTS", "200"))
ROOM = {"bounds_account_in_flight": str(UNDER_WAY + 50), "bounds_budget_wait_seconds": "30"}


async def _held(fleet, number):
    """One request on a connection of its own; everything it was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(fleet.url).port)
    keyed = number % 2
    path, method = ("/proxy/held-write", "POST") if keyed else ("/proxy/held", "GET")
    body = json.dumps({"ref": number}) if keyed else ""
    fields = fleet.headers(Host="localhost", **({"Content-Type": "application/json"} if keyed else {}))
    fields |= {"Idempotency-Key": f'"drain-{number}"', "Content-Length": str(len(body))} if keyed else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n{body}".encode())
    try:
        return await reader.read()  # the server closes: it is leaving
    finally:
        writer.close()


async def test_of_many_requests_under_way_none_is_dropped(start, gate, postgresql_url):
    fleet = start(database_url=postgresql_url, **ROOM)
    tasks = [asyncio.create_task(_held(fleet, number)) for number in range(UNDER_WAY)]
    await asyncio.to_thread(eventually, lambda: gate.waiting == UNDER_WAY, "all requests under way")
    fleet.signal(signal.SIGTERM)
    await asyncio.to_thread(eventually, lambda: _says(fleet, "draining") == 2, "the notice of both workers")
    gate.release()
    answers = await asyncio.gather(*tasks)
    assert [one for one in answers if not one.startswith(b"HTTP/1.1 200 ")] == []
    assert all(b"connection: close" in one.lower() for one in answers)
    assert await asyncio.to_thread(fleet.ended) == 0
    assert {count for body, count in gate.written.items() if "ref" in body} == {1}
    assert _says(fleet, "drained") == 2


def _says(fleet, event):
    return fleet.server.log.read_text().count(f'"event":"{event}"')


def test_readiness_ends_first_while_requests_are_still_served(start):
    fleet = start(workers="1", bounds_notice_seconds="5")
    with httpx.Client() as idle:
        assert idle.get(f"{fleet.url}/ready").status_code == 200
        fleet.signal(signal.SIGTERM)
        eventually(lambda: _says(fleet, "draining"), "the notice")
        refused = idle.get(f"{fleet.url}/ready")
        assert (refused.status_code, refused.json()["code"]) == (503, "not-ready")
        assert refused.headers["connection"] == "close"
    served = httpx.get(f"{fleet.url}/integration", headers=fleet.headers())
    assert (served.status_code, served.headers["connection"]) == (200, "close")
    assert fleet.ended() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{fleet.url}/health")


def test_a_download_and_an_upload_under_way_arrive_whole(start, gate):
    fleet = start(workers="1")
    sent, body = [], b"x" * HALF

    def halves():
        yield body
        eventually(lambda: _says(fleet, "draining"), "the notice")
        sent.append(True)
        yield body

    def upload():
        return httpx.post(f"{fleet.url}/proxy/upload", content=halves(), headers=fleet.headers(), timeout=60)

    with ThreadPoolExecutor(2) as pool:
        uploading = pool.submit(upload)
        downloading = pool.submit(fleet.request, "GET", "/proxy/stream")
        eventually(lambda: gate.waiting == 1 and fleet.metric("interline_requests_under_way") == 3, "both under way")
        fleet.signal(signal.SIGTERM)
        assert uploading.result().json() == {"bytes": 2 * HALF}
        gate.release()
        assert downloading.result().content == b"a" * HALF + b"b" * HALF
    assert sent
    assert fleet.ended() == 0


def test_a_write_whose_caller_went_away_is_finished_before_the_end(start, gate):
    fleet = start(workers="1")
    headers = {"Idempotency-Key": '"left"'}
    with pytest.raises(httpx.ReadTimeout):
        fleet.request("POST", "/proxy/held-write", json={"left": 1}, headers=headers, timeout=httpx.Timeout(60, read=1))
    eventually(lambda: gate.waiting == 1, "the write at the provider")
    fleet.signal(signal.SIGTERM)
    eventually(lambda: _says(fleet, "draining"), "the notice")
    gate.release()
    assert fleet.ended() == 0
    again = start(
        workers="1",
        database_url=fleet.server.environment["INTERLINE_DATABASE_URL"],
        sealing_keys=fleet.server.environment["INTERLINE_SEALING_KEYS"],
    )
    headers |= {"Authorization": f"Bearer {fleet.key}", "X-Integrated-Account-Id": fleet.account_id}
    answer = again.request("POST", "/proxy/held-write", json={"left": 1}, headers=headers)
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true")
    assert gate.written['{"left":1}'] == 1


def test_a_second_server_on_the_port_is_refused_in_a_sentence(start):
    fleet = start()
    for workers in ("1", "2"):
        given = {**os.environ, **fleet.server.environment, "INTERLINE_WORKERS": workers}
        command = [sys.executable, "-m", "unified", "serve"]
        second = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1
        assert second.stderr.startswith("cannot listen on 127.0.0.1:")


def test_connections_wait_in_an_inherited_socket_until_the_server_is_up(start, tmp_path):
    """As systemd passes the socket of a socket unit (sd_listen_fds(3)): a restart refuses nobody."""
    fleet = start()
    with socket.create_server(("127.0.0.1", 0)) as inherited, ThreadPoolExecutor(1) as pool:
        url = f"http://127.0.0.1:{inherited.getsockname()[1]}/ready"
        early = pool.submit(httpx.get, url, timeout=60)
        shell = f'exec 3<&{inherited.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" -m unified serve'
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", shell, sys.executable],
                env={**os.environ, **fleet.server.environment},
                pass_fds=[inherited.fileno()],
                stdout=log,
                stderr=log,
            )
        try:
            assert early.result().status_code == 200, (tmp_path / "log").read_text()
        finally:
            process.terminate()
            assert process.wait(60) == 0

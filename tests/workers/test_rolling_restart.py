"""SIGHUP replaces the workers one by one under constant traffic: no request fails, no write is made twice.

A request that arrives in the very moment at which a worker stops can find its connection closed without an answer; then
it is made once more, as every HTTP client may for a read (RFC 9110 9.2.2) and for a write that has a key.
"""

import shutil
import signal
import threading
from itertools import count

import httpx

from tests.workers.fleet import eventually
from unified.folders import mappings_folder

CLIENTS = 8
RELOADS = 2


class Traffic:
    """Clients that read and write all the time, each on a connection that it keeps; every failure is kept.

    ``repeated``: the requests that found their connection closed.
    """

    def __init__(self, fleet):
        self.failures, self.keys, self.repeated, self.answers = [], [], [], 0
        self._fleet = fleet
        self._stop = threading.Event()
        self._numbers = count(1)
        self._threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def end(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _client(self):
        with httpx.Client(timeout=60) as client:
            while not self._stop.is_set():
                number = next(self._numbers)
                try:
                    self._ask(client, number)
                except httpx.HTTPError as error:
                    self.failures.append((number, repr(error)))

    def _ask(self, client, number):
        try:
            answer = self._sent(client, number)
        except httpx.RemoteProtocolError:
            self.repeated.append(number)
            answer = self._sent(client, number)
        if answer.status_code == 200:
            self.answers += 1
        else:
            self.failures.append((number, answer.status_code, answer.text))

    def _sent(self, client, number):
        if number % 2:
            return self._fleet.request("GET", "/unified/ticketing/tickets", params={"limit": 2}, client=client)
        self.keys.append(f'{{"rolling":{number}}}')
        headers = {"Idempotency-Key": f'"rolling-{number}"'}
        return self._fleet.request("POST", "/proxy/write", json={"rolling": number}, headers=headers, client=client)


def test_a_rolling_restart_drops_nothing_and_writes_nothing_twice(start, gate, postgresql_url):
    fleet = start(database_url=postgresql_url)
    traffic = Traffic(fleet)
    try:
        for _ in range(RELOADS):
            before, answered = set(fleet.workers), traffic.answers
            fleet.signal(signal.SIGHUP)
            eventually(lambda old=before: len(fleet.workers) == 2 and not old & set(fleet.workers), "the replacement")
            eventually(lambda past=answered: traffic.answers > past + CLIENTS, "traffic afterwards")
    finally:
        traffic.end()
    assert traffic.failures == []
    assert len(traffic.repeated) <= 2 * RELOADS  # one for each worker that stopped
    assert {gate.written[key] for key in traffic.keys} == {1}
    assert fleet.metric("interline_workers") == 2
    assert fleet.metric("interline_answers_total") >= traffic.answers  # those of the workers that went are counted
    fleet.signal(signal.SIGTERM)
    assert fleet.ended() == 0


def test_a_worker_whose_successor_does_not_start_stays(start, tmp_path):
    files = tmp_path / "mappings"
    shutil.copytree(mappings_folder(), files)
    fleet = start(mappings_dir=str(files))
    before = fleet.workers
    (files / "trengo" / "provider.yaml").write_text("no: provider\n")
    fleet.signal(signal.SIGHUP)
    eventually(lambda: "worker-not-replaced" in fleet.server.log.read_text(), "the failure in the log")
    assert fleet.workers == before
    assert fleet.request("GET", "/unified/ticketing/tickets", params={"limit": 1}).status_code == 200
    shutil.copytree(mappings_folder(), files, dirs_exist_ok=True)
    fleet.signal(signal.SIGHUP)
    eventually(lambda: len(fleet.workers) == 2 and not set(before) & set(fleet.workers), "the replacement")


def test_a_stop_in_the_middle_of_a_rolling_restart_is_obeyed(start):
    fleet = start()
    before = set(fleet.workers)
    fleet.signal(signal.SIGHUP)
    eventually(lambda: set(fleet.workers) - before, "the first new worker")
    fleet.signal(signal.SIGTERM)
    assert fleet.ended() == 0
    assert fleet.workers == []

"""Files pass through the server without staying in its memory."""

import http.client
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

SIZE, PIECE = 100 * 1024 * 1024, 64 * 1024
ALLOWED = 20 * 1024 * 1024
BOUNDARY = "x-boundary"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="data"\r\n\r\n{{"ticket": {{"id": "3"}}, "body": "big"}}\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
FILE = SIZE - len(HEAD) - len(TAIL)
"""The bound is that of the body, its framing included."""


class Watch:
    """Samples how much memory a process holds, while something runs."""

    def __init__(self, pid):
        self._status, self._stop = Path(f"/proc/{pid}/status"), threading.Event()
        self.before = self.most = self._now()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _sample(self):
        while not self._stop.is_set():
            self.most = max(self.most, self._now())
            time.sleep(0.02)

    def _now(self):
        line = next(one for one in self._status.read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) * 1024


def connection(worker):
    place = urlsplit(worker.base_url)
    return http.client.HTTPConnection(place.hostname, place.port, timeout=60)


def headers(house, **more):
    return {"Authorization": f"Bearer {house.api_key}", "X-Integrated-Account-Id": house.accounts["chatwoot"], **more}


def form():
    """The body of an upload of ``FILE`` bytes, piece by piece."""
    yield HEAD
    for at in range(0, FILE, PIECE):
        yield b"\x5a" * min(PIECE, FILE - at)
    yield TAIL


def upload(worker, house):
    """Sends a comment with a large file; the answer."""
    line = connection(worker)
    kinds = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(SIZE)}
    line.request("POST", "/unified/ticketing/comments", body=form(), headers=headers(house, **kinds))
    answer = line.getresponse()
    found = answer.status, answer.read()
    line.close()
    return found


def download(worker, house, attachment):
    """Reads the file of an attachment; how many bytes came."""
    line = connection(worker)
    line.request("GET", f"/unified/ticketing/attachments/{attachment}/download", headers=headers(house))
    answer, size = line.getresponse(), 0
    assert answer.status == 200, answer.read()
    while piece := answer.read(PIECE):
        size += len(piece)
    line.close()
    return size


def test_a_hundred_megabytes_add_less_than_twenty_in_each_direction(build_house):
    house = build_house(bounds_deadline_seconds=120)
    worker, place = house.worker(), house.places["chatwoot"]
    worker.request("chatwoot", "GET", "ticketing/tickets")
    record = worker.request("chatwoot", "GET", "ticketing/comments", params={"ticket_id": "3"})
    assert record.status_code == 200
    with Watch(worker.pid) as up:
        status, body = upload(worker, house)
    assert status == 201, body
    received = [one for one in place.kept.blobs.values() if one.name == "big.bin"]
    assert [len(one.data) for one in received] == [FILE]
    assert up.most - up.before < ALLOWED
    listed = worker.request("chatwoot", "GET", "ticketing/attachments", params={"ticket_id": "3"}).json()["result"]
    big = next(one["id"] for one in listed if one["file_name"] == "big.bin")
    with Watch(worker.pid) as down:
        size = download(worker, house, big)
    assert size == FILE
    assert down.most - down.before < ALLOWED
    worker.kill()

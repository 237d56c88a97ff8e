"""Bytes onto sockets, and what comes back, with no HTTP client in between."""

import contextlib
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit


def connect(base_url, seconds=12):
    place = urlsplit(base_url)
    return socket.create_connection((place.hostname, place.port), timeout=seconds)


def exchange(base_url, request, seconds=12, quiet=None):
    """Everything that is answered until the server closes, or ``quiet`` seconds after its last byte; the time it took.

    ``None`` in place of the answer where the server neither answered nor closed: it hangs.
    """
    started, received = time.monotonic(), b""
    with connect(base_url, seconds) as connection:
        with contextlib.suppress(ConnectionError):  # it may refuse before all is sent
            connection.sendall(request)
        try:
            while chunk := connection.recv(65536):
                received += chunk
                connection.settimeout(quiet or seconds)
        except ConnectionError:
            pass
        except TimeoutError:
            received = received or None
    return received, time.monotonic() - started


def statuses(received):
    """The status of each answer in what was received; every one must be framed by a length, or be the last."""
    found, rest = [], received
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        assert first.startswith(b"HTTP/1."), first
        status = int(first.split(b" ")[1])
        if status == 100:
            continue
        found.append(status)
        fields = {line.partition(b":")[0].lower(): line.partition(b":")[2].strip() for line in lines}
        length = fields.get(b"content-length")
        rest = b"" if length is None else rest[int(length) :]
    return found


def worker_pids(process):
    """The processes that a server started."""
    return sorted(
        int(one)
        for task in Path(f"/proc/{process.pid}/task").iterdir()
        for one in (task / "children").read_text().split()
    )


def resident(pids):
    """Bytes of memory of some processes."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids)


def open_files(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))

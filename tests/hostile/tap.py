"""A provider that writes down what it receives: it passes requests on to a simulator, or answers as it is told."""

import contextlib
import http.client
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Received:
    """One request as it came over the wire; ``complete`` unless its body broke off."""

    line: bytes
    headers: list[tuple[bytes, bytes]]
    framing: bytes
    body: bytes
    complete: bool
    abandoned: bool = False
    """The caller closed the connection while the answer was held back."""

    @property
    def target(self):
        return self.line.split(b" ")[1].decode("latin-1")

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name]


class Tap:
    """``answer`` is what every request gets, head and body; where it is ``None`` the simulator answers."""

    def __init__(self, simulator_url):
        self._place = urlsplit(simulator_url)
        self.received = []
        self.connections = 0
        self.answer = None
        self.hold: threading.Event | None = None
        """An event that is waited for before a request is answered."""
        self.arrived = threading.Semaphore(0)
        self.gone = threading.Semaphore(0)
        """One more for each connection that has ended."""
        tap = self

        class Connection(socketserver.StreamRequestHandler):
            def handle(self):
                tap.connections += 1
                try:
                    while tap._exchange(self.rfile, self.wfile):
                        pass
                except OSError:
                    pass
                finally:
                    tap.gone.release()

        socketserver.ThreadingTCPServer.request_queue_size = 1024
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def clear(self):
        self.received = []
        self.answer = self.hold = None

    def _exchange(self, reader, writer):
        got = read_request(reader)
        if got is None:
            return False
        self.received.append(got)
        self.arrived.release()
        if not got.complete:
            return False
        if self.hold is not None:
            got.abandoned = not _awaited(self.hold, writer)
            if got.abandoned:
                return False
        answer = self.answer if self.answer is not None else self._simulated(got)
        writer.write(answer)
        return b"connection: close" not in answer.partition(b"\r\n\r\n")[0].lower()

    def _simulated(self, got):
        connection = http.client.HTTPConnection(self._place.hostname, self._place.port, timeout=20)
        headers = {key.decode(): value.decode("latin-1") for key, value in got.headers}
        headers.pop("transfer-encoding", None)
        connection.request(got.line.split(b" ")[0].decode(), got.target, got.body, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        kept = [f"{key}: {value}" for key, value in answer.getheaders() if key.lower() not in FRAMING]
        head = "\r\n".join([f"HTTP/1.1 {answer.status} OK", *kept, f"content-length: {len(body)}"])
        return head.encode("latin-1") + b"\r\n\r\n" + body


FRAMING = ("content-length", "transfer-encoding", "connection")


def answer(body=b'{"ok":true}', *more, status=b"200 OK", kind=b"application/json"):
    """An answer of a provider; ``more`` are lines of its head."""
    lines = [b"HTTP/1.1 " + status, b"content-type: " + kind, b"content-length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def read_request(reader):
    """The next request of a connection; ``None`` at its end."""
    line = reader.readline().rstrip(b"\r\n")
    if not line:
        return None
    headers = []
    while (one := reader.readline().rstrip(b"\r\n")) != b"":
        name, _, value = one.partition(b":")
        headers.append((name, value.strip()))
    given = {name.lower(): value for name, value in headers}
    if b"transfer-encoding" in given:
        framing, (body, complete) = b"chunked", _chunks(reader)
    else:
        length = int(given.get(b"content-length", b"0"))
        body = reader.read(length)
        framing, complete = (b"length" if b"content-length" in given else b"none"), len(body) == length
    return Received(line, headers, framing, body, complete)


def _awaited(event, writer, seconds=20):
    """Whether the event came while the other side stayed."""
    until = time.monotonic() + seconds
    while not event.wait(0.02) and time.monotonic() < until:
        with contextlib.suppress(BlockingIOError):
            if writer._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                return False
    return True


def _chunks(reader):
    body = b""
    while True:
        size = reader.readline().strip()
        if not size:
            return body, False
        piece = reader.read(int(size, 16) + 2)
        if size == b"0":
            return body, piece == b"\r\n"
        if len(piece) < int(size, 16) + 2:
            return body + piece, False
        body += piece[:-2]

"""A server of its own before a provider that keeps every byte it got, and connections that send any bytes."""

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.conftest import start_server
from tests.outbound.scripted import Upstream, answer

PERSON = {"id": 1, "agency_id": 1, "full_name": "Ada", "first_name": "Ada", "last_name": "L", "email": "a@x.example"}
ANYTHING = {"data": [PERSON], "links": {}, "meta": {}, "id": 1}
"""What Trengo's lists, records and the proof of a credential can all be read from."""


class Provider:
    """A scripted upstream in a thread of its own; ``script(got, number)`` may be replaced at any time."""

    def __init__(self):
        self.script = self.agreeable
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.upstream = Upstream(self._play)
        self._run(self.upstream.__aenter__())
        self.origin = self.upstream.origin

    @staticmethod
    def agreeable(_got, _number):
        return [answer(json.dumps(ANYTHING).encode())]

    def _play(self, got, number):
        return self.script(got, number)

    @property
    def got(self):
        """Every request since ``clear``."""
        return self.upstream.got

    def clear(self):
        self.upstream.got = []
        self.script = self.agreeable

    def close(self):
        self._run(self.upstream.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)


class Scene:
    """The server, its provider, and a key that may do everything."""

    def __init__(self, server, provider, http):
        self.server, self.provider, self.http = server, provider, http
        self.key = server.key_with("read", "write", "proxy", "link", "admin")
        self.base_url = server.base_url

    def ask(self, method, path, key=None, **options):
        headers = {"Authorization": f"Bearer {key or self.key}", **options.pop("headers", {})}
        return self.http.request(method, self.base_url + path, headers=headers, **options)

    def link(self, tenant="a", token="a-token-that-is-long-enough"):
        """The id of a further account."""
        body = {"tenant_id": tenant, "integration": "trengo", "credentials": {"token": token}}
        answered = self.ask("POST", "/integrated-account", json=body)
        assert answered.status_code == 201, answered.text
        return answered.json()["result"]["id"]

    def connection(self):
        """A connection of bytes."""
        return Bytes(self.base_url)


@contextmanager
def scene(running, folder, **settings):
    """A scene from start to stop; the sandboxes of the demo are not used."""
    provider = Provider()
    try:
        bases = {"provider_bases": f"trengo={provider.origin}/api/v2", "provider_limits": "trengo=1000000"}
        server = start_server(folder, running, **bases, **settings)
        try:
            yield Scene(server, provider, running.http)
        finally:
            server.stop()
    finally:
        provider.close()


class Bytes:
    """One kept connection on which any bytes may be sent; opened again where the server closed it."""

    def __init__(self, base_url):
        place = urlsplit(base_url)
        self._place = place.hostname, place.port
        self._socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def ask(self, request):
        """``(status, head, body)`` of the answer to raw bytes; status 0 where the server closed without one."""
        for fresh in (self._socket is None, True):
            if self._socket is None:
                self._socket = socket.create_connection(self._place, timeout=30)
            try:
                self._socket.sendall(request)
                found = self._answer()
            except (ConnectionError, EOFError):
                self._close()
                if fresh:
                    return 0, b"", b""
                continue  # a kept connection that was closed meanwhile
            if b"connection: close" in found[1].lower():
                self._close()
            return found
        raise AssertionError("unreachable")

    def pipelined(self, requests):
        """The statuses of requests that are all written before an answer is read."""
        self._socket = self._socket or socket.create_connection(self._place, timeout=60)
        self._socket.sendall(b"".join(requests))
        with self._socket.makefile("rb") as file:
            return [self._read(file)[0] for _ in requests]

    def all(self, request):
        """Everything that comes until the server closes, however that is."""
        self._close()
        self._socket = socket.create_connection(self._place, timeout=30)
        self._socket.sendall(request)
        received = b""
        try:
            while chunk := self._socket.recv(1 << 20):
                received += chunk
        except ConnectionError:
            pass
        return received

    def _answer(self):
        with self._socket.makefile("rb") as file:
            return self._read(file)

    def _read(self, file):
        head = self._head(file)
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if fields.get(b"transfer-encoding") == b"chunked":
            body = self._chunks(file)
        else:
            body = file.read(int(fields.get(b"content-length", 0)))
        return int(head.split(b" ", 2)[1]), head, body

    def _head(self, file):
        lines = []
        while (line := file.readline()) != b"\r\n":
            if not line:
                raise EOFError
            lines.append(line)
        return b"".join(lines)

    def _chunks(self, file):
        body = b""
        while size := int(file.readline() or b"0", 16):
            body += file.read(size)
            file.readline()
        file.readline()
        return body

    def _close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

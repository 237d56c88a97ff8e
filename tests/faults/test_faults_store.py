"""The server's own database is full, locked or damaged: nothing is acknowledged that is not kept."""

import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from tests.faults.processes import family

DATABASE = "own.sqlite3"


def writes_with(scene, key):
    """A keyed write by the passthrough; its text is the key."""
    return scene.message(scene.known_ticket, key, headers={"Idempotency-Key": key}, within=10)


@pytest.fixture
def scene(scene):
    scene.known_ticket = scene.ticket()
    return scene


@contextmanager
def locked(house):
    """Another program holds the write lock."""
    with closing(sqlite3.connect(house.server.folder / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def no_file_beyond(house, size):
    """No file of the server grows beyond so many bytes, as on a full disk; the log stays below for a while."""
    limited = family(house.server.process.pid)
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in limited]
    for pid, (_, hard) in zip(limited, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for pid, limits in zip(limited, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def reads_go_on(scene):
    assert scene.tickets().status == 200
    assert scene.proxied().status == 200
    assert scene.message(scene.known_ticket, "ref-without-a-key").status < 300


@pytest.mark.fault("F40", "locked by another program")
def test_a_locked_database_refuses_keyed_writes_and_nothing_else(house, scene):
    with locked(house):
        refused = writes_with(scene, "ref-locked")
        assert (refused.status, refused.code) == (503, "journal-unavailable")
        assert scene.provider.effects == {}
        reads_go_on(scene)
    assert writes_with(scene, "ref-locked").status < 300
    assert scene.provider.effects["ref-locked"] == 1


@pytest.mark.fault("F40", "full")
def test_a_full_disk_refuses_keyed_writes_before_anything_is_sent_and_recovers(house, scene):
    log = house.server.log.stat().st_size
    fates = {}
    with no_file_beyond(house, log + 400_000):
        for number in range(300):
            key = f"ref-full-{number}"
            fates[key] = writes_with(scene, key)
            if fates[key].status == 503:
                break
        assert (fates[key].status, fates[key].code) == (503, "journal-unavailable")
        reads_go_on(scene)
    for text, answered in fates.items():
        assert scene.provider.effects[text] == (answered.status < 300), (text, answered)
    assert writes_with(scene, key).status < 300
    assert scene.provider.effects[key] == 1
    replayed = writes_with(scene, "ref-full-0")
    assert replayed.headers["idempotency-replayed"] == "true"


def served(house, path):
    """What a server with this database says, which must end by itself."""
    environment = {**os.environ, **house.server.environment, "INTERLINE_DATABASE_URL": f"sqlite+aiosqlite:///{path}"}
    command = [sys.executable, "-m", "unified", "serve"]
    environment["INTERLINE_PORT"] = _free_port()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        return process.communicate(timeout=60)[0], process.returncode
    finally:
        process.kill()
        process.wait()


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.fault("F40", "damaged")
@pytest.mark.parametrize("where", ["in its head", "in its pages"])
def test_a_damaged_database_is_not_served(house, scene, tmp_path, where):
    path = tmp_path / DATABASE
    with closing(sqlite3.connect(house.server.folder / DATABASE)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
    at = 0 if where == "in its head" else 4096
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * (path.stat().st_size // 2))
    said, code = served(house, path)
    assert code != 0
    assert "damaged" in said
    assert "backup" in said

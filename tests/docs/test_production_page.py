"""The shell lines of docs/production.md are run as they stand: an empty folder, a fresh PostgreSQL database."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "production.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh\n# run(?P<how>[^\n]*)\n(?P<lines>.*?)^```$", re.M | re.S)
BACKGROUND = ": in the background"


def script(port):
    """The blocks in their order, the server in the background; a free port in place of 8080."""
    lines = ["set -euo pipefail", f"export INTERLINE_PORT={port}"]
    for block in BLOCK.finditer(PAGE):
        if block["how"] == BACKGROUND:
            lines += [f"{block['lines'].strip()} > server.log 2>&1 &", "echo $! > server.pid", "wait_ready"]
        else:
            lines += ["set -x", block["lines"], "set +x"]
    return "\n".join(lines).replace("127.0.0.1:8080", f"127.0.0.1:{port}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def followed(postgres, postgresql_url, tmp_path):
    """What following the page left behind: the folder, and everything it printed."""
    port = free_port()
    ready = (
        "wait_ready() { for _ in $(seq 200); do curl -sf http://127.0.0.1:8080/ready > /dev/null && return; "
        "sleep 0.1; done; cat server.log; return 1; }\n"
    ).replace("8080", str(port))
    programs = f"{Path(sys.executable).parent}:{postgres._programs}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLINE_")}
    environment = {
        **kept,
        "PATH": f"{programs}:{kept['PATH']}",
        "DATABASE_URL": postgresql_url,
    }
    try:
        done = subprocess.run(
            ["bash", "-c", ready + script(port)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        stop(tmp_path / "server.pid", port)
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path, done.stdout + done.stderr


def stop(pid_file, port):
    """Ends the server that the page started."""
    if not pid_file.is_file():
        return
    os.kill(int(pid_file.read_text()), signal.SIGTERM)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
        except OSError:  # refused, or cut while it ends
            return
        time.sleep(0.05)
    raise AssertionError("the server does not end")


def test_there_are_blocks_to_run_and_one_runs_in_the_background():
    how = [block["how"] for block in BLOCK.finditer(PAGE)]
    assert len(how) >= 6
    assert how.count(BACKGROUND) == 1
    assert set(how) == {"", BACKGROUND}


def test_following_the_page_leads_to_a_server_that_works(followed):
    folder, printed = followed
    assert (folder / "interline.env").stat().st_mode & 0o777 == 0o600
    for name in ("backend.key", "backend.new.key", "metrics.key"):
        assert re.fullmatch(r"il_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\n", (folder / name).read_text())
    assert (folder / "interline.dump").stat().st_size > 0
    assert '{"status":"ok"}' in printed
    assert "interline_answers_total" in printed
    assert "key.rotate" in printed
    assert "texts sealed anew" in printed


def test_the_tables_are_those_of_the_database():
    from proxy.database.tables import metadata

    stored = PAGE.partition("## What is stored")[2].partition("## What is not")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", stored, flags=re.M)) == set(metadata.tables)

"""The demo as a stranger meets it: one command, lines that work when pasted, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

DEMO = [sys.executable, "-m", "unified", "demo"]


def children(pid):
    """Every process below one, whatever became of its parents."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            found += [int(folder.name), *children(int(folder.name))]
    return found


def alive(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_demo_says_one_line_of_json_and_leaves_nothing_behind(tmp_path, how):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([*DEMO, "--json"], stdout=subprocess.PIPE, env=environment) as process:
        said = json.loads(process.stdout.readline())
        below = children(process.pid)
        assert len(below) >= 3
        assert list(tmp_path.iterdir())
        process.send_signal(how)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert rest == b""
    assert set(said) == {"base_url", "api_key", "link_url", "accounts", "sandboxes"}
    for name in ("trengo", "chatwoot"):
        assert set(said["accounts"][name]) == {"id", "tenant_id", "account_token"}
        assert set(said["sandboxes"][name]) == {"url", "token", "control_url", "control_token"}
    assert list(tmp_path.iterdir()) == []
    assert [pid for pid in below if alive(pid)] == []


def test_every_printed_curl_line_works_when_pasted(tmp_path):
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("Ctrl-C"):
                break
        answers = []
        for comment, line in pairwise(lines):
            if line.startswith("curl"):
                shell = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, cwd=tmp_path)
                answers.append((comment, json.loads(shell.stdout)))
        process.send_signal(signal.SIGINT)
    assert len(answers) == 15
    written = [answer["result"] for comment, answer in answers if "a write" in comment]
    assert [one["is_private"] for one in written[::2]] == [True, True]
    assert [one["status"]["category"] for one in written[1::2]] == ["closed", "closed"]
    for comment, answer in answers:
        if "error" in comment:
            assert answer["code"] == "unsupported-filter"
        elif "link" in comment:
            assert answer["result"]["url"].endswith(answer["link_token"])
        elif "itself" in comment:
            assert answer["data"]
        else:
            assert answer["result"], comment


def test_the_sandboxes_keep_the_rate_limit_that_was_asked_for():
    with subprocess.Popen([*DEMO, "--json", "--rate-limit", "30"], stdout=subprocess.PIPE) as process:
        said = json.loads(process.stdout.readline())
        token = said["accounts"]["trengo"]["account_token"]
        shell = subprocess.run(
            ["curl", "-sD-", "-o/dev/null", "-H", f"Authorization: Bearer {token}", f"{said['base_url']}/proxy/labels"],
            capture_output=True,
            text=True,
            check=True,
        )
        process.send_signal(signal.SIGINT)
    headers = dict(re.findall(r"(?m)^([\w-]+): (.*?)\r?$", shell.stdout.lower()))
    assert headers["x-ratelimit-limit"] == headers["ratelimit-limit"] == "30"

"""``interline export``: everything once, whatever interrupts it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from proxy.cursor import LIFE_SECONDS, Cursors
from proxy.seal import Sealer, bind
from proxy.settings import load_settings
from unified.exporting.pages import included
from unified.read import Place
from unified.schemas.resources import find_resource

COMMAND = [sys.executable, "-c", "from unified.export import export_command; export_command(prog_name='export')"]
TICKETS = 500


class Exporter:
    """The command with one server's settings, in a folder of its own."""

    def __init__(self, server, account, folder):
        self.account = account
        self.environment = {**os.environ, **server.environment}
        self.folder = folder

    def run(self, resource, *options, stdout=subprocess.PIPE, account=None):
        """The finished command."""
        return subprocess.run(
            [*COMMAND, account or self.account, resource, *options],
            env=self.environment,
            cwd=self.folder,
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )

    def broken_off(self, *options, stdout=subprocess.PIPE, sign=signal.SIGINT):
        """The command stopped after its first page; what it said."""
        state = self.folder / "out.ndjson.export-state"
        state.unlink(missing_ok=True)
        process = subprocess.Popen(
            [*COMMAND, self.account, "tickets", "--page-size", "25", *options],
            env=self.environment,
            cwd=self.folder,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        for _ in range(1000):
            if self.states() and json.loads(self.states()[0].read_bytes())["records"] > 0:
                break
            time.sleep(0.01)
        process.send_signal(sign)
        _, said = process.communicate(timeout=30)
        return process.returncode, said.decode()

    def states(self):
        return list(self.folder.glob("*.export-state"))


def link(server, demo, name, tokens):
    """An account at the demo's sandbox; its id."""
    sandbox = demo.accounts[name].sandbox
    context = {"base_url": sandbox.url, "account_id": 3} if name == "chatwoot" else {}
    headers = {"Authorization": f"Bearer {server.key_with('link')}"}
    body = {"tenant_id": "data", "integration": name, "context": context, "credentials": {"token": tokens(name, 0)}}
    answer = demo.http.post(f"{server.base_url}/integrated-account", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["result"]["id"]


@pytest.fixture(scope="module")
def linked(own_server, running, tokens):
    """A server of its own and an account of each provider."""
    server = own_server()
    return server, {name: link(server, running, name, tokens) for name in running.accounts}


@pytest.fixture
def exporter(linked, account, tmp_path):
    server, ids = linked
    return Exporter(server, ids[account.name], tmp_path)


@pytest.fixture
def slow(account):
    """Every page takes its time, so that there is a moment to stop it in."""
    account.sandbox.faults({"do": "delay", "seconds": 0.2})


def lines(data):
    """The records of an output, each a whole line."""
    assert data == b"" or data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def ids(records):
    return [record["id"] for record in records]


def whole(data):
    """Whether an output has every ticket once, in one piece."""
    found = ids(lines(data))
    return len(found) == len(set(found)) == TICKETS


def test_every_ticket_is_a_line_of_its_own_as_the_api_gives_it(exporter, account):
    done = exporter.run("tickets")
    assert done.returncode == 0, done.stderr
    assert lines(done.stdout) == account.walk("tickets", limit=200)
    assert b"500 tickets in" in done.stderr


def test_each_ticket_has_all_its_comments_the_oldest_first(exporter, account):
    done = exporter.run("tickets", "--include", "comments", "--limit", "60")
    tickets = lines(done.stdout)
    assert len(tickets) == 60
    for ticket in sorted(tickets, key=lambda one: -len(one["comments"]))[:4]:
        wanted = {one["id"]: one for one in account.walk("comments", ticket_id=ticket["id"], limit=200)}
        assert {one["id"]: one for one in ticket["comments"]} == wanted
        times = [one["created_at"] for one in ticket["comments"]]
        assert times == sorted(times)
    assert sum(len(ticket["comments"]) for ticket in tickets) > 60


def test_a_ticket_whose_comments_are_gone_says_so_and_the_export_goes_on(exporter, account):
    gone = account.list("tickets", limit=2)["result"][1]["id"]
    path = "/api/v2/tickets" if account.name == "trengo" else "/api/v1/accounts/3/conversations"
    account.sandbox.faults({"match": {"path": f"{path}/{gone}/messages"}, "do": "status", "status": 404})
    done = exporter.run("tickets", "--include", "comments", "--limit", "3")
    first, second, third = lines(done.stdout)
    assert second["comments"] == []
    assert [one["attribute"] for one in second["_errors"]] == ["comments"]
    assert first["comments"]
    assert third["comments"]
    assert b"1 records say in _errors" in done.stderr


def test_filters_and_limit_are_those_of_the_api(exporter, account):
    done = exporter.run("tickets", "--filter", "status_category=closed", "--limit", "30")
    assert ids(lines(done.stdout)) == ids(account.list("tickets", status_category="closed", limit=30)["result"])


@pytest.mark.parametrize("resource", ["contacts", "channels", "ticket_status"])
def test_other_resources_are_exported_too(exporter, account, resource):
    assert lines(exporter.run(resource).stdout) == account.walk(resource, limit=200)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_output_that_was_broken_off_is_gone_on_with_by_the_same_command(exporter, account, sign):
    code, said = exporter.broken_off("--output", "out.ndjson", sign=sign)
    out = exporter.folder / "out.ndjson"
    before = len(lines(out.read_bytes()))
    assert 0 < before < TICKETS
    if sign == signal.SIGINT:
        assert code == 130
        assert "To go on, run the same again within 24 hours" in said
        assert "--output out.ndjson" in said
    with out.open("ab") as file:
        file.write(b'{"id":"half a pa')
    account.sandbox.faults()
    account.sandbox.clear_log()
    done = exporter.run("tickets", "--page-size", "25", "--output", "out.ndjson")
    assert done.returncode == 0, done.stderr
    assert whole(out.read_bytes())
    assert f"{TICKETS} together with the {before} of before".encode() in done.stderr
    assert exporter.states() == []


@pytest.mark.usefixtures("slow")
def test_standard_output_is_gone_on_with_by_appending(exporter, account):
    out = exporter.folder / "mine.ndjson"
    out.write_bytes(b'{"id":"of an earlier export"}\n')
    with out.open("ab") as file:
        code, said = exporter.broken_off(stdout=file)
    assert code == 130
    assert "appending with >> and not >" in said
    with out.open("ab") as file:
        file.write(b'{"id":')
    account.sandbox.faults()
    with out.open("ab") as file:
        done = exporter.run("tickets", "--page-size", "25", "--resume", stdout=file)
    assert done.returncode == 0, done.stderr
    earlier, _, rest = out.read_bytes().partition(b"\n")
    assert b"of an earlier export" in earlier
    assert whole(rest)


@pytest.mark.usefixtures("slow")
def test_a_standard_output_that_was_emptied_is_not_gone_on_with(exporter):
    out = exporter.folder / "mine.ndjson"
    with out.open("wb") as file:
        exporter.broken_off(stdout=file)
    with out.open("wb") as file:
        done = exporter.run("tickets", "--page-size", "25", "--resume", stdout=file)
    assert done.returncode == 1
    assert b"Append with >> and not >" in done.stderr
    assert len(exporter.states()) == 1


@pytest.mark.usefixtures("slow")
def test_the_rest_can_go_into_another_file(exporter, account):
    one, other = exporter.folder / "one.ndjson", exporter.folder / "other.ndjson"
    with one.open("wb") as file:
        exporter.broken_off(stdout=file)
    account.sandbox.faults()
    with other.open("wb") as file:
        exporter.run("tickets", "--page-size", "25", "--resume", stdout=file)
    assert other.stat().st_size > 0
    assert whole(one.read_bytes() + other.read_bytes())


@pytest.mark.usefixtures("slow")
def test_another_export_is_not_taken_for_the_one_broken_off(exporter):
    exporter.broken_off("--output", "out.ndjson")
    done = exporter.run("tickets", "--page-size", "25", "--output", "out.ndjson", "--filter", "status_category=open")
    assert done.returncode == 1
    assert b"is the state of an export with another filters" in done.stderr


@pytest.mark.usefixtures("slow")
def test_a_place_older_than_a_day_is_said_to_be_lost(exporter, linked, account):
    exporter.broken_off("--output", "out.ndjson")
    (file,) = exporter.states()
    state = json.loads(file.read_bytes())
    cursors = Cursors(Sealer(load_settings(linked[0].environment).sealing_keys))
    bound_to = bind(exporter.account, "ticketing", "tickets")
    place = cursors.open(state["cursor"], Place, bound_to, time.time())
    state["cursor"] = cursors.seal(place, bound_to, time.time() - LIFE_SECONDS - 60)
    file.write_text(json.dumps(state))
    account.sandbox.faults()
    done = exporter.run("tickets", "--page-size", "25", "--output", "out.ndjson")
    assert done.returncode == 1
    assert b"a cursor lives 24 hours" in done.stderr
    assert b"out.ndjson.export-state" in done.stderr


@pytest.mark.parametrize(("status", "headers"), [(429, {"retry-after": "1"}), (503, {})], ids=["429", "503"])
def test_a_provider_that_is_busy_for_a_while_is_waited_for(exporter, account, status, headers):
    """More refusals than one request tries again: the export waits and goes on."""
    account.sandbox.faults({"do": "status", "status": status, "headers": headers, "times": 5})
    done = exporter.run("tickets")
    assert done.returncode == 0, done.stderr
    assert whole(done.stdout)


def test_a_credential_that_is_refused_ends_the_export_with_its_code(exporter, linked, running, tokens, account):
    """Of an account of its own, as this one is marked afterwards."""
    lost = link(linked[0], running, account.name, tokens)
    account.sandbox.faults({"do": "status", "status": 401, "body": {"message": "Unauthenticated."}})
    done = exporter.run("tickets", account=lost)
    assert done.returncode == 1
    assert b"reauth-required" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--include", "channels"], 2, "tickets include comments"),
        (["--filter", "status"], 2, "'status' is not NAME=VALUE"),
        (["--filter", "colour=red"], 1, "unsupported-filter: tickets cannot be filtered by 'colour'"),
        (["--resume"], 1, "there is no export to go on with"),
    ],
    ids=["unknown part", "no pair", "unknown filter", "nothing to resume"],
)
def test_what_cannot_be_exported_is_refused_with_the_reason(exporter, options, code, message):
    done = exporter.run("tickets", *options)
    assert (done.returncode, done.stdout) == (code, b"")
    assert message in " ".join(done.stderr.decode().split())
    assert exporter.states() == []


def test_an_account_that_is_not_there_is_said_to_be_missing(exporter):
    done = exporter.run("tickets", account="00000000-0000-0000-0000-000000000000")
    assert (done.returncode, done.stderr) == (1, b"Error: there is no such account.\n")


def test_a_list_that_needs_a_ticket_can_be_put_into_tickets():
    assert "comments" in included(find_resource("ticketing", "tickets"))
    assert included(find_resource("ticketing", "contacts")) == {}

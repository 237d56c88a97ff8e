"""``interline probe``: what a provider file assumes, held against an account that is there."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from proxy.language.document import Mistakes
from proxy.provider.model import CheckWords, FactWords
from unified.folders import data_folder
from unified.mapping.load import load_mappings
from unified.probing.answers import ago
from unified.probing.plan import facts_of
from unified.probing.report import shape

COMMAND = [sys.executable, "-c", "from unified.probe import probe_command; probe_command(prog_name='probe')"]
PREFIX = {"trengo": "/api/v2", "chatwoot": "/api/v1/accounts/3"}


class Probe:
    """The command with one server's settings and one account's id."""

    def __init__(self, server, account_id):
        self.environment = {**os.environ, **server.environment}
        self.account_id = account_id

    def run(self, *options):
        """The finished command."""
        return subprocess.run(
            [*COMMAND, self.account_id, *options], env=self.environment, capture_output=True, check=False, timeout=120
        )

    def findings(self):
        """The exit code, and the findings by fact."""
        done = self.run("--json")
        assert done.stdout, done.stderr
        return done.returncode, {one["fact"]: one for one in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def linked(own_server, running, tokens):
    """A server of its own and an account of each provider."""
    server = own_server()
    headers = {"Authorization": f"Bearer {server.key_with('link')}"}
    ids = {}
    for name, account in running.accounts.items():
        context = {"base_url": account.sandbox.url, "account_id": 3} if name == "chatwoot" else {}
        body = {"tenant_id": "data", "integration": name, "context": context, "credentials": {"token": tokens(name, 0)}}
        answer = running.http.post(f"{server.base_url}/integrated-account", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        ids[name] = answer.json()["result"]["id"]
    return server, ids


@pytest.fixture
def probe(linked, account):
    server, ids = linked
    return Probe(server, ids[account.name])


def with_faults(demo, linked, name, *faults):
    """The findings of one provider while these faults are played; paths are below its prefix."""
    demo.accounts[name].sandbox.faults(
        *({**fault, "match": {"path": PREFIX[name] + path}} if path else fault for path, fault in faults)
    )
    return Probe(linked[0], linked[1][name]).findings()


def test_a_provider_that_is_as_assumed_passes(probe):
    code, findings = probe.findings()
    assert {one["verdict"] for one in findings.values()} <= {"ok", "undecided", "not checkable"}
    assert sum(one["verdict"] == "ok" for one in findings.values()) >= 25
    assert code == 0


def test_every_fact_is_listed_with_its_grade_whether_or_not_it_can_be_checked(probe, account):
    words = load_mappings(data_folder("mappings")).providers[account.name].words
    _, findings = probe.findings()
    assert {name: one["grade"] for name, one in findings.items()} == {
        name: fact.grade for name, fact in words.facts.items()
    }
    bare = {name for name, fact in words.facts.items() if fact.check is None}
    assert {name for name, one in findings.items() if one["verdict"] == "not checkable"} == bare
    assert bare


def test_a_probe_only_reads_and_asks_nothing_twice(probe, account):
    account.sandbox.clear_log()
    probe.findings()
    log = account.sandbox.log()
    targets = [(entry["target"], entry["status"] == 401) for entry in log]
    assert {entry["method"] for entry in log} == {"GET"}
    twice = sorted({target for target in targets if targets.count(target) > 1})
    assert [target for target in twice if "no-such-path" not in target[0]] == []  # a page that is no JSON is read twice


def test_an_invented_token_is_sent_once_and_does_not_mark_the_account(probe, account, linked):
    account.sandbox.clear_log()
    for _ in range(4):
        probe.findings()
    refused = [entry for entry in account.sandbox.log() if entry["status"] == 401]
    assert len(refused) == 4
    assert json.loads(linked[0].command("accounts", "show", probe.account_id))["status"] == "active"


def answers(body, status=200, **more):
    """The fault that answers so."""
    return {"do": "status", "status": status, "body": body, **more}


NO_ROWS = {"data": [], "links": {"next": None, "last": None}, "meta": {"current_page": 1, "per_page": 25}}
LENGTHS = {**NO_ROWS, "meta": {"total": 7}}
TEXT_ID = {"data": [{"agency_id": "7"}]}
NO_MORE = {"payload": [], "meta": {"count": 0}}
CHANGED = [
    # provider, path, the answer in place of the assumed one, the fact that it contradicts
    ("trengo", "/interline-probe-no-such-path", answers({"message": "No"}, 404), "unknown_paths_are_html"),
    ("trengo", "/tickets/0", {"do": "html"}, "missing_ticket"),
    ("trengo", "/labels", answers(NO_ROWS), "other_envelope"),
    ("trengo", "/channels", answers([]), "channels_envelope"),
    ("trengo", "/contacts", answers(LENGTHS), "contacts_envelope"),
    ("trengo", "/users", answers(TEXT_ID), "workspace"),
    ("chatwoot", "/conversations/0", {"do": "html"}, "missing_conversation"),
    ("chatwoot", "/agents", answers({"payload": []}), "bare_lists"),
    ("chatwoot", "/agents", answers([], headers={"x-ratelimit-limit": "60"}), "rate_limit"),
    ("chatwoot", "/contacts/search", answers(NO_MORE), "contact_search"),
    ("chatwoot", "/inboxes", answers({"message": "Whatever"}, 500), "wrapped_lists"),
]


@pytest.mark.parametrize(
    ("name", "path", "fault", "fact"), CHANGED, ids=[f"{one[0]} {one[3]}: {one[2]['do']}" for one in CHANGED]
)
def test_a_change_at_the_provider_is_found_and_nothing_else(demo, linked, name, path, fault, fact):
    code, findings = with_faults(demo, linked, name, (path, fault))
    differing = {one for one, found in findings.items() if found["verdict"] == "differs"}
    assert fact in differing
    assert len(differing) <= 3
    assert code == 1


def test_the_version_is_seen(demo, linked):
    fault = answers({"version": "5.0.1"}, match={"path": "/api"})
    code, findings = with_faults(demo, linked, "chatwoot", (None, fault))
    assert (findings["version"]["verdict"], findings["version"]["seen"], code) == ("differs", "5.0.1", 1)


def tickets_updated(moment, **more):
    """A page of one ticket, updated at a wall clock."""
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    row = {"id": 1, "contact_id": 2, "status": "CLOSED", "labels": [], "contact": None, "created_at": text}
    return {**NO_ROWS, "data": [{**row, "updated_at": text, "latest_message_at": text, **more}]}


ZONES = [
    (ZoneInfo("Europe/Amsterdam"), timedelta(0), "ok"),
    (UTC, timedelta(0), "undecided"),
    (ZoneInfo("Europe/Amsterdam"), timedelta(hours=5), "undecided"),
    (timezone(timedelta(hours=5)), timedelta(0), "differs"),
]


@pytest.mark.parametrize(
    ("zone", "since", "verdict"), ZONES, ids=["of the file", "of UTC", "of the file, long ago", "further east"]
)
def test_the_zone_of_times_is_proved_by_one_that_would_be_in_the_future(demo, linked, zone, since, verdict):
    body = tickets_updated(datetime.now(zone) - since)
    _, findings = with_faults(demo, linked, "trengo", ("/tickets", answers(body)))
    assert findings["naive_times"]["verdict"] == verdict


TICKETS = [
    ({"status": "DONE"}, "ticket_statuses"),
    ({"status": "OPEN"}, "status_filter"),
    ({"id": "1"}, "ticket_types"),
    ({"updated_at": "2026-06-02T08:14:05.000000Z"}, "times_are_naive"),
]


@pytest.mark.parametrize(("change", "fact"), TICKETS, ids=[one[1] for one in TICKETS])
def test_a_ticket_of_another_kind_is_found(demo, linked, change, fact):
    body = tickets_updated(datetime(2026, 6, 2, 8, 14, 5), **change)  # noqa: DTZ001 - a wall clock
    code, findings = with_faults(demo, linked, "trengo", ("/tickets", answers(body)))
    assert (findings[fact]["verdict"], code) == ("differs", 1)


def test_a_list_without_the_assumed_limits_is_found(demo, linked):
    rows = [{"id": number, "status": "open", "inbox_id": 1} for number in range(40)]
    body = {"data": {"meta": {"all_count": 90}, "payload": rows}}
    fault = answers(body)
    code, findings = with_faults(demo, linked, "chatwoot", ("/conversations", fault))
    differing = {name for name, one in findings.items() if one["verdict"] == "differs"}
    assert {"page_size", "counts", "status_filter", "unknown_status", "past_the_end"} <= differing
    assert code == 1


def test_a_call_without_an_answer_is_told_and_is_no_difference(demo, linked):
    code, findings = with_faults(demo, linked, "chatwoot", ("/agents", {"do": "drop_before"}))
    assert findings["bare_lists"]["verdict"] == "failed"
    assert findings["bare_lists"]["reason"].startswith("provider-unreachable: ")
    assert code == 3


def test_the_table_says_what_was_assumed_and_seen(probe, account):
    done = probe.run()
    shown = " ".join(done.stdout.decode().split())
    assert "assumed" in shown
    assert "not checkable read-only" in shown
    assert done.returncode == 0


def texts(value):
    """Every text inside a value, keys too."""
    if isinstance(value, dict):
        yield from value
        for held in value.values():
            yield from texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts(held)
    elif isinstance(value, str):
        yield value


def test_the_report_holds_nothing_of_the_customer(demo, probe, account, linked, tmp_path):
    names = ["first_name", "full_name", "name", "email", "subject", "phone", "message", "content", "phone_number"]
    records = [account.walk(one, limit=200) for one in ("contacts", "tickets")]
    people = {one["name"] for one in records[0] if one["name"]} | {
        mail["email"] for one in records[0] for mail in one["emails"]
    }
    told = {name: f"Zebediah {name}" for name in names}
    body = {"data": [told], "payload": [told], "message": "Zebediah", "Zebediah Quux": 1, "id": 731190006}
    account.sandbox.faults(answers(body, times=4))
    file = tmp_path / "report.json"
    done = probe.run("--report", str(file))
    assert done.returncode == 1
    said = json.loads(file.read_bytes())
    assert {"interline", "provider", "facts"} == set(said)
    assert any("answer" in fact for fact in said["facts"])
    written = file.read_text()
    hidden = {account.sandbox.token, account.sandbox.url, "127.0.0.1", probe.account_id, "Zebediah", "731190006"}
    assert [one for one in hidden if one in written] == []
    assert people.isdisjoint(texts(said))
    assert len(written) < 100_000


SHAPES = [
    (None, None),
    (True, True),
    (25, 25),
    (3448655702, "number"),
    (1.5, 1.5),
    ("", ""),
    ("Ada Lovelace", "text"),
    ("ada@example.com", "text"),
    ("2026-06-02 08:14:05", "9999-99-99 99:99:99"),
    ("2026-06-02T08:14:05.000Z", "9999-99-99T99:99:99.999Z"),
    ("+31 6 12345678", "+99 9 99999999"),
    ("4.15.1", "4.15.1"),
    ("10.20.30.40", "99.99.99.99"),
    ("OPEN", "OPEN"),
    ("open sesame", "text"),
    ("text/html", "text/html"),
    ("١٢٣", "text"),
    ([1, 2, "a", "b"], {"list": 4, "of": [1, 2, "text"]}),
    ({"id": 99999, "Favourite colour": "red"}, {"id": "number", "(another key)": "text"}),
]


@pytest.mark.parametrize(("value", "form"), SHAPES, ids=[repr(one[0]) for one in SHAPES])
def test_the_form_of_a_value_tells_nobody_s_data(value, form):
    assert shape(value, frozenset({"OPEN"})) == form


AGO = [
    ("2026-06-02 08:00:00", {"ago": 7200.0, "ago_utc": 0.0}),
    ("2026-06-02T08:00:00Z", {"ago": 0.0, "ago_utc": 0.0}),
    ("2026-06-02T10:00:00+01:00", {"ago": -3600.0, "ago_utc": -3600.0}),
    (1780387200, {"ago": 0.0, "ago_utc": 0.0}),
    (1780387200000, {"ago": 0.0, "ago_utc": 0.0}),
    ("yesterday", None),
    (None, None),
    (True, None),
]


@pytest.mark.parametrize(("value", "expected"), AGO, ids=[repr(one[0]) for one in AGO])
def test_a_time_is_so_many_seconds_before_the_answer_in_both_zones(value, expected):
    now = datetime(2026, 6, 2, 8, tzinfo=UTC).timestamp()
    assert ago(value, now, ZoneInfo("Europe/Amsterdam")) == expected


def test_every_expression_of_every_fact_compiles():
    for provider in load_mappings(data_folder("mappings")).providers.values():
        facts = facts_of(provider)
        assert [fact.name for fact in facts] == list(provider.words.facts)
        wrong = [fact for fact in facts if fact.check and fact.check.call.credential == "wrong"]
        assert len(wrong) <= 1


def test_an_expression_that_does_not_compile_is_told_with_the_fact():
    provider = load_mappings(data_folder("mappings")).providers["trengo"]
    facts = {"round": FactWords("The earth is round", "inferred", CheckWords(get="/earth", expect="length(body)"))}
    with pytest.raises(Mistakes, match=r"facts\.round\.check: length\(\) fails where its argument is absent"):
        facts_of(replace(provider, words=replace(provider.words, facts=facts)))

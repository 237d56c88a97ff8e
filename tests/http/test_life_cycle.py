"""An account stays connected, or stops at once: credentials that end, blocks, links anew, and a trial by command."""

import os
import subprocess
import sys

import pytest

UNIFIED = "/unified/ticketing/tickets"
REFUSED = {"match": {}, "do": "status", "status": 401, "body": {"message": "Unauthenticated."}}
PROVING = {"trengo": ["/api/v2/users"], "chatwoot": ["/api/v1/profile", "/api"]}
"""The calls that prove a credential, and that of the provider's version."""
OTHER_AGENCY = {"data": [{"id": 1, "agency_id": 999999, "full_name": "Eve", "authorization": "OWNER"}], "links": {}}


@pytest.fixture(scope="module")
def own(own_server):
    return own_server()


@pytest.fixture(scope="module")
def key(own):
    return own.key_with("read", "proxy", "link")


class Linked:
    """An account at a sandbox, asked through a server of its own."""

    def __init__(self, own, key, account, token, tenant):
        self.own, self.key, self.sandbox, self.http = own, key, account.sandbox, account.http
        chatwoot = account.name == "chatwoot"
        body = {
            "tenant_id": tenant,
            "integration": account.name,
            "context": {"base_url": self.sandbox.url, "account_id": 3} if chatwoot else {},
            "credentials": {"token": token},
        }
        answer = self.call("POST", "/integrated-account", json=body)
        assert answer.status_code == 201, answer.text
        self.id, self.token = answer.json()["result"]["id"], token

    def call(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.http.request(method, self.own.base_url + path, headers=headers, **options)

    def ask(self, path=UNIFIED):
        answer = self.call("GET", path, params={"integrated_account_id": self.id})
        return answer.status_code, None if answer.status_code == 200 else answer.json()["code"]

    def change(self, **body):
        return self.call("PATCH", f"/integrated-account/{self.id}", json=body)

    @property
    def status(self):
        return self.call("GET", f"/integrated-account/{self.id}").json()["result"]["status"]

    def command(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "unified", *arguments],
            env={**os.environ, **self.own.environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def link(demo, own, key, tokens):
    """``link(provider, number)``: an account with that token of the simulator's administrator."""
    return lambda name, number: Linked(own, key, demo.accounts[name], tokens(name, number), f"tenant-{number}")


def test_a_success_between_two_refusals_counts_anew(link):
    account = link("trengo", 601)
    for fault, wanted in ((REFUSED, 424), (None, 200), (REFUSED, 424), (None, 200)):
        account.sandbox.faults(*([fault] if fault else []))
        assert account.ask()[0] == wanted
        assert account.status == "active"
    account.sandbox.faults(REFUSED)
    assert [account.ask()[1] for _ in range(2)] == ["reauth-required"] * 2
    assert account.status == "needs_reauth"


def test_not_authorized_is_no_refusal_of_the_credential(link):
    account = link("chatwoot", 602)
    body = {"error": "You are not authorized to do this action"}
    account.sandbox.faults({"match": {}, "do": "status", "status": 401, "body": body})
    for _ in range(4):
        assert account.ask() == (403, "provider-forbidden")
    assert account.status == "active"


def test_after_the_second_refusal_no_call_is_made_until_it_is_linked_anew(link, tokens):
    account = link("trengo", 603)
    account.sandbox.faults(REFUSED)
    for _ in range(2):
        account.ask()
    account.sandbox.faults()
    account.sandbox.clear_log()
    for path in (UNIFIED, "/proxy/tickets"):
        assert account.ask(path) == (424, "reauth-required")
    assert account.change(status="blocked").json()["result"]["status"] == "blocked"
    # Unblocking is no new credential.
    assert account.change(status="active").json()["result"]["status"] == "needs_reauth"
    assert account.ask() == (424, "reauth-required")
    assert account.sandbox.log() == []
    relinked = account.change(credentials={"token": tokens("trengo", 604)}).json()["result"]
    assert (relinked["id"], relinked["status"], relinked["last_error"]) == (account.id, "active", None)
    assert account.ask() == (200, None)


def test_another_provider_account_is_not_slipped_in(link, tokens):
    account = link("trengo", 605)
    account.sandbox.faults({"match": {"path": "/api/v2/users"}, "do": "status", "status": 200, "body": OTHER_AGENCY})
    answer = account.change(credentials={"token": tokens("trengo", 606)})
    assert (answer.status_code, answer.json()["code"]) == (409, "different-account")
    account.sandbox.faults()
    assert account.ask() == (200, None)


def test_a_blocked_account_is_not_linked_anew_by_a_customer(link, tokens):
    account = link("trengo", 607)
    account.change(status="blocked")
    account.sandbox.clear_log()
    answer = account.change(credentials={"token": tokens("trengo", 608)})
    assert (answer.status_code, answer.json()["code"]) == (403, "account-blocked")
    assert account.ask() == (403, "account-blocked")
    assert account.sandbox.log() == []
    both = account.change(credentials={"token": tokens("trengo", 608)}, status="active").json()["result"]
    assert (both["id"], both["status"]) == (account.id, "active")
    assert account.ask() == (200, None)


@pytest.mark.parametrize("name", ["trengo", "chatwoot"])
def test_a_trial_says_in_a_sentence_what_it_found(link, name):
    account = link(name, 609)

    def trial(*faults):
        account.sandbox.faults(*faults)
        account.sandbox.clear_log()
        found = account.command("accounts", "test", account.id)
        account.sandbox.faults()
        assert account.token not in found.stdout + found.stderr
        assert len(found.stdout.splitlines()) == 1, found.stderr
        return found.returncode, found.stdout

    assert trial()[0] == 0
    assert [one["target"] for one in account.sandbox.log()] == PROVING[name]
    code, sentence = trial({"match": {}, "do": "status", "status": 503})
    assert (code, "no verdict" in sentence) == (4, True)
    other = OTHER_AGENCY if name == "trengo" else {"id": 1, "name": "Eve", "accounts": [{"id": 4, "name": "Other"}]}
    code, sentence = trial({"match": {}, "do": "status", "status": 200, "body": other})
    assert code == 5, sentence
    for _ in range(2):
        code, sentence = trial(REFUSED)
        assert (code, "refused" in sentence) == (3, True)
    assert account.status == "needs_reauth"
    code, sentence = trial()
    assert (code, "credential anew" in sentence) == (0, True)
    assert account.status == "needs_reauth"
    account.command("accounts", "block", account.id)
    code, sentence = trial()
    assert (code, "blocked" in sentence) == (6, True)
    assert account.sandbox.log() == []


def test_a_trial_of_no_account_or_an_unreadable_credential_is_told(link):
    account = link("trengo", 610)
    gone = account.command("accounts", "test", "nothing")
    assert (gone.returncode, "no such account" in gone.stderr) == (1, True)
    account.own.environment["INTERLINE_PROVIDER_BASES"], before = (
        "trengo=http://127.0.0.1:1/api/v2",
        account.own.environment["INTERLINE_PROVIDER_BASES"],
    )
    moved = account.command("accounts", "test", account.id)
    account.own.environment["INTERLINE_PROVIDER_BASES"] = before
    assert (moved.returncode, "does not open" in moved.stdout) == (3, True)


def test_the_audit_tells_of_blocks_by_command_and_of_the_end_of_a_credential(link):
    account = link("trengo", 611)
    account.command("accounts", "block", account.id)
    account.command("accounts", "unblock", account.id)
    lines = account.command("audit", "--json", "--subject", account.id).stdout
    assert [line.split('"action":"')[1].split('"')[0] for line in lines.splitlines()] == [
        "account.create",
        "account.update",
        "account.update",
    ]
    assert account.token not in lines

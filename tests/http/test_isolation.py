"""No account ever sees another's bytes, whatever the provider puts on the wire."""

import asyncio
import hashlib
import random
from urllib.parse import urlsplit

import httpx
import pytest

ACCOUNTS = 50
ROUNDS = 12
PATHS = {"trengo": "tickets", "chatwoot": "api/v1/accounts/3/conversations"}


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()[:12]


@pytest.mark.parametrize("provider", ["trengo", "chatwoot"])
def test_fifty_accounts_in_parallel_with_stray_bytes_see_only_their_own(demo, tokens, provider):
    sandbox = demo.accounts[provider].sandbox
    linked = {}
    for number in range(ACCOUNTS):
        token = tokens(provider, number)
        linked[demo.link(provider, token, f"tenant-{number}")] = digest(token)
    sandbox.faults({"match": {}, "do": "stray_bytes"})
    answers = asyncio.run(storm(demo, provider, linked))
    foreign = [
        (account, other)
        for account, _, text in answers
        for other in set(linked.values()) - {linked[account]}
        if other in text
    ]
    assert len(answers) == ACCOUNTS * ROUNDS
    assert foreign == []
    assert {status for _, status, _ in answers} == {200}


async def storm(demo, provider, linked):
    """Every account asks again and again, all at the same time, by both doors; some give up half-way."""
    rng = random.Random(7)
    headers = {"Authorization": f"Bearer {demo.api_key}"}
    answers = []

    async def ask(http, account, number):
        door = f"/proxy/{PATHS[provider]}" if number % 2 else "/unified/ticketing/tickets"
        query = {"integrated_account_id": account}
        if rng.random() < 0.2:
            await leave_early(demo, f"{door}?integrated_account_id={account}", rng.random() * 0.01)
        answer = await http.get(demo.base_url + door, params=query, headers=headers)
        seen = f"{dict(answer.headers)} {answer.text}"
        if answer.status_code == 200 and number % 2:
            assert answer.headers["x-sandbox-credential"] == linked[account]
        answers.append((account, answer.status_code, seen))

    async def one_account(http, account):
        for number in range(ROUNDS):
            await ask(http, account, number)

    limits = httpx.Limits(max_connections=ACCOUNTS)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http, asyncio.TaskGroup() as group:
        for account in linked:
            group.create_task(one_account(http, account))
    return answers


async def leave_early(demo, target, seconds):
    """A caller that hangs up before its answer is there."""
    place = urlsplit(demo.base_url)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {demo.api_key}\r\n\r\n".encode())
    await asyncio.sleep(seconds)
    writer.close()
    await writer.wait_closed()


def test_a_foreign_a_deleted_and_an_unknown_account_answer_alike(demo):
    own, other = demo.accounts["trengo"], demo.accounts["chatwoot"]
    gone = demo.link("trengo", own.sandbox.token, "short-lived")
    assert demo.operator("DELETE", f"/integrated-account/{gone}").status_code == 200
    answers = []
    for account_id in (other.id, gone, "00000000-0000-4000-8000-000000000000", "no-such"):
        for path in ("/unified/ticketing/tickets", "/proxy/tickets"):
            answer = own.get(path, integrated_account_id=account_id)
            body = answer.json()
            answers.append((answer.status_code, body["code"], body["detail"], body["title"]))
    assert len(set(answers)) == 1
    assert answers[0][:2] == (404, "not-found")


def test_a_cursor_of_one_account_is_worthless_to_another(demo, tokens):
    account = demo.accounts["trengo"]
    twin = demo.link("trengo", account.sandbox.token, "twin")
    cursor = account.list("tickets", limit=5)["next_cursor"]
    account.sandbox.clear_log()
    for path in ("tickets", "contacts"):
        answer = demo.operator(
            "GET",
            f"/unified/ticketing/{path}",
            params={"integrated_account_id": twin if path == "tickets" else account.id, "next_cursor": cursor},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")
    assert account.sandbox.log() == []


@pytest.mark.parametrize("change", ["flip", "cut", "grow", "empty tail"])
def test_a_tampered_cursor_is_refused(account, change):
    cursor = account.list("tickets", limit=5)["next_cursor"]
    rng = random.Random(5)
    for _ in range(25):
        at = rng.randrange(len(cursor))
        changed = {
            "flip": cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :],
            "cut": cursor[:at] or "A",
            "grow": cursor + "A" * (at + 1),
            "empty tail": cursor + "=" * (at % 3 + 1),
        }[change]
        answer = account.get("/unified/ticketing/tickets", next_cursor=changed)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


def test_a_cursor_goes_on_without_its_filters_and_refuses_other_ones(account):
    page = account.list("tickets", limit=5, status_category="open")
    same = account.list("tickets", next_cursor=page["next_cursor"])
    again = account.list("tickets", next_cursor=page["next_cursor"], status_category="open", limit=5)
    assert [one["id"] for one in same["result"]] == [one["id"] for one in again["result"]]
    for other in ({"status_category": "closed"}, {"limit": 6}, {"consistency": "strict"}):
        answer = account.get("/unified/ticketing/tickets", next_cursor=page["next_cursor"], **other)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")

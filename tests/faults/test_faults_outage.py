"""One account that hangs, a provider that is down for all, a token that is revoked."""

import asyncio
import statistics
import time

import httpx
import pytest

from tests.faults.oracle import eventually
from tests.faults.provider import HANG
from tests.outbound.scripted import answer

OTHERS = 24


@pytest.fixture(scope="module")
def settings():
    return {"bounds_account_in_flight": "4", "bounds_account_queued": "6", "bounds_breaker_seconds": "3"}


def hanging(scene):
    """Calls with the token of the scene's own account are never answered."""
    tokens = set()

    def script(got, number):
        return [HANG] if got.header(b"authorization") in tokens else None

    scene.proxied()
    tokens.add(scene.provider.got[-1].header(b"authorization"))
    scene.provider.script = script


async def ask_all(scene, accounts, rounds):
    """Every account asks in turn, all at the same time: statuses and seconds."""
    found = []

    async def one(http, account):
        for _ in range(rounds):
            started = time.monotonic()
            answer = await http.get(
                f"{scene.house.server.base_url}/proxy/tickets",
                headers={"Authorization": f"Bearer {scene.house.key}", "X-Integrated-Account-Id": account},
            )
            found.append((answer.status_code, time.monotonic() - started))

    async with httpx.AsyncClient(timeout=60) as http, asyncio.TaskGroup() as group:
        for account in accounts:
            group.create_task(one(http, account))
    return found


@pytest.mark.fault("F43", "an account whose calls all hang")
def test_one_account_that_hangs_is_noticed_by_no_other(scene):
    others = [scene.link() for _ in range(OTHERS)]
    asyncio.run(ask_all(scene, others, 1))
    calm = asyncio.run(ask_all(scene, others, 3))
    hanging(scene)

    async def meanwhile():
        stuck = asyncio.create_task(ask_all(scene, [scene.account_id] * 16, 1))
        assert await asyncio.to_thread(eventually, lambda: scene.provider.busy == 4)
        found = await ask_all(scene, others, 3)
        return found, await stuck

    stormy, stuck = asyncio.run(meanwhile())
    assert {status for status, _ in (*calm, *stormy)} == {200}
    assert {status for status, _ in stuck} <= {502, 503, 504}
    assert sum(status == 503 for status, _ in stuck) >= 6, "beyond four places and six in the queue"
    middle = [statistics.median(seconds for _, seconds in found) for found in (calm, stormy)]
    assert middle[1] < 5 * middle[0] + 0.5, middle


@pytest.mark.fault("F43", "an account whose calls all hang, again and again")
def test_one_account_that_hangs_for_long_opens_the_breaker_for_itself_alone(scene):
    other = scene.link()
    hanging(scene)
    for _ in range(2):
        asyncio.run(ask_all(scene, [scene.account_id] * 4, 1))
    refused = scene.proxied(within=0.1)
    assert (refused.status, refused.code) == (503, "provider-unavailable")
    assert scene.proxied(account=other).status == 200
    assert scene.proxied(within=60).status in (502, 504), "the other one's answer showed that the host is up"
    scene.provider.script = None
    scene.proxied(account=other)


def down(scene, others):
    """Five calls that fail, of two accounts."""
    scene.provider.script = lambda got, number: [answer(b"{}", 503)]
    for account in (scene.account_id, others, scene.account_id, others, scene.account_id):
        assert scene.message("1", "ref-down", account=account).status == 503


def fails(scene, other):
    """Five calls that fail, of two accounts."""
    for account in (scene.account_id, other, scene.account_id, other, scene.account_id):
        assert scene.proxied("/labels", account=account).status in (502, 503)


def recovers(scene):
    """Waits until a call is let through, and finds the provider sound; what was refused until then."""
    refused = []

    def answered():
        found = scene.proxied()
        refused.append(found)
        return found.status == 200

    assert eventually(answered)
    return refused[:-1]


@pytest.mark.fault("F44", "503 for everybody")
def test_an_outage_is_answered_at_once_until_one_call_finds_it_over(scene):
    other, third, opened = scene.link(), scene.link(), scene.metric("interline_breaker_openings_total")
    scene.provider.script = lambda got, number: [answer(b"{}", 503)]
    fails(scene, other)
    calls = len(scene.provider.got)
    for account in (scene.account_id, other, third):
        refused = scene.proxied(account=account, within=0.1)
        assert (refused.status, refused.code) == (503, "provider-unavailable")
        assert 1 <= int(refused.headers["retry-after"]) <= 4
        assert refused.headers["x-upstream-calls"] == "0"
    assert len(scene.provider.got) == calls
    assert scene.metric("interline_breaker_openings_total") == opened + 1
    scene.provider.script = None
    assert {one.code for one in recovers(scene)} <= {"provider-unavailable"}
    assert scene.proxied(account=third).status == 200


@pytest.mark.fault("F44", "connections refused for everybody")
def test_a_host_that_takes_no_connection_is_held_back_from(scene):
    other = scene.link()
    scene.relay.down()
    fails(scene, other)
    refused = scene.tickets()
    assert (refused.status, refused.code) == (503, "provider-unavailable")
    scene.relay.up()
    recovers(scene)


@pytest.mark.fault("F44", "a write is refused and may be sent again by its key")
def test_a_write_that_the_breaker_refuses_was_not_sent(scene):
    other, ticket = scene.link(), scene.ticket()
    scene.provider.script = lambda got, number: [answer(b"{}", 503)]
    fails(scene, other)
    writes = {
        "ref-open-message": lambda text: scene.message(ticket, text, headers={"Idempotency-Key": text}),
        "ref-open-comment": lambda text: scene.comment(ticket, text, headers={"Idempotency-Key": text}),
    }
    for text, write in writes.items():
        refused = write(text)
        assert (refused.status, refused.code) == (503, "provider-unavailable")
    scene.provider.script = None
    recovers(scene)
    for text, write in writes.items():
        assert write(text).status < 300
        assert scene.provider.effects[text] == 1


@pytest.mark.fault("F44", "errors that are no outage")
def test_what_is_no_outage_opens_no_breaker(scene):
    other = scene.link()
    for status in (400, 403, 404, 422, 501, 429):
        scene.provider.script = lambda got, number, status=status: [answer(b"{}", status, [(b"retry-after", b"60")])]
        for account in (scene.account_id, other, scene.account_id):
            assert scene.message("1", "ref-no-outage", account=account).code != "provider-unavailable"


@pytest.mark.fault("F44", "repeats beyond the retry budget are withheld")
def test_a_provider_that_fails_does_not_get_three_times_the_calls(scene):
    """Two accounts' calls fail at the same time: no more than three of them are made again."""
    withheld = scene.metric("interline_provider_retries_withheld_total")
    accounts = [scene.account_id, *(scene.link() for _ in range(7))]
    waiting = []

    def script(got, number):
        waiting.append(got)
        return [0.3, answer(b"{}", 503)]

    scene.provider.script = script
    asyncio.run(ask_all(scene, accounts, 1))
    assert len(accounts) < len(waiting) < 3 * len(accounts)
    assert scene.metric("interline_provider_retries_withheld_total") > withheld
    scene.provider.script = None
    recovers(scene)


@pytest.mark.fault("F45", "a burst of calls with a revoked token")
def test_a_revoked_token_is_used_twice_and_no_more(scene):
    scene.provider.script = lambda got, number: [answer(b'{"message":"Unauthenticated."}', 401)]
    answers = [scene.tickets() for _ in range(6)]
    assert {(one.status, one.code) for one in answers} == {(424, "reauth-required")}
    assert scene.calls == 2
    shown = scene.house.request("GET", f"/integrated-account/{scene.account_id}").json()["result"]
    assert shown["status"] == "needs_reauth"
    scene.provider.script = None
    scene.account_id = scene.link()


@pytest.mark.fault("F45", "a refusal that was a slip")
def test_one_refusal_alone_changes_nothing(scene):
    scene.answer_first(answer(b'{"message":"Unauthenticated."}', 401))
    assert scene.tickets().status == 424
    assert scene.tickets().status == 200
    assert scene.house.request("GET", f"/integrated-account/{scene.account_id}").json()["result"]["status"] == "active"

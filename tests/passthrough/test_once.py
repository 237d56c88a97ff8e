"""``Idempotency-Key`` on the passthrough, over real sockets, with the journal in SQLite and in PostgreSQL."""

import asyncio
import json

import pytest
from sqlalchemy import event, select

from proxy.bounds import Bounds
from proxy.database.tables import journal as rows
from proxy.journal import Journal
from proxy.seal import Sealer, SealingKey, new_key
from tests.outbound.scripted import CLOSE, LIMITED, answer, make_account, make_provider, until

KEY = b"Idempotency-Key: order-77"
JSON = b"Content-Type: application/json"
BODY = b'{"subject": "body-canary-5b1f"}'
CREATED = answer(b'{"id": "answer-canary-91c2"}', 201, [(b"x-thing", b"1"), (b"set-cookie", b"a=b")])


@pytest.fixture
def journal_url(tables_url):
    return tables_url


@pytest.fixture
def account(site):
    for number in (1, 2):
        site.accounts.known[f"account-{number}"] = make_account(site.upstream.origin, number)
    site.upstream.script = lambda got, number: [CREATED]
    return site.accounts.known["account-1"]


def code(body):
    return json.loads(body)["code"]


async def write(site, target=b"/proxy/tickets", method=b"POST", headers=(KEY, JSON), body=BODY, **options):
    return await site.ask(target, method, list(headers), body, **options)


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"DELETE"])
async def test_a_repeated_write_gets_the_same_answer_and_is_made_once(site, account, wall_clock, method):
    first = await write(site, method=method)
    wall_clock.turn(3600)
    again = await write(site, method=method)
    assert (first[0], first[2]) == (again[0], again[2]) == (201, b'{"id": "answer-canary-91c2"}')
    assert (again[1]["x-thing"], again[1]["content-type"]) == ("1", "application/json")
    assert "set-cookie" not in again[1]
    assert again[1]["idempotency-replayed"] == "true"
    assert again[1]["x-upstream-calls"] == "0"
    assert "idempotency-replayed" not in first[1]
    assert len(site.upstream.got) == 1


async def test_an_answer_without_a_body_is_replayed_without_framing(site, account):
    site.upstream.script = lambda got, number: [b"HTTP/1.1 204 No Content\r\n\r\n"]
    for _ in range(2):
        status, headers, body = await write(site, method=b"DELETE")
        assert (status, body, headers.get("content-length")) == (204, b"", None)
    assert len(site.upstream.got) == 1


async def test_after_a_day_the_write_is_made_again(site, account, wall_clock):
    for turned in (0, 24 * 3600):
        wall_clock.turn(turned)
        status, headers, _ = await write(site)
        assert (status, "idempotency-replayed" in headers) == (201, False)
    assert len(site.upstream.got) == 2


OTHER = {
    "body": {"body": b"{}"},
    "content type": {"headers": (KEY, b"Content-Type: text/plain")},
    "query": {"target": b"/proxy/tickets?notify=1"},
}


@pytest.mark.parametrize("change", OTHER)
async def test_the_same_key_with_another_request_is_422(site, account, change):
    await write(site)
    status, _, body = await write(site, **OTHER[change])
    assert (status, code(body)) == (422, "idempotency-mismatch")
    assert len(site.upstream.got) == 1


async def test_a_parameter_that_is_ours_does_not_make_another_request(site, account):
    await write(site)
    status, headers, _ = await write(site, b"/proxy/tickets?integrated_account_id=account-1")
    assert (status, headers["idempotency-replayed"]) == (201, "true")


ELSEWHERE = {
    "account": {"account": b"account-2"},
    "path": {"target": b"/proxy/contacts"},
    "method": {"method": b"PUT"},
    "owner": {"headers": (KEY, JSON, b"Authorization: Bearer other")},
    "key": {"headers": (b"Idempotency-Key: order-78", JSON)},
}


@pytest.mark.parametrize("change", ELSEWHERE)
async def test_the_same_key_elsewhere_is_another_key(site, account, change):
    await write(site)
    status, headers, _ = await write(site, **ELSEWHERE[change])
    assert (status, "idempotency-replayed" in headers) == (201, False)
    assert len(site.upstream.got) == 2


@pytest.mark.parametrize("who", [b"Bearer one", b"Bearer successor"])
async def test_an_account_token_and_a_key_that_replaces_another_share_its_writes(site, account, who):
    await write(site)
    status, headers, _ = await write(site, headers=(KEY, JSON, b"Authorization: " + who))
    assert (status, headers["idempotency-replayed"]) == (201, "true")


async def test_twenty_requests_at_once_are_one_write(site, account):
    site.upstream.script = lambda got, number: [0.3, CREATED]
    answers = await asyncio.gather(*[write(site) for _ in range(20)])
    statuses = sorted(status for status, _, _ in answers)
    assert statuses.count(201) >= 1
    assert statuses.count(201) + statuses.count(409) == 20
    assert len(site.upstream.got) == 1
    for status, headers, body in answers:
        if status == 409:
            assert (code(body), int(headers["retry-after"]) >= 1) == ("idempotency-in-progress", True)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_write_that_the_provider_refused_runs_again(site, account, status):
    site.upstream.script = lambda got, number: [answer(b'{"no": 1}', status)] if number == 1 else [CREATED]
    assert (await write(site))[0] == status
    assert (await write(site, body=b'{"corrected": 1}'))[0] == 201
    assert len(site.upstream.got) == 2


async def test_a_refused_credential_is_a_refused_write(site, account):
    site.upstream.script = lambda got, number: [answer(b"{}", 401)] if number == 1 else [CREATED]
    assert (await write(site))[0] == 424
    assert (await write(site))[0] == 201


async def test_a_write_that_was_never_sent_runs_again(site, account):
    site.accounts.known["account-1"] = make_account("http://127.0.0.1:1")
    status, _, body = await write(site)
    assert (status, code(body)) == (502, "provider-unreachable")
    site.accounts.known["account-1"] = account
    assert (await write(site))[0] == 201


async def test_a_write_that_our_own_budget_stopped_runs_again(site, account):
    limited = make_account(site.upstream.origin, provider=make_provider(**LIMITED))
    site.accounts.known["account-1"] = limited
    site.upstream.script = lambda got, number: [answer(b"{}", 429, [(b"retry-after", b"900")])]
    assert (await write(site))[0] == 429
    status, _, body = await write(site, headers=(KEY, JSON, b"Prefer: wait=0"))
    assert (status, code(body)) == (429, "rate-limited")
    site.accounts.known["account-1"] = account
    site.upstream.script = lambda got, number: [CREATED]
    assert (await write(site))[0] == 201
    assert len(site.upstream.got) == 2


SILENCES = {
    "closed before the answer": [CLOSE],
    "cut inside the answer": [b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{", CLOSE],
}


@pytest.mark.parametrize("silence", SILENCES)
async def test_an_unknown_outcome_is_504_once_and_409_from_then_on(site, account, silence, wall_clock):
    site.upstream.script = lambda got, number: SILENCES[silence]
    status, _, body = await write(site)
    assert (status, code(body)) == (504, "outcome-unknown")
    site.upstream.script = lambda got, number: [CREATED]
    for turned in (0, 3600, 20 * 3600):
        wall_clock.turn(turned)
        status, _, body = await write(site)
        assert (status, code(body)) == (409, "outcome-unknown")
    assert len(site.upstream.got) == 1


async def test_a_server_error_is_relayed_once_and_the_write_is_not_repeated(site, account):
    site.upstream.script = lambda got, number: [answer(b"oops", 503)]
    assert (await write(site))[::2] == (503, b"oops")
    status, _, body = await write(site)
    assert (status, code(body)) == (409, "outcome-unknown")
    assert len(site.upstream.got) == 1


@pytest.mark.parametrize("size", [256 * 1024, 256 * 1024 + 1], ids=["kept", "not kept"])
async def test_an_answer_of_more_than_256_kib_is_given_once(site, account, size):
    site.upstream.script = lambda got, number: [answer(b"y" * size)]
    status, _, body = await write(site)
    assert (status, len(body)) == (200, size)
    status, _, body = await write(site)
    if size == 256 * 1024:
        assert (status, len(body)) == (200, size)
    else:
        said = json.loads(body)
        assert (status, said["code"], said["provider_status"]) == (409, "idempotency-answer-not-kept", 200)
    assert len(site.upstream.got) == 1


async def test_an_answer_that_shows_the_credential_is_given_to_nobody_and_the_write_is_done(site, account):
    site.upstream.script = lambda got, number: [answer(b'{"t": "token-of-account-0001-canary"}')]
    status, _, body = await write(site)
    assert (status, code(body)) == (502, "credential-echo")
    status, _, body = await write(site)
    assert (status, code(body)) == (409, "idempotency-answer-not-kept")
    assert len(site.upstream.got) == 1


BAD_KEYS = [b"", b"a b", b"x" * 256, b"k\xe9y", b'"open', b'""', b'"a"b', b'"a";p=1']


@pytest.mark.parametrize("value", BAD_KEYS, ids=repr)
async def test_a_key_that_is_none_is_400_and_names_the_header(site, account, value):
    status, _, body = await write(site, headers=(b"Idempotency-Key: " + value, JSON))
    said = json.loads(body)
    assert (status, said["code"], said["errors"][0]["path"]) == (400, "invalid-request", "Idempotency-Key")
    assert site.upstream.got == []


async def test_two_keys_that_differ_are_400_and_two_equal_ones_are_one(site, account):
    status, _, _ = await write(site, headers=(KEY, b"idempotency-key: other", JSON))
    assert status == 400
    assert (await write(site, headers=(KEY, KEY, JSON)))[0] == 201


async def test_a_quoted_key_is_its_content(site, account):
    await write(site)
    status, headers, _ = await write(site, headers=(b'Idempotency-Key: "order-77"', JSON))
    assert (status, headers["idempotency-replayed"]) == (201, "true")


async def test_a_read_takes_no_notice_of_a_key(site, account):
    for _ in range(2):
        assert (await site.ask(headers=[KEY]))[0] == 201
    assert len(site.upstream.got) == 2


async def test_a_large_body_is_compared_and_sent_whole(site, account):
    body = bytes(range(256)) * 2000
    for _ in range(2):
        assert (await write(site, body=body))[0] == 201
    status, _, refused = await write(site, body=body[:-1] + b"x")
    assert (status, code(refused)) == (422, "idempotency-mismatch")
    assert [got.body for got in site.upstream.got] == [body]
    assert site.upstream.got[0].header(b"content-length") == str(len(body)).encode()


async def test_a_chunked_body_has_the_fingerprint_of_its_bytes(site, account):
    head = b"POST /proxy/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nConnection: close\r\n"
    raw = head + KEY + b"\r\n" + JSON + b"\r\n" + b"Transfer-Encoding: chunked\r\n\r\n"
    first = await site.raw(raw + b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % (len(BODY) - 5) + BODY[5:] + b"\r\n0\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 201")
    status, headers, _ = await write(site)
    assert (status, headers["idempotency-replayed"]) == (201, "true")


@pytest.mark.parametrize("bounds", [Bounds(stream_bytes=100_000)])
async def test_a_body_beyond_the_bound_is_413_and_leaves_no_trace(site, account):
    status, _, body = await write(site, body=b"x" * 100_001)
    assert (status, code(body)) == (413, "body-too-large")
    assert (await write(site))[0] == 201


async def test_a_caller_who_goes_away_finds_the_answer_by_the_key(site, account):
    answered = asyncio.Event()
    site.upstream.script = lambda got, number: [answered, CREATED]
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = b"POST /proxy/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\n"
    writer.write(head + KEY + b"\r\n" + JSON + b"\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
    await writer.drain()
    await until(lambda: site.upstream.got)
    writer.close()
    await asyncio.sleep(0.1)  # the server may notice, and must not mind
    answered.set()
    status, headers, _ = await write(site)
    while status == 409:
        await asyncio.sleep(0.05)
        status, headers, _ = await write(site)
    assert (status, headers["idempotency-replayed"]) == (201, "true")
    assert len(site.upstream.got) == 1


async def test_nothing_of_a_write_can_be_read_in_the_database(site, account, stored):
    await write(site)
    site.upstream.script = lambda got, number: [CLOSE]
    await write(site, b"/proxy/contacts")
    kept = stored()
    assert b"journal" in kept or b"finished" in kept
    for word in (b"body-canary-5b1f", b"answer-canary-91c2", b"order-77", b"/proxy/tickets", b"x-thing"):
        assert word not in kept


async def test_a_write_survives_a_rotation_of_the_sealing_keys(engine, wall_clock):
    from proxy.journal import reseal_journal
    from tests.journal.conftest import ANSWER, make_claim

    old, new = SealingKey.parse(new_key()), SealingKey.parse(new_key())
    await (await Journal(engine, Sealer([old]), wall_clock).claim(make_claim())).finish(ANSWER)
    suspended = await Journal(engine, Sealer([old]), wall_clock).claim(make_claim(key="other"))
    await suspended.sent("call")
    await suspended.suspended()
    assert await Journal(engine, Sealer([new, old]), wall_clock).claim(make_claim()) == ANSWER
    assert await reseal_journal(engine, Sealer([new, old])) == (2, [])
    assert await reseal_journal(engine, Sealer([new, old])) == (0, [])
    alone = Journal(engine, Sealer([new]), wall_clock)
    assert await alone.claim(make_claim()) == ANSWER
    assert (await alone.claim(make_claim(key="other"))).steps["call"].state == "sent"
    assert len((await reseal_journal(engine, Sealer([old])))[1]) == 2


PLENTY = 1_000_000


class TestDatabaseThatTakesNoMore:
    """A full, locked or broken database stops keyed writes before they are sent, and nothing else."""

    @pytest.fixture
    def journal_url(self, sqlite_tables_url):
        return sqlite_tables_url

    @pytest.fixture
    def disk(self, engine):
        """``disk["pages"]``: how many the file may have."""
        state = {"pages": PLENTY}

        def limit(connection, *_):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA max_page_count = {state['pages']}")
            cursor.close()

        event.listen(engine.sync_engine, "checkout", limit)
        return state

    async def test_a_full_disk_is_503_before_anything_is_sent_and_recovers(self, site, account, disk):
        large = (b"Idempotency-Key: large", JSON)
        disk["pages"] = 1
        statuses = [(await write(site, headers=(b"Idempotency-Key: n%d" % number, JSON)))[0] for number in range(60)]
        assert statuses[-1] == 503
        sent = len(site.upstream.got)
        assert statuses.count(201) == sent  # what was sent was answered, and the rest never left
        status, _, body = await write(site, headers=large)
        assert (status, code(body)) == (503, "journal-unavailable")
        assert len(site.upstream.got) == sent
        assert (await write(site, headers=(JSON,)))[0] == 201
        assert (await site.ask())[0] == 201
        disk["pages"] = PLENTY
        assert (await write(site, headers=large))[0] == 201

    async def test_an_outcome_that_cannot_be_written_is_told_replayed_and_written_when_it_can_be(
        self, site, account, disk, journal, engine
    ):
        body = b"z" * 200_000
        site.upstream.script = lambda got, number: [answer(body)]
        disk["pages"] = 1
        assert (await write(site))[::2] == (200, body)  # the row fits into free pages, its large answer does not
        assert await states(engine) == ["running"]
        status, headers, again = await write(site)
        assert (status, headers["idempotency-replayed"], again) == (200, "true", body)
        status, _, refused = await write(site, body=b"{}")
        assert (status, code(refused)) == (422, "idempotency-mismatch")
        disk["pages"] = PLENTY
        while await states(engine) != ["finished"]:  # noqa: ASYNC110 - a row of a table, no event
            await asyncio.sleep(0.05)
        status, headers, again = await write(site)
        assert (status, headers["idempotency-replayed"], again) == (200, "true", body)
        assert len(site.upstream.got) == 1


async def states(engine):
    async with engine.connect() as connection:
        return list((await connection.scalars(select(rows.c.state))).all())

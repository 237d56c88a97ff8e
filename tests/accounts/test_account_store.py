"""Accounts in a real database: reach, sealing, refusals, what a hot request costs."""

import asyncio

import msgspec
import pytest
from sqlalchemy import select, update

from proxy.accounts.caller import Caller
from proxy.accounts.reseal import Broken, reseal_all
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verified
from proxy.database.engine import reading
from proxy.database.tables import accounts as table
from proxy.database.tables import audit
from proxy.errors import NotFound, ReauthRequired
from proxy.seal import Sealer, SealingKey, new_key
from proxy.secret import Secret

READER = frozenset({"read"})


@pytest.fixture
def link(accounts, provider, operator, canary):
    async def link(tenant="t1", token=canary, **connection):
        fields = {"base_url": "https://desk.example", "account_id": 7} | connection
        candidate = accounts.assembler.candidate(tenant, provider, fields, {"token": Secret(token)})
        return await accounts.create(operator, candidate, Verified("7", "Desk of Ada"))

    return link


async def _column(engine, account_id, column):
    async with reading(engine).connect() as connection:
        return await connection.scalar(select(table.c[column]).where(table.c.id == account_id))


async def _set(engine, account_id, **values):
    async with engine.begin() as connection:
        await connection.execute(update(table).where(table.c.id == account_id).values(**values))


async def _outcome(action):
    """What a caller can learn from an answer, its cost aside."""
    try:
        return await action
    except NotFound as error:
        return (type(error), error.detail, error.errors, error.headers, error.members)


async def test_a_stored_account_is_ready_for_a_call(accounts, link, operator, canary):
    account = await link()
    linked = await accounts.linked(operator, account.id)
    assert (linked.origin, linked.base_path, linked.status) == ("https://desk.example", "", "active")
    assert linked.credential["token"].reveal() == canary
    assert linked.connection == {"base_url": "https://desk.example", "account_id": 7}
    assert account == await accounts.get(operator, account.id)
    assert account.created_at == "2027-01-15T08:00:00.000Z"


async def test_foreign_deleted_unknown_and_impossible_ids_answer_alike_and_cost_the_same(
    accounts, link, operator, queries
):
    foreign, deleted = await link("t2"), await link("t1")
    await accounts.delete(operator, deleted.id)
    await accounts.linked(operator, foreign.id)  # remembered: its owner is busy
    caller = Caller("k1", "k1", READER, tenant_ids=frozenset({"t1"}))
    token = Caller("k2", "k1", READER, account_id="another")
    unknown = "11111111-2222-3333-4444-555555555555"

    async def describe(asking, account_id):
        return await accounts.describe(asking, account_id, label="theirs")

    for method in (accounts.linked, accounts.get, accounts.delete, describe):
        for asking in (caller, token):
            outcomes, costs = [], []
            for account_id in (foreign.id, deleted.id, unknown):
                before = queries.count
                outcomes.append(await _outcome(method(asking, account_id)))
                costs.append(queries.count - before)
            impossible = ("", "x" * 5000, "a\0b", "'; drop", "../x")
            outcomes += [await _outcome(method(asking, account_id)) for account_id in impossible]
            assert outcomes == [outcomes[0]] * len(outcomes)
            assert outcomes[0][0] is NotFound
            assert len(set(costs)) == 1, method
    assert await accounts.get(operator, foreign.id)


async def test_a_limited_key_lists_only_its_tenants(accounts, link, operator):
    one, two = await link("t1"), await link("t2")
    caller = Caller("k", "k", READER, tenant_ids=frozenset({"t2"}))
    nobody = Caller("k", "k", READER, tenant_ids=frozenset())
    assert {one.id, two.id} == {found.id for found in await accounts.list(operator)}
    assert [found.id for found in await accounts.list(caller)] == [two.id]
    assert await accounts.list(caller, tenant_ids=["t1"]) == []
    assert await accounts.list(nobody) == []


async def test_filters_narrow_a_list(accounts, link, operator):
    one, two = await link("t1"), await link("t2")
    await accounts.describe(operator, two.id, status="blocked")

    async def ids(**filters):
        return [found.id for found in await accounts.list(operator, **filters)]

    assert await ids(tenant_ids=["t1"]) == [one.id]
    assert await ids(statuses=["blocked"]) == [two.id]
    assert sorted(await ids(integrations=["desk"])) == sorted([one.id, two.id])
    assert await ids(integrations=["other"]) == []
    assert await ids(tenant_ids=["t1\0"]) == await ids(integrations=["\0"]) == []
    assert await ids(tenant_ids=["t1\0", "t2"]) == [two.id]


async def test_a_busy_account_costs_no_query_and_an_old_memory_is_read_again(accounts, link, operator, queries, clock):
    account = await link()
    first = await accounts.linked(operator, account.id)
    before = queries.count
    assert await accounts.linked(operator, account.id) is first
    await accounts.note_success(account.id)
    assert queries.count == before
    clock.now += 5
    assert await accounts.linked(operator, account.id) is not first
    assert queries.count == before + 1


async def test_a_change_here_is_seen_at_once_and_elsewhere_within_seconds(
    accounts, link, operator, engine, sealing_key, provider, settings, clock
):
    elsewhere = Accounts(engine, Sealer([sealing_key]), {"desk": provider}, settings, clock)
    account = await link()
    assert (await elsewhere.linked(operator, account.id)).status == "active"
    await accounts.describe(operator, account.id, status="blocked")
    assert (await accounts.linked(operator, account.id)).status == "blocked"
    clock.now += 5
    assert (await elsewhere.linked(operator, account.id)).status == "blocked"


async def test_credentials_swapped_between_two_rows_do_not_open(accounts, link, operator, engine):
    one, two = await link("t1", "token-one"), await link("t2", "token-two")
    sealed = await _column(engine, one.id, "credential"), await _column(engine, two.id, "credential")
    await _set(engine, one.id, credential=sealed[1])
    await _set(engine, two.id, credential=sealed[0])
    for account in (one, two):
        with pytest.raises(ReauthRequired):
            await accounts.linked(operator, account.id)
    await _set(engine, one.id, credential=sealed[0])
    assert (await accounts.linked(operator, one.id)).credential["token"].reveal() == "token-one"


async def test_a_credential_does_not_go_to_another_host(
    accounts, link, operator, engine, sealing_key, make_provider, settings, provider
):
    account = await link()
    await _set(
        engine, account.id, context='{"base_url":"https://evil.example","account_id":7}', origin="https://evil.example"
    )
    with pytest.raises(ReauthRequired):
        await accounts.linked(operator, account.id)
    await _set(engine, account.id, context='{"base_url":"https://desk.example","account_id":7}')
    moved = msgspec.structs.replace(settings, provider_bases={"desk": "https://elsewhere.example"})
    changed = [
        ({"desk": make_provider(base="https://new.example")}, settings),
        ({"desk": provider}, moved),
        ({}, settings),
    ]
    for providers, with_settings in changed:
        other = Accounts(engine, Sealer([sealing_key]), providers, with_settings)
        with pytest.raises(ReauthRequired):
            await other.linked(operator, account.id)
    assert (await accounts.linked(operator, account.id)).origin == "https://desk.example"


async def test_a_sandbox_stands_in_for_a_provider(engine, sealing_key, provider, settings, operator):
    moved = msgspec.structs.replace(settings, provider_bases={"desk": "http://127.0.0.1:9001/api/{account_id}"})
    accounts = Accounts(engine, Sealer([sealing_key]), {"desk": provider}, moved)
    candidate = accounts.assembler.candidate("t", provider, {"account_id": 7}, {"token": Secret("x")})
    assert (candidate.origin, candidate.base_path) == ("http://127.0.0.1:9001", "/api/7")
    await accounts.create(operator, candidate, Verified("7", "x"))
    assert (await accounts.linked(operator, candidate.id)).credential["token"].reveal() == "x"


async def test_two_refusals_in_a_row_end_a_credential_and_a_success_between_counts_anew(accounts, link, operator):
    account = await link()

    async def status():
        return (await accounts.linked(operator, account.id)).status

    assert await accounts.note_refusal(account.id) == 1
    assert await status() == "active"
    await accounts.note_success(account.id)
    assert await accounts.note_refusal(account.id) == 1
    assert await status() == "active"
    assert await accounts.note_refusal(account.id) == 2
    assert await status() == "needs_reauth"
    shown = await accounts.get(operator, account.id)
    assert (shown.status, shown.last_error) == ("needs_reauth", "the provider refused the credential")
    await accounts.note_success(account.id)
    assert await status() == "needs_reauth"


async def test_refusals_of_two_workers_at_once_are_both_counted(
    accounts, link, operator, engine, sealing_key, provider, settings
):
    elsewhere = Accounts(engine, Sealer([sealing_key]), {"desk": provider}, settings)
    account = await link()
    counts = await asyncio.gather(accounts.note_refusal(account.id), elsewhere.note_refusal(account.id))
    assert sorted(counts) == [1, 2]
    assert (await accounts.linked(operator, account.id)).status == "needs_reauth"


async def test_a_refusal_of_a_deleted_account_counts_nothing_and_a_blocked_one_stays_blocked(accounts, link, operator):
    assert await accounts.note_refusal("gone") == 0
    account = await link()
    await accounts.describe(operator, account.id, status="blocked")
    assert [await accounts.note_refusal(account.id) for _ in range(2)] == [1, 2]
    assert (await accounts.get(operator, account.id)).status == "blocked"


async def test_relinking_brings_an_account_back(accounts, link, operator, provider):
    account = await link()
    for _ in range(2):
        await accounts.note_refusal(account.id)
    fields = {"base_url": "https://new.example", "account_id": 7}
    candidate = accounts.assembler.candidate("t1", provider, fields, {"token": Secret("fresh")})
    relinked = await accounts.relink(operator, account.id, candidate, "New name")
    assert (relinked.id, relinked.status, relinked.last_error) == (account.id, "active", None)
    linked = await accounts.linked(operator, account.id)
    assert (linked.origin, linked.credential["token"].reveal()) == ("https://new.example", "fresh")
    assert await accounts.note_refusal(account.id) == 1


async def test_sealing_keys_rotate_without_an_account_noticing(
    link, operator, engine, sealing_key, provider, settings, canary
):
    account = await link()
    fresh = SealingKey.parse(new_key())

    async def token(*keys):
        accounts = Accounts(engine, Sealer(keys), {"desk": provider}, settings)
        return (await accounts.linked(operator, account.id)).credential["token"].reveal()

    assert await token(fresh, sealing_key) == canary
    with pytest.raises(ReauthRequired):
        await token(fresh)
    assert (await reseal_all(engine, Sealer([fresh, sealing_key]))).done == 1
    assert (await reseal_all(engine, Sealer([fresh, sealing_key]))).done == 0
    assert await token(fresh) == canary


async def test_what_no_key_opens_is_listed_and_left_as_it_is(link, engine):
    account = await link()
    before = await _column(engine, account.id, "credential")
    outcome = await reseal_all(engine, Sealer([SealingKey.parse(new_key())]))
    assert (outcome.done, outcome.broken) == (0, [Broken("accounts.credential", account.id)])
    assert await _column(engine, account.id, "credential") == before


async def test_the_audit_tells_who_did_what_and_no_content(accounts, link, operator, engine, canary):
    account = await link()
    await accounts.describe(operator, account.id, label=f"label {canary}", status="blocked")
    await accounts.delete(operator, account.id)
    async with reading(engine).connect() as connection:
        rows = (await connection.execute(select(audit).order_by(audit.c.at))).all()
    assert {row.action for row in rows} == {"account.create", "account.update", "account.delete"}
    assert {(row.actor, row.subject) for row in rows} == {("key:k-operator", account.id)}
    assert [row.detail for row in rows if row.action == "account.update"] == [
        '{"changed":["label","status"],"status":"blocked"}'
    ]
    assert canary not in repr(rows)


async def test_the_credential_is_in_no_repr_error_or_file(accounts, link, operator, engine, stored, canary):
    account = await link()
    linked = await accounts.linked(operator, account.id)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(table))).all()
    seen = repr((linked, rows, account, accounts))
    await _set(engine, account.id, credential="v1:spoilt")
    accounts.forget(account.id)
    with pytest.raises(ReauthRequired) as caught:
        await accounts.linked(operator, account.id)
    seen += repr(caught.value.body(request_id="r", instance="/"))
    assert "base_url" in seen
    files = stored()
    assert b"desk.example" in files
    for form in (canary, canary.encode().hex(), canary[::-1], canary[:12]):
        assert form not in seen
        assert form.encode() not in files


async def test_who_asks_at_the_same_time_for_what_is_not_remembered_costs_one_read(accounts, link, operator, queries):
    account = await link()
    before = queries.count
    await asyncio.gather(*(accounts.linked(operator, account.id) for _ in range(50)))
    assert queries.count == before + 1
    assert accounts._known._turns == {}


async def test_a_reader_who_leaves_keeps_nobody_from_reading(accounts, link, operator):
    account = await link()
    first, second = (asyncio.create_task(accounts.linked(operator, account.id)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).id == account.id
    assert first.cancelled()


async def test_a_busy_account_is_read_anew_beside_the_requests(accounts, link, operator, queries, clock):
    account = await link()
    first = await accounts.linked(operator, account.id)
    before = queries.count
    clock.now += 3
    found = [await accounts.linked(operator, account.id) for _ in range(5)]
    assert all(one is first for one in found)
    await accounts._renewal.running
    assert queries.count == before + 1
    clock.now += 4  # older than five seconds as first read, and still nobody waits
    assert await accounts.linked(operator, account.id) is first
    await accounts._renewal.running
    assert queries.count == before + 2
    assert accounts._renewal.running is None


async def test_many_busy_accounts_are_read_anew_by_one_query(accounts, link, operator, queries, clock):
    linked = [await link(f"t{number}") for number in range(5)]
    for one in linked:
        await accounts.linked(operator, one.id)
    before = queries.count
    clock.now += 3
    for one in linked:
        await accounts.linked(operator, one.id)
    await accounts._renewal.running
    assert queries.count == before + 1


async def test_what_was_changed_elsewhere_is_seen_when_an_account_is_read_anew(
    accounts, link, operator, engine, sealing_key, provider, settings, clock
):
    elsewhere = Accounts(engine, Sealer([sealing_key]), {"desk": provider}, settings, clock)
    account = await link()
    await accounts.linked(operator, account.id)
    await elsewhere.describe(operator, account.id, status="blocked")
    clock.now += 3
    assert (await accounts.linked(operator, account.id)).status == "active"
    await accounts._renewal.running
    assert (await accounts.linked(operator, account.id)).status == "blocked"


async def test_what_is_changed_here_while_it_is_read_anew_is_not_overwritten(accounts, link, operator, clock):
    account = await link()
    await accounts.linked(operator, account.id)
    clock.now += 3
    await accounts.linked(operator, account.id)
    renewing = accounts._renewal.running
    await accounts.describe(operator, account.id, status="blocked")
    await renewing
    assert (await accounts.linked(operator, account.id)).status == "blocked"


async def test_an_account_that_is_gone_is_forgotten_when_it_is_read_anew(accounts, link, operator, engine, clock):
    account = await link()
    await accounts.linked(operator, account.id)
    async with engine.begin() as connection:  # as another worker would
        await connection.execute(table.delete())
    clock.now += 3
    await accounts.linked(operator, account.id)
    await accounts._renewal.running
    with pytest.raises(NotFound):
        await accounts.linked(operator, account.id)


async def test_a_call_that_outlasts_the_memory_of_its_account_writes_nothing(accounts, link, operator, queries, clock):
    account = await link()
    await accounts.linked(operator, account.id)
    clock.now += 60
    before = queries.count
    await accounts.note_success(account.id)
    assert queries.count == before

"""Several workers, each with an engine of its own, on one database of each kind."""

import asyncio

import pytest
from sqlalchemy import func, select

from proxy.accounts.mint import NewKey, NewToken
from proxy.accounts.reseal import reseal_all
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verified
from proxy.database.engine import open_engine, reading
from proxy.database.tables import account_tokens, audit
from proxy.errors import NotFound
from proxy.seal import Sealer, SealingKey, new_key
from proxy.secret import Secret

SOME = 8


@pytest.fixture
async def workers(url, sealing_key, provider, settings, clock):
    """Two workers; the fixture ``accounts`` would share one engine."""
    engines = [open_engine(url) for _ in range(2)]
    yield [Accounts(engine, Sealer([sealing_key]), {provider.name: provider}, settings, clock) for engine in engines]
    for engine in engines:
        await engine.dispose()


async def _link(worker, operator, tenant="t1"):
    fields = {"base_url": "https://desk.example", "account_id": 7}
    provider = worker.assembler.providers["desk"]
    candidate = worker.assembler.candidate(tenant, provider, fields, {"token": Secret(f"token-{tenant}")})
    return await worker.create(operator, candidate, Verified("7", "Desk"))


async def _count(worker, table):
    async with reading(worker.engine).connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table))


async def test_refusals_noted_at_once_are_all_counted(workers, operator):
    account = await _link(workers[0], operator)
    counts = await asyncio.gather(*(workers[n % 2].note_refusal(account.id) for n in range(SOME)))
    assert sorted(counts) == list(range(1, SOME + 1))
    assert (await workers[1].get(operator, account.id)).status == "needs_reauth"


async def test_links_made_at_once_are_all_stored_and_audited(workers, operator):
    made = await asyncio.gather(*(_link(workers[n % 2], operator, f"t{n}") for n in range(SOME)))
    assert {one.id for one in made} == {one.id for one in await workers[0].list(operator)}
    assert await _count(workers[0], audit) == SOME
    for one in made:
        assert (await workers[1].linked(operator, one.id)).credential["token"].reveal() == f"token-{one.tenant_id}"


async def test_of_several_that_erase_an_account_one_succeeds(workers, operator):
    account = await _link(workers[0], operator)
    erasing = [workers[n % 2].delete(operator, account.id) for n in range(4)]
    outcomes = await asyncio.gather(*erasing, return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [NotFound] * 3


async def test_a_token_made_while_its_account_is_erased_is_refused_or_dies_with_it(workers, operator):
    key = await workers[0].keyring.mint.key(NewKey(name="k", scopes=("read",)), "key:cli")
    account = await _link(workers[0], operator)
    new = NewToken(account_id=account.id, key_id=key.id)
    minting = [workers[1].keyring.mint.token(new, "key:cli") for _ in range(SOME)]
    outcomes = await asyncio.gather(*minting, workers[0].delete(operator, account.id), return_exceptions=True)
    assert {type(one).__name__ for one in outcomes} <= {"Minted", "NotFound", "NoneType"}
    assert outcomes[-1] is None
    assert await _count(workers[0], account_tokens) == 0


async def test_a_key_revoked_at_once_by_several_is_revoked_once(workers):
    key = await workers[0].keyring.mint.key(NewKey(name="k", scopes=("read",)), "key:cli")
    outcomes = await asyncio.gather(*(workers[n % 2].keyring.mint.revoke(key.id, "key:cli") for n in range(4)))
    assert sorted(outcomes) == [False, False, False, True]


async def test_two_that_seal_anew_at_once_do_each_credential_once(workers, operator, sealing_key):
    for n in range(4):
        await _link(workers[0], operator, f"t{n}")
    sealer = Sealer([SealingKey.parse(new_key()), sealing_key])
    outcomes = await asyncio.gather(*(reseal_all(worker.engine, sealer) for worker in workers))
    assert sum(one.done for one in outcomes) == 4
    assert [one.broken for one in outcomes] == [[], []]

"""A key has a successor that goes on as it; the old one works until the overlap is over."""

import pytest
from sqlalchemy import select

from proxy.accounts.audit import entries
from proxy.accounts.keys import new_key as new_api_key
from proxy.accounts.mint import NewKey, NewToken
from proxy.accounts.verify import Verified
from proxy.database.engine import reading
from proxy.database.tables import api_keys
from proxy.errors import Unauthorized
from proxy.secret import Secret

ACTOR = "key:cli"
DAY = 86_400


@pytest.fixture
def keyring(accounts):
    return accounts.keyring


@pytest.fixture
def mint(keyring):
    async def mint(**more):
        return await keyring.mint.key(NewKey(name="backend", scopes=("read", "proxy"), **more), ACTOR)

    return mint


def bearer(minted):
    return f"Bearer {minted.key.reveal()}"


async def refused(keyring, minted):
    with pytest.raises(Unauthorized):
        await keyring.caller(bearer(minted))


async def test_both_work_during_the_overlap_and_then_the_new_one_alone(keyring, mint, clock):
    old = await mint(tenant_ids=("t1",))
    new = await keyring.mint.rotate(old.id, DAY, ACTOR)
    before, after = await keyring.caller(bearer(old)), await keyring.caller(bearer(new))
    assert (after.scopes, after.tenant_ids) == (before.scopes, before.tenant_ids)
    assert after.owner == before.owner == old.id
    assert new.expires_at is None
    clock.now += DAY - 1
    await keyring.caller(bearer(old))
    clock.now += 1
    await refused(keyring, old)
    await keyring.caller(bearer(new))


async def test_a_chain_of_successors_keeps_the_first_owner(keyring, mint):
    first = await mint()
    second = await keyring.mint.rotate(first.id, DAY, ACTOR)
    third = await keyring.mint.rotate(second.id, DAY, ACTOR)
    assert (await keyring.caller(bearer(third))).owner == first.id


async def test_without_overlap_the_old_key_and_its_tokens_end_at_once(accounts, keyring, mint, operator, provider):
    old = await mint()
    fields = {"base_url": "https://desk.example", "account_id": 7}
    candidate = accounts.assembler.candidate("t1", provider, fields, {"token": Secret("x")})
    account = await accounts.create(operator, candidate, Verified("7", "Desk"))
    token = await keyring.mint.token(NewToken(account_id=account.id, key_id=old.id), ACTOR)
    await keyring.caller(bearer(token))
    await keyring.mint.rotate(old.id, 0, ACTOR)
    await refused(keyring, old)
    await refused(keyring, token)


async def test_a_successor_lives_as_long_as_the_key_was_made_for(keyring, mint, clock):
    old = await mint(expires_in_seconds=90 * DAY)
    clock.now += 80 * DAY
    new = await keyring.mint.rotate(old.id, 30 * DAY, ACTOR)
    assert new.expires_at == int((clock.now + 90 * DAY) * 1000)
    (kept,) = [one for one in await keyring.mint.keys() if one.id == old.id]
    assert kept.expires_at == old.expires_at, "an overlap must not lengthen a key's life"
    other = await keyring.mint.rotate(new.id, 60, ACTOR, 5)
    assert other.expires_at == int((clock.now + 5) * 1000)


async def test_a_key_that_is_over_has_no_successor(keyring, mint, clock):
    revoked, ended = await mint(), await mint(expires_in_seconds=60)
    await keyring.mint.revoke(revoked.id, ACTOR)
    clock.now += 60
    for key_id in (revoked.id, ended.id, "nothing"):
        with pytest.raises(LookupError):
            await keyring.mint.rotate(key_id, DAY, ACTOR)
    assert len(await keyring.mint.keys()) == 2


async def test_a_rotation_is_in_the_audit_with_both_keys_and_neither_secret(keyring, mint, engine):
    old = await mint()
    new = await keyring.mint.rotate(old.id, DAY, ACTOR)
    (entry,) = await entries(engine, subject=old.id, action="key.rotate", most=10)
    assert entry.detail == {"successor": new.id, "overlap_seconds": DAY}
    async with reading(engine).connect() as connection:
        digests = (await connection.scalars(select(api_keys.c.digest))).all()
    assert not any(new.key.reveal() in text or text in repr(entry) for text in digests)


async def test_a_wrong_key_of_any_kind_costs_the_same_and_is_answered_the_same(keyring, mint, queries, clock):
    """One query by digest for every key of the right form, whatever it was; none for a form that no key has."""
    revoked, ended = await mint(), await mint(expires_in_seconds=60)
    await keyring.mint.revoke(revoked.id, ACTOR)
    clock.now += 60
    text = (await mint()).key.reveal()
    kinds = {
        "unknown": new_api_key().reveal(),
        "unknown token": new_api_key("ila").reveal(),
        "revoked": revoked.key.reveal(),
        "ended": ended.key.reveal(),
        "malformed": text[:-1] + ("a" if text[-1] != "a" else "b"),
        "cut": text[:20],
    }
    costs, told = {}, set()
    for name, key in kinds.items():
        for _ in range(2):
            before = queries.count
            with pytest.raises(Unauthorized) as caught:
                await keyring.caller(f"Bearer {key}")
            costs.setdefault(name, []).append(queries.count - before)
            told.add((caught.value.detail, str(caught.value.headers), str(caught.value.members)))
    assert costs == {name: [0, 0] if name in ("malformed", "cut") else [1, 1] for name in kinds}
    assert len(told) == 1

"""Keys and account tokens: who they let in, until when, and what that costs."""

import asyncio

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from proxy.accounts.keyring import Keyring
from proxy.accounts.keys import new_key as new_api_key
from proxy.accounts.mint import NewKey, NewToken
from proxy.accounts.store import Accounts
from proxy.accounts.verify import Verified
from proxy.database.engine import reading
from proxy.database.tables import api_keys, audit
from proxy.errors import NotFound, Unauthorized
from proxy.seal import Sealer, SealingKey, new_key
from proxy.secret import Secret

ACTOR = "key:cli"


@pytest.fixture
def keyring(accounts):
    return accounts.keyring


@pytest.fixture
async def account(accounts, provider, operator):
    fields = {"base_url": "https://desk.example", "account_id": 7}
    candidate = accounts.assembler.candidate("t1", provider, fields, {"token": Secret("x")})
    return await accounts.create(operator, candidate, Verified("7", "Desk"))


async def _key(keyring, *scopes, **more):
    return await keyring.mint.key(NewKey(name="test", scopes=scopes or ("read", "write"), **more), ACTOR)


def _bearer(minted):
    return f"Bearer {minted.key.reveal()}"


async def _refused(keyring, minted):
    with pytest.raises(Unauthorized):
        await keyring.caller(_bearer(minted))


async def test_a_key_is_found_with_its_scopes_and_tenants(keyring):
    key = await _key(keyring, "write", "read", tenant_ids=("t2", "t1"))
    caller = await keyring.caller(_bearer(key))
    assert (caller.key_id, caller.owner, caller.account_id) == (key.id, key.id, None)
    assert caller.scopes == {"read", "write"}
    assert caller.tenant_ids == {"t1", "t2"}
    assert (await keyring.caller(_bearer(await _key(keyring)))).tenant_ids is None


async def test_every_wrong_authorization_is_refused_in_the_same_words(keyring, clock):
    key, ended, revoked = await _key(keyring), await _key(keyring, expires_in_seconds=60), await _key(keyring)
    await keyring.mint.revoke(revoked.id, ACTOR)
    clock.now += 60
    text = key.key.reveal()
    wrong = [
        None,
        "",
        "Bearer",
        "Bearer ",
        text,
        f"Basic {text}",
        f"Bearer {text[:-1]}",
        f"Bearer {text} x",
        f"Bearer {text}\n",
        f"Bearer {text.lower()}",
        "Bearer " + "a" * 10_000,
        f"Bearer {new_api_key().reveal()}",
        _bearer(ended),
        _bearer(revoked),
        "Bearer \u0663",
    ]
    told = set()
    for authorization in wrong:
        with pytest.raises(Unauthorized) as caught:
            await keyring.caller(authorization)
        told.add((caught.value.detail, str(caught.value.headers), str(caught.value.members)))
    assert len(told) == 1
    assert (await keyring.caller(f"bearer {text}")).key_id == key.id


async def test_a_guess_with_a_wrong_checksum_costs_no_query(keyring, queries):
    key = (await _key(keyring)).key.reveal()
    before = queries.count
    with pytest.raises(Unauthorized):
        await keyring.caller(f"Bearer {key[:-1]}{'a' if key[-1] != 'a' else 'b'}")
    assert queries.count == before


async def test_a_busy_key_costs_no_query_and_its_use_is_noted_once_a_minute(keyring, queries, clock, engine):
    key = await _key(keyring)
    await keyring.caller(_bearer(key))
    before = queries.count
    await keyring.caller(_bearer(key))
    assert queries.count == before
    noted = []
    for _ in range(14):
        clock.now += 5
        await keyring.caller(_bearer(key))
        async with reading(engine).connect() as connection:
            noted.append(await connection.scalar(select(api_keys.c.last_used_at)))
    assert len(set(noted)) == 2


async def test_what_is_remembered_of_a_key_is_no_key_and_nothing_that_another_process_could_use(
    keyring, engine, sealing_key, clock
):
    key = await _key(keyring)
    elsewhere = Keyring(engine, Sealer([sealing_key]), clock)
    for one in (keyring, elsewhere):
        await one.caller(_bearer(key))
    (here,), (there,) = ([*one._known._rows] for one in (keyring, elsewhere))
    assert here != there
    text = key.key.reveal()
    assert not {here, there} & {text, *Sealer([sealing_key]).for_use("api-key").digests(text)}


async def test_wrong_keys_are_not_remembered(keyring, clock):
    key, revoked = await _key(keyring), await _key(keyring)
    await keyring.mint.revoke(revoked.id, ACTOR)
    await keyring.caller(_bearer(key))
    for wrong in [_bearer(revoked), *(f"Bearer {new_api_key().reveal()}" for _ in range(20)), "Bearer il_guess"]:
        with pytest.raises(Unauthorized):
            await keyring.caller(wrong)
    assert len(keyring._known._rows) == 1
    assert keyring._known._turns == {}


async def test_a_key_that_is_revoked_here_while_it_is_read_is_not_remembered(keyring):
    key = await _key(keyring)
    find = keyring._find

    async def overtaken(kind, digests):
        known = await find(kind, digests)
        await keyring.mint.revoke(key.id, ACTOR)
        return known

    keyring._find = overtaken
    await keyring.caller(_bearer(key))
    keyring._find = find
    await _refused(keyring, key)


async def test_a_key_that_is_not_remembered_is_read_once_for_all_who_ask_with_it(keyring, queries, clock):
    key = await _key(keyring)
    await keyring.caller(_bearer(key))
    clock.now += 6
    before = queries.count
    await asyncio.gather(*(keyring.caller(_bearer(key)) for _ in range(50)))
    assert queries.count == before + 1


async def test_a_revoked_key_is_refused_at_once_here_and_within_seconds_elsewhere(keyring, engine, sealing_key, clock):
    key = await _key(keyring)
    elsewhere = Keyring(engine, Sealer([sealing_key]), clock)
    await keyring.caller(_bearer(key))
    await elsewhere.caller(_bearer(key))
    assert await keyring.mint.revoke(key.id, ACTOR)
    assert not await keyring.mint.revoke(key.id, ACTOR)
    await _refused(keyring, key)
    clock.now += 5
    await _refused(elsewhere, key)


async def test_keys_survive_a_rotation_of_sealing_keys_and_then_the_old_one_can_go(keyring, engine, sealing_key, clock):
    key = await _key(keyring)
    fresh = SealingKey.parse(new_key())
    await _refused(Keyring(engine, Sealer([fresh]), clock), key)
    rotated = Keyring(engine, Sealer([fresh, sealing_key]), clock)
    assert (await rotated.caller(_bearer(key))).key_id == key.id
    assert (await Keyring(engine, Sealer([fresh]), clock).caller(_bearer(key))).key_id == key.id


async def test_the_key_itself_is_stored_nowhere(keyring, account, stored):
    key = await _key(keyring)
    token = await keyring.mint.token(NewToken(account_id=account.id, key_id=key.id), ACTOR)
    files = stored()
    assert key.id.encode() in files
    for minted in (key, token):
        random_part = minted.key.reveal().split("_")[1]
        assert random_part[:12].encode() not in files
        assert random_part not in repr(minted) + repr(await keyring.mint.keys())


async def test_a_database_that_cannot_be_written_does_not_lock_key_holders_out(keyring, engine):
    key = await _key(keyring)

    def refuse(_conn, _cursor, statement, *_rest):
        if statement.startswith("UPDATE"):
            raise OperationalError(statement, None, Exception("database or disk is full"))

    event.listen(engine.sync_engine, "before_cursor_execute", refuse)
    assert (await keyring.caller(_bearer(key))).key_id == key.id
    event.remove(engine.sync_engine, "before_cursor_execute", refuse)


async def test_a_token_acts_for_one_account_with_no_more_than_its_keys_scopes(keyring, account):
    key = await _key(keyring, "read", tenant_ids=("t1",))
    new = NewToken(
        account_id=account.id, key_id=key.id, scopes=("read", "write"), allowed_origins=("https://app.example",)
    )
    caller = await keyring.caller(_bearer(await keyring.mint.token(new, ACTOR)))
    assert (caller.account_id, caller.owner) == (account.id, key.id)
    assert caller.scopes == {"read"}
    assert caller.tenant_ids == {"t1"}
    assert caller.allowed_origins == {"https://app.example"}


async def test_a_token_ends_after_its_time_even_when_remembered(keyring, account, clock):
    key = await _key(keyring)
    token = await keyring.mint.token(NewToken(account_id=account.id, key_id=key.id), ACTOR)
    clock.now += 898
    await keyring.caller(_bearer(token))
    clock.now += 2
    await _refused(keyring, token)


async def test_a_token_without_end_lives_until_key_or_account_dies(accounts, keyring, account, clock, operator):
    key, other = await _key(keyring), await _key(keyring)
    new = NewToken(account_id=account.id, key_id=key.id, expires_in_seconds=None)
    token = await keyring.mint.token(new, ACTOR)
    of_other = await keyring.mint.token(
        NewToken(account_id=account.id, key_id=other.id, expires_in_seconds=None), ACTOR
    )
    clock.now += 10_000_000
    await keyring.caller(_bearer(token))
    await keyring.mint.revoke(key.id, ACTOR)
    await _refused(keyring, token)
    await keyring.caller(_bearer(of_other))
    await accounts.delete(operator, account.id)
    await _refused(keyring, of_other)


async def test_no_token_is_made_for_an_account_that_was_erased_meanwhile(accounts, keyring, account, operator, engine):
    key = await _key(keyring)
    await accounts.delete(operator, account.id)
    with pytest.raises(NotFound):
        await keyring.mint.token(NewToken(account_id=account.id, key_id=key.id), ACTOR)
    async with reading(engine).connect() as connection:
        actions = (await connection.scalars(select(audit.c.action))).all()
    assert "token.create" not in actions


async def test_a_token_ends_with_a_key_that_expires_first(keyring, account, clock):
    key = await _key(keyring, expires_in_seconds=100)
    token = await keyring.mint.token(NewToken(account_id=account.id, key_id=key.id), ACTOR)
    await keyring.caller(_bearer(token))
    clock.now += 100
    await _refused(keyring, token)


async def test_a_key_that_replaces_another_owns_its_idempotency_keys(keyring, account):
    first = await _key(keyring)
    second = await _key(keyring, replaces=first.id)
    third = await _key(keyring, replaces=second.id)
    assert (await keyring.caller(_bearer(third))).owner == first.id
    token = await keyring.mint.token(NewToken(account_id=account.id, key_id=third.id), ACTOR)
    assert (await keyring.caller(_bearer(token))).owner == first.id
    with pytest.raises(LookupError):
        await _key(keyring, replaces="none")


async def test_a_list_of_keys_shows_beginnings_only_and_the_audit_who_made_them(keyring, engine):
    key = await _key(keyring, "read", tenant_ids=("t1",))
    await keyring.mint.revoke(key.id, ACTOR)
    (record,) = await keyring.mint.keys()
    assert (record.id, record.scopes, record.tenant_ids) == (key.id, ("read",), ("t1",))
    assert key.key.reveal().startswith(record.prefix)
    assert record.revoked_at is not None
    async with reading(engine).connect() as connection:
        rows = (await connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject))).all()
    assert {tuple(row) for row in rows} == {(ACTOR, "key.create", key.id), (ACTOR, "key.revoke", key.id)}


async def test_what_is_remembered_is_bounded():
    from proxy.accounts.cache import RowCache

    cache = RowCache(lambda: 0.0, most=2)
    for name in "abc":
        cache.put(name, name)
    assert [cache.get(name) for name in "abc"] == [None, "b", "c"]
    cache.get("b")
    cache.put("d", "d")
    assert [cache.get(name) for name in "bcd"] == ["b", None, "d"]


async def test_a_clock_set_back_forgets(clock):
    from proxy.accounts.cache import RowCache

    cache = RowCache(clock)
    cache.put("a", "a")
    clock.now -= 1
    assert cache.get("a") is None


def test_accounts_and_keyring_share_one_caller(accounts):
    assert isinstance(accounts, Accounts)
    assert accounts.caller == accounts.keyring.caller

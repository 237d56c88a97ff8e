"""What is erased or replaced leaves the database: SQLite's files with the write-ahead log, PostgreSQL's rows."""

import pytest
from sqlalchemy import select

from proxy.accounts.mint import NewKey, NewToken
from proxy.accounts.reseal import reseal_all
from proxy.accounts.verify import Verified
from proxy.database.engine import reading
from proxy.database.tables import account_tokens
from proxy.database.tables import accounts as table
from proxy.seal import Sealer, SealingKey, new_key
from proxy.secret import Secret

FIELDS = {"base_url": "https://desk.example", "account_id": 7}


@pytest.fixture
def candidate(accounts, provider):
    return lambda token: accounts.assembler.candidate("t1", provider, FIELDS, {"token": Secret(token)})


@pytest.fixture
async def account(accounts, operator, candidate, canary):
    return await accounts.create(operator, candidate(canary), Verified("7", "Desk"))


@pytest.fixture
def sealed(engine):
    """The body of the sealed text: the rest of it is in every text."""

    async def sealed():
        async with reading(engine).connect() as connection:
            return (await connection.scalar(select(table.c.credential))).rpartition(":")[2].encode()

    return sealed


async def test_a_deleted_account_leaves_neither_its_credential_nor_its_tokens(
    accounts, account, operator, sealed, stored, engine
):
    key = await accounts.keyring.mint.key(NewKey(name="k", scopes=("read",)), "key:cli")
    await accounts.keyring.mint.token(NewToken(account_id=account.id, key_id=key.id), "key:cli")
    async with reading(engine).connect() as connection:
        digest = (await connection.scalar(select(account_tokens.c.digest))).encode()
    text = await sealed()
    assert text in stored()
    assert digest in stored()
    await accounts.delete(operator, account.id)
    left = stored()
    assert text not in left
    assert digest not in left
    assert b"account.delete" in left


async def test_a_replaced_credential_leaves(accounts, account, operator, candidate, sealed, stored):
    text = await sealed()
    await accounts.relink(operator, account.id, candidate("another"), "Desk")
    left = stored()
    assert text not in left
    assert await sealed() in left


async def test_what_the_older_key_sealed_leaves_with_the_rotation(engine, account, sealed, stored, sealing_key):
    text = await sealed()
    await reseal_all(engine, Sealer([SealingKey.parse(new_key()), sealing_key]))
    left = stored()
    assert text not in left
    assert await sealed() in left

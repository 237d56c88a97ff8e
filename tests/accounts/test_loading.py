"""Many who ask at the same moment: how many queries they cost, and what each is told."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from proxy.accounts import loading as module
from proxy.accounts.caller import Caller
from proxy.accounts.loading import Loader
from proxy.accounts.verify import Verified
from proxy.errors import NotFound, Overloaded
from proxy.secret import Secret

READ = frozenset({"read"})


class Source:
    """Values by key; each query waits until it is let go, and is counted."""

    def __init__(self):
        self.values = {}
        self.queries = []
        self.gates = []

    async def __call__(self, keys):
        self.queries.append(list(keys))
        self.gates.append(asyncio.Event())
        await self.gates[-1].wait()
        return {key: self.values[key] for key in keys if key in self.values}


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def loader(source):
    return Loader(source)


async def asked(loader, *keys):
    """Tasks that have asked by now."""
    tasks = [asyncio.create_task(loader.load(key)) for key in keys]
    await rest()
    return tasks


async def rest():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_first_waits_for_nobody_and_who_comes_meanwhile_shares_the_next_query(loader, source):
    first = await asked(loader, "a")
    later = await asked(loader, "b", "a", "c", "b")
    assert source.queries == [["a"]]
    source.values = {"a": 1}
    source.gates[0].set()
    await rest()
    assert source.queries == [["a"], ["b", "a", "c"]]
    source.values = {"a": 2, "b": 3}
    source.gates[1].set()
    assert await asyncio.gather(*first, *later) == [1, 3, 2, None, 3]
    assert loader._running is None


async def test_more_than_fit_into_one_query_are_asked_for_by_the_next(loader, source, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    tasks = await asked(loader, "a", "b", "c")
    source.values = {"a": 1, "b": 2, "c": 3}
    source.gates[0].set()
    await rest()
    source.gates[1].set()
    assert await asyncio.gather(*tasks) == [1, 2, 3]
    assert source.queries == [["a", "b"], ["c"]]


async def test_a_query_that_fails_is_told_to_those_who_share_it_and_to_nobody_else():
    failing = True

    async def read(keys):
        if failing:
            raise OperationalError("SELECT", None, Exception("gone"))
        return dict.fromkeys(keys, 1)

    loader = Loader(read)
    outcomes = await asyncio.gather(loader.load("a"), loader.load("b"), return_exceptions=True)
    assert [type(one) for one in outcomes] == [OperationalError] * 2
    failing = False
    assert await loader.load("a") == 1


async def test_a_query_that_takes_too_long_is_told_as_such(loader, source, monkeypatch):
    monkeypatch.setattr(module, "QUERY_SECONDS", 0)
    with pytest.raises(Overloaded) as caught:
        await loader.load("a")
    assert caught.value.headers == {"Retry-After": "1"}


async def test_all_may_leave_before_the_answer(loader, source):
    (task,) = await asked(loader, "a")
    task.cancel()
    (other,) = await asked(loader, "a")
    source.values = {"a": 1}
    source.gates[0].set()
    await rest()
    source.gates[1].set()
    assert await other == 1
    assert task.cancelled()


@pytest.fixture
def link(accounts, provider, operator):
    async def link(tenant):
        fields = {"base_url": "https://desk.example", "account_id": 7}
        candidate = accounts.assembler.candidate(tenant, provider, fields, {"token": Secret(f"token-{tenant}")})
        return await accounts.create(operator, candidate, Verified("7", "Desk"))

    return link


async def test_accounts_asked_for_at_once_cost_one_query_and_each_caller_sees_its_own(accounts, link, queries):
    linked = [await link(f"t{number}") for number in range(7)]
    callers = [Caller(f"k{number}", "k", READ, tenant_ids=frozenset({f"t{number}"})) for number in range(7)]
    before = queries.count
    tasks = [accounts.linked(caller, account.id) for caller in callers for account in linked]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert queries.count == before + 1
    for number, one in enumerate(found):
        owner, account = divmod(number, 7)
        if owner == account:
            assert one.credential["token"].reveal() == f"token-t{account}"
        else:
            assert isinstance(one, NotFound)


async def test_what_was_changed_here_while_it_was_read_is_not_remembered_as_it_was(accounts, link, operator):
    account = await link("t1")
    rows = accounts._loader._read

    async def overtaken(keys):
        read = await rows(keys)
        await accounts.describe(operator, account.id, status="blocked")
        return read

    accounts._loader._read = overtaken
    assert (await accounts.linked(operator, account.id)).status == "active"
    accounts._loader._read = rows
    assert (await accounts.linked(operator, account.id)).status == "blocked"

"""References are completed from small lists, which are read as rarely as can be."""

import asyncio

import pytest

from proxy.errors import ProviderUnreachable
from unified.gaps import CutRows, references_cut, unavailable
from unified.mapping.model import Reference
from unified.references import ACCOUNT_LISTS_MAX, LIFE_SECONDS, SmallLists, complete

USERS = Reference("assignees", each=True, list="users", columns={"id": "id", "name": "full_name", "email": "email"})
TEAM = Reference("team", each=False, list="teams", columns={"id": "id", "name": "name"})


class Provider:
    """Small lists that may change and fail, on a clock that is turned by hand."""

    def __init__(self):
        self.lists = {
            "users": [{"id": 1, "full_name": "Ada", "email": "ada@example.com"}, {"id": 2, "full_name": "Ben"}],
            "teams": [{"id": 5, "name": "billing"}],
        }
        self.reads = []
        self.failing = set()
        self.cut = set()
        self.time = 1000.0
        self.kept = SmallLists(lambda: self.time)

    async def read(self, name):
        self.reads.append(name)
        await asyncio.sleep(0)
        if name in self.failing:
            raise ProviderUnreachable("no answer", provider="any")
        rows = [dict(row) for row in self.lists[name]]
        return CutRows(rows) if name in self.cut else rows

    async def complete(self, *records, account="a1", references=(USERS, TEAM)):
        self.time += 1
        return await complete(records, references, account, self.kept, self.read)


@pytest.fixture
def provider():
    return Provider()


def user(user_id=None, name=None):
    return {"id": user_id, "name": name, "email": None}


def ticket(*assignees, team=None):
    return {"id": "9", "assignees": list(assignees), "team": team}


async def test_an_id_alone_gets_the_rest_of_its_row(provider):
    record = ticket(user("1"), user("2"), team={"id": "5", "name": None})
    assert await provider.complete(record) == []
    assert record["assignees"] == [
        {"id": "1", "name": "Ada", "email": "ada@example.com"},
        {"id": "2", "name": "Ben", "email": None},
    ]
    assert record["team"] == {"id": "5", "name": "billing"}


async def test_a_name_alone_gets_its_id_as_a_text(provider):
    record = ticket(team={"id": None, "name": "billing"})
    await provider.complete(record)
    assert record["team"] == {"id": "5", "name": "billing"}


async def test_what_the_record_says_itself_is_kept(provider):
    record = ticket({"id": "1", "name": None, "email": "own@example.com"})
    await provider.complete(record)
    assert record["assignees"] == [{"id": "1", "name": "Ada", "email": "own@example.com"}]


async def test_nothing_is_read_where_nothing_is_incomplete(provider):
    await provider.complete(ticket(user("1", "Ada"), user(), team=None), {"id": "9", "assignees": None})
    assert provider.reads == []


async def test_the_first_of_two_rows_with_one_name_is_taken(provider):
    provider.lists["teams"] = [{"id": 5, "name": "billing"}, {"id": 6, "name": "billing"}, {"id": 7}]
    record = ticket(team={"id": None, "name": "billing"})
    await provider.complete(record)
    assert record["team"]["id"] == "5"


async def test_a_page_of_records_reads_a_list_once(provider):
    await provider.complete(*[ticket(user("1")) for _ in range(25)])
    assert provider.reads == ["users"]


async def test_a_list_is_kept_for_five_minutes(provider):
    await provider.complete(ticket(user("1")))
    provider.time += LIFE_SECONDS - 2
    await provider.complete(ticket(user("2")))
    assert provider.reads == ["users"]
    provider.time += 2
    await provider.complete(ticket(user("2")))
    assert provider.reads == ["users", "users"]


async def test_a_miss_reads_the_list_again_and_finds_the_new_row(provider):
    await provider.complete(ticket(user("1")))
    provider.lists["users"].append({"id": 3, "full_name": "Cleo"})
    record = ticket(user("3"))
    await provider.complete(record)
    assert record["assignees"][0]["name"] == "Cleo"
    assert provider.reads == ["users", "users"]


async def test_what_is_still_missing_stays_null_and_is_not_looked_for_again(provider):
    await provider.complete(ticket(user("1")))
    for _ in range(5):
        record = ticket(user("99"))
        assert await provider.complete(record) == []
        assert record["assignees"] == [user("99")]
    assert provider.reads == ["users", "users"]


async def test_one_missing_row_does_not_make_another_be_looked_for_again(provider):
    await provider.complete(ticket(user("1")))
    for _ in range(4):
        await provider.complete(ticket(user("98")))
        await provider.complete(ticket(user("99")))
    assert provider.reads == ["users"] * 3


async def test_a_list_that_was_read_for_these_records_is_not_read_again_on_a_miss(provider):
    await provider.complete(ticket(user("99")))
    assert provider.reads == ["users"]


async def test_a_missing_row_is_looked_for_again_when_the_list_is_old(provider):
    await provider.complete(ticket(user("99")))
    provider.lists["users"].append({"id": 99, "full_name": "Zoe"})
    provider.time += LIFE_SECONDS
    record = ticket(user("99"))
    await provider.complete(record)
    assert record["assignees"][0]["name"] == "Zoe"


async def test_a_list_that_fails_is_named_and_the_others_are_filled(provider):
    provider.failing = {"users"}
    record = ticket(user("1"), team={"id": "5", "name": None})
    assert await provider.complete(record) == [unavailable("users")]
    assert record["assignees"] == [user("1")]
    assert record["team"]["name"] == "billing"


async def test_a_list_that_fails_is_tried_again_by_the_next_request(provider):
    provider.failing = {"users"}
    await provider.complete(ticket(user("1")))
    provider.failing = set()
    record = ticket(user("1"))
    assert await provider.complete(record) == []
    assert record["assignees"][0]["name"] == "Ada"


async def test_concurrent_readers_cause_one_read(provider):
    records = [ticket(user("1")) for _ in range(20)]
    await asyncio.gather(*[provider.complete(record) for record in records])
    assert provider.reads == ["users"]
    assert {record["assignees"][0]["name"] for record in records} == {"Ada"}


async def test_concurrent_misses_cause_one_more_read(provider):
    await provider.complete(ticket(user("1")))
    await asyncio.gather(*[provider.complete(ticket(user("99"))) for _ in range(20)])
    assert provider.reads == ["users", "users"]


async def test_accounts_do_not_share_lists(provider):
    await provider.complete(ticket(user("1")), account="a1")
    await provider.complete(ticket(user("1")), account="a2")
    assert provider.reads == ["users", "users"]


async def test_the_oldest_lists_go_when_there_are_too_many():
    lists = SmallLists(lambda: 0.0)
    reads = []

    async def read(name):
        reads.append(name)
        return []

    for number in range(ACCOUNT_LISTS_MAX + 1):
        await lists.get(str(number), "users", read)
    reads.clear()
    await lists.get("1", "users", read)
    assert reads == []
    await lists.get("0", "users", read)
    assert reads == ["users"]


async def test_what_is_missing_from_a_list_that_was_cut_is_told_each_time_and_what_is_found_is_not(provider):
    provider.cut.add("users")
    assert await provider.complete(ticket(user("1"))) == []
    for _ in range(2):
        assert await provider.complete(ticket(user("99"))) == [references_cut("users")]

"""For any page size, filters, sort and churn: no id twice within 200, and a quiet walk gives the filtered whole."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WINDOW = 200
"""Ids within which a cursor promises that none comes twice."""
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
WORDS = {"trengo": ["OPEN", "active", "closed", "INVALID"], "chatwoot": ["open", "pending", "snoozed", "resolved"]}
SORTS = {"trengo": [None, "last_message_at"], "chatwoot": [None, "-last_message_at", "created_at", "-created_at"]}

queries = st.fixed_dictionaries(
    {
        "provider": st.sampled_from(["trengo", "chatwoot"]),
        "limit": st.integers(20, 200),
        "statuses": st.sets(st.integers(0, 3), max_size=3),
        "category": st.sampled_from([None, "open", "waiting", "closed"]),
        "channel": st.booleans(),
        "sort": st.integers(0, 3),
        "strict": st.booleans(),
    }
)


def query_of(account, drawn, records):
    """The drawn query as parameters, and the test by hand that it stands for."""
    words = [WORDS[account.name][number] for number in sorted(drawn["statuses"])]
    query = {"limit": drawn["limit"]}
    tests = []
    if words:
        query["status"] = words
        tests.append(lambda one: one["status"]["id"] in words or one["status"]["name"] in words)
    known = {one["status"]["category"] for one in records}
    if drawn["category"] in known:
        query["status_category"] = drawn["category"]
        tests.append(lambda one: one["status"]["category"] == drawn["category"])
    if drawn["channel"]:
        channel = records[len(records) // 2]["channel"]["id"]
        query["channel_id"] = channel
        tests.append(lambda one: one["channel"]["id"] == channel)
    sorts = SORTS[account.name]
    sort = sorts[drawn["sort"] % len(sorts)]
    if sort:
        query["sort"] = sort
    if drawn["strict"]:
        query["consistency"] = "strict"
    return query, lambda one: all(test(one) for test in tests)


@pytest.fixture(scope="module")
def whole(running):
    """Every ticket of each provider at its seed, where every reset leads back to."""
    for account in running.accounts.values():
        account.sandbox.reset()
    return {name: account.walk("tickets", limit=200) for name, account in running.accounts.items()}


@given(drawn=queries)
@EXAMPLES
def test_a_quiet_walk_is_the_whole_filtered_by_hand(demo, whole, drawn):
    account = demo.accounts[drawn["provider"]]
    records = whole[drawn["provider"]]
    query, matches = query_of(account, drawn, records)
    found = [one["id"] for one in account.walk("tickets", **query)]
    assert sorted(found) == sorted(one["id"] for one in records if matches(one))


@given(drawn=queries, seed=st.integers(0, 1000))
@EXAMPLES
def test_no_churn_makes_a_walk_give_an_id_twice_within_the_promised_window(demo, whole, drawn, seed):
    """The contract promises 200 ids; where nothing moves ahead of the reader, no id comes twice at all."""
    account = demo.accounts[drawn["provider"]]
    account.sandbox.reset()
    query, _ = query_of(account, drawn, whole[drawn["provider"]])
    rng = random.Random(seed)
    change = {name: rng.randint(0, 4) for name in ("insert", "close", "bump", "merge")}
    account.sandbox.churn(**change, every_call=True)
    found = [one["id"] for one in account.walk("tickets", **query)]
    account.sandbox.churn(every_call=True)
    if query.get("sort") == "last_message_at":
        # The oldest activity first: a ticket that a message reaches moves to the end, where the walk meets it again.
        assert all(distance > WINDOW for distance in distances(found))
    else:
        assert len(found) == len(set(found))


def distances(ids):
    """How many ids lie between an id and its return."""
    last = {}
    for at, one in enumerate(ids):
        if one in last:
            yield at - last[one]
        last[one] = at

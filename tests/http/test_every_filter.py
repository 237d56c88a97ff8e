"""Every filter of every list that an account can use: the walk with it is the whole filtered by hand."""

import re

import pytest

from unified.schemas.resources import RESOURCES

LISTS = [one for one in RESOURCES if one.filters and not one.single]
LATE, EARLY = "after", "before"


def values_at(record, path):
    """The values at a dotted path, through every list on the way."""
    found = [record]
    for name in path.split("."):
        found = [one.get(name) if isinstance(one, dict) else None for one in found]
        found = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [one for one in found if one is not None]


def met(kind, value, wanted):
    """Whether a record's value meets one that is asked for, as the contract words it."""
    if kind == "text":
        return value.casefold() == wanted.casefold()
    if kind == "phone":
        return re.sub(r"\D", "", value) == re.sub(r"\D", "", wanted)
    if kind in (LATE, EARLY):
        return value > wanted if kind == LATE else value < wanted
    return value == wanted


def by_hand(records, one, wanted):
    return sorted(
        record["id"]
        for record in records
        if any(
            met(one.compare, value, want) for path in one.paths for value in values_at(record, path) for want in wanted
        )
    )


def samples(records, one):
    """Values to ask for: one or a set of those that occur, in another spelling where that must not matter."""
    found = sorted({value for record in records for path in one.paths for value in values_at(record, path)})
    if not found:
        return []
    if one.compare in (LATE, EARLY):
        return [[found[len(found) // 2]], [found[-2]]]
    spelled = [value.upper() if one.compare == "text" else value for value in found]
    return [spelled[:1], *([spelled[-2:]] if one.many and len(found) > 1 else [])]


def walk(account, path, **query):
    """A whole walk; a scan that found nothing within a request's calls goes on from the problem's cursor."""
    records, cursor = [], None
    while True:
        answer = account.get(path, **(query if cursor is None else {"next_cursor": cursor}))
        body = answer.json()
        assert answer.status_code == 200 or body["code"] == "scan-limit", body
        records += body.get("result", [])
        cursor = body["next_cursor"]
        if cursor is None:
            return records


@pytest.fixture(scope="module", params=["trengo", "chatwoot"])
def quiet(request, running):
    """Each provider's account at its seed, for tests that change nothing; what it can do, and its lists."""
    account = running.accounts[request.param]
    account.sandbox.reset()
    told = running.operator("GET", f"/integrated-account/{account.id}/capabilities").json()["result"]["unified"]
    tickets = [one["id"] for one in account.list("tickets", limit=100)["result"]]
    ticket = next(one for one in tickets if account.list("attachments", ticket_id=one, limit=1)["result"])
    return account, {(one["model"], one["resource"]): set(one["filters"]) for one in told}, ticket


@pytest.mark.parametrize("resource", LISTS, ids=lambda one: f"{one.model}: {one.name}")
def test_a_filter_leaves_what_filtering_by_hand_leaves(quiet, resource):
    account, able, ticket = quiet
    path = f"/unified/{resource.model}/{resource.name}"
    needed = {one.name: ticket for one in resource.filters if one.required}
    everything = walk(account, path, limit=200, **needed)
    asked = 0
    for one in resource.filters:
        if one.name not in able[resource.key] or one.required or one.compare == "provider":
            continue
        for wanted in samples(everything, one):
            found = walk(account, path, limit=200, **{**needed, one.name: wanted})
            assert sorted(record["id"] for record in found) == by_hand(everything, one, wanted), (one.name, wanted)
            asked += 1
    assert asked or not able[resource.key] - set(needed), "no filter had a value to ask for"


@pytest.mark.parametrize("resource", LISTS, ids=lambda one: f"{one.model}: {one.name}")
@pytest.mark.parametrize("limit", [1, 3])
def test_the_smallest_pages_give_the_same_walk(quiet, resource, limit):
    account, _, ticket = quiet
    path = f"/unified/{resource.model}/{resource.name}"
    needed = {one.name: ticket for one in resource.filters if one.required}
    first = account.get(path, limit=20, **needed).json()["result"]
    found, cursor = [], None
    while len(found) < len(first):
        query = {"limit": limit, **needed} if cursor is None else {"next_cursor": cursor}
        page = account.get(path, **query).json()
        found += page["result"]
        cursor = page["next_cursor"]
    assert found[: len(first)] == first

"""The walk through a provider's list, against a model list that changes between calls."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import PaginationLoop
from proxy.paging.position import Page, Position, Row, Seen
from proxy.paging.walk import Walk

ENOUGH = 1_000


class Model:
    """A provider's list of ids, newest activity first, in pages; ``churn`` runs before every call."""

    def __init__(self, ids, page_size=25, envelope="more", churn=None):
        self.ids = list(ids)
        self.page_size = page_size
        self.envelope = envelope
        self.churn = churn
        self.calls = 0

    async def fetch(self, position):
        self.calls += 1
        if self.churn is not None:
            self.churn(self)
        start = (position.page - 1) * self.page_size
        rows = [
            Row(id=str(one), record={"id": str(one)}, mark=str(one)) for one in self.ids[start : start + self.page_size]
        ]
        more = start + self.page_size < len(self.ids)
        return Page(
            rows,
            more=more if self.envelope == "more" else None,
            count=len(self.ids) if self.envelope == "count" else None,
        )


def walk_through(fetch, limit, *, style="page", strict=False, values=1):
    """Every id, request by request, the position and the window carried as a cursor carries them."""
    position, window, found, drifted = Position(), [], [], False
    for _ in range(ENOUGH):
        walk = Walk(fetch, position, Seen(window), style=style, values=values, strict=strict, provider="model")
        rows = asyncio.run(walk.collect(limit, ENOUGH))
        found += [row.id for row in rows]
        drifted = drifted or walk.drift
        position, window = walk.position, walk.seen.window()
        if position.done:
            return found, drifted
        assert rows, "an empty page with a cursor"
    raise AssertionError("the walk does not end")


@given(
    count=st.integers(0, 160),
    limit=st.integers(1, 200),
    page_size=st.integers(1, 40),
    envelope=st.sampled_from(["more", "count", "empty"]),
    strict=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_quiet_list_gives_each_id_once_and_in_order(count, limit, page_size, envelope, strict):
    model = Model(range(count), page_size, envelope)
    found, drifted = walk_through(model.fetch, limit, strict=strict)
    assert found == [str(one) for one in range(count)]
    assert not drifted


@pytest.mark.parametrize("limit", [7, 25, 50, 200])
def test_by_default_a_page_costs_about_one_call(limit):
    model = Model(range(500))
    walk_through(model.fetch, limit)
    pages, requests = 20, -(-500 // limit)
    assert model.calls <= pages + requests


def churning(seed, rate, *, inserts):
    rng = random.Random(seed)

    def churn(model):
        changes = max(1, round(len(model.ids) * rate))
        for _ in range(changes):
            if model.ids:
                model.ids.remove(rng.choice(model.ids))
                model.touched = getattr(model, "touched", 0) + 1
        if inserts:
            for _ in range(changes):
                model.fresh = getattr(model, "fresh", 100_000) + 1
                model.ids.insert(0, model.fresh)

    return churn


@pytest.mark.parametrize("inserts", [False, True], ids=["rows leave", "rows leave and come"])
@pytest.mark.parametrize("limit", [7, 25, 50, 200])
def test_strict_misses_no_untouched_row_at_two_per_cent_churn_a_call(limit, inserts):
    for seed in range(12):
        model = Model(range(500), churn=churning(seed, 0.02, inserts=inserts))
        found, _ = walk_through(model.fetch, limit, strict=True)
        untouched = {str(one) for one in model.ids if one < 100_000}
        assert len(found) == len(set(found))
        assert untouched <= set(found), f"seed {seed}"


@given(seed=st.integers(0, 10_000), limit=st.sampled_from([7, 25, 50, 200]), inserts=st.booleans())
@settings(max_examples=40, deadline=None)
def test_without_strict_there_is_never_a_duplicate(seed, limit, inserts):
    model = Model(range(300), churn=churning(seed, 0.02, inserts=inserts))
    found, _ = walk_through(model.fetch, limit)
    assert len(found) == len(set(found))


def test_rows_that_come_while_walking_are_told_as_drift():
    model = Model(range(100), churn=churning(3, 0.05, inserts=True))
    assert walk_through(model.fetch, 25)[1]


def test_a_provider_that_repeats_a_page_for_ever_is_a_loop():
    model = Model(range(100))

    async def stuck(_):
        return await model.fetch(Position(page=1))

    with pytest.raises(PaginationLoop):
        walk_through(stuck, 25)


def test_a_list_that_comes_whole_is_split_to_fit():
    rows = [Row(id=str(one), record={"id": str(one)}, mark=str(one)) for one in range(431)]

    async def fetch(_):
        return Page(rows)

    assert walk_through(fetch, 25, style="whole")[0] == [row.id for row in rows]


@given(count=st.integers(0, 90), limit=st.integers(1, 60), size=st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_an_id_walk_gives_each_id_once_and_ends_on_an_empty_page(count, limit, size):
    ids = list(range(count, 0, -1))

    async def before(position):
        below = [one for one in ids if position.mark is None or one < int(position.mark)]
        return Page([Row(id=f"t.{one}", record={"id": f"t.{one}"}, mark=str(one)) for one in below[:size]])

    found, _ = walk_through_allowing_empty_end(before, limit)
    assert found == [f"t.{one}" for one in ids]


def walk_through_allowing_empty_end(fetch, limit):
    """An id walk learns its end from an empty page, which may be all that a last request finds."""
    position, window, found = Position(), [], []
    while not position.done:
        walk = Walk(fetch, position, Seen(window), style="id_before", values=1, strict=False, provider="model")
        found += [row.id for row in asyncio.run(walk.collect(limit, ENOUGH))]
        position, window = walk.position, walk.seen.window()
    return found, False


def test_an_id_walk_that_gets_the_same_rows_again_is_a_loop():
    async def stuck(_):
        return Page([Row(id="t.5", record={"id": "t.5"}, mark="5")])

    with pytest.raises(PaginationLoop):
        walk_through_allowing_empty_end(stuck, 1)


def test_each_value_of_a_one_by_one_filter_is_walked_in_turn():
    async def fetch(position):
        ids = [f"{position.value}-{one}" for one in range(30)][(position.page - 1) * 25 : position.page * 25]
        return Page([Row(id=one, record={"id": one}, mark=one) for one in ids], more=position.page == 1)

    found, _ = walk_through(fetch, 7, values=3)
    assert found == [f"{value}-{one}" for value in range(3) for one in range(30)]

"""Places: how many calls of an account are inside, how many are under way, and who gets the next place."""

import asyncio

import pytest

from proxy.errors import Overloaded
from proxy.outbound.places import Places

LONG = 60.0


async def waiting(places, lane, order, name):
    """Admits and waits for a place in a task of its own; the task is at its wait when this returns."""
    visit = places.admit("account", lane)

    async def wait():
        await visit.place(LONG)
        order.append(name)
        return visit

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


async def test_room_is_for_so_many_and_the_next_is_refused_at_once():
    places = Places(2, 3)
    inside = [places.admit("account", "interactive") for _ in range(5)]
    with pytest.raises(Overloaded):
        places.admit("account", "interactive")
    places.admit("another", "interactive").leave()
    inside[0].leave()
    places.admit("account", "interactive").leave()
    for visit in inside:
        visit.leave()
    assert places._accounts == {}


async def test_who_is_inside_and_has_no_place_holds_up_no_one():
    places = Places(1, 3)
    waits_for_a_budget, goes = (places.admit("account", "interactive") for _ in range(2))
    await goes.place(LONG)
    goes.leave()
    await waits_for_a_budget.place(LONG)
    waits_for_a_budget.leave()
    assert places._accounts == {}


async def test_a_place_that_comes_free_goes_to_interactive_calls_first():
    places, order = Places(2, 10), []
    first, second = places.admit("account", "interactive"), places.admit("account", "interactive")
    await first.place(LONG)
    await second.place(LONG)
    tasks = [await waiting(places, lane, order, name) for lane, name in (("bulk", "b"), ("interactive", "i1"))]
    tasks.append(await waiting(places, "interactive", order, "i2"))
    first.leave()
    (await tasks[1]).leave()
    (await tasks[2]).leave()
    (await tasks[0]).leave()
    second.leave()
    assert order == ["i1", "i2", "b"]
    assert places._accounts == {}


async def test_bulk_leaves_places_and_room_to_interactive_calls():
    places = Places(4, 4)
    bulk = [places.admit("account", "bulk") for _ in range(6)]
    with pytest.raises(Overloaded):
        places.admit("account", "bulk")
    for visit in bulk[:3]:
        await visit.place(LONG)
    with pytest.raises(Overloaded):
        await bulk[3].place(0.01)
    person = places.admit("account", "interactive")
    await person.place(LONG)
    for visit in (person, *bulk):
        visit.leave()
    assert places._accounts == {}


async def test_a_lone_bulk_call_always_fits():
    places = Places(1, 1)
    visit = places.admit("account", "bulk")
    await visit.place(LONG)
    visit.leave()


async def test_a_place_given_to_who_is_just_cancelled_goes_on_to_the_next():
    places, order = Places(1, 3), []
    first = places.admit("account", "interactive")
    await first.place(LONG)
    gone = await waiting(places, "interactive", order, "gone")
    after = await waiting(places, "interactive", order, "after")
    first.leave()
    gone.cancel()
    assert await after
    assert order == ["after"]


async def test_leaving_twice_frees_one_place():
    places = Places(1, 3)
    one, two = places.admit("account", "interactive"), places.admit("account", "interactive")
    await one.place(LONG)
    one.leave()
    one.leave()
    await two.place(LONG)
    with pytest.raises(Overloaded):
        await places.admit("account", "interactive").place(0.01)

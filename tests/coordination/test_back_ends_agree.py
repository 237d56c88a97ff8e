"""Memory and Redis give the same answer to the same questions at the same time."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.coordination.turn import Turn
from proxy.coordination.window import BOUNDLESS, Announced, Limit
from tests.coordination.turned import TurnedMemory, TurnedRedis

LIMITS = (
    Limit("narrow", 2, 3.0),
    Limit("token", 4, 10.0, corrected=True),
    Limit("pause", BOUNDLESS, 1.0),
)
WIDE = (Limit("wide", 10, 10.0),)
"""Of which bulk calls leave one."""
SETTLED = ()
"""Stands for no limits: every call has a turn of its own."""
TURNS = [Turn("bulk" if number % 3 == 0 else "interactive", lease=1000.0) for number in range(20)]

turn = st.sampled_from(TURNS)
limits = st.sampled_from([LIMITS, LIMITS[:1], LIMITS[1:], LIMITS[1:2], WIDE])
optional = st.none() | st.integers(0, 8)
steps = st.one_of(
    st.tuples(st.just("take"), limits, turn, st.sampled_from([0.0, 4.0, 50.0])),
    st.tuples(st.just("look"), limits),
    st.tuples(st.just("settle"), limits, turn, st.builds(Announced, optional, optional, optional)),
    st.tuples(st.just("give_back"), limits, turn),
    st.tuples(st.just("pause"), st.sampled_from([LIMITS[:1], LIMITS[2:]]), st.sampled_from([0.5, 6.0])),
    st.tuples(st.just("forward"), st.integers(0, 6000)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=40))
def test_the_back_ends_agree(valkey, script):
    """A call is not taken twice and not settled twice: the callers see to that."""

    async def play():
        places = [TurnedMemory(), TurnedRedis(valkey)]
        shared = [place.share() for place in places]
        taken = {}
        for verb, *words in script:
            if verb == "forward":
                for place in places:
                    place.forward(words[0] / 1000)
                continue
            if verb not in ("look", "pause"):
                held = taken.get(words[1].id)
                allowed = {"take": (None,), "give_back": (None, words[0]), "settle": (words[0],)}
                if held not in allowed[verb]:
                    continue
            answers = [await getattr(one, verb)(*words) for one in shared]
            if verb in ("take", "look", "settle"):
                here, there = answers
                assert there.wait == pytest.approx(here.wait, abs=1e-4)
                assert (there.limit, there.remaining) == (here.limit, here.remaining)
                assert there.reset_seconds == pytest.approx(here.reset_seconds, abs=1e-4)
            if verb == "take" and answers[0].wait <= 0:
                taken[words[1].id] = words[0]
            elif verb == "settle":
                taken[words[1].id] = SETTLED
            elif verb == "give_back":
                taken.pop(words[1].id, None)
        for place in places:
            await place.aclose()

    asyncio.run(play())

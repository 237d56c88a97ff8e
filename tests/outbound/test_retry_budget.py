"""How many calls are made again at the same time."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.outbound.retry_budget import RetryBudget


@pytest.mark.parametrize(("calls", "granted"), [(1, 1), (3, 3), (10, 3), (15, 3), (20, 4), (100, 20)])
def test_a_fifth_of_the_calls_and_at_least_three(calls, granted):
    budget = RetryBudget()
    with ExitStack() as under_way:
        shares = [under_way.enter_context(budget.call()) for _ in range(calls)]
        assert sum(share.take() for share in shares) == granted


def test_a_share_lasts_until_its_call_ends_and_then_is_anothers():
    budget = RetryBudget()
    with budget.call() as other, ExitStack() as under_way:
        holders = [under_way.enter_context(budget.call()) for _ in range(3)]
        assert [one.take() for one in (*holders, *holders, other)] == [True] * 6 + [False]
        under_way.close()
        assert other.take()


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["begin", "again", "end"]))))
def test_whatever_comes_and_goes_the_counts_are_right(events):
    budget, calls = RetryBudget(), {}
    for number, event in events:
        if event == "begin" and number not in calls:
            calls[number] = budget.call().__enter__()
        elif event == "again" and number in calls:
            calls[number].take()
        elif event == "end" and number in calls:
            calls.pop(number).__exit__()
        assert budget.calls == len(calls)
        assert budget.retrying == sum(one._taken for one in calls.values())

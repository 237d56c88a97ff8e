"""Whether and when a call is made again."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.outbound.retry import Outcome, announced_wait, backoff, judge, relayed_wait

NOW = 1_800_000_000.0


def verdict(phase, status=0, wait=None, *, page=False, repeatable=False, retries=0, left=30.0, random=lambda: 0.5):
    outcome = Outcome(phase, status, wait, page)
    return judge(outcome, repeatable=repeatable, retries=retries, left=left, random=random)


AGAIN = {
    "never sent, any method": ({"phase": "not_sent"}, True),
    "429, any method": ({"phase": "answered", "status": 429, "wait": 3.0}, True),
    "429 without a time": ({"phase": "answered", "status": 429}, True),
    "429 whose wait is longer than what is left": ({"phase": "answered", "status": 429, "wait": 31.0}, False),
    "broken off, safe": ({"phase": "ambiguous", "repeatable": True}, True),
    "broken off, a write": ({"phase": "ambiguous"}, False),
    "500, safe": ({"phase": "answered", "status": 500, "repeatable": True}, True),
    "500, a write": ({"phase": "answered", "status": 500}, False),
    "599, safe": ({"phase": "answered", "status": 599, "repeatable": True}, True),
    "501, safe": ({"phase": "answered", "status": 501, "repeatable": True}, False),
    "404, safe": ({"phase": "answered", "status": 404, "repeatable": True}, False),
    "200, safe": ({"phase": "answered", "status": 200, "repeatable": True}, False),
    "a page with 200, safe": ({"phase": "answered", "status": 200, "page": True, "repeatable": True}, True),
    "a page with 200, safe, the second time": (
        {"phase": "answered", "status": 200, "page": True, "repeatable": True, "retries": 1},
        False,
    ),
    "a page with 200, a write": ({"phase": "answered", "status": 200, "page": True}, False),
    "302, safe": ({"phase": "answered", "status": 302, "repeatable": True}, False),
    "the third time": ({"phase": "not_sent", "retries": 2}, False),
    "no time left": ({"phase": "not_sent", "left": 0.0}, False),
}


@pytest.mark.parametrize("case", AGAIN)
def test_a_call_is_made_again_by_phase_and_class(case):
    arguments, expected = AGAIN[case]
    made = verdict(**arguments)
    assert made.retry is expected
    assert made.reason


REASONS = {
    "never sent": {"phase": "not_sent"},
    "broken off, and not to be sent twice": {"phase": "ambiguous"},
    "status 503, after 2 retries": {"phase": "answered", "status": 503, "repeatable": True, "retries": 2},
    "rate limited, but the wait does not fit": {"phase": "answered", "status": 429, "wait": 31.0},
    "nothing failed": {"phase": "answered", "status": 404},
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_verdict_says_why(reason):
    assert verdict(**REASONS[reason]).reason == reason


def test_only_what_the_rate_budget_paces_is_out_of_the_retry_budget():
    assert verdict("answered", 429, 1.0).paced
    assert not verdict("answered", 503, repeatable=True).paced
    assert not verdict("not_sent").paced


def test_a_verdict_waits_what_the_provider_asks_and_a_little_more():
    assert verdict("answered", 429, 3.0).wait == pytest.approx(3.125)


@given(st.integers(0, 40), st.floats(0, 1, exclude_max=True))
def test_backoff_is_full_jitter_below_its_cap(retries, drawn):
    assert 0 <= backoff(retries, lambda: drawn) <= min(8.0, 0.25 * 2**retries)


WAITS = {
    "seconds": ({"retry-after": ["7"]}, 7.0),
    "zero": ({"retry-after": ["0"]}, 0.0),
    "with spaces": ({"retry-after": [" 7 "]}, 7.0),
    "a date": ({"retry-after": [formatdate(NOW + 12, usegmt=True)]}, 12.0),
    "a date by the provider's own clock": (
        {"retry-after": [formatdate(NOW + 612, usegmt=True)], "date": [formatdate(NOW + 600, usegmt=True)]},
        12.0,
    ),
    "a past date": ({"retry-after": [formatdate(NOW - 90, usegmt=True)]}, 0.0),
    "absurd": ({"retry-after": ["1000000000"]}, 3600.0),
    "more digits than a clock has": ({"retry-after": ["9" * 400]}, None),
    "negative": ({"retry-after": ["-5"]}, None),
    "a fraction": ({"retry-after": ["1.5"]}, 1.5),
    "a fraction in another spelling": ({"retry-after": [".5", "1,5", "1e3", "0x10"]}, None),
    "garbage": ({"retry-after": ["soon"]}, None),
    "empty": ({"retry-after": [""]}, None),
    "a date beyond the calendar": ({"retry-after": ["Fri, 31 Dec 99999 23:59:59 GMT"]}, None),
    "two values": ({"retry-after": ["3", "9"]}, 9.0),
    "one of two usable": ({"retry-after": ["soon", "9"]}, 9.0),
    "missing": ({}, None),
    "an epoch where a difference belongs": ({"retry-after": [str(int(NOW) + 5)]}, 3600.0),
    "reset as a delta": ({"x-ratelimit-reset": ["42"]}, 42.0),
    "reset as epoch seconds": ({"x-ratelimit-reset": [str(int(NOW) + 42)]}, 42.0),
    "reset as epoch milliseconds": ({"x-ratelimit-reset": [str(int(NOW) * 1000 + 42_000)]}, 42.0),
    "reset in the past": ({"x-ratelimit-reset": [str(int(NOW) - 42)]}, 0.0),
    "reset as garbage": ({"x-ratelimit-reset": ["tomorrow"]}, None),
    "retry-after before reset": ({"retry-after": ["3"], "x-ratelimit-reset": ["42"]}, 3.0),
    "reset where retry-after is garbage": ({"retry-after": ["soon"], "x-ratelimit-reset": ["42"]}, 42.0),
}


@pytest.mark.parametrize("case", WAITS)
def test_the_wait_that_is_asked_for_is_read_from(case):
    headers, expected = WAITS[case]
    assert announced_wait(headers, NOW) == expected


@pytest.mark.parametrize(
    ("wait", "relayed"), [(None, 30), (0.0, 1), (0.2, 1), (1.0, 1), (1.01, 2), (59.5, 60), (1e9, 3600)]
)
def test_retry_after_for_our_caller_is_a_whole_number_from_one_to_an_hour(wait, relayed):
    assert relayed_wait(wait) == relayed


@given(st.text(max_size=40))
def test_no_header_value_breaks_the_reader(text):
    assert (announced_wait({"retry-after": [text], "date": [text]}, NOW) or 0) >= 0

"""When a provider's host is taken to be down, for whom, and until when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import ProviderUnavailable
from proxy.outbound.breaker import FAILURES, Breakers, sign_of
from proxy.outbound.retry import Outcome
from tests.outbound.scripted import make_account

OPEN_SECONDS = 30.0
ORIGIN = "https://desk.example"
ONE, TWO, THREE = (make_account(ORIGIN, number) for number in (1, 2, 3))
ELSEWHERE = make_account("https://other.example", 4)


class House:
    """Breakers whose clock is turned by hand, without jitter."""

    def __init__(self):
        self.now = 1000.0
        self.opened = []
        self.breakers = Breakers(
            OPEN_SECONDS, FAILURES, lambda: self.now, lambda: 0.5, lambda account: self.opened.append(account.id)
        )

    def call(self, account, sign):
        """One call that ends with this sign."""
        with self.breakers.passage(account) as passage:
            passage.begin()
            passage.saw(sign)

    def calls(self, *accounts, sign="broken"):
        for account in accounts:
            self.call(account, sign)

    def refuses(self, account):
        """For how many seconds calls are refused, as a caller is told; 0 where they are not."""
        try:
            self.breakers.refuse(account)
        except ProviderUnavailable as problem:
            return int(problem.headers["Retry-After"])
        return 0


@pytest.fixture
def house():
    return House()


def test_five_failures_of_two_accounts_refuse_everybody_there_and_nobody_elsewhere(house):
    house.calls(ONE, ONE, ONE, TWO)
    assert house.refuses(ONE) == 0
    house.calls(ONE)
    assert [house.refuses(one) for one in (ONE, TWO, THREE, ELSEWHERE)] == [30, 30, 30, 0]
    assert house.opened == [ONE.id]


def test_one_account_that_is_lost_is_refused_alone(house):
    house.calls(*[ONE] * FAILURES, sign="lost")
    assert [house.refuses(one) for one in (ONE, TWO)] == [30, 0]
    house.call(TWO, "lost")
    assert house.refuses(THREE) == 30


def test_one_account_that_is_answered_5xx_is_not_refused(house):
    house.calls(*[ONE] * 50)
    assert house.refuses(ONE) == 0


@pytest.mark.parametrize("account", [ONE, TWO])
def test_one_sound_call_forgets_the_failures(house, account):
    house.calls(ONE, TWO, ONE, TWO, sign="lost")
    house.call(account, "sound")
    house.calls(ONE, TWO, ONE, TWO, sign="lost")
    assert house.refuses(ONE) == 0


def test_what_says_nothing_changes_nothing(house):
    house.calls(ONE, TWO, ONE, TWO)
    house.call(ONE, None)
    assert house.refuses(ONE) == 0
    house.call(ONE, "lost")
    assert house.refuses(ONE) == 30


def test_an_attempt_that_says_nothing_leaves_what_an_earlier_one_said(house):
    for _ in range(FAILURES):
        with house.breakers.passage(ONE) as passage:
            for sign in ("lost", None):
                passage.begin()
                passage.saw(sign)
    assert house.refuses(ONE) == 30


def opened(house):
    house.calls(ONE, TWO, ONE, TWO, ONE)
    house.now += OPEN_SECONDS - 1
    assert house.refuses(THREE) == 1
    house.now += 1
    return house


def test_after_half_a_minute_one_call_tries_and_the_others_wait(house):
    with opened(house).breakers.passage(THREE) as probe:
        probe.begin()
        assert house.refuses(ONE) == 1
        with pytest.raises(ProviderUnavailable):
            house.call(TWO, "sound")
        probe.saw("sound")
    assert house.refuses(ONE) == 0
    house.calls(ONE, TWO, ONE, TWO)
    assert house.refuses(ONE) == 0


def test_a_try_that_fails_opens_the_breaker_for_as_long_again(house):
    opened(house).call(THREE, "broken")
    assert house.refuses(ONE) == OPEN_SECONDS
    assert house.opened == [ONE.id], "it is the same outage"


def test_a_try_that_is_given_up_leaves_the_turn_to_the_next(house):
    opened(house).call(THREE, None)
    with house.breakers.passage(ONE) as passage:
        passage.begin()
        assert house.refuses(TWO) == 1


def test_a_call_that_waits_while_the_breaker_opens_is_not_sent(house):
    with house.breakers.passage(THREE) as waiting:
        house.calls(ONE, TWO, ONE, TWO, ONE)
        with pytest.raises(ProviderUnavailable) as raised:
            waiting.begin()
    assert raised.value.members["outcome"] == "not_sent"


def test_a_call_under_way_is_not_made_again_once_the_breaker_is_open(house):
    with house.breakers.passage(THREE) as passage:
        passage.begin()
        assert not passage.closing()
        house.calls(ONE, TWO, ONE, TWO, ONE)
        assert passage.closing()
        passage.begin()


def test_an_answer_that_was_under_way_when_the_breaker_opened_closes_it(house):
    with house.breakers.passage(THREE) as passage:
        passage.begin()
        house.calls(ONE, TWO, ONE, TWO, ONE)
        passage.saw("sound")
    assert house.refuses(ONE) == 0


@given(st.floats(0, 1, exclude_max=True))
def test_the_half_minute_is_off_by_a_fifth_at_most(drawn):
    house = House()
    house.breakers._random = lambda: drawn
    house.calls(ONE, TWO, ONE, TWO, ONE)
    assert 24 <= house.breakers.wait(ONE) <= 36


@given(st.lists(st.tuples(st.sampled_from([ONE, TWO, THREE]), st.sampled_from(["sound", "broken", "lost", None]))))
def test_without_five_failures_in_a_row_nobody_is_ever_refused(calls):
    house, row = House(), 0
    for account, sign in calls:
        row = 0 if sign == "sound" else row + (sign is not None)
        if row >= FAILURES:
            row = 0
            house = House()
            continue
        house.call(account, sign)
        assert all(house.refuses(one) == 0 for one in (ONE, TWO, THREE))


SIGNS = {
    "200": (Outcome("answered", 200), False, 30.0, "sound"),
    "401": (Outcome("answered", 401), False, 30.0, "sound"),
    "404": (Outcome("answered", 404), False, 30.0, "sound"),
    "429": (Outcome("answered", 429), False, 30.0, "sound"),
    "500": (Outcome("answered", 500), False, 30.0, "broken"),
    "501": (Outcome("answered", 501), False, 30.0, "sound"),
    "503": (Outcome("answered", 503), False, 30.0, "broken"),
    "no connection": (Outcome("not_sent"), False, 30.0, "lost"),
    "a reset": (Outcome("ambiguous"), False, 30.0, "lost"),
    "a deadline": (Outcome("ambiguous"), True, 5.0, "lost"),
    "a deadline that was near": (Outcome("ambiguous"), True, 0.5, None),
}


@pytest.mark.parametrize("case", SIGNS)
def test_what_an_attempt_says_of_the_host(case):
    outcome, late, given_seconds, expected = SIGNS[case]
    assert sign_of(outcome, late=late, given=given_seconds) == expected

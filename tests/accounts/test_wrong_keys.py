"""Wrong keys are counted by the address they come from, which a client cannot choose."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.accounts.client_address import client_address
from proxy.accounts.wrong_keys import WrongKeys
from proxy.errors import TooManyAttempts

NEAR = (ip_network("10.0.0.0/8"), ip_network("::1"))


@pytest.fixture
def wrong_keys(clock):
    return WrongKeys(10, clock)


async def test_the_eleventh_within_a_minute_is_refused_and_the_wait_is_whole_seconds(wrong_keys, clock):
    for _ in range(10):
        await wrong_keys.note("192.0.2.1")
        clock.now += 1
    for _ in range(100):
        with pytest.raises(TooManyAttempts) as refused:
            await wrong_keys.note("192.0.2.1")
    assert refused.value.headers == {"Retry-After": "50"}
    await wrong_keys.note("192.0.2.2")
    clock.now += 50
    await wrong_keys.note("192.0.2.1")
    with pytest.raises(TooManyAttempts) as refused:
        await wrong_keys.note("192.0.2.1")
    assert refused.value.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:192.0.2.1", "192.0.2.1")]
)
async def test_addresses_of_one_subscriber_are_counted_together(clock, one, other):
    wrong_keys = WrongKeys(1, clock)
    await wrong_keys.note(one)
    with pytest.raises(TooManyAttempts):
        await wrong_keys.note(other)


async def test_what_is_remembered_of_addresses_is_bounded(clock):
    wrong_keys = WrongKeys(10, clock, kept=100)
    for number in range(1000):
        for _ in range(3):
            await wrong_keys.note(f"192.0.{number // 250}.{number % 250}")
    assert len(wrong_keys) == 100


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.9", [], "192.0.2.9"),
        ("192.0.2.9", ["198.51.100.1"], "192.0.2.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, "], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["198.51.100.1:5000"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_address_is_the_nearest_that_no_trusted_proxy_has(peer, forwarded, address):
    assert client_address(peer, forwarded, NEAR) == address


@given(st.lists(st.text(max_size=40), max_size=4))
def test_nothing_a_client_puts_in_front_changes_its_address(in_front):
    assert client_address("10.0.0.1", [*in_front, "203.0.113.5"], NEAR) == "203.0.113.5"
    assert client_address("203.0.113.5", in_front, NEAR) == "203.0.113.5"

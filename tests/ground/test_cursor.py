"""Cursors: what comes back is what was given, for whom it was given, for a day; anything else is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from proxy.cursor import CURSOR_MAX, LIFE_SECONDS, Cursors
from proxy.errors import CursorExpired, InvalidCursor
from proxy.seal import Sealer, SealingKey, bind, new_key

KEYS = [SealingKey.parse(new_key()) for _ in range(2)]
CURSORS = Cursors(Sealer(KEYS[:1]))
HERE = bind("account", "ticketing", "tickets")
NOW = 1_780_000_000.0


class Place(Struct, array_like=True):
    """A reader's place, for these tests."""

    page: int
    seen: list[str]


class Other(Struct, array_like=True):
    """What another version of the server might have put in."""

    page: str


@given(page=st.integers(0, 10**9), seen=st.lists(st.text(max_size=30), max_size=200))
@settings(max_examples=60, deadline=None)
def test_what_was_sealed_is_what_is_opened(page, seen):
    text = CURSORS.seal(Place(page, seen), HERE, NOW)
    assert CURSORS.open(text, Place, HERE, NOW + LIFE_SECONDS) == Place(page, seen)


def test_two_hundred_ids_fit_into_a_query():
    seen = [f"{950000000 + 7919 * number}.{4100000000 + 104729 * number}" for number in range(200)]
    assert len(CURSORS.seal(Place(40, seen), HERE, NOW)) < CURSOR_MAX


def test_after_a_day_it_has_expired():
    text = CURSORS.seal(Place(1, []), HERE, NOW)
    with pytest.raises(CursorExpired):
        CURSORS.open(text, Place, HERE, NOW + LIFE_SECONDS + 1)


@pytest.mark.parametrize("where", [("other", "ticketing", "tickets"), ("account", "ticketing", "contacts"), ()])
def test_it_is_worthless_for_another_account_or_list(where):
    with pytest.raises(InvalidCursor):
        CURSORS.open(CURSORS.seal(Place(1, []), HERE, NOW), Place, bind(*where), NOW)


def test_every_flipped_bit_is_noticed():
    text = CURSORS.seal(Place(3, ["a", "b"]), HERE, NOW)
    for at in range(len(text)):
        for mask in (1, 2, 4, 8, 16, 32):
            changed = text[:at] + chr(ord(text[at]) ^ mask) + text[at + 1 :]
            with pytest.raises(InvalidCursor):
                CURSORS.open(changed, Place, HERE, NOW)


@given(text=st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: raw.hex()))
@settings(max_examples=200, deadline=None)
def test_whatever_else_is_sent_is_refused_and_never_a_fault(text):
    with pytest.raises(InvalidCursor):
        CURSORS.open(text, Place, HERE, NOW)


def test_one_that_is_too_long_is_not_even_tried():
    with pytest.raises(InvalidCursor):
        CURSORS.open("A" * (CURSOR_MAX + 1), Place, HERE, NOW)


def test_one_of_another_version_of_the_server_is_refused():
    with pytest.raises(InvalidCursor, match="another version"):
        CURSORS.open(CURSORS.seal(Other("one"), HERE, NOW), Place, HERE, NOW)


def test_after_a_rotation_the_older_key_still_opens_and_a_removed_one_does_not():
    text = CURSORS.seal(Place(1, []), HERE, NOW)
    assert Cursors(Sealer([KEYS[1], KEYS[0]])).open(text, Place, HERE, NOW) == Place(1, [])
    with pytest.raises(InvalidCursor):
        Cursors(Sealer([KEYS[1]])).open(text, Place, HERE, NOW)

"""The form of keys: checksum, prefix, scopes."""

import string

from hypothesis import given
from hypothesis import strategies as st

from proxy.accounts.keys import ACCOUNT_TOKEN, KEY, kind_of, new_key, scope_words, shown_prefix

ALPHABET = string.ascii_letters + string.digits + "_"


def test_a_fresh_key_is_well_formed_and_says_its_kind():
    for kind in (KEY, ACCOUNT_TOKEN):
        text = new_key(kind).reveal()
        assert kind_of(text) == kind
        assert text.startswith(f"{kind}_")
        assert len(text) == len(kind) + 1 + 43 + 1 + 6


def test_fresh_keys_differ():
    assert len({new_key().reveal() for _ in range(200)}) == 200


@given(st.integers(0, 52), st.sampled_from(ALPHABET))
def test_a_key_with_one_wrong_character_is_not_one(index, char):
    text = new_key().reveal()
    changed = text[:index] + char + text[index + 1 :]
    assert (kind_of(changed) is None) == (changed != text)


@given(st.text(max_size=80))
def test_no_other_text_is_a_key(text):
    assert kind_of(text) is None
    assert kind_of(new_key().reveal() + text) is None or not text


def test_a_token_does_not_pass_for_a_key_with_its_first_letters_cut():
    token = new_key(ACCOUNT_TOKEN).reveal()
    assert kind_of(token.replace("ila_", "il_")) is None


def test_the_shown_prefix_is_short_and_the_key_shows_nothing_itself():
    key = new_key()
    assert shown_prefix(key) == key.reveal()[:9]
    assert repr(key) == str(key) == f"{key}" == "***"


def test_scopes_are_stored_in_one_order_and_once():
    assert scope_words(["write", "read", "write"]) == "read write"

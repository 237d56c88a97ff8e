"""Sealed texts: what opens them, and that nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.seal import SealBroken, Sealer, SealingKey, bind, new_key

ONE, TWO, THREE = (SealingKey.parse(new_key()) for _ in range(3))
SEALER = Sealer([ONE])
part = st.one_of(st.text(max_size=6), st.binary(max_size=6))


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_was_sealed_opens_for_the_same_place(plain, place):
    assert SEALER.open(SEALER.seal(plain, place), place) == plain
    assert SEALER.open_compact(SEALER.seal_compact(plain, place), place) == plain


@given(st.lists(part, max_size=4), st.lists(part, max_size=4))
def test_bind_is_injective(one, two):
    def flat(parts):
        return [item.encode() if isinstance(item, str) else item for item in parts]

    assert (bind(*one) == bind(*two)) == (flat(one) == flat(two))


def test_parts_that_only_join_alike_are_bound_apart():
    assert bind("ab", "c") != bind("a", "bc") != bind("abc")
    assert bind("a", "") != bind("a")


def test_a_text_does_not_open_for_another_place_use_form_or_key():
    sealed, compact = SEALER.seal(b"x", "here"), SEALER.seal_compact(b"x", "here")
    attempts = [
        lambda: SEALER.open(sealed, "there"),
        lambda: SEALER.open_compact(compact, "there"),
        lambda: SEALER.for_use("cursor").open(sealed, "here"),
        lambda: SEALER.for_use("cursor").open_compact(compact, "here"),
        lambda: Sealer([TWO]).open(sealed, "here"),
        lambda: Sealer([TWO]).open_compact(compact, "here"),
        lambda: Sealer([SealingKey(ONE.kid, TWO.material)]).open(sealed, "here"),
        lambda: SEALER.open(compact, "here"),
        lambda: SEALER.open_compact(sealed, "here"),
        lambda: SEALER.open("v1:" + ONE.kid + ":" + compact, "here"),
    ]
    for attempt in attempts:
        with pytest.raises(SealBroken) as caught:
            attempt()
        assert str(caught.value) == "the sealed text does not open here"


@pytest.mark.parametrize("form", ["seal", "seal_compact"])
def test_no_changed_character_or_bit_is_accepted(form):
    sealed = getattr(SEALER, form)(b"content of a text", "here")
    open_it = SEALER.open if form == "seal" else SEALER.open_compact
    for index, char in enumerate(sealed):
        for bit in range(7):
            changed = sealed[:index] + chr(ord(char) ^ (1 << bit)) + sealed[index + 1 :]
            with pytest.raises(SealBroken):
                open_it(changed, "here")
    for changed in (sealed[:-1], sealed + "A", sealed + "=", sealed + "\n", "", "v1", "v1:", "v1::", "é" + sealed):
        with pytest.raises(SealBroken):
            open_it(changed, "here")


@given(st.text(max_size=60))
def test_no_text_of_a_stranger_opens(text):
    for open_it in (SEALER.open, SEALER.open_compact):
        with pytest.raises(SealBroken):
            open_it(text, "here")


def test_a_new_first_key_seals_and_the_older_ones_still_open():
    old, rotated = Sealer([ONE]), Sealer([TWO, ONE])
    sealed, compact = old.seal(b"x", "here"), old.seal_compact(b"x", "here")
    assert rotated.open(sealed, "here") == b"x"
    assert rotated.open_compact(compact, "here") == b"x"
    assert not rotated.is_current(sealed)
    fresh = rotated.seal(b"x", "here")
    assert rotated.is_current(fresh)
    with pytest.raises(SealBroken):
        old.open(fresh, "here")
    with pytest.raises(SealBroken):
        Sealer([TWO, THREE]).open(sealed, "here")


def test_two_seals_of_the_same_text_differ():
    assert SEALER.seal(b"x", "here") != SEALER.seal(b"x", "here")


def test_the_forms_are_as_documented():
    version, kid, body = SEALER.seal(b"", "here").split(":")
    assert (version, kid) == ("v1", ONE.kid)
    compact = SEALER.seal_compact(b"0123456789", "here")
    assert len(compact) == -(-(10 + 33) * 4 // 3)
    assert set(compact + body) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_digest_is_found_again_after_a_rotation_and_differs_by_use_and_key():
    stored = Sealer([ONE]).for_use("api-key").digests("il_x")[0]
    rotated = Sealer([TWO, ONE]).for_use("api-key").digests(b"il_x")
    assert stored == rotated[1] != rotated[0]
    assert stored != Sealer([ONE]).for_use("other").digests("il_x")[0]
    assert len(stored) <= 80, "the column's length"


def test_a_key_shows_itself_nowhere():
    text = new_key()
    key = SealingKey.parse(text)
    assert text.partition(":")[2] not in repr(key) + str(key) + repr(Sealer([key]))
    assert key.kid in repr(key)


def test_a_sealer_needs_keys_with_different_ids():
    with pytest.raises(ValueError, match="at least one"):
        Sealer([])
    with pytest.raises(ValueError, match="same id"):
        Sealer([ONE, SealingKey(ONE.kid, TWO.material)])

"""An id of several parts gives them back, and no two records share one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import NotFound
from proxy.provider.template import segment
from unified.mapping.ids import ID_MAX, join_id, split_id

PART = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.integers(0, 2**70)
PARTS = st.tuples(PART, PART)
NAMES = ("ticket", "message")


@settings(deadline=None)
@given(PARTS)
def test_the_parts_come_back_as_texts(parts):
    joined = join_id(parts)
    if len(joined) <= ID_MAX:
        assert split_id(joined, NAMES) == dict(zip(NAMES, map(str, parts), strict=True))


@settings(deadline=None)
@given(PARTS, PARTS)
def test_other_parts_make_another_id(one, other):
    assert (join_id(one) == join_id(other)) == (list(map(str, one)) == list(map(str, other)))


@settings(deadline=None)
@given(PARTS)
def test_an_id_of_parts_is_one_path_segment(parts):
    joined = join_id(parts)
    assert joined.isascii()
    assert not set(joined) & set("/?#\\ ;")


@pytest.mark.parametrize("parts", [(1, None), (None, 1), (True, 1), (1, False), (None, None)])
def test_without_a_part_there_is_no_id(parts):
    assert join_id(parts) is None


def test_numbers_are_readable_in_the_id():
    assert join_id((4294967297, 9448655702)) == "4294967297.9448655702"


NO_IDS = ["", ".", "1", "1.", ".1", "1.2.3", "1..2", "x" * (ID_MAX + 1), "1." + "2" * ID_MAX]


@pytest.mark.parametrize("text", NO_IDS, ids=lambda text: repr(text[:12]))
def test_what_is_no_id_has_no_parts(text):
    assert split_id(text, NAMES) is None


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_an_id_or_not_without_an_error(text):
    parts = split_id(text, NAMES)
    assert parts is None or set(parts) == set(NAMES)


@pytest.mark.parametrize("part", ["%2E%2E%2F%2E%2E%2Fadmin", "%2e%2e", "a%2Fb", "a%00b", "a%3Fb"])
def test_a_part_that_hides_a_path_is_the_id_of_no_record(part):
    with pytest.raises(NotFound):
        segment(split_id(f"1.{part}", NAMES)["message"])

"""A provider's value becomes the schema's type, or the attribute is an error; nothing is guessed."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from unified.mapping.convert import (
    converter,
    list_of,
    null_passes,
    one_of,
    to_any,
    to_boolean,
    to_id,
    to_integer,
    to_text,
)
from unified.mapping.times import time_converter
from unified.schemas.comments import Author
from unified.schemas.tickets import ContactRef
from unified.schemas.types import FieldValue, Named

TIME = time_converter(ZoneInfo("UTC"), zero_is_null=True)
WORD = one_of(("contact", "user"))

TAKEN = [
    (to_id, 12, "12"),
    (to_id, 0, "0"),
    (to_id, 9007199254740993, "9007199254740993"),
    (to_id, "open", "open"),
    (to_id, "", None),
    (to_id, False, None),
    (to_id, None, None),
    (to_text, "a", "a"),
    (to_text, "", ""),
    (to_text, 12, "12"),
    (to_text, 1.5, "1.5"),
    (to_text, False, None),
    (to_text, None, None),
    (to_boolean, True, True),
    (to_boolean, False, False),
    (to_boolean, 1, True),
    (to_boolean, 0, False),
    (to_boolean, None, None),
    (to_integer, 12, 12),
    (to_integer, "0012", 12),
    (to_integer, False, None),
    (to_integer, None, None),
    (to_any, {"a": [1]}, {"a": [1]}),
    (WORD, "user", "user"),
    (WORD, None, None),
    (WORD, False, None),
    (list_of(to_id), [1, None, "b"], ["1", "b"]),
    (list_of(to_id), None, []),
    (list_of(to_id), False, []),
    (list_of(to_id), [], []),
]


@pytest.mark.parametrize(("convert", "value", "expected"), TAKEN)
def test_a_value_that_is_taken(convert, value, expected):
    found = convert(value)
    assert found == expected
    assert type(found) is type(expected)


REFUSED = [
    (to_id, True, "bool is not an id"),
    (to_id, 1.0, "float is not an id"),
    (to_id, {}, "dict is not an id"),
    (to_text, True, "bool is not a text"),
    (to_text, ["a"], "list is not a text"),
    (to_boolean, "true", "'true' is not true or false"),
    (to_boolean, 2, "2 is not true or false"),
    (to_integer, "12px", "str is not a whole number"),
    (to_integer, "-1", "str is not a whole number"),
    (to_integer, 1.5, "float is not a whole number"),
    (to_integer, True, "bool is not a whole number"),
    (WORD, "agent", "'agent' is none of contact, user"),
    (WORD, ["user"], r"\['user'\] is none of contact, user"),
    (list_of(to_id), {"a": 1}, "dict is not a list"),
    (list_of(to_id), "ab", "str is not a list"),
    (list_of(to_id), [[1]], "list is not an id"),
]


@pytest.mark.parametrize(("convert", "value", "why"), REFUSED)
def test_a_value_that_is_refused_says_what_it_is(convert, value, why):
    with pytest.raises(ValueError, match=f"^{why}$"):
        convert(value)


@settings(deadline=None)
@given(st.integers())
def test_an_id_that_is_a_number_keeps_every_digit(number):
    assert int(to_id(number)) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("convert", "kinds"),
    [(to_id, str), (to_text, str), (to_boolean, bool), (to_integer, int), (WORD, str), (list_of(to_id), list)],
    ids=["id", "text", "boolean", "integer", "word", "list"],
)
@settings(deadline=None)
@given(value=JSON)
def test_whatever_the_value_the_type_is_right_or_it_is_refused_as_a_value(convert, kinds, value):
    try:
        found = convert(value)
    except ValueError:
        return
    assert found is None or type(found) is kinds


def of(record, **value):
    return converter(inspect.type_info(record), TIME)(value)


def test_an_object_has_every_attribute_of_its_schema():
    assert of(ContactRef, id=4, name="Ada") == {"id": "4", "name": "Ada", "emails": [], "phones": []}


def test_objects_inside_are_converted_too():
    found = of(ContactRef, id=4, emails=[{"email": "a@example.com"}], phones=[{"number": 31612345678}])
    assert found["emails"] == [{"email": "a@example.com"}]
    assert found["phones"] == [{"number": "31612345678"}]


@pytest.mark.parametrize("value", [None, False, [], {"name": "Ada"}, {"id": None}, {"id": ""}, {"id": False}])
def test_nothing_and_an_object_without_its_id_are_null(value):
    assert converter(inspect.type_info(Named), TIME)(value) is None


def test_an_element_without_its_id_is_left_out_of_its_list():
    change = list_of(converter(inspect.type_info(Named), TIME))
    assert change([{"name": "Ada"}, [], False, {"id": 2}]) == [{"id": "2", "name": None}]


def test_an_object_whose_id_may_be_null_stays_without_one():
    assert of(FieldValue, name="plan", value=0) == {"id": None, "name": "plan", "value": 0}
    assert of(Author, type="system") == {"id": None, "name": None, "type": "system"}


@pytest.mark.parametrize("value", [["a"], "a", 1, True])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(ValueError, match=r"is not an object$"):
        converter(inspect.type_info(Named), TIME)(value)


def test_an_object_with_an_attribute_that_the_schema_lacks_is_refused():
    with pytest.raises(ValueError, match=r"^colour, size: no such attribute in the schema$"):
        of(Named, id=1, size=2, colour=3)


def test_conversions_that_leave_null_alone_are_marked_and_lists_are_not():
    assert all(one.null_passes for one in (to_id, to_text, to_boolean, to_integer, to_any, WORD, TIME))
    assert not hasattr(list_of(to_id), "null_passes")
    assert null_passes(lambda value: value).null_passes

"""A query string is read strictly: our names, Truto's spellings of them, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.bounds import Bounds
from proxy.errors import InvalidRequest, UnknownParameter, UnsupportedFilter
from unified.query import canonical, pairs, read_list, refuse_parameters, required_filters
from unified.schemas.resources import find_resource

BOUNDS = Bounds()
TICKETS = find_resource("ticketing", "tickets")
COMMENTS = find_resource("ticketing", "comments")


def read(text, resource=TICKETS):
    return read_list(resource, pairs(text.encode()), BOUNDS)


ALIASES = [
    ("contact[id]", "contact_id"),
    ("ticket[id]", "ticket_id"),
    ("contact[id][]", "contact_id"),
    ("contact[id][0]", "contact_id"),
    ("created_at[gt]", "created_after"),
    ("created_at[lt]", "created_before"),
    ("updated_at[gt]", "updated_after"),
    ("updated_at[lt]", "updated_before"),
    ("status[]", "status"),
    ("status[0]", "status"),
    ("status[17]", "status"),
    ("status[in]", "status"),
    ("status[in][]", "status"),
    ("status[eq]", "status"),
    ("status", "status"),
    ("status[nin]", "status[nin]"),
    ("created_at[near]", "created_at[near]"),
    ("closed_at[gt]", "closed_at[gt]"),
]


@pytest.mark.parametrize(("said", "ours"), ALIASES)
def test_a_name_is_taken_for(said, ours):
    assert canonical(said) == ours


def test_aliases_are_taken_percent_encoded_too():
    assert read("contact%5Bid%5D=31&created_at%5Bgt%5D=2026-06-02").filters == {
        "contact_id": ("31",),
        "created_after": ("2026-06-02",),
    }


def test_a_set_is_a_repeated_key_a_comma_list_or_both_and_each_value_once():
    assert read("status=open,closed&status=spam&status[]=open").filters == {"status": ("open", "closed", "spam")}


def test_spaces_and_empty_values_of_a_set_are_left_out():
    assert read("tag_id=,+1+,,2,&team_id=&contact_id=,").filters == {"tag_id": ("1", "2")}


def test_a_comma_is_part_of_a_value_where_no_set_is_taken():
    assert read("search=lamp,+desk").filters == {"search": ("lamp, desk",)}


def test_a_plus_is_a_space_and_an_encoded_plus_is_a_plus():
    assert read("search=a+b%2Bc").filters == {"search": ("a b+c",)}


def test_nothing_said_is_nothing_asked():
    found = read("")
    assert (found.filters, found.sort, found.limit, found.consistency, found.cursor) == ({}, None, None, None, None)


def test_the_account_is_no_filter():
    assert read("integrated_account_id=a1&status=open").filters == {"status": ("open",)}


def test_control_parameters_are_read():
    found = read("limit=200&sort=-created_at&consistency=strict&next_cursor=abc")
    assert (found.limit, found.sort, found.consistency, found.cursor) == (200, "-created_at", "strict", "abc")


@pytest.mark.parametrize("text", ["next_cursor=", "sort=", "consistency="])
def test_an_empty_control_parameter_is_as_if_absent(text):
    assert read(text) == read("")


def test_a_control_parameter_may_be_repeated_with_the_same_value():
    assert read("limit=5&limit=5").limit == 5


REFUSED = [
    ("limit=0", InvalidRequest, "limit"),
    ("limit=201", InvalidRequest, "limit"),
    ("limit=-1", InvalidRequest, "limit"),
    ("limit=", InvalidRequest, "limit"),
    ("limit=1.0", InvalidRequest, "limit"),
    ("limit=1e2", InvalidRequest, "limit"),
    ("limit=+5", InvalidRequest, "limit"),
    ("limit=%D9%A3", InvalidRequest, "limit"),
    ("limit=" + "9" * 5000, InvalidRequest, "limit"),
    ("limit=1&limit=2", InvalidRequest, "limit"),
    ("sort=colour", UnsupportedFilter, "sort"),
    ("sort=--created_at", UnsupportedFilter, "sort"),
    ("sort=created_at&sort=-created_at", InvalidRequest, "sort"),
    ("consistency=eventual", InvalidRequest, "consistency"),
    ("search=a&search=b", InvalidRequest, "search"),
    ("created_after=2026-01-01&created_at[gt]=2026-01-02", InvalidRequest, "created_after"),
    ("email=a@example.com", UnsupportedFilter, "email"),
    ("Status=open", UnsupportedFilter, "Status"),
    ("=x", UnsupportedFilter, ""),
    ("status[nin]=open", UnsupportedFilter, "status[nin]"),
]


@pytest.mark.parametrize(("text", "problem", "path"), REFUSED, ids=[one[0][:40] for one in REFUSED])
def test_what_is_refused_is_named(text, problem, path):
    with pytest.raises(problem) as refused:
        read(text)
    assert refused.value.status == 400
    assert [one.path for one in refused.value.errors] == [path]


def test_the_refusal_of_a_filter_names_those_that_work():
    with pytest.raises(UnsupportedFilter) as refused:
        read("email=a@example.com")
    assert "contact_id" in refused.value.members["supported"]


@pytest.mark.parametrize("text", [b"a=%FF", b"a=\xc3\xa9", b"%C3=1", b"a=%00", b"a%0A=1", b"a=%1F"])
def test_bad_utf8_and_controls_are_refused(text):
    with pytest.raises(InvalidRequest):
        pairs(text)


def test_pairs_keep_order_repetition_and_emptiness():
    assert pairs(b"a=1&&b&a=2=3&c=%C3%A9") == [("a", "1"), ("b", ""), ("a", "2=3"), ("c", "é")]


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_list_request_or_refused(raw):
    try:
        found = read_list(TICKETS, pairs(raw), BOUNDS)
    except (InvalidRequest, UnsupportedFilter):
        return
    assert set(found.filters) <= {one.name for one in TICKETS.filters}


@settings(deadline=None)
@given(st.text("ab[]0in=qid", max_size=60))
def test_reading_a_name_twice_changes_nothing(name):
    assert canonical(canonical(name)) == canonical(name) or "[" in canonical(name)


def test_a_route_without_parameters_takes_the_account_alone():
    refuse_parameters([("integrated_account_id", "a1")])
    with pytest.raises(UnknownParameter) as refused:
        refuse_parameters([("integrated_account_id", "a1"), ("select", "id"), ("limit", "1")])
    assert [one.path for one in refused.value.errors] == ["select", "limit"]


def test_comments_are_listed_with_their_ticket():
    with pytest.raises(InvalidRequest) as refused:
        required_filters(COMMENTS, read("", COMMENTS).filters)
    assert [(one.path, one.detail) for one in refused.value.errors] == [("ticket_id", "required")]
    required_filters(COMMENTS, read("ticket[id]=7", COMMENTS).filters)
    required_filters(TICKETS, {})

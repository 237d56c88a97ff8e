"""A query string is read strictly: our names, Truto's spellings of them, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.bounds import Bounds
from proxy.errors import InvalidRequest, UnknownParameter, UnsupportedFilter
from unified.query import canonical, pairs, read_get, read_list, refuse_parameters, required_filters
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
    ("assignees[id]", "assignee_id"),
    ("assignees[id][in]", "assignee_id"),
    ("tags[id][]", "tag_id"),
    ("team_ids[]", "team_id"),
    ("status[nin]", "status[nin]"),
    ("created_at[near]", "created_at[near]"),
    ("closed_at[gt]", "closed_at[gt]"),
]


@pytest.mark.parametrize(("said", "ours"), ALIASES)
def test_a_name_is_taken_for(said, ours):
    assert canonical(said, "x") == (ours, "x")


SPELLINGS = [
    # Truto's name and value, ours
    ("created_at[gte]", "2026-06-02", "created_after", "=2026-06-02"),
    ("created_at[lte]", "2026-06-02", "created_before", "=2026-06-02"),
    ("updated_at[gte]", "2026-06-02", "updated_after", "=2026-06-02"),
    ("updated_at[lte]", "2026-06-02", "updated_before", "=2026-06-02"),
    ("sort_by[created_at]", "desc", "sort", "-created_at"),
    ("sort_by[created_at]", "asc", "sort", "created_at"),
    ("sort_by[created_at]", "", "sort", "created_at"),
    ("sort_by[]", "desc", "sort_by", "desc"),
    ("sort_by", "created_at", "sort_by", "created_at"),
    ("emails", "a@example.com", "email", "a@example.com"),
    ("emails[]", "a@example.com", "email", "a@example.com"),
    ("phones", "0612", "phone", "0612"),
    ("truto_exclude_fields", "name", "omit", "name"),
    ("truto_exclude_fields[]", "name", "omit", "name"),
    ("truto_response_format", "raw", "include", "remote_data"),
    ("truto_response_format", "unified", "truto_ignore_remote_data", "unified"),
    ("truto_ignore_remote_data", "true", "truto_ignore_remote_data", "true"),
    ("truto_skip_cache", "true", "truto_skip_cache", "true"),
]


@pytest.mark.parametrize(
    ("name", "value", "ours", "as_value"), SPELLINGS, ids=[f"{one[0]}={one[1]}" for one in SPELLINGS]
)
def test_a_spelling_of_truto_is_taken_for(name, value, ours, as_value):
    assert canonical(name, value) == (ours, as_value)


VIEWS = [
    # query, attributes (None: all), the provider's object
    ("", None, False),
    ("select=name", {"name"}, False),
    ("select=name,status&select=id", {"name", "status", "id"}, False),
    ("select=+name+,,", {"name"}, False),
    ("select[]=name&select[0]=status", {"name", "status"}, False),
    ("select=", None, False),
    ("omit=", None, False),
    ("select=name,status&omit=status", {"name"}, False),
    ("select=name&omit=name", set(), False),
    ("truto_exclude_fields=" + ",".join(TICKETS.attributes[2:]), set(TICKETS.attributes[:2]), False),
    ("select=" + ",".join(TICKETS.attributes), None, False),
    ("include=remote_data", None, True),
    ("include=remote_data&include=remote_data&select=id", {"id"}, True),
    ("truto_response_format=raw", None, True),
    ("truto_response_format=unified", None, False),
    ("truto_ignore_remote_data=true", None, False),
]


@pytest.mark.parametrize(("text", "attributes", "remote_data"), VIEWS, ids=[one[0][:50] or "nothing" for one in VIEWS])
def test_a_view_is_read(text, attributes, remote_data):
    view = read(text).view
    assert (view.attributes, view.remote_data) == (None if attributes is None else frozenset(attributes), remote_data)
    assert read_get(TICKETS, pairs(text.encode())) == view


BAD_VIEWS = [
    ("select=nme", [("select", "'nme' is no attribute")]),
    ("select=name,Status", [("select", "'Status' is no attribute")]),
    ("select=_errors", [("select", "'_errors' is no attribute")]),
    ("omit=remote_data", [("omit", "'remote_data' is no attribute")]),
    ("select=a&omit=b", [("select", "'a' is no attribute"), ("omit", "'b' is no attribute")]),
    ("include=raw", [("include", "'raw' is unknown")]),
    ("select=contact.name", [("select", "'contact.name' is no attribute")]),
]


@pytest.mark.parametrize(("text", "errors"), BAD_VIEWS, ids=[one[0] for one in BAD_VIEWS])
def test_an_attribute_that_is_not_there_is_refused_in_lists_and_in_one_record(text, errors):
    for read_either in (read, lambda one: read_get(TICKETS, pairs(one.encode()))):
        with pytest.raises(InvalidRequest) as refused:
            read_either(text)
        assert [(one.path, one.detail) for one in refused.value.errors] == errors
        assert "last_message_at" in refused.value.detail


@pytest.mark.parametrize("text", ["limit=1", "status=open", "remote_query[x]=1", "sort=name", "next_cursor=a", "x="])
def test_one_record_takes_a_view_alone(text):
    with pytest.raises(UnknownParameter) as refused:
        read_get(TICKETS, pairs(f"select=id&{text}".encode()))
    assert [one.path for one in refused.value.errors] == [text.partition("=")[0]]


REMOTE = [
    ("remote_query[a]=1", {"a": "1"}),
    ("remote_query%5Ba%5D=1", {"a": "1"}),
    ("remote_query[a[]]=1", {"a[]": "1"}),
    ("remote_query[a]=1&remote_query[b]=", {"a": "1", "b": ""}),
    ("remote_query[a]=1&remote_query[a]=1", {"a": "1"}),
    ("remote_query[id]=7", {"id": "7"}),
    ("remote_query[a+b]=c,d", {"a b": "c,d"}),
]


@pytest.mark.parametrize(("text", "remote"), REMOTE, ids=[one[0] for one in REMOTE])
def test_a_remote_parameter_is_the_providers_as_it_is(text, remote):
    found = read(text + "&status=open")
    assert (found.remote_query, found.filters) == (remote, {"status": ("open",)})


@pytest.mark.parametrize("name", ["remote_query", "remote_query[]", "remote_query[a", "remote_query[a][b]"])
def test_a_remote_parameter_without_one_name_is_no_parameter(name):
    with pytest.raises(UnsupportedFilter):
        read(f"{name}=1")


def test_a_remote_parameter_takes_one_value():
    with pytest.raises(InvalidRequest) as refused:
        read("remote_query[a[]]=1&remote_query[a[]]=2")
    assert [one.path for one in refused.value.errors] == ["remote_query[a[]]"]


def test_the_control_names_of_truto_are_read_like_ours():
    assert read("sort_by[created_at]=desc").sort == "-created_at"
    assert read("created_at[gte]=2026-06-02").filters == {"created_after": ("=2026-06-02",)}
    assert read("sort_by[created_at]=desc&sort=-created_at").sort == "-created_at"


def test_aliases_are_taken_percent_encoded_too():
    assert read("contact%5Bid%5D=31&created_at%5Bgt%5D=2026-06-02").filters == {
        "contact_id": ("31",),
        "created_after": ("2026-06-02",),
    }


def test_a_set_is_a_repeated_key_a_comma_list_or_both_and_each_value_once():
    assert read("status=open,closed&status=spam&status[]=open").filters == {"status": ("open", "closed", "spam")}


def test_spaces_and_empty_values_of_a_set_are_left_out():
    assert read("tag_id=,+1+,,2,").filters == {"tag_id": ("1", "2")}


@pytest.mark.parametrize("query", ["team_id=", "contact_id=,", "search=", "created_after=+"])
def test_a_filter_without_a_value_is_refused_for_it_would_list_everything(query):
    with pytest.raises(InvalidRequest, match="has no value"):
        read(query)


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
    ("created_at[gte]=2026-01-01&created_at[gt]=2026-01-01", InvalidRequest, "created_after"),
    ("sort_by[colour]=desc", UnsupportedFilter, "sort"),
    ("sort_by[created_at]=desc&sort_by[updated_at]=desc", InvalidRequest, "sort"),
    ("sort_by=created_at", UnsupportedFilter, "sort_by"),
    ("truto_skip_cache=1", UnsupportedFilter, "truto_skip_cache"),
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
    once = canonical(name, "x")
    assert canonical(*once) == once or "[" in once[0]


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

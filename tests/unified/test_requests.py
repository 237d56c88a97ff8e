"""A list query becomes the provider's parameters: what narrows is sent, what does not is a scan."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import InvalidRequest, UnsupportedCombination, UnsupportedFilter
from proxy.language.expression import Context
from proxy.paging.position import Position
from unified.folders import data_folder
from unified.mapping.load import load_mappings
from unified.mapping.requests import choose, page_params, plan_listing

MAPPINGS = load_mappings(data_folder("mappings"))


def mapping_of(provider, resource):
    return MAPPINGS.resources[provider, "ticketing", resource]


def plan(provider, resource, sort=None, **filters):
    mapping = mapping_of(provider, resource)
    return plan_listing(mapping, choose(mapping, filters, sort), filters, sort, Context())


def test_without_filters_the_fixed_parameters_are_sent_and_one_walk_is_made():
    listing = plan("chatwoot", "tickets")
    assert listing.params == [("status", "all"), ("sort_by", "last_activity_at_desc")]
    assert listing.one_by_one == ([],)
    assert not listing.scan


def test_one_value_of_a_scalar_parameter_narrows():
    listing = plan("trengo", "tickets", contact_id=("31",))
    assert (listing.params, listing.scan) == ([("contact_id", "31")], False)


def test_several_values_of_a_scalar_parameter_are_a_scan():
    listing = plan("trengo", "tickets", contact_id=("31", "32"))
    assert (listing.params, listing.scan) == ([], True)


def test_several_values_of_a_set_parameter_are_sent_all():
    listing = plan("trengo", "tickets", tag_id=("1", "2"))
    assert (listing.params, listing.scan) == ([("labels[]", "1"), ("labels[]", "2")], False)


def test_a_filter_that_narrows_nowhere_is_a_scan():
    listing = plan("trengo", "tickets", team_id=("5",), contact_id=("31",))
    assert (listing.params, listing.scan) == ([("contact_id", "31")], True)


def test_a_parameter_of_one_value_is_walked_once_for_each():
    listing = plan("trengo", "tickets", status=("spam", "open"))
    assert listing.one_by_one == ([("status", "INVALID")], [("status", "OPEN")])
    assert not listing.scan


def test_a_status_is_taken_by_id_and_by_name_and_walked_once():
    listing = plan("trengo", "tickets", status=("CLOSED", "closed"))
    assert listing.one_by_one == ([("status", "CLOSED")],)


def test_a_category_is_every_status_in_it():
    assert plan("trengo", "tickets", status_category=("open",)).one_by_one == (
        [("status", "OPEN")],
        [("status", "ASSIGNED")],
    )
    assert plan("chatwoot", "tickets", status_category=("waiting", "closed")).one_by_one == (
        [("status", "pending")],
        [("status", "snoozed")],
        [("status", "resolved")],
    )


def test_a_status_and_a_category_leave_what_both_allow():
    assert plan("trengo", "tickets", status=("active", "closed"), status_category=("open",)).one_by_one == (
        [("status", "ASSIGNED")],
    )


def test_a_status_outside_the_category_leaves_no_walk_at_all():
    assert plan("trengo", "tickets", status=("closed",), status_category=("open",)).one_by_one == ()


def test_the_walked_value_replaces_the_fixed_one():
    listing = plan("chatwoot", "tickets", status=("open",))
    assert ("status", "all") not in listing.params
    assert page_params(listing, Position(page=3)) == [
        ("sort_by", "last_activity_at_desc"),
        ("status", "open"),
        ("page", "3"),
    ]


def test_a_sort_replaces_the_fixed_one():
    assert plan("chatwoot", "tickets", "-created_at").params == [("status", "all"), ("sort_by", "created_at_desc")]


@pytest.mark.parametrize(("provider", "status"), [("trengo", "pending"), ("chatwoot", "spam"), ("trengo", "no")])
def test_a_status_that_the_provider_lacks_is_refused_with_those_it_has(provider, status):
    with pytest.raises(InvalidRequest) as refused:
        plan(provider, "tickets", status=(status,))
    assert [one.path for one in refused.value.errors] == ["status"]
    assert "closed" in refused.value.detail or "resolved" in refused.value.detail


def test_a_time_is_widened_outwards_and_written_in_the_providers_zone():
    assert plan("trengo", "tickets", updated_after=("2026-07-01T10:00:00Z",)).params == [
        ("updated_at_gt", "2026-07-01 09:00:00")
    ]
    assert plan("trengo", "tickets", created_after=("2026-01-01T10:00:00+02:00",)).params == [
        ("updated_at_gt", "2026-01-01 06:00:00")
    ]


@pytest.mark.parametrize("bound", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_at_the_end_of_the_calendar_is_sent_within_it(bound):
    ((name, value),) = plan("trengo", "tickets", updated_after=(bound,)).params
    assert name == "updated_at_gt"
    assert value[:4] in {"1970", "9998", "9999"}


def test_a_text_that_is_no_time_is_refused():
    with pytest.raises(InvalidRequest):
        plan("trengo", "tickets", updated_after=("yesterday",))


def test_a_phone_is_sent_as_its_digits():
    assert plan("trengo", "contacts", phone=("+31 6 1234-5678",)).params == [("term", "31612345678")]


def test_two_filters_on_one_parameter_send_it_once():
    listing = plan(
        "trengo", "tickets", created_after=("2026-07-01T10:00:00Z",), updated_after=("2026-07-02T10:00:00Z",)
    )
    assert [name for name, _ in listing.params] == ["updated_at_gt"]


@pytest.mark.parametrize("order", [("email", "search"), ("search", "email")])
@pytest.mark.parametrize(("provider", "param"), [("trengo", "term"), ("chatwoot", "q")])
def test_the_providers_own_search_is_sent_rather_than_a_filter_that_is_tested_anyway(provider, param, order):
    said = {"email": ("ada@example.com",), "search": ("lamp",)}
    listing = plan(provider, "contacts", **{name: said[name] for name in order})
    assert listing.params == [(param, "lamp")]


def test_query_gives_one_text_or_a_set():
    listing = plan("trengo", "comments", ticket_id=("7",))
    assert listing.query == {"ticket_id": "7"}
    assert plan("trengo", "tickets", tag_id=("1",)).query == {"tag_id": ["1"]}
    assert (listing.params, listing.scan) == ([], False)


def test_the_first_list_that_knows_filters_and_sort_is_chosen():
    lists = mapping_of("chatwoot", "comments").lists
    filters = {"ticket_id": ("7",)}
    assert choose(mapping_of("chatwoot", "comments"), filters, None) is lists[0]
    assert choose(mapping_of("chatwoot", "comments"), filters, "created_at") is lists[1]


def test_a_filter_that_the_provider_lacks_is_refused_with_the_reason_and_those_it_has():
    mapping = mapping_of("chatwoot", "contacts")
    with pytest.raises(UnsupportedFilter) as refused:
        choose(mapping, {"updated_after": ("2026-01-01",)}, None)
    assert [(one.path, one.detail) for one in refused.value.errors] == [
        ("updated_after", mapping.unsupported["updated_at"])
    ]
    assert refused.value.members["supported"] == [
        "created_after",
        "created_before",
        "email",
        "name",
        "phone",
        "search",
    ]


def test_a_sort_that_the_provider_lacks_is_refused_with_those_it_has():
    with pytest.raises(UnsupportedFilter) as refused:
        choose(mapping_of("trengo", "tickets"), {}, "created_at")
    assert refused.value.members["supported"] == ["-last_message_at", "last_message_at"]


@pytest.mark.parametrize(
    ("filters", "sort", "named"),
    [
        ({"search": ("a",), "team_id": ("1",)}, None, ["search", "team_id"]),
        ({"search": ("a",)}, "created_at", ["search", "sort"]),
    ],
)
def test_what_no_list_can_do_together_is_refused_by_name(filters, sort, named):
    with pytest.raises(UnsupportedCombination) as refused:
        choose(mapping_of("chatwoot", "tickets"), filters, sort)
    assert [one.path for one in refused.value.errors] == named


POSITIONS = [
    ("the first page before an id has no parameter", None, Position(), []),
    ("a page before an id", None, Position(mark="900"), [("before", "900")]),
    ("the first page after an id begins at the oldest", "created_at", Position(), [("after", "0")]),
    ("a page after an id", "created_at", Position(mark="900"), [("after", "900")]),
]


@pytest.mark.parametrize(("says", "sort", "position", "expected"), POSITIONS, ids=[one[0] for one in POSITIONS])
def test_a_position_becomes_parameters(says, sort, position, expected):
    assert page_params(plan("chatwoot", "comments", sort, ticket_id=("7",)), position) == expected


def test_a_list_read_whole_names_its_page_from_the_second_on():
    listing = plan("trengo", "tags")
    assert page_params(listing, Position()) == []
    assert page_params(listing, Position(page=2)) == [("page", "2")]


FILTERS = {
    "status": st.sets(st.sampled_from(["OPEN", "active", "closed", "spam"]), min_size=1),
    "status_category": st.sets(st.sampled_from(["open", "closed", "spam"]), min_size=1),
    "contact_id": st.sets(st.text("123", min_size=1, max_size=3), min_size=1, max_size=3),
    "tag_id": st.sets(st.text("123", min_size=1, max_size=3), min_size=1, max_size=3),
    "team_id": st.sets(st.text("123", min_size=1, max_size=3), min_size=1, max_size=3),
    "updated_after": st.datetimes().map(lambda one: {one.isoformat()}),
    "created_after": st.datetimes().map(lambda one: {one.isoformat()}),
    "search": st.text("abc", min_size=1).map(lambda one: {one}),
}


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=FILTERS))
def test_no_scalar_parameter_is_ever_sent_twice(said):
    listing = plan("trengo", "tickets", **{name: tuple(values) for name, values in said.items()})
    for value in range(len(listing.one_by_one)):
        names = [name for name, _ in page_params(listing, Position(value=value)) if not name.endswith("[]")]
        assert len(names) == len(set(names))

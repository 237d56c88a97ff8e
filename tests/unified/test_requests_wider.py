"""Queries beyond narrowing: lists read whole, parameters that are always needed, the caller's own, included bounds."""

import pytest

from proxy.errors import InvalidRequest, RemoteQueryConflict, UnsupportedFilter
from proxy.language.expression import Context
from proxy.paging.position import Position
from unified.folders import data_folder
from unified.mapping.filters import predicate
from unified.mapping.load import load_mappings
from unified.mapping.requests import choose, page_params, plan_listing
from unified.schemas.resources import find_resource

MAPPINGS = load_mappings(data_folder("mappings"))


def mapping_of(provider, resource):
    return MAPPINGS.resources[provider, "ticketing", resource]


def plan(provider, resource, sort=None, **filters):
    mapping = mapping_of(provider, resource)
    return plan_listing(mapping, choose(mapping, filters, sort), filters, sort, Context())


WHOLE = [
    # provider, resource, filters and sort that its file does not name
    ("trengo", "tags", {"name": ("Warranty",)}, "-name"),
    ("trengo", "fields", {"entity_type": ("profile",), "name": ("Size",)}, "name"),
    ("chatwoot", "users", {"email": ("a@example.com",), "team_id": ("8",)}, "name"),
    ("chatwoot", "teams", {"name": ("billing",)}, "name"),
]


@pytest.mark.parametrize(("provider", "resource", "filters", "sort"), WHOLE)
def test_a_list_read_whole_takes_every_filter_and_sort_without_a_parameter_and_is_no_scan(
    provider, resource, filters, sort
):
    listing = plan(provider, resource, sort, **filters)
    assert (listing.params, listing.scan, listing.local_sort, listing.at_once) == ([], False, sort, ([],))


def test_a_list_read_whole_takes_no_filter_on_what_the_provider_cannot_say():
    with pytest.raises(UnsupportedFilter) as refused:
        plan("trengo", "users", team_id=("8",))
    mapping = mapping_of("trengo", "users")
    assert refused.value.errors[0].detail == mapping.unsupported["team_ids"]
    assert refused.value.members["supported"] == ["email", "name"]


def test_a_sort_of_the_provider_is_not_made_here_again():
    assert plan("chatwoot", "tickets", "-created_at").local_sort is None


ALWAYS = [
    ({}, ([("attribute_model", "0")], [("attribute_model", "1")])),
    ({"entity_type": ("contact",)}, ([("attribute_model", "1")],)),
    ({"entity_type": ("contact", "ticket")}, ([("attribute_model", "1")], [("attribute_model", "0")])),
    ({"name": ("plan",)}, ([("attribute_model", "0")], [("attribute_model", "1")])),
]


@pytest.mark.parametrize(("filters", "walked"), ALWAYS)
def test_a_parameter_that_is_always_needed_is_walked_for_every_word_or_those_asked_for(filters, walked):
    listing = plan("chatwoot", "fields", **filters)
    assert (listing.at_once, listing.one_by_one, listing.params) == (walked, ([],), [])
    assert [page_params(listing, Position(value=value)) for value in range(len(walked))] == list(walked)


def test_an_entity_that_the_provider_has_no_fields_of_costs_no_call_and_one_that_is_none_is_refused():
    assert plan("chatwoot", "fields", entity_type=("profile",)).at_once == ()
    with pytest.raises(InvalidRequest) as refused:
        plan("chatwoot", "fields", entity_type=("planet",))
    assert "contact, ticket" in refused.value.detail


def test_the_body_of_a_search_has_the_providers_words():
    listing = plan("chatwoot", "tickets", status=("open",), assignee_id=("19", "20"))
    assert listing.plan.method == "POST"
    assert listing.query == {"status": ["open"], "assignee_id": ["19", "20"]}
    waiting = plan("chatwoot", "tickets", status_category=("waiting",), assignee_id=("19",))
    assert waiting.query["status_category"] == ["pending", "snoozed"]
    assert not waiting.scan
    rows = waiting.plan.body(Context(query=waiting.query))["payload"]
    assert [(row["attribute_key"], row["values"], row["query_operator"]) for row in rows] == [
        ("assignee_id", ["19"], "AND"),
        ("status", ["pending", "snoozed"], None),
    ]


def with_remote(provider, resource, **remote):
    mapping = mapping_of(provider, resource)
    return plan_listing(mapping, choose(mapping, {}, None), {}, None, Context(), remote)


@pytest.mark.parametrize(
    ("provider", "resource", "names"),
    [
        (
            "trengo",
            "tickets",
            ["page", "status", "contact_id", "term", "sort", "users", "users[]", "labels[]", "page[]"],
        ),
        ("trengo", "tickets", ["updated_at_gt", "channels[0]", "users[][]"]),
        ("chatwoot", "tickets", ["status", "sort_by", "page", "team_id", "status[]", "inbox_id"]),
        ("chatwoot", "fields", ["attribute_model", "attribute_model[]", "page"]),
        ("trengo", "tags", ["page"]),
    ],
)
def test_a_remote_parameter_that_the_mapping_uses_is_refused_however_it_is_written(provider, resource, names):
    for name in names:
        with pytest.raises(RemoteQueryConflict) as refused:
            with_remote(provider, resource, **{name: "1", "free": "2"})
        assert [one.path for one in refused.value.errors] == [f"remote_query[{name}]"]
        assert refused.value.status == 400


def test_every_remote_parameter_in_conflict_is_named():
    with pytest.raises(RemoteQueryConflict) as refused:
        with_remote("trengo", "tickets", page="1", free="2", term="x")
    assert [one.path for one in refused.value.errors] == ["remote_query[page]", "remote_query[term]"]


def test_other_remote_parameters_are_sent_after_ours_on_every_page():
    listing = with_remote("chatwoot", "tickets", labels="vip", q="é&=")
    ours = [("status", "all"), ("sort_by", "last_activity_at_desc")]
    assert page_params(listing, Position(page=2)) == [*ours, ("labels", "vip"), ("q", "é&="), ("page", "2")]


def test_an_included_bound_narrows_as_an_excluded_one():
    excluded = plan("trengo", "tickets", updated_after=("2026-07-01T10:00:00Z",))
    included = plan("trengo", "tickets", updated_after=("=2026-07-01T10:00:00Z",))
    assert included.params == excluded.params


BOUND = "2026-07-01T10:00:00Z"
BOUNDS = [
    # filter, value, moments that pass of a second before, the bound, a second after
    ("updated_after", BOUND, [False, False, True]),
    ("updated_after", f"={BOUND}", [False, True, True]),
    ("updated_before", BOUND, [True, False, False]),
    ("updated_before", f"={BOUND}", [True, True, False]),
]


@pytest.mark.parametrize(("name", "value", "passing"), BOUNDS, ids=[f"{one[0]} {one[1][:1]}" for one in BOUNDS])
def test_a_bound_is_met_by_a_record_where_it_is_included(name, value, passing):
    matches = predicate([(find_resource("ticketing", "tickets").filter(name), (value,))])
    moments = ["2026-07-01T09:59:59.999Z", "2026-07-01T10:00:00.000Z", "2026-07-01T10:00:00.001Z"]
    assert [matches({"updated_at": one}) for one in moments] == passing
    assert not matches({"updated_at": None})


@pytest.mark.parametrize("value", ["=", "==2026-07-01", "=yesterday"])
def test_an_included_bound_is_a_time_too(value):
    with pytest.raises(InvalidRequest):
        plan("trengo", "tickets", updated_after=(value,))

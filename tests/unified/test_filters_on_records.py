"""A filter is tested on the mapped record, whatever the provider did with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import InvalidRequest
from unified.mapping.filters import digits, predicate, values_at
from unified.schemas.resources import find_resource

TICKETS = find_resource("ticketing", "tickets")
CONTACTS = find_resource("ticketing", "contacts")


def passes(resource, record, **filters):
    return predicate([(resource.filter(name), values) for name, values in filters.items()])(record)


TICKET = {
    "status": {"id": "ASSIGNED", "name": "active", "category": "open"},
    "assignees": [{"id": "7"}, {"id": "8"}],
    "contact": {"id": "31"},
    "team": None,
    "tags": [],
    "created_at": "2026-06-02T08:14:05.000Z",
    "updated_at": None,
}
CONTACT = {
    "name": "Ada Lovelace",
    "emails": [{"email": "Ada@Example.com"}, {"email": None}],
    "phones": [{"number": "+31 6 1234-5678"}],
}

ON_TICKETS = [
    ("a status by its id", {"status": ("ASSIGNED",)}, True),
    ("a status by its name", {"status": ("active",)}, True),
    ("a status is compared with case", {"status": ("assigned",)}, False),
    ("a category is no status", {"status": ("open",)}, False),
    ("a category", {"status_category": ("open",)}, True),
    ("a set is met by any of its values", {"status_category": ("closed", "open")}, True),
    ("an element of a list", {"assignee_id": ("8",)}, True),
    ("no element of a list", {"assignee_id": ("9",)}, False),
    ("an id is compared whole", {"contact_id": ("3",)}, False),
    ("null never matches", {"team_id": ("None", "null", "")}, False),
    ("an empty list never matches", {"tag_id": ("1",)}, False),
    ("all filters must be met", {"contact_id": ("31",), "assignee_id": ("9",)}, False),
    ("after, earlier", {"created_after": ("2026-06-02T08:14:04Z",)}, True),
    ("after, the bound itself", {"created_after": ("2026-06-02T08:14:05Z",)}, False),
    ("after, by value and not by text", {"created_after": ("2026-06-02T10:14:04+02:00",)}, True),
    ("before, later", {"created_before": ("2026-06-03",)}, True),
    ("before, the bound itself", {"created_before": ("2026-06-02T08:14:05.000Z",)}, False),
    ("a time that is null is neither after", {"updated_after": ("1970-01-01",)}, False),
    ("a time that is null is nor before", {"updated_before": ("2100-01-01",)}, False),
]


@pytest.mark.parametrize(("says", "filters", "expected"), ON_TICKETS, ids=[one[0] for one in ON_TICKETS])
def test_a_ticket_passes_or_not(says, filters, expected):
    assert passes(TICKETS, TICKET, **filters) is expected


ON_CONTACTS = [
    ("an e-mail without case", {"email": ("ada@example.COM",)}, True),
    ("an e-mail with spaces around", {"email": (" ada@example.com ",)}, True),
    ("a part of an e-mail", {"email": ("ada",)}, False),
    ("a name without case", {"name": ("ADA LOVELACE",)}, True),
    ("a phone by its digits", {"phone": ("0031 (6) 12345678", "31612345678")}, True),
    ("a part of a phone", {"phone": ("12345678",)}, False),
]


@pytest.mark.parametrize(("says", "filters", "expected"), ON_CONTACTS, ids=[one[0] for one in ON_CONTACTS])
def test_a_contact_passes_or_not(says, filters, expected):
    assert passes(CONTACTS, CONTACT, **filters) is expected


def test_the_providers_own_search_is_not_tested():
    assert predicate([(TICKETS.filter("search"), ("lamp",))]) is None
    assert passes(TICKETS, TICKET, search=("lamp",), contact_id=("31",))


def test_without_filters_there_is_no_test():
    assert predicate([]) is None


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "1778492466.1"])
def test_a_bound_that_is_no_time_is_refused_by_name(value):
    with pytest.raises(InvalidRequest) as refused:
        predicate([(TICKETS.filter("created_after"), (value,))])
    assert [one.path for one in refused.value.errors] == ["created_after"]


def test_a_phone_without_digits_is_refused():
    with pytest.raises(InvalidRequest):
        predicate([(CONTACTS.filter("phone"), ("31612345678", "unknown"))])


@settings(deadline=None)
@given(st.text())
def test_digits_are_the_digits(text):
    assert digits(f"+31 {text} 6").startswith("31")
    assert all(one.isdigit() for one in digits(text))


def test_values_are_reached_through_lists_of_lists():
    record = {"a": [{"b": [1, 2]}, {"b": None}, {}, "x", {"b": [{"c": 3}]}]}
    assert list(values_at(record, ["a", "b"])) == [1, 2, None, None, {"c": 3}]
    assert list(values_at(record, ["a", "b", "c"])) == [3]

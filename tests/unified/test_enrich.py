"""Records enriched from small lists: joins made, references completed, failures named."""

import asyncio

import pytest

from tests.unified.acme import Desk, build
from unified.enrich import enrich
from unified.gaps import CutRows, references_cut, unavailable
from unified.mapping.joins import column, join_rows
from unified.mapping.model import Reference
from unified.references import SmallLists

TEAMS = """
resource: teams
record: { id: id, name: name, description: { unsupported: No } }
joins: { members: { in: crew_members, on: crew.id, give: { id: id, name: person.name } } }
"""
GROUPED = """
resource: users
record:
  id: id
  name: name
  first_name: { unsupported: No }
  last_name: { unsupported: No }
  username: { unsupported: No }
  emails: { unsupported: No }
  roles: { unsupported: No }
  avatar: { unsupported: No }
  is_active: { unsupported: No }
  created_at: { unsupported: No }
  updated_at: { unsupported: No }
joins: { team_ids: { in: crew_members, on: id, give: crew.id } }
"""
(MEMBERS,) = build(TEAMS, "teams").joins
(TEAM_IDS,) = build(GROUPED, "users").joins
ROWS = [
    {"id": 1, "person": {"name": "Ada"}, "crew": {"id": 8}},
    {"id": 2, "person": {"name": "Ben"}, "crew": {"id": 9}},
    {"id": 1, "person": {"name": "Ada"}, "crew": {"id": 9}},
    {"id": 3, "crew": {"id": 9}},
    {"id": 4, "person": {"name": "Lone"}},
    {"id": None, "person": {"name": "Nobody"}, "crew": {"id": 8}},
]
BOX = Reference("box", each=False, list="boxes", columns={"id": "id", "name": "name"})


def joined(join, *ids, rows=ROWS):
    records = [{"id": one, join.attribute: None} for one in ids]
    join_rows(records, join, rows)
    return [record[join.attribute] for record in records]


def test_a_record_gets_its_rows_in_the_order_of_the_list_and_a_record_without_rows_none():
    assert joined(MEMBERS, "9", "8", "10") == [
        [{"id": "2", "name": "Ben"}, {"id": "1", "name": "Ada"}, {"id": "3", "name": None}],
        [{"id": "1", "name": "Ada"}],
        [],
    ]


def test_a_row_may_give_a_column_alone():
    assert joined(TEAM_IDS, "1", "2", "4") == [["8", "9"], ["9"], []]


@pytest.mark.parametrize("record_id", [None, "None", ""])
def test_rows_that_belong_to_nothing_are_joined_to_nothing(record_id):
    assert joined(MEMBERS, record_id) == [[]]


def test_records_do_not_share_what_they_are_given():
    one, other = joined(MEMBERS, "8", "8")
    one[0]["name"] = "changed"
    assert other == [{"id": "1", "name": "Ada"}]


@pytest.mark.parametrize("times", [1, 2])
def test_rows_that_cannot_be_the_attribute_leave_it_null_and_are_told_once(times):
    records = [{"id": "8", "members": None}, {"id": "9", "members": None}]
    rows = [{"id": [1], "crew": {"id": 8}}, {"id": 2, "crew": {"id": 9}}]
    for _ in range(times):
        join_rows(records, MEMBERS, rows)
    assert records == [
        {"id": "8", "members": None, "_errors": [{"attribute": "members", "detail": "list is not an id"}]},
        {"id": "9", "members": [{"id": "2", "name": None}]},
    ]


COLUMNS = [
    ({"a": {"b": 1}}, ("a", "b"), 1),
    ({"a": None}, ("a", "b"), None),
    ({"a": [1]}, ("a", "b"), None),
    ({}, ("a",), None),
    (None, ("a",), None),
    ({"a": 0}, ("a",), 0),
]


@pytest.mark.parametrize(("row", "path", "value"), COLUMNS)
def test_a_column_is_reached_through_objects(row, path, value):
    assert column(row, path) == value


def enriched(records, desk, references=(BOX,), joins=(MEMBERS,)):
    return asyncio.run(enrich(records, references, joins, desk, SmallLists(lambda: 0.0)))


def no_call(*_):
    raise AssertionError("no call is expected")


def team():
    return {"id": "8", "box": {"id": "5", "name": None}, "members": None}


BOXES = [{"id": 5, "name": "Mail"}]


def test_references_and_joins_are_filled_and_nothing_failed():
    record = team()
    assert enriched([record], Desk(no_call, {"boxes": BOXES, "crew_members": ROWS})) == []
    assert record == {
        "id": "8",
        "box": {"id": "5", "name": "Mail"},
        "members": [{"id": "1", "name": "Ada"}],
    }


@pytest.mark.parametrize(
    ("there", "failed", "box", "members"),
    [
        ({"boxes": BOXES}, ["crew_members"], "Mail", None),
        ({"crew_members": ROWS}, ["boxes"], None, [{"id": "1", "name": "Ada"}]),
        ({}, ["boxes", "crew_members"], None, None),
    ],
)
def test_a_list_that_fails_is_named_and_the_others_are_used(there, failed, box, members):
    record = team()
    assert enriched([record], Desk(no_call, there)) == [unavailable(name) for name in failed]
    assert (record["box"]["name"], record["members"]) == (box, members)


def test_a_list_that_was_not_read_to_its_end_is_told_where_rows_of_it_may_be_missing():
    lists = {"boxes": CutRows(BOXES), "crew_members": CutRows(ROWS)}
    assert enriched([team()], Desk(no_call, lists)) == [references_cut("crew_members")]
    record = team() | {"box": {"id": "99", "name": None}}
    assert enriched([record], Desk(no_call, lists)) == [references_cut("boxes"), references_cut("crew_members")]


def test_without_records_no_list_is_read():
    desk = Desk(no_call)
    assert enriched([], desk) == []
    assert desk.calls == []


def test_two_joins_on_one_list_read_it_once():
    desk = Desk(no_call, {"crew_members": ROWS})
    enriched([{"id": "8", "members": None, "team_ids": None}], desk, (), (MEMBERS, TEAM_IDS))
    assert desk.calls == ["crew_members"]

"""What of a record is shown."""

import pytest

from proxy.paging.position import Row
from tests.unified.acme import provider
from unified.view import WHOLE, View, shown

ERRORS = [{"attribute": "name", "detail": "list is not a text"}]
RECORD = {"id": "1", "name": None, "type": "mail", "_errors": ERRORS}
ITEM = {"id": 1, "pin": "1234", "access_token": "x", "rows": [{"pin": 1, "note": "kept"}]}
ROW = Row("1", RECORD, "1", ITEM)
CLEAN = {"id": 1, "rows": [{"note": "kept"}]}

SHOWN = [
    ("everything where nothing is chosen", WHOLE, RECORD),
    (
        "what is chosen, its id and its errors",
        View(frozenset({"type"})),
        {"id": "1", "type": "mail", "_errors": ERRORS},
    ),
    ("id and errors where nothing is left", View(frozenset()), {"id": "1", "_errors": ERRORS}),
    ("the provider's object without its secrets", View(remote_data=True), {**RECORD, "remote_data": CLEAN}),
    (
        "the provider's object beside what is chosen",
        View(frozenset({"id"}), remote_data=True),
        {"id": "1", "_errors": ERRORS, "remote_data": CLEAN},
    ),
]


@pytest.mark.parametrize(("says", "view", "expected"), SHOWN, ids=[one[0] for one in SHOWN])
def test_a_record_is_shown(says, view, expected):
    assert shown(ROW, view, provider()) == expected


def test_a_view_changes_neither_the_record_nor_the_providers_object():
    shown(ROW, View(frozenset({"id"}), remote_data=True), provider())
    assert set(RECORD) == {"id", "name", "type", "_errors"}
    assert "pin" in ITEM


def test_attributes_keep_the_order_of_the_schema():
    assert list(shown(ROW, View(frozenset({"type", "name", "id"})), provider())) == ["id", "name", "type", "_errors"]


@pytest.mark.parametrize(
    ("view", "seen"), [(WHOLE, True), (View(frozenset({"members"})), True), (View(frozenset()), False)]
)
def test_a_view_knows_what_it_shows(view, seen):
    assert view.shows("members") is seen

"""What is told of a record that is not as asked."""

import pytest

from proxy.language.expression import Context, compile_expression
from unified.mapping.plan import Plan
from unified.mapping.prepare import changes
from unified.writing.compare import not_as_asked
from unified.writing.run import Work

RECORD = {
    "name": "Order 17",
    "status": {"id": "MINE", "name": "active", "category": "open"},
    "team": {"id": "3", "name": "Billing"},
    "assignees": [{"id": "1", "name": "Ann", "email": "ann@example.com"}],
    "tags": [{"id": None, "name": "vip"}],
    "custom_fields": [{"id": "9", "name": "order", "value": "17"}, {"id": "8", "name": "other", "value": "x"}],
    "emails": [{"email": "ann@example.com", "type": "primary"}],
    "priority": None,
    "options": [{"label": "red", "value": "red"}],
    "is_private": True,
}


def paths(body, otherwise=None, now=None, record=RECORD):
    plan = Plan("update", (), otherwise={k: compile_expression(v) for k, v in (otherwise or {}).items()})
    work = Work(plan, body, Context(body=body, now=now, sets=changes(body, now)))
    return [one["path"] for one in not_as_asked(work, body, record)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": " order  17 "}, []),
        ({"name": "Order 18"}, ["name"]),
        ({"status": {"category": "open"}}, []),
        ({"status": {"id": "DONE"}}, ["status.id"]),
        ({"team": {"id": "3"}}, []),
        ({"team": {"name": "billing"}}, []),
        ({"team": {"id": "4"}}, ["team.id"]),
        ({"team": None}, ["team"]),
        ({"priority": None}, []),
        ({"assignees": [{"id": "1"}]}, []),
        ({"assignees": [{"id": "2"}]}, ["assignees"]),
        ({"assignees": []}, ["assignees"]),
        ({"tags": [{"id": "5", "name": "VIP"}]}, []),
        ({"tags": []}, ["tags"]),
        ({"custom_fields": [{"id": "9", "value": 17}]}, []),
        ({"custom_fields": [{"name": "Order", "value": "18"}]}, ["custom_fields"]),
        ({"custom_fields": [{"id": "7", "value": None}]}, []),
        ({"custom_fields": [{"id": "8", "value": None}]}, ["custom_fields"]),
        ({"emails": [{"email": "ANN@example.com"}]}, []),
        ({"options": [{"label": "red", "value": "red"}]}, []),
        ({"options": [{"label": "red", "value": "red"}, {"label": "blue", "value": "blue"}]}, ["options"]),
        ({"is_private": True}, []),
        ({"is_private": False}, ["is_private"]),
        ({"comment": {"body": "x", "is_private": True}}, []),
    ],
)
def test_what_differs_is_told_with_its_path(body, told):
    assert paths(body) == told


def test_what_is_added_and_removed_is_compared_as_the_whole_set():
    now = {"tags": [{"id": None, "name": "old"}]}
    assert paths({"tags_add": [{"name": "vip"}], "tags_remove": [{"name": "old"}]}, now=now) == []
    assert paths({"tags_add": [{"name": "new"}]}, now=now) == ["tags"]


def test_what_counts_as_asked_where_the_body_says_nothing():
    assert paths({"name": "Order 17"}, {"assignees": "`[]`"}) == ["assignees"]
    assert paths({"assignees": [{"id": "1"}]}, {"assignees": "`[]`"}) == []

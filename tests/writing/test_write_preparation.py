"""What a body becomes before the first call: enums chosen, references found, sets compared. Tables and properties."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import FieldError, InvalidRequest, ReferenceNotFound, UnsupportedChange
from proxy.language.expression import Context, compile_expression
from proxy.provider.template import compile_template
from unified.mapping.model import EnumTable, Reference
from unified.mapping.plan import Call, Leaf, Plan, Step
from unified.mapping.prepare import changes, choose_enums, refuse_impossible, same_element
from unified.references import SmallLists
from unified.writing.prepare import find_references

STATES = EnumTable(
    rows={
        "TODO": {"name": "open", "category": "open", "description": "New"},
        "MINE": {"name": "active", "category": "open"},
        "DONE": {"name": "closed", "category": "closed"},
    },
    write={"open": "TODO", "closed": "DONE"},
)
TODO, MINE, DONE = ({"id": w, **{k: v for k, v in r.items() if k != "description"}} for w, r in STATES.rows.items())


class FakeMapping:
    """What the preparation reads of a mapping."""

    def __init__(self, references=(), label="Acme"):
        self.enums = {"status": STATES}
        self.references = references

        class Words:
            pass

        class Provider:
            words = Words()

        Provider.words.label = label
        self.provider = Provider


def chosen(given_, now=None):
    return choose_enums(FakeMapping(), {"status": given_}, None if now is None else {"status": now})["status"]


@pytest.mark.parametrize(
    ("asked", "now", "becomes"),
    [
        ({"id": "MINE"}, None, MINE),
        ({"name": "closed"}, TODO, DONE),
        ({"category": "open"}, None, TODO),
        ({"category": "open"}, MINE, MINE),
        ({"category": "open"}, DONE, TODO),
        ({"category": "closed"}, DONE, DONE),
        ({"id": "MINE", "category": "open"}, TODO, MINE),
    ],
    ids=["by id", "by name", "new, by category", "category met already", "reopened", "closed again", "both agree"],
)
def test_a_status_is_chosen(asked, now, becomes):
    assert chosen(asked, now) == {**becomes, "exact": set(asked) != {"category"}}


@pytest.mark.parametrize(
    ("asked", "possible"),
    [
        ({"id": "LATER"}, "TODO"),
        ({"name": "snoozed"}, "active, closed, open"),
        ({"category": "waiting"}, "closed, open"),
        ({"id": "DONE", "name": "open"}, "active, closed, open"),
    ],
)
def test_an_impossible_status_is_refused_with_what_is_possible(asked, possible):
    with pytest.raises(UnsupportedChange) as refused:
        chosen(asked)
    assert possible in refused.value.errors[0].detail


def test_a_status_that_says_nothing_is_malformed():
    with pytest.raises(InvalidRequest):
        chosen({})


USERS = [
    {"no": 1, "full": "Ann Lee", "mail": "ann@example.com"},
    {"no": 2, "full": "Bo Chen", "mail": "bo@example.com"},
    {"no": 3, "full": "bo chen", "mail": "bo2@example.com"},
]
WHO = Reference(attribute="assignees", each=True, list="users", columns={"id": "no", "name": "full", "email": "mail"})


class Desk:
    """One account whose small list grows with each reading."""

    def __init__(self, *versions):
        self.versions, self.read = versions, 0

        class Account:
            id = "a1"

        self.account = Account

    async def small_list(self, name):
        assert name == "users"
        self.read += 1
        return self.versions[min(self.read, len(self.versions)) - 1]


def found(elements, now=None, desk=None, lists=None, name="assignees"):
    mapping = FakeMapping([WHO])
    work = find_references(mapping, {name: elements}, now, desk or Desk(USERS), lists or SmallLists(lambda: 0.0))
    return asyncio.run(work)[name]


ANN = {"id": "1", "name": "Ann Lee", "email": "ann@example.com"}


@pytest.mark.parametrize(
    "said", [{"id": "1"}, {"name": "ann lee"}, {"email": "ANN@example.com"}, {"id": "1", "name": "Ann Lee"}]
)
def test_a_reference_is_completed_whatever_it_was_named_by(said):
    assert found([said]) == [ANN]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"id": "9"}, "does not exist"),
        ({"name": "Bo Chen"}, "is not unique: name it by id"),
        ({"id": "1", "name": "Bo Chen"}, "does not exist"),
    ],
)
def test_a_reference_that_is_not_one_record_is_refused(said, why):
    with pytest.raises(ReferenceNotFound) as refused:
        found([{"id": "1"}, said])
    assert (refused.value.errors[0].path, refused.value.errors[0].detail) == ("assignees[1]", why)


def test_a_reference_that_names_nothing_is_malformed():
    with pytest.raises(InvalidRequest):
        found([{}])


def test_what_the_record_has_already_is_found_without_a_list_row():
    now = {"assignees": [{"id": "77", "name": "Gone User"}]}
    assert found([{"name": "gone user"}], now) == [{"id": "77", "name": "Gone User"}]


def test_a_list_read_before_is_read_once_more_for_a_new_row():
    clock = iter(range(100))
    lists, desk = SmallLists(lambda: float(next(clock))), Desk(USERS[:1], USERS)
    assert found([{"id": "1"}], None, desk, lists) == [ANN]
    assert found([{"id": "2"}], None, desk, lists)[0]["name"] == "Bo Chen"
    assert desk.read == 2


elements = st.builds(
    lambda n, named: {"id": str(n), **({"name": f"n{n}"} if named else {})}, st.integers(0, 6), st.booleans()
)
sets = st.lists(elements, max_size=6, unique_by=lambda one: one["id"])


def ids(rows):
    return {one["id"] for one in rows}


@given(sets, sets)
def test_a_set_written_whole_is_what_is_added_and_removed(present, asked):
    change = changes({"tags": asked}, {"tags": present})["tags"]
    assert ids(change.whole) == ids(asked)
    assert ids(change.added) == ids(asked) - ids(present)
    assert ids(change.removed) == ids(present) - ids(asked)


@given(sets, sets, sets)
def test_adding_and_removing_leave_the_rest(present, add, remove):
    change = changes({"tags_add": add, "tags_remove": remove}, {"tags": present})["tags"]
    assert ids(change.whole) == (ids(present) - ids(remove)) | ids(add)
    assert ids(change.added) == ids(change.whole) - ids(present)
    assert ids(change.removed) == ids(present) - ids(change.whole)


@given(st.dictionaries(st.integers(0, 5), st.integers() | st.none()), st.dictionaries(st.integers(0, 5), st.integers()))
def test_field_values_are_merged_and_null_clears(asked, present):
    body = {"custom_fields": [{"id": str(key), "value": value} for key, value in asked.items()]}
    now = {"custom_fields": [{"id": str(key), "name": None, "value": value} for key, value in present.items()]}
    if not asked:
        return
    change = changes(body, now)["custom_fields"]
    expected = {str(k): v for k, v in {**present, **asked}.items() if v is not None}
    assert {one["id"]: one["value"] for one in change.whole} == expected
    assert ids(change.removed) == {str(key) for key, value in asked.items() if value is None}


def test_null_empties_a_set():
    change = changes({"tags": None}, {"tags": [{"id": "1", "name": "a"}]})["tags"]
    assert (change.whole, ids(change.removed)) == ([], {"1"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"id": "1"}, {"id": 1}, True),
        ({"id": "1", "name": "a"}, {"id": "2", "name": "a"}, False),
        ({"id": None, "name": "VIP"}, {"id": "5", "name": "vip"}, True),
        ({"name": "a"}, {"id": "1"}, False),
    ],
)
def test_elements_are_told_by_id_else_by_name(one, other, same):
    assert same_element(one, other) is same


def test_a_word_that_the_provider_has_none_for_is_refused_with_those_it_has():
    leaf = Leaf(compile_expression("kind"), {"ticket": "T", "contact": "C"})
    step = Step("field", Call("POST", compile_template("/fields"), body={"type": leaf}), fields={"type": "kind"})
    refuse_impossible(Plan("create", (step,)), {"kind": "ticket"}, Context())
    refuse_impossible(Plan("create", (step,)), {}, Context())
    with pytest.raises(UnsupportedChange) as refused:
        refuse_impossible(Plan("create", (step,)), {"kind": "profile"}, Context())
    assert refused.value.errors == (FieldError("kind", "possible: contact, ticket"),)

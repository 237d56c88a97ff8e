"""What comes with a list beside its rows: joins, views, the caller's own parameters, the claims of a credential."""

import base64
import json

import pytest

from proxy.errors import InvalidCursor, ProviderError, RemoteQueryConflict, UnsupportedOperation
from tests.unified.acme import FIELDS, TEAMS, USERS, Desk, House, build


def fields(words):
    return build(f"{FIELDS}list: {{ get: /fields, items: data, {words} }}\nget: find", "fields")


def numbered(size, count):
    """``f1`` .. in numbered pages."""

    def answer(_, query):
        start = (int(query.get("page", 1)) - 1) * size
        return {"data": [{"id": f"f{one}"} for one in range(start + 1, count + 1)][:size], "more": start + size < count}

    return answer


PEOPLE = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Ben"}, {"id": 3, "name": "Cleo"}]
MEMBERS = [
    {"id": 1, "name": "Ada", "parent": {"id": 8}},
    {"id": 2, "name": "Ben", "parent": {"id": 8}},
    {"id": 1, "name": "Ada", "parent": {"id": 9}},
]


def people(_, __):
    return {"data": PEOPLE}


def users():
    return build(f"{USERS}list: {{ get: /users, items: data }}\nget: find", "users")


def test_a_filter_on_a_join_is_tested_after_the_join():
    desk = Desk(people, {"crew_members": MEMBERS})
    found = House().list(users(), desk, "team_id=9")
    assert [(one["id"], one["team_ids"]) for one in found.result] == [("1", ["8", "9"])]
    assert desk.calls == ["/users", "crew_members"]


def test_a_join_whose_list_fails_is_null_and_the_answer_partial():
    answer = House().list(users(), Desk(people), "")
    assert [one["team_ids"] for one in answer.result] == [None, None, None]
    assert answer.body()["partial"] is True
    assert [one.code for one in answer.warnings] == ["reference-unavailable"]
    assert "crew_members" in answer.warnings[0].detail


def test_a_filter_on_a_join_whose_list_fails_finds_nothing_and_says_so():
    answer = House().list(users(), Desk(people), "team_id=9")
    assert (answer.result, answer.partial, len(answer.warnings)) == ([], True, 1)


def test_a_record_got_by_id_is_joined_too_and_told_where_that_fails():
    assert House().get(users(), Desk(people, {"crew_members": MEMBERS}), "2")["result"]["team_ids"] == ["8"]
    failed = House().get(users(), Desk(people), "3")
    assert (failed["result"]["team_ids"], failed["partial"]) == (None, True)


@pytest.mark.parametrize("view", ["select=id,name", "omit=team_ids"])
def test_a_join_that_nobody_sees_costs_no_call(view):
    desk = Desk(people)
    answer = House().list(users(), desk, view)
    assert desk.calls == ["/users"]
    assert "partial" not in answer.body()
    assert "team_ids" not in answer.result[0]


def test_the_providers_own_object_comes_without_its_secrets():
    desk = Desk(lambda *_: {"data": [{"id": 1, "pin": "1234", "deep": [{"password": "x", "kept": 1}]}]})
    record = House().list(fields("paging: whole"), desk, "include=remote_data&select=name").result[0]
    assert record == {"id": "1", "name": None, "remote_data": {"id": 1, "deep": [{"kept": 1}]}}


def test_remote_parameters_go_with_every_page_of_a_walk():
    desk, house = Desk(numbered(4, 9)), House()
    house.walk(
        fields("paging: { style: page, more: more }"), desk, "limit=4&remote_query[deleted]=1&remote_query[x[]]=2"
    )
    assert desk.calls == [f"/fields?deleted=1&x%5B%5D=2&page={page}" for page in (1, 2, 3)]


def test_a_cursor_refuses_another_remote_query_and_takes_its_own():
    mapping, house = fields("paging: { style: page, more: more }"), House()
    cursor = house.list(mapping, Desk(numbered(4, 9)), "limit=4&remote_query[deleted]=1").next_cursor
    for other in ("remote_query[deleted]=0", "remote_query[gone]=1", "remote_query[deleted]=1&remote_query[gone]=1"):
        with pytest.raises(InvalidCursor) as refused:
            house.list(mapping, Desk(numbered(4, 9)), f"next_cursor={cursor}&{other}")
        assert [one.path for one in refused.value.errors] == ["remote_query"]
    for same in ("", "&remote_query[deleted]=1"):
        desk = Desk(numbered(4, 9))
        house.list(mapping, desk, f"next_cursor={cursor}{same}")
        assert desk.calls == ["/fields?deleted=1&page=2"]


def test_a_cursor_without_a_remote_query_refuses_one():
    mapping, house = fields("paging: { style: page, more: more }"), House()
    cursor = house.list(mapping, Desk(numbered(4, 9)), "limit=4").next_cursor
    with pytest.raises(InvalidCursor):
        house.list(mapping, Desk(numbered(4, 9)), f"next_cursor={cursor}&remote_query[deleted]=1")


def test_a_view_may_change_from_page_to_page():
    mapping, house = fields("paging: { style: page, more: more }"), House()
    cursor = house.list(mapping, Desk(numbered(4, 9)), "limit=4&select=name").next_cursor
    assert set(house.list(mapping, Desk(numbered(4, 9)), f"next_cursor={cursor}&select=id").result[0]) == {"id"}


ME = USERS + "get: { get: '/users/{claims().sub}', needs: claims().sub }"


def jwt(payload):
    return f"e30.{base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip('=')}.x"


def test_a_path_is_made_of_the_claims_of_the_credential():
    desk = Desk(lambda path, _: {"id": 5, "name": path}, {"crew_members": []}, token=jwt({"sub": "5"}))
    assert House().get(build(ME, "users"), desk, None)["result"]["name"] == "/users/5"


@pytest.mark.parametrize("token", ["opaque", jwt({}), jwt({"sub": None}), jwt([1]), "a.b.c", "a.%%.c"])
def test_a_credential_that_does_not_say_what_is_needed_cannot_do_it(token):
    desk = Desk(people, token=token)
    with pytest.raises(UnsupportedOperation) as refused:
        House().get(build(ME, "users"), desk, None)
    assert "claims().sub" in refused.value.detail
    assert desk.calls == []


@pytest.mark.parametrize("answer", [None, {}, {"data": None}, {"data": {"a": 1}}, [], "text"])
def test_an_answer_without_the_list_is_the_providers_mistake(answer):
    with pytest.raises(ProviderError) as refused:
        House().list(fields("paging: whole"), Desk(lambda *_: answer), "")
    assert "'data'" in refused.value.detail


def test_a_remote_parameter_that_the_mapping_uses_is_refused_before_any_call():
    desk = Desk(people)
    for name in ("kind", "kind[]", "page"):
        with pytest.raises(RemoteQueryConflict):
            House().list(fields("filters: { entity_type: { query: kind } }"), desk, f"remote_query[{name}]=1")
    assert desk.calls == []


def test_teams_of_the_vocabulary_are_joined_from_a_list_of_each_team():
    mapping = build(f"{TEAMS}list: {{ get: /crews, items: data }}", "teams")
    desk = Desk(lambda *_: {"data": [{"id": 8, "name": "a"}, {"id": 9, "name": "b"}, {"id": 10, "name": "c"}]})
    desk.lists = {"crew_members": MEMBERS}
    found = House().list(mapping, desk, "").result
    assert [[member["id"] for member in one["members"]] for one in found] == [["1", "2"], ["1"], []]

"""Records over HTTP: every one fits its schema, references are completed, one record is the one of the list."""

import msgspec
import pytest

from unified.schemas.resources import RESOURCES, find_resource

LISTS = [resource.name for resource in RESOURCES if resource.name != "comments"]


def schema(name):
    return find_resource("ticketing", name).record


@pytest.mark.parametrize("name", LISTS)
def test_every_record_of_a_list_fits_its_schema(account, name):
    records = account.walk(name, limit=200)
    assert records
    for record in records:
        msgspec.convert(record, schema(name))
        assert "_errors" not in record


def test_every_comment_of_many_tickets_fits_its_schema(account):
    for ticket in account.list("tickets", limit=40)["result"]:
        for comment in account.walk("comments", ticket_id=ticket["id"], limit=200):
            msgspec.convert(comment, schema("comments"))
            assert "_errors" not in comment
            assert comment["ticket"]["id"] == ticket["id"]
            assert comment["is_private"] == (comment["direction"] == "internal")


@pytest.mark.parametrize("name", LISTS)
def test_a_record_read_by_its_id_is_the_one_of_the_list(account, name):
    listed = account.list(name, limit=3)["result"]
    for record in listed:
        answer = account.get(f"/unified/ticketing/{name}/{record['id']}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"]["id"] == record["id"]
        assert answer.json()["result"]["name"] == record["name"]


def test_a_comment_is_read_by_its_id_alone(account):
    ticket = account.list("tickets", limit=1)["result"][0]
    for comment in account.list("comments", ticket_id=ticket["id"], limit=5)["result"]:
        answer = account.get(f"/unified/ticketing/comments/{comment['id']}")
        assert answer.json()["result"] == comment


@pytest.mark.parametrize("name", ["tickets", "contacts", "comments", "channels", "ticket_status"])
@pytest.mark.parametrize(
    "record_id", ["999999999", "999999999.999999999", "nobody", "a%2Fb", "..%2e", "%00", "x" * 300]
)
def test_an_id_of_nothing_is_404(account, name, record_id):
    answer = account.get(f"/unified/ticketing/{name}/{record_id}")
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] in {"not-found", "provider-not-found"}


def test_assignees_teams_and_tags_come_with_their_names(account):
    tickets = account.walk("tickets", limit=200)
    assignees = [one for ticket in tickets for one in ticket["assignees"]]
    assert assignees
    assert all(one["name"] and one["email"] for one in assignees)
    assert all(ticket["team"]["name"] for ticket in tickets if ticket["team"])
    assert any(ticket["tags"] for ticket in tickets)
    assert all(tag["name"] for ticket in tickets for tag in ticket["tags"])


def test_a_new_user_is_found_though_the_list_of_users_was_kept(demo):
    """The kept list lacks an id: it is read once more, and only once for an id that stays unknown."""
    account = demo.accounts["trengo"]
    account.walk("tickets", limit=200)
    account.sandbox.clear_log()
    account.walk("tickets", limit=200)
    assert not [one for one in account.sandbox.log() if one["target"].endswith("/users")]


def test_a_small_list_that_fails_makes_the_answer_partial_and_nothing_else(demo):
    link = demo.link("trengo", demo.accounts["trengo"].sandbox.token, "partial")
    sandbox = demo.accounts["trengo"].sandbox
    sandbox.faults({"match": {"path": "/api/v2/users"}, "do": "status", "status": 403})
    answer = demo.operator(
        "GET", "/unified/ticketing/tickets", params={"integrated_account_id": link, "status": "active"}
    )
    body = answer.json()
    assert answer.status_code == 200
    assert body["partial"] is True
    assert body["warnings"][0]["code"] == "reference-unavailable"
    assert any(ticket["assignees"] and ticket["assignees"][0]["name"] is None for ticket in body["result"])


def test_times_are_the_providers_moments_in_utc(demo):
    """The provider's naive Amsterdam time of a ticket, two hours behind in summer and one in winter."""
    account = demo.accounts["trengo"]
    headers = {"Authorization": f"Bearer {account.sandbox.token}", "Accept": "application/json"}
    raw = account.http.get(f"{account.sandbox.url}/api/v2/tickets", headers=headers).json()["data"]
    mapped = {record["id"]: record for record in account.list("tickets")["result"]}
    for ticket in raw:
        date, time = ticket["created_at"].split(" ")
        behind = 2 if "04" <= date[5:7] <= "09" else None
        if behind is not None and int(time[:2]) >= behind:
            expected = f"{date}T{int(time[:2]) - behind:02d}{time[2:]}.000Z"
            assert mapped[str(ticket["id"])]["created_at"] == expected


def test_writes_that_are_not_there_yet_say_so(account):
    answer = account.request("POST", "/unified/ticketing/tickets", json={})
    assert answer.status_code == 501
    assert answer.json()["code"] == "unsupported-operation"
    assert answer.json()["supported"] == ["list", "get"]

"""Records over HTTP: every one fits its schema, references are completed, one record is the one of the list."""

import msgspec
import pytest

from unified.schemas.resources import RESOURCES, find_resource

OF_TICKETS = ("comments", "attachments")
LISTS = [f"{one.model}/{one.name}" for one in RESOURCES if not one.single and one.name not in OF_TICKETS]


def schema(path):
    return find_resource(*path.split("/")).record


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
            msgspec.convert(comment, schema("ticketing/comments"))
            assert "_errors" not in comment
            assert comment["ticket"]["id"] == ticket["id"]
            assert comment["is_private"] == (comment["direction"] == "internal")


@pytest.mark.parametrize("name", LISTS)
def test_a_record_read_by_its_id_is_the_one_of_the_list(account, name):
    listed = account.list(name, limit=3)["result"]
    for record in listed:
        answer = account.get(f"/unified/{name}/{record['id']}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"]["id"] == record["id"]
        assert answer.json()["result"]["name"] == record["name"]


def test_the_files_of_a_ticket_are_listed_once_each_and_read_by_their_ids(account):
    found = []
    for ticket in account.list("tickets", limit=60, select="id")["result"]:
        whole = account.walk("attachments", ticket_id=ticket["id"], limit=200)
        assert [one["id"] for one in account.walk("attachments", ticket_id=ticket["id"], limit=1)] == [
            one["id"] for one in whole
        ]
        comments = {one["id"]: one for one in account.walk("comments", ticket_id=ticket["id"], limit=200)}
        for one in whole:
            msgspec.convert(one, schema("ticketing/attachments"))
            comment = comments[one["comment_id"]]
            assert one["ticket_id"] == ticket["id"]
            assert one["file_name"] in [file["file_name"] for file in comment["attachments"]]
        found += whole
    assert len(found) > 5
    for one in found[:5]:
        assert account.get(f"/unified/ticketing/attachments/{one['id']}").json()["result"] == one


def test_me_is_the_user_of_the_linked_token(account):
    me = account.get("/unified/user-directory/me").json()["result"]
    msgspec.convert(me, schema("user-directory/me"))
    assert me["id"] in [one["id"] for one in account.walk("user-directory/users")]


def test_me_of_a_token_that_names_nobody_is_501(demo):
    """An opaque token has no claims: the provider would have to be asked who it is, and cannot be."""
    account = demo.accounts["trengo"]
    body = {"data": [{"id": 1, "agency_id": 7, "full_name": "Somebody", "authorization": "OWNER"}]}
    account.sandbox.faults({"match": {"path": "/api/v2/users"}, "do": "status", "status": 200, "body": body})
    link = demo.link("trengo", "opaque-token-without-claims", "opaque")
    account.sandbox.faults()
    answer = demo.operator("GET", "/unified/user-directory/me", params={"integrated_account_id": link})
    assert (answer.status_code, answer.json()["code"]) == (501, "unsupported-operation")


def test_teams_and_groups_have_their_members_and_users_their_teams(demo):
    account = demo.accounts["chatwoot"]
    teams = {one["id"]: {member["id"] for member in one["members"]} for one in account.walk("teams")}
    assert any(teams.values())
    for user in account.walk("users"):
        assert set(user["team_ids"]) == {team for team, members in teams.items() if user["id"] in members}
    groups = {one["id"]: {member["id"] for member in one["members"]} for one in account.walk("user-directory/groups")}
    assert groups == teams


def test_fields_are_those_built_in_and_those_of_the_customer(account):
    fields = account.walk("fields", limit=5)
    assert {one["is_user_defined"] for one in fields} == {True, False}
    for entity in ("ticket", "contact"):
        found = [one["id"] for one in account.walk("fields", entity_type=entity)]
        assert found == [one["id"] for one in fields if one["entity_type"] == entity]
    assert account.get("/unified/ticketing/fields", entity_type="0").status_code == 400


def test_lists_that_are_read_whole_are_sorted_and_filtered_here(account):
    for name in ("tags", "teams", "users", "user-directory/groups"):
        records = account.walk(name, limit=2, sort="name")
        assert [one["name"] for one in records] == sorted((one["name"] for one in records), key=str.casefold)
        assert [one["id"] for one in account.walk(name, sort="-name")] == [one["id"] for one in reversed(records)]
        named = account.list(name, name=records[0]["name"].upper())
        assert records[0]["id"] in [one["id"] for one in named["result"]]


def test_roles_are_those_built_in_and_those_that_users_have(account):
    roles = [one["id"] for one in account.walk("user-directory/roles")]
    assert len(roles) == len(set(roles)) >= 2
    assert {role["id"] for user in account.walk("users") for role in user["roles"]} <= set(roles)


def test_only_the_attributes_that_are_asked_for_come_and_the_id_always(account):
    (record,) = account.list("tickets", limit=1, select="name,status")["result"]
    assert set(record) == {"id", "name", "status"}
    (record,) = account.list("tickets", limit=1, omit=["contact", "tags"])["result"]
    assert {"contact", "tags"} & set(record) == set()
    assert len(record) == len(find_resource("ticketing", "tickets").attributes) - 2
    (truto,) = account.list("tickets", limit=1, **{"truto_exclude_fields[]": ["contact", "tags"]})["result"]
    assert truto == record
    one = account.get(f"/unified/ticketing/tickets/{record['id']}", select="name").json()["result"]
    assert set(one) == {"id", "name"}
    refused = account.get("/unified/ticketing/tickets", select="nome")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-request")


def test_an_attribute_that_nobody_sees_costs_no_call(demo, tokens):
    account = demo.accounts["chatwoot"]
    link = demo.link("chatwoot", tokens("chatwoot", 321), "narrow")
    query = {"integrated_account_id": link, "select": "id,name,status"}
    answer = demo.operator("GET", "/unified/ticketing/tickets", params=query)
    assert answer.headers["x-upstream-calls"] == "1"
    assert account.name == "chatwoot"


def test_the_providers_own_object_comes_only_when_asked_for_and_without_secrets(demo):
    account = demo.accounts["trengo"]
    assert "remote_data" not in account.list("tickets", limit=1)["result"][0]
    record = account.list("channels", limit=1, include="remote_data")["result"][0]
    assert str(record["remote_data"]["id"]) == record["id"]
    assert not [name for name in record["remote_data"] if "password" in name]
    inbox = demo.accounts["chatwoot"].list("channels", limit=50, include="remote_data")["result"]
    text = str(inbox).lower()
    assert not [word for word in ("hmac", "_token", "smtp_password", "provider_config") if word in text]


def test_the_providers_own_object_needs_the_scope_of_the_passthrough(demo):
    account = demo.accounts["trengo"]
    minted = demo.operator("POST", "/integrated-account/token", json={"integrated_account_id": account.id})
    headers = {"Authorization": f"Bearer {minted.json()['result']['token']}"}
    for path in ("/unified/ticketing/tickets", "/unified/ticketing/tickets/1"):
        answer = demo.http.get(demo.base_url + path, params={"include": "remote_data"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing-scope")


def test_a_parameter_for_the_provider_goes_to_it_untranslated(demo):
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    first = account.list("tickets", limit=3, **{"remote_query[last_message_type]": "INBOUND"})
    assert "last_message_type=INBOUND" in account.sandbox.log()[-1]["target"]
    account.sandbox.clear_log()
    account.list("tickets", next_cursor=first["next_cursor"])
    assert "last_message_type=INBOUND" in account.sandbox.log()[-1]["target"]
    for name in ("page", "status", "users[]", "sort"):
        answer = account.get("/unified/ticketing/tickets", **{f"remote_query[{name}]": "1"})
        assert (answer.status_code, answer.json()["code"]) == (400, "remote-query-conflict"), name


def test_meta_and_capabilities_say_what_the_files_say(account):
    told = account.get("/unified/ticketing/tickets/meta/list").json()["result"]
    for one in told["filters"]:
        assert one["how"] in {"narrowed", "scan", "local"}
    assert {"status", "status_category"} <= {one["name"] for one in told["filters"]}
    assert told["attributes"]["due_date"]["supported"] is False
    assert told["attributes"]["due_date"]["reason"]
    assert account.get("/unified/ticketing/tickets/meta/fly").status_code == 404
    headers = {"Authorization": f"Bearer {account.token}"}
    answer = account.http.get(f"{account.base_url}/integrated-account/{account.id}/capabilities", headers=headers)
    told = {(one["model"], one["resource"]): one["methods"] for one in answer.json()["result"]["unified"]}
    writes = ["create", "update", "merge", "delete"] if account.name == "trengo" else ["create", "update", "delete"]
    assert told["ticketing", "tickets"] == ["list", "get", *writes]
    assert told["user-directory", "me"] == ["get"]
    assert len(told) == len(RESOURCES)


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


@pytest.mark.parametrize("path", ["ticketing/users", "ticketing/teams", "ticketing/tags", "user-directory/users"])
def test_an_id_that_no_record_can_have_is_404_too(account, path):
    for record_id in ("nobody", "12a", "1" * 40):
        answer = account.get(f"/unified/{path}/{record_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), answer.text


def test_a_filter_by_an_id_that_nothing_can_have_finds_nothing_and_costs_no_call(account):
    account.sandbox.clear_log()
    for name in ("channel_id", "assignee_id"):
        assert account.list("tickets", **{name: "AAA"})["result"] == []
    assert account.get("/unified/ticketing/comments", ticket_id="AAA").status_code == 404
    assert account.sandbox.log() == []


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


def test_a_write_that_a_provider_cannot_do_says_so(account):
    answer = account.request("PATCH", "/unified/ticketing/comments/1.1", json={})
    assert answer.status_code == 501
    assert answer.json()["code"] == "unsupported-operation"
    assert answer.json()["supported"] == ["list", "get", "create", "delete"]


@pytest.mark.parametrize("way", ["GET", "POST", "truto"])
def test_a_file_is_downloaded_as_an_attachment(account, way):
    tickets = account.list("tickets", limit=60, select="id")["result"]
    files = (one for ticket in tickets for one in account.walk("attachments", ticket_id=ticket["id"]))
    one = next(one for one in files if one["file_url"])
    path = f"/unified/ticketing/attachments/{one['id']}/download"
    if way == "truto":
        answer = account.request("POST", "/unified/ticketing/attachments/download", params={"id": one["id"]})
    else:
        answer = account.request(way, path)
    assert answer.status_code == 200, answer.text
    assert answer.content == account.http.get(one["file_url"], follow_redirects=True).content
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert one["size"] in (None, len(answer.content))
    sent = [call for call in account.sandbox.log() if "media" in call["target"] or "active_storage" in call["target"]]
    credential = {"authorization", "api-access-token", "api_access_token"}
    assert not [name for call in sent for name, _ in call["headers"] if name.lower() in credential]


def test_a_file_of_nothing_is_404(account):
    for record_id in ("1.2.3", "nothing"):
        assert account.get(f"/unified/ticketing/attachments/{record_id}/download").status_code == 404


ENDLESS = {"data": [{"id": 1, "name": "Spoed", "title": "Order", "type": "TICKET"}], "links": {"next": "again"}}


def endless(account, path):
    """Trengo's list of that path says for ever that another page follows."""
    account.sandbox.faults({"match": {"path": f"/api/v2{path}"}, "do": "status", "status": 200, "body": ENDLESS})


def test_a_list_that_is_read_whole_says_so_where_it_is_longer_than_what_is_read(demo):
    account = demo.accounts["trengo"]
    endless(account, "/labels")
    answer = account.list("tags")
    assert (answer["result_count"], answer["partial"]) == (1, True)
    assert [one["code"] for one in answer["warnings"]] == ["list-cut"]
    account.sandbox.faults()
    assert "partial" not in account.list("tags")


def test_a_record_that_is_not_among_those_read_of_a_longer_list_is_not_said_to_be_absent(demo):
    account = demo.accounts["trengo"]
    endless(account, "/custom_fields")
    assert account.get("/unified/ticketing/fields/1").status_code == 200
    answer = account.get("/unified/ticketing/fields/99")
    assert (answer.status_code, answer.json()["code"]) == (502, "provider-too-large")
    account.sandbox.faults()
    assert account.get("/unified/ticketing/fields/99").status_code == 404


def test_a_reference_that_a_cut_list_lacks_is_told(demo, tokens):
    account = demo.accounts["trengo"]
    further = demo.link("trengo", tokens("trengo", 77))
    endless(account, "/users")
    query = {"integrated_account_id": further, "status": "ASSIGNED"}
    answer = demo.operator("GET", "/unified/ticketing/tickets", params=query).json()
    account.sandbox.faults()
    assert answer["partial"] is True
    assert "reference-cut" in [one["code"] for one in answer["warnings"]]
    assert [one["name"] for ticket in answer["result"] for one in ticket["assignees"] if one["name"] is None]

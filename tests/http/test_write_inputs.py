"""What a caller may send to a write in other shapes than the usual one."""

import json


def test_the_data_part_may_have_a_file_name(account):
    """Browsers give one to a Blob, which is how a form says that its part is JSON."""
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    data = json.dumps({"ticket": {"id": ticket}, "body": "from a form", "is_private": True}).encode()
    answer = account.request(
        "POST",
        "/unified/ticketing/comments",
        files=[("data", ("blob", data, "application/json")), ("file", ("a.txt", b"text", "text/plain"))],
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()["result"]
    assert (made["is_private"], [one["file_name"] for one in made["attachments"]]) == (True, ["a.txt"])


def test_a_rehearsal_refuses_the_id_of_no_record(account):
    account.sandbox.clear_log()
    body = {"ticket": {"id": ""}, "body": "to nobody"}
    answer = account.request("POST", "/unified/ticketing/comments", params={"dry_run": "true"}, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert account.sandbox.log() == []


def test_a_custom_field_is_written_by_the_name_that_fields_lists(account):
    """What ``fields`` calls a field is what a value of it is named by."""
    listed = [one for one in account.walk("fields", entity_type="ticket") if one["is_user_defined"]]
    field = next(one for one in listed if one["type"] == "text")
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    body = {"custom_fields": [{"name": field["name"], "value": "ZL-17"}]}
    answer = account.request("PATCH", f"/unified/ticketing/tickets/{ticket}", json=body)
    assert answer.status_code == 200, answer.text
    values = {one["name"]: one["value"] for one in answer.json()["result"]["custom_fields"]}
    assert (values[field["name"]], "warnings" in answer.json()) == ("ZL-17", False)

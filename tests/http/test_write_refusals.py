"""What a newcomer reads of a write that is wrong: the attribute, what is wrong with it, and nothing was written."""

import pytest

LOOKS = ("/contacts/filter", "/conversations/filter")
TRENGO = {"channel": {"id": "1377010"}, "contact": {"email": "a@example.com"}}


@pytest.fixture
def trengo(demo):
    return demo.accounts["trengo"]


@pytest.fixture
def chatwoot(demo):
    return demo.accounts["chatwoot"]


def refused(account, method, path, body):
    """Status, code, detail and errors of a write."""
    answer = account.request(method, f"/unified/ticketing/{path}", json=body)
    said = answer.json()
    assert said["message"] == said["detail"]
    return said["status"], said["code"], said["detail"], {one["path"]: one["detail"] for one in said["errors"]}


@pytest.mark.parametrize(
    ("body", "detail", "errors"),
    [
        ({"colour": 1}, "the body does not fit: colour: is not known here", {"colour": "is not known here"}),
        (
            {"comment": {"body": "a"}},
            "the body does not fit: comment.is_private: is missing",
            {"comment.is_private": "is missing"},
        ),
        (
            {"tags": ["a"]},
            "the body does not fit: tags[0]: Expected `object`, got `str`",
            {"tags[0]": "Expected `object`, got `str`"},
        ),
        ([], "the body does not fit: Expected `object`, got `array`", {"": "Expected `object`, got `array`"}),
    ],
    ids=["unknown", "missing", "of another type", "no object"],
)
def test_a_body_that_does_not_fit_names_the_attribute(trengo, body, detail, errors):
    assert refused(trengo, "POST", "tickets", body) == (400, "invalid-request", detail, errors)
    assert trengo.sandbox.log() == []


def test_each_way_to_give_what_is_needed_is_a_path(trengo):
    status, code, _, errors = refused(trengo, "POST", "tickets", {"name": "a"})
    assert (status, code) == (422, "required-attribute")
    assert set(errors) == {"channel.id", "contact.id", "contact.email", "contact.phone"}
    assert trengo.sandbox.log() == []


def test_a_reference_that_is_not_there_is_told_by_our_name_for_it(trengo):
    status, code, detail, errors = refused(trengo, "POST", "tickets", {**TRENGO, "tags": [{"name": "nope"}]})
    assert (status, code) == (422, "reference-not-found")
    assert detail == "tags[0] does not exist: none has name 'nope'"
    assert errors == {"tags[0]": "does not exist"}


def test_what_is_set_once_says_when(account):
    ticket = account.list("tickets", limit=1)["result"][0]["id"]
    status, code, _, errors = refused(account, "PATCH", f"tickets/{ticket}", {"name": "another subject"})
    assert (status, code, errors) == (422, "unsupported-attribute", {"name": "set by create alone"})


def test_the_providers_own_words_are_told(trengo, chatwoot):
    said = refused(chatwoot, "POST", "tags", {"name": "not a slug"})
    assert said == (422, "provider-invalid", "Chatwoot answered 422: Title is invalid", {"name": "Title is invalid"})
    status, _, detail, errors = refused(chatwoot, "POST", "contacts", {"name": "a", "channel": {"id": "23"}})
    assert (status, list(errors)) == (422, [""])
    assert detail.endswith("contact email")
    unknown = {**TRENGO, "contact": {"id": "999"}}
    status, _, detail, errors = refused(trengo, "POST", "tickets", unknown)
    assert (status, list(errors)) == (422, ["contact"])
    assert detail == f"Trengo answered 422: {errors['contact']}"


def test_a_provider_that_echoes_the_credential_is_not_quoted(trengo):
    fault = {"do": "status", "status": 422, "body": {"errors": {"subject": [f"no: {trengo.sandbox.token}"]}}}
    trengo.sandbox.faults({**fault, "match": {"method": "POST", "path": "/api/v2/tickets"}})
    answer = trengo.request("POST", "/unified/ticketing/tickets", json={**TRENGO, "name": "a"})
    assert answer.json()["detail"] == "Trengo answered 422"
    assert trengo.sandbox.token not in answer.text


def test_a_dry_run_answers_200_names_the_steps_and_writes_nothing(account):
    channel = next(one["id"] for one in account.walk("channels") if "email" in one["type"].lower())
    body = {"name": "a", "channel": {"id": channel}, "contact": {"email": "a@example.com", "name": "A"}}
    account.sandbox.clear_log()
    answer = account.request("POST", "/unified/ticketing/tickets", params={"dry_run": "true"}, json=body)
    assert answer.status_code == 200
    assert [one["name"] for one in answer.json()["result"]["steps"]] == ["found", "contact", "ticket"]
    sent = [one for one in account.sandbox.log() if one["method"] != "GET" and not one["target"].endswith(LOOKS)]
    assert sent == []


def test_what_nobody_asked_for_is_told_as_such(trengo):
    answer = trengo.request("POST", "/unified/ticketing/tickets", json={**TRENGO, "name": "a"})
    assert answer.json()["warnings"] == [
        {
            "code": "not-as-asked",
            "path": "assignees",
            "detail": "assignees was set by the provider, though the write did not ask for it",
        }
    ]

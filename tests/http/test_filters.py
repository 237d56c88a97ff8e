"""A filter is honoured or refused, never ignored: the walk with it equals the walk without it, filtered by hand."""

import pytest

TESTS = {
    "status": lambda record, value: value in (record["status"]["id"], record["status"]["name"]),
    "status_category": lambda record, value: record["status"]["category"] == value,
    "contact_id": lambda record, value: (record["contact"] or {}).get("id") == value,
    "assignee_id": lambda record, value: value in [one["id"] for one in record["assignees"]],
    "team_id": lambda record, value: (record["team"] or {}).get("id") == value,
    "tag_id": lambda record, value: value in [one["id"] for one in record["tags"]],
    "channel_id": lambda record, value: (record["channel"] or {}).get("id") == value,
    "created_after": lambda record, value: record["created_at"] > value,
    "created_before": lambda record, value: record["created_at"] < value,
    "updated_after": lambda record, value: record["updated_at"] > value,
    "updated_before": lambda record, value: record["updated_at"] < value,
}

VALUES = {
    "contact_id": lambda record: (record["contact"] or {}).get("id"),
    "assignee_id": lambda record: next((one["id"] for one in record["assignees"]), None),
    "team_id": lambda record: (record["team"] or {}).get("id"),
    "tag_id": lambda record: next((one["id"] for one in record["tags"] if one["id"]), None),
    "channel_id": lambda record: (record["channel"] or {}).get("id"),
}

SUPPORTED = (
    *("contact_id", "assignee_id", "team_id", "tag_id", "channel_id"),
    *("created_after", "created_before", "updated_after", "updated_before"),
)


def walk(account, resource, **query):
    """A whole walk; a scan that found nothing within a request's calls goes on from the problem's cursor."""
    records, cursor = [], None
    while True:
        answer = account.get(f"/unified/ticketing/{resource}", **(query if cursor is None else {"next_cursor": cursor}))
        body = answer.json()
        if answer.status_code == 422:
            assert body["code"] == "scan-limit"
        else:
            assert answer.status_code == 200, body
            records += body["result"]
        cursor = body["next_cursor"]
        if cursor is None:
            return records


def by_hand(records, name, *values):
    return sorted(record["id"] for record in records if any(TESTS[name](record, value) for value in values))


@pytest.mark.parametrize("name", ["status", "status_category"])
def test_every_status_and_category_lists_what_it_says(account, name):
    everything = account.walk("tickets", limit=200)
    statuses = account.walk("ticket_status")
    words = {"status": [one["id"] for one in statuses] + [one["name"] for one in statuses]}
    words["status_category"] = sorted({one["category"] for one in statuses})
    for word in words[name]:
        found = [record["id"] for record in account.walk("tickets", limit=200, **{name: word})]
        assert sorted(found) == by_hand(everything, name, word), word


@pytest.mark.parametrize("spelling", ["repeated", "comma", "truto"])
def test_a_set_is_met_by_any_of_its_values(account, spelling):
    everything = account.walk("tickets", limit=200)
    first, second = [one["id"] for one in account.walk("ticket_status")][:2]
    query = {
        "repeated": {"status": [first, second]},
        "comma": {"status": f"{first},{second}"},
        "truto": {"status[in]": f"{first},{second}"},
    }[spelling]
    found = [record["id"] for record in account.walk("tickets", limit=100, **query)]
    assert sorted(found) == by_hand(everything, "status", first, second)


def test_status_and_category_together_are_both_met(account):
    everything = account.walk("tickets", limit=200)
    word = everything[0]["status"]
    other = next(one["category"] for one in account.walk("ticket_status") if one["category"] != word["category"])
    both = account.walk("tickets", status=word["id"], status_category=word["category"])
    assert sorted(one["id"] for one in both) == by_hand(everything, "status", word["id"])
    assert account.walk("tickets", status=word["id"], status_category=other) == []


def test_every_supported_filter_equals_filtering_by_hand(account):
    everything = account.walk("tickets", limit=200)
    for name in SUPPORTED:
        for value in sample_values(everything, name):
            found = [record["id"] for record in walk(account, "tickets", limit=200, **{name: value})]
            assert sorted(found) == by_hand(everything, name, value), (name, value)


def sample_values(records, name):
    if name in VALUES:
        return sorted({VALUES[name](record) for record in records} - {None})[:2]
    attribute = name.split("_")[0] + "_at"
    times = sorted(record[attribute] for record in records)
    return [times[len(times) // 3], times[-3]]


def test_contacts_are_found_by_mail_phone_and_name_whatever_the_spelling(account):
    everything = account.walk("contacts", limit=200)
    mailed = next(one for one in everything if one["emails"])
    phoned = next(one for one in everything if one["phones"])
    mail, number = mailed["emails"][0]["email"], phoned["phones"][0]["number"]
    spaced = " ".join(number[at : at + 3] for at in range(0, len(number), 3))
    assert mailed["id"] in [one["id"] for one in walk(account, "contacts", email=mail.upper())]
    assert phoned["id"] in [one["id"] for one in walk(account, "contacts", phone=spaced)]
    assert mailed["id"] in [one["id"] for one in walk(account, "contacts", name=mailed["name"].upper())]
    assert walk(account, "contacts", email="nobody@nowhere.example") == []


@pytest.mark.parametrize(
    ("resource", "query", "code"),
    [
        ("tickets", {"colour": "red"}, "unsupported-filter"),
        ("tickets", {"email": "a@b.example"}, "unsupported-filter"),
        ("tickets", {"sort": "name"}, "unsupported-filter"),
        ("channels", {"name": "x"}, "unsupported-filter"),
        ("tickets", {"status": "closedd"}, "invalid-request"),
        ("tickets", {"contact_id": ""}, "invalid-request"),
        ("tickets", {"status_category": "done"}, "invalid-request"),
        ("tickets", {"limit": "0"}, "invalid-request"),
        ("tickets", {"limit": "201"}, "invalid-request"),
        ("tickets", {"limit": "many"}, "invalid-request"),
        ("tickets", {"created_after": "yesterday"}, "invalid-request"),
        ("tickets", {"consistency": "perfect"}, "invalid-request"),
        ("comments", {}, "invalid-request"),
        ("tickets", {"next_cursor": "AAAA"}, "invalid-cursor"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_provider_call(account, resource, query, code):
    account.sandbox.clear_log()
    answer = account.get(f"/unified/ticketing/{resource}", **query)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert account.sandbox.log() == []


@pytest.mark.parametrize("category", ["open", "waiting", "closed", "spam"])
def test_every_category_can_be_asked_of_every_provider(account, category):
    everything = account.walk("tickets", limit=200)
    found = [record["id"] for record in account.walk("tickets", limit=200, status_category=category)]
    assert sorted(found) == by_hand(everything, "status_category", category)


def test_a_refused_filter_names_the_supported_ones(demo):
    answer = demo.accounts["trengo"].get("/unified/ticketing/contacts", updated_before="2026-01-01T00:00:00Z")
    body = answer.json()
    assert body["code"] == "unsupported-filter"
    assert "email" in body["supported"]
    assert body["errors"] == [{"path": "updated_before", "detail": "Trengo's contacts carry no times"}]


def test_a_scan_that_matches_nothing_says_so_and_gives_a_cursor_to_go_on(demo):
    account = demo.accounts["trengo"]
    account.sandbox.clear_log()
    answer = account.get("/unified/ticketing/tickets", team_id="999999")
    body = answer.json()
    assert answer.status_code == 422
    assert body["code"] == "scan-limit"
    assert body["next_cursor"]
    assert "status" in body["narrowing"]
    assert len(account.sandbox.log()) == 10
    assert walk(account, "tickets", team_id="999999") == []


def test_sorts_that_the_provider_has_give_that_order(account):
    newest = last_messages(account, "-last_message_at")
    oldest = last_messages(account, "last_message_at")
    assert len(newest) > 400
    assert newest == sorted(newest, reverse=True)
    assert oldest == sorted(oldest)


def last_messages(account, sort):
    """The times of a whole walk in that order; a ticket without a message has none and stands anywhere."""
    times = [record["last_message_at"] for record in account.walk("tickets", limit=100, sort=sort)]
    return [time for time in times if time is not None]

"""What reading the simulator answers: pages, order, filters, times, files."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox.http import Request
from sandbox.trengo import Trengo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def ask(sandbox, path, token=None, method="GET", accept="application/json"):
    headers = [("Host", "box.example")]
    headers += [("Accept", accept)] if accept else []
    headers += [("Authorization", f"Bearer {sandbox.token_for(0) if token is None else token}")] if token != "" else []
    return sandbox.handle(Request(method, path, tuple(headers)))


def get(sandbox, path):
    answer = ask(sandbox, f"/api/v2/{path}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def walk(sandbox, path):
    found, page = [], 1
    while True:
        answer = get(sandbox, f"{path}{'&' if '?' in path else '?'}page={page}")
        found += answer["data"]
        if answer["links"]["next"] is None:
            return found
        page += 1


def ids(things):
    return [thing["id"] for thing in things]


@pytest.fixture(scope="module")
def sandbox():
    return Trengo(tickets=260, seed=2, rate_limit=1_000_000)


@pytest.mark.parametrize("path", ["tickets", "contacts", "tickets?status=CLOSED", "tickets?sort=date"])
def test_walking_all_pages_gives_each_id_once_on_a_quiet_sandbox(sandbox, path):
    seen = ids(walk(sandbox, path))
    assert len(seen) == len(set(seen)) > 25
    if path in ("tickets", "tickets?sort=date"):
        assert len(seen) == 260


def test_a_page_links_its_neighbours_and_counts_its_items(sandbox):
    first, second = get(sandbox, "tickets"), get(sandbox, "tickets?page=2&status=")
    base = "http://box.example/api/v2/tickets"
    assert first["links"] == {"first": f"{base}?page=1", "last": None, "prev": None, "next": f"{base}?page=2"}
    assert second["links"]["prev"] == f"{base}?page=1"
    assert (second["meta"]["from"], second["meta"]["to"]) == (26, 50)
    beyond = get(sandbox, "tickets?page=999")
    assert (beyond["data"], beyond["links"]["next"], beyond["meta"]["from"]) == ([], None, None)


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "99999999999999999999", "²"])
def test_a_page_that_is_no_number_is_the_first(sandbox, page):
    assert get(sandbox, f"tickets?page={page}")["meta"]["current_page"] == 1


def test_per_page_is_not_a_parameter(sandbox):
    assert len(get(sandbox, "tickets?per_page=100")["data"]) == 25


def test_tickets_come_by_their_last_activity_newest_first(sandbox):
    newest = [
        one.get("latest_message_at") or (one.get("latest_message") or {}).get("created_at")
        for one in walk(sandbox, "tickets")
    ]
    said = [time for time in newest if time and not time.startswith("2025-10-26 02")]
    assert said == sorted(said, reverse=True)
    assert ids(walk(sandbox, "tickets?sort=date")) == ids(walk(sandbox, "tickets"))[::-1]


def test_messages_come_newest_first(sandbox):
    long = next(one for one in walk(sandbox, "tickets") if one["messages_count"] > 25)
    messages = walk(sandbox, f"tickets/{long['id']}/messages")
    assert len(messages) == long["messages_count"]
    assert ids(messages) == sorted(ids(messages), reverse=True)


def test_naive_times_are_amsterdams_in_winter_and_in_summer(sandbox):
    for number, ticket in sandbox.store.tickets.items():
        shown = get(sandbox, f"tickets/{number}")["created_at"]
        assert shown == datetime.fromtimestamp(ticket.created, AMSTERDAM).strftime("%Y-%m-%d %H:%M:%S")
    offsets = {datetime.fromtimestamp(one.created, AMSTERDAM).utcoffset() for one in sandbox.store.tickets.values()}
    assert len(offsets) == 2


def test_two_tickets_share_the_ambiguous_wall_clock_of_the_last_sunday_of_october(sandbox):
    shown = [one for one in walk(sandbox, "tickets") if "2025-10-26 02:30:00" in json.dumps(one)]
    moments = {sandbox.store.tickets[one["id"]].activity for one in shown}
    assert len(moments) == 2
    assert max(moments) - min(moments) == 3600


@pytest.mark.parametrize("status", ["OPEN", "ASSIGNED", "CLOSED", "INVALID"])
def test_status_narrows(sandbox, status):
    found = walk(sandbox, f"tickets?status={status}")
    assert {one["status"] for one in found} == {status}
    assert len(found) == sum(one["status"] == status for one in walk(sandbox, "tickets"))


def test_contact_users_channels_and_labels_narrow_in_every_spelling(sandbox):
    tickets = walk(sandbox, "tickets")
    sample = next(one for one in tickets if one["user_id"] and one["labels"])
    user, channel, label = sample["user_id"], sample["channel"]["id"], sample["labels"][0]["id"]
    tests = {
        "contact_id": (sample["contact_id"], lambda one: one["contact_id"] == sample["contact_id"]),
        "users": (user, lambda one: one["user_id"] == user),
        "channels": (channel, lambda one: one["channel"]["id"] == channel),
        "labels": (label, lambda one: label in ids(one["labels"])),
    }
    for name, (value, wanted) in tests.items():
        expected = [one["id"] for one in tickets if wanted(one)]
        for spelling in (name,) if name == "contact_id" else (name, f"{name}[]", f"{name}%5B%5D", f"{name}[0]"):
            assert ids(walk(sandbox, f"tickets?{spelling}={value}")) == expected


def test_several_values_widen_and_several_filters_narrow(sandbox):
    tickets = walk(sandbox, "tickets")
    users = sorted({one["user_id"] for one in tickets if one["user_id"]})[:2]
    found = walk(sandbox, f"tickets?users[]={users[0]}&users[]={users[1]}&status=CLOSED")
    assert ids(found) == [one["id"] for one in tickets if one["user_id"] in users and one["status"] == "CLOSED"]


def test_the_last_message_type_disregards_notes(sandbox):
    for ticket in walk(sandbox, "tickets?last_message_type=OUTBOUND"):
        kinds = [one.type for one in sandbox.store.tickets[ticket["id"]].messages if one.type != "NOTE"]
        assert kinds[-1] == "OUTBOUND"


@pytest.mark.parametrize("spell", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%SZ"])
def test_updated_at_gt_takes_naive_and_explicit_times(sandbox, spell):
    moment = sorted(one.updated for one in sandbox.store.tickets.values())[-40]
    zone = UTC if spell.endswith("Z") else AMSTERDAM
    text = datetime.fromtimestamp(moment, zone).strftime(spell).replace(" ", "%20").replace("+", "%2B")
    assert len(walk(sandbox, f"tickets?updated_at_gt={text}")) == 39


def test_a_term_finds_subjects_texts_people_and_numbers(sandbox):
    tickets = walk(sandbox, "tickets")
    mail = next(one for one in tickets if one["contact"]["email"])
    phone = next(one for one in tickets if one["contact"]["phone"])
    assert mail["id"] in ids(walk(sandbox, f"tickets?term={mail['contact']['email'].upper()}"))
    assert phone["id"] in ids(walk(sandbox, f"tickets?term=%2B{phone['contact']['phone'].lstrip('+')}"))
    assert phone["contact_id"] in ids(walk(sandbox, f"contacts?term={phone['contact']['phone'][-9:]}"))
    assert walk(sandbox, "tickets?term=nothing-says-this") == []


@pytest.mark.parametrize("query", ["status=open", "last_message_type=NOTE", "updated_at_gt=yesterday"])
def test_filters_with_values_that_make_no_sense_are_422(sandbox, query):
    answer = ask(sandbox, f"/api/v2/tickets?{query}")
    assert answer.status == 422
    assert list(json.loads(answer.body)["errors"]) == [query.partition("=")[0]]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    paths = ["tickets", "tickets?page=3", "contacts", "users", "profiles", "channels"]
    one, two, three = (Trengo(tickets=90, seed=seed) for seed in (4, 4, 5))
    answers = [[ask(box, f"/api/v2/{path}").body for path in paths] for box in (one, two, three)]
    assert answers[0] == answers[1]
    assert answers[0][0] != answers[2][0]


def test_files_are_served_by_their_signed_address_without_a_token(sandbox):
    for ticket in walk(sandbox, "tickets"):
        for message in walk(sandbox, f"tickets/{ticket['id']}/messages"):
            for file in message["attachments"]:
                target = file["full_url"].removeprefix("http://box.example")
                served = ask(sandbox, target, token="")
                assert (served.status, dict(served.headers)["content-type"]) == (200, file["mime_type"])
                assert file["size"] in (None, len(served.body))
                assert ask(sandbox, target[:-4] + "zzzz", token="").status == 403


def test_a_collapsed_mail_is_whole_at_its_own_address(sandbox):
    for ticket in walk(sandbox, "tickets"):
        for message in walk(sandbox, f"tickets/{ticket['id']}/messages"):
            if message["email_message"] and message["email_message"]["collapsed"] and len(message["message"]) > 60:
                whole = get(sandbox, f"tickets/{ticket['id']}/email_messages/{message['id']}")
                assert len(whole["html"]) > len(message["email_message"]["html"])
                return
    pytest.fail("no collapsed mail in the seed")

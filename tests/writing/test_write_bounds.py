"""Writes at their bounds: too many calls, too little time, a caller or an account that goes away, two at once."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import pytest
from msgspec import json

from tests.writing.house import PROVIDERS

KEYS = (f"bound-{number}" for number in count())
NOTE_AT = {"trengo": "451500004", "chatwoot": "1203"}
TICKET = {"trengo": "731190049", "chatwoot": "4"}


def changes(place):
    return [(one["method"], one["target"]) for one in place.log() if one["method"] != "GET"]


def answered(place):
    """Whether nothing is under way at the simulator any more."""
    return all(one["status"] for one in place.log())


def until(condition, seconds=30):
    """Waits for something that happens elsewhere."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_write_of_more_than_sixty_calls_is_refused_whole(provider, house, worker):
    place, path = house.places[provider], f"ticketing/contacts/{NOTE_AT[provider]}"
    for notes, status in ((61, 400), (60, 200)):
        body = {"notes": [{"body": f"note {number}"} for number in range(notes)]}
        answer = worker.request(provider, "PATCH", path, json=body)
        assert answer.status_code == status, answer.text
        assert len(changes(place)) == (notes if status == 200 else 0)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_deadline_in_the_middle_of_a_plan_is_gone_on_from(provider, build_house):
    house = build_house(bounds_deadline_seconds=3.0, bounds_settle_seconds=0.05)
    worker, place, key = house.worker(), house.places[provider], next(KEYS)
    place.reset()
    place.faults({"match": {"method": "POST"}, "do": "delay", "seconds": 1.2})
    body = {"notes": [{"body": f"note {number}"} for number in range(5)]}
    path = f"ticketing/contacts/{NOTE_AT[provider]}"
    first = worker.request(provider, "PATCH", path, key=key, json=body)
    assert first.status_code in (502, 504), first.text
    states = [one["state"] for one in first.json()["steps"]]
    assert states[0] == "applied"
    assert len(states) < 5 or states[-1] != "applied"
    time.sleep(0.1)
    until(lambda: answered(place))  # what is late must not be looked for before it has arrived
    place.faults()
    answers = []
    until(lambda: answers.append(worker.request(provider, "PATCH", path, key=key, json=body)) or answers[-1].is_success)
    until(lambda: answered(place))
    written = [one for one in place.kept.contacts[int(NOTE_AT[provider])].notes if _text(one).startswith("note ")]
    assert sorted(map(_text, written)) == [f"note {number}" for number in range(5)]
    worker.kill()


def _text(note):
    return getattr(note, "body", None) or getattr(note, "content", "")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_caller_who_goes_away_finds_the_answer_by_the_key(provider, house, worker):
    place, key = house.places[provider], next(KEYS)
    ticket = {"trengo": "731190007", "chatwoot": "3"}[provider]
    place.faults({"match": {"method": "POST"}, "do": "delay", "seconds": 0.4})
    form = httpx.Request(
        "POST",
        f"{worker.base_url}/unified/ticketing/comments",
        headers={
            "Authorization": f"Bearer {house.api_key}",
            "X-Integrated-Account-Id": house.accounts[provider],
            "Idempotency-Key": key,
            "Host": worker.base_url.removeprefix("http://"),
        },
        files=[
            ("data", (None, json.encode({"ticket": {"id": ticket}, "body": "gone"}), "application/json")),
            ("file", ("a.bin", b"x" * 300_000, "application/octet-stream")),
            ("file", ("b.bin", b"y" * 300_000, "application/octet-stream")),
        ],
    )
    content = form.read()
    head = f"POST {form.url.raw_path.decode()} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in form.headers.items())
    with socket.create_connection((form.url.host, form.url.port)) as connection:
        connection.sendall(head.encode() + b"\r\n" + content)
        until(lambda: changes(place))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    answers = []

    def repeated():
        answers.append(
            worker.http.post(
                form.url.raw_path.decode(),
                content=content,
                headers={**form.headers, "Content-Length": str(len(content))},
            )
        )
        return answers[-1].status_code != 409

    until(repeated)
    assert answers[-1].status_code == 201, answers[-1].text
    assert answers[-1].headers["Idempotency-Replayed"] == "true"
    assert len(answers[-1].json()["result"]["attachments"]) == 2
    sent = [target for _, target in changes(place) if target.endswith("/messages")]
    assert len(sent) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_account_that_is_deleted_meanwhile_gets_no_further_call(provider, build_house):
    house = build_house()
    worker, place = house.worker(), house.places[provider]
    place.reset()
    place.faults({"match": {"method": "POST"}, "do": "delay", "seconds": 0.6})
    body = {"notes": [{"body": f"note {number}"} for number in range(4)]}
    with ThreadPoolExecutor(1) as pool:
        path = f"ticketing/contacts/{NOTE_AT[provider]}"
        writing = pool.submit(worker.request, provider, "PATCH", path, key=next(KEYS), json=body)
        until(lambda: changes(place))
        assert worker.operator("DELETE", f"/integrated-account/{house.accounts[provider]}").is_success
        answer = writing.result()
    assert answer.status_code in (404, 409), answer.text
    assert answer.json()["steps"]
    assert len(changes(place)) == 1
    worker.kill()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_two_keys_may_write_the_same_ticket_at_once(provider, house, worker):
    place = house.places[provider]
    names = {"trengo": ["Spoed", "Factuur"], "chatwoot": ["vip", "返品"]}[provider]

    def add(name):
        body = {"tags_add": [{"name": name}]}
        return worker.request(provider, "PATCH", f"ticketing/tickets/{TICKET[provider]}", key=next(KEYS), json=body)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(add, names))
    assert [one.status_code for one in answers] == [200, 200]
    for name, answer in zip(names, answers, strict=True):
        there = name in [one["name"] for one in answer.json()["result"]["tags"]]
        assert there or [one["path"] for one in answer.json()["warnings"]] == ["tags"]
    kept = place.kept.tickets if provider == "trengo" else place.kept.conversations
    labels = kept[int(TICKET[provider])].labels
    assert len(labels) == len(set(labels))

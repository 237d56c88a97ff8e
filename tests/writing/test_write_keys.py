"""Idempotency keys of unified writes, on both databases: one write for each key, for a day."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from proxy.database.migrate import upgrade
from tests.databases import BACKENDS

HOUR = 3600
TAG = {"name": "Kept", "color": "#ff0000"}
KEYS = (f"once-{number}" for number in count())


@pytest.fixture(scope="module", params=BACKENDS)
def house(request, build_house):
    """A house with two accounts of each provider, on each kind of database."""
    if request.param == "sqlite":
        return build_house(lanes=2)
    postgres = request.getfixturevalue("postgres")
    url = postgres.url(postgres.create())
    upgrade(url)
    return build_house(database_url=url, lanes=2)


def create(worker, key, body=None, **options):
    return worker.request("trengo", "POST", "ticketing/tags", key=key, json=body or TAG, **options)


def made(house):
    """How many tags the simulator was asked to make."""
    return [one["method"] for one in house.places["trengo"].log()].count("POST")


def test_twenty_requests_at_once_make_one_write(house, worker):
    key, place = next(KEYS), house.places["trengo"]
    place.faults({"match": {"method": "POST"}, "do": "delay", "seconds": 0.5, "times": 1})
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: create(worker, key), range(20)))
    assert made(house) == 1
    assert {one.status_code for one in answers} <= {201, 409}
    refused = [one for one in answers if one.status_code == 409]
    assert refused
    assert {(one.json()["code"], int(one.headers["Retry-After"]) >= 1) for one in refused} == {
        ("idempotency-in-progress", True)
    }
    again = create(worker, key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert {one.content for one in answers if one.status_code == 201} == {again.content}
    assert made(house) == 1


def test_an_hour_later_the_answer_is_the_same_to_the_byte(house, worker):
    key = next(KEYS)
    first = create(worker, key)
    later = house.worker(ahead=HOUR)
    again = create(later, key)
    later.kill()
    assert first.status_code == again.status_code == 201
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert first.content == again.content
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"] == key
    assert made(house) == 1


def test_after_a_day_the_key_is_free(house, worker):
    key = next(KEYS)
    create(worker, key)
    for ahead, replayed in ((24 * HOUR - 60, True), (24 * HOUR + 60, False)):
        later = house.worker(ahead=ahead)
        assert ("Idempotency-Replayed" in create(later, key).headers) is replayed
        later.kill()
    assert made(house) == 2


def test_a_key_stands_for_one_body(house, worker):
    key = next(KEYS)
    create(worker, key)
    other = create(worker, key, {**TAG, "name": "Another"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-mismatch")
    same = create(worker, key, dict(reversed(TAG.items())))
    assert same.headers["Idempotency-Replayed"] == "true"
    assert made(house) == 1


def test_accounts_owners_and_paths_have_keys_of_their_own(house, worker):
    key = next(KEYS)
    scopes = [part for scope in ("read", "write") for part in ("--scope", scope)]
    another = house.command("keys", "new", "--name", "another", *scopes)
    second = house.lane_accounts[1]["trengo"]
    answers = [
        create(worker, key),
        create(worker, key, account=second),
        create(worker, key, {**TAG, "name": "By another"}, api_key=another),
        worker.request("trengo", "POST", "ticketing/teams", key=key, json={"name": "A team"}),
    ]
    assert [(one.status_code, "Idempotency-Replayed" in one.headers) for one in answers] == [(201, False)] * 4
    house.lanes[1]["trengo"].reset()

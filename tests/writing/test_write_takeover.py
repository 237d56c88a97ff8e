"""A write that one server begins is finished by another on the same database, with what the first had found out."""

import json

import httpx
import pytest

from tests.writing.house import PROVIDERS

LEASE_OVER = 12.0
BODIES = {
    "trengo": {
        "name": "Taken over",
        "contact": {"id": "451500001"},
        "channel": {"id": "1377010"},
        "team": {"name": "Eerste lijn"},
        "assignees": [{"name": "Torsten Grömann"}],
        "tags": [{"name": "Factuur"}, {"name": "Spoed"}],
        "comment": {"body": "We look into it.", "is_private": False},
    },
    "chatwoot": {
        "name": "Taken over",
        "contact": {"id": "1202"},
        "channel": {"id": "23"},
        "team": {"name": "billing"},
        "assignees": [{"name": "Åsa Lindqvist"}],
        "tags": [{"name": "vip"}, {"name": "bezorging"}],
        "comment": {"body": "We look into it.", "is_private": False},
    },
}


def rename(kept):
    """Everything that the bodies name gets another name."""
    for one in kept.teams.values():
        one.name = f"renamed {one.id}"
    for one in kept.labels.values():
        setattr(one, "title" if hasattr(one, "title") else "name", f"renamed {one.id}")
    for one in kept.users.values():
        for name in ("name", "available_name", "first_name"):
            if hasattr(one, name):
                setattr(one, name, f"renamed {one.id}")


def changes(place, before=0):
    return [(one["method"], one["target"], one["body"]) for one in place.log()[before:] if one["method"] != "GET"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_another_server_goes_on_with_the_values_of_the_first(provider, house, worker):
    place, body = house.places[provider], BODIES[provider]
    if provider == "trengo":
        user = place.kept.users[713404]
        body = {**body, "assignees": [{"name": f"{user.first_name} {user.last_name}"}]}
    undisturbed = worker.request(provider, "POST", "ticketing/tickets", key=f"{provider}-0", json=body)
    assert undisturbed.status_code == 201, undisturbed.text
    whole = changes(place)
    place.reset()
    first = house.worker(die=["applied", "after", 2, f"{provider}-1"])
    second = house.worker(ahead=LEASE_OVER)
    with pytest.raises(httpx.TransportError):
        first.request(provider, "POST", "ticketing/tickets", key=f"{provider}-1", json=body)
    begun = changes(place)
    assert begun == whole[:2]
    rename(place.kept)
    answer = second.request(provider, "POST", "ticketing/tickets", key=f"{provider}-1", json=body)
    assert answer.status_code == 201, answer.text
    assert changes(place) == whole
    refused = second.request(provider, "POST", "ticketing/tickets", key=f"{provider}-2", json=body)
    assert refused.json()["code"] == "reference-not-found", "the names are gone indeed"
    assert json.loads(undisturbed.content)["result"]["id"] == answer.json()["result"]["id"]
    second.kill()

"""Any sequence of updates of a ticket: after each success the record is as a simple model has it, or a warning says
where it is not.
"""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.writing.house import PROVIDERS

KEYS = (f"model-{number}" for number in count())
TICKET = {"trengo": "731190010", "chatwoot": "2"}
STATUSES = {"trengo": ["active", "closed", "spam"], "chatwoot": ["open", "pending", "snoozed", "resolved"]}
CATEGORIES = {"trengo": ["open", "closed", "spam"], "chatwoot": ["open", "waiting", "closed"]}
USERS = {"trengo": ["713402", "713403", "713404"], "chatwoot": ["12", "13", "14"]}
TEAMS = {"trengo": ["88121", "88122"], "chatwoot": ["4", "5"]}
TAGS = {"trengo": ["Spoed", "Factuur", "Retour & ruil"], "chatwoot": ["vip", "btw-fout", "bezorging", "返品"]}
FIELDS = {"trengo": ["Ordernummer", "Reden van retour"], "chatwoot": ["order_id", "damage"]}


def updates(provider):
    """A body of an update, of one attribute or several."""
    tags = st.lists(st.sampled_from(TAGS[provider]), unique=True, max_size=3).map(
        lambda names: [{"name": name} for name in names]
    )
    values = st.one_of(st.none(), st.sampled_from(["A 1", "box", "27"]))
    fields = st.dictionaries(st.sampled_from(FIELDS[provider]), values, min_size=1).map(
        lambda found: [{"name": name, "value": value} for name, value in found.items()]
    )
    people = st.sampled_from(USERS[provider]).map(lambda one: [{"id": one}])
    status = st.one_of(
        st.sampled_from(STATUSES[provider]).map(lambda one: {"name": one}),
        st.sampled_from(CATEGORIES[provider]).map(lambda one: {"category": one}),
    )
    parts = {
        "status": status,
        "assignees": st.one_of(people, st.just([]), st.none()),
        "team": st.one_of(st.sampled_from(TEAMS[provider]).map(lambda one: {"id": one}), st.none()),
        "custom_fields": fields,
    }
    sets = st.one_of(
        st.just({}),
        tags.map(lambda found: {"tags": found}),
        st.tuples(tags, tags).map(lambda both: {"tags_add": both[0], "tags_remove": both[1]}),
    )
    return (
        st.tuples(st.fixed_dictionaries({}, optional=parts), sets).map(lambda both: {**both[0], **both[1]}).filter(bool)
    )


def shown(record):
    """What of a record the model knows."""
    return {
        "status": record["status"],
        "assignees": {one["id"] for one in record["assignees"]},
        "team": record["team"] and record["team"]["id"],
        "tags": {one["name"] for one in record["tags"]},
        "custom_fields": {
            one["name"]: str(one["value"]) for one in record["custom_fields"] if one["value"] not in (None, "")
        },
    }


def after(model, body):
    """The model after an update."""
    new = dict(model)
    if "assignees" in body:
        new["assignees"] = {one["id"] for one in body["assignees"] or []}
    if "team" in body:
        new["team"] = body["team"] and body["team"]["id"]
    if "tags" in body:
        new["tags"] = {one["name"] for one in body["tags"]}
    removed, added = ({one["name"] for one in body.get(side, [])} for side in ("tags_remove", "tags_add"))
    new["tags"] = (new["tags"] - removed) | added
    fields = {one["name"]: one["value"] for one in body.get("custom_fields", [])}
    new["custom_fields"] = {
        name: str(value) for name, value in {**new["custom_fields"], **fields}.items() if value is not None
    }
    return new


def differing(model, body, found):
    """The attributes of which a record is not what the model says; a status counts where it was asked for."""
    asked = body.get("status", {})
    wrong = {name for name in ("assignees", "team", "tags", "custom_fields") if model[name] != found[name]}
    return wrong | {"status" for key, value in asked.items() if found["status"][key] != value}


@pytest.fixture(scope="module")
def server(house):
    started = house.worker()
    yield started
    started.kill()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_after_each_update_the_record_is_as_asked_or_a_warning_says_where_not(provider, server, house):
    path, place = f"ticketing/tickets/{TICKET[provider]}", house.places[provider]
    done = []

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(updates(provider), min_size=1, max_size=4))
    def hold(bodies):
        place.reset()
        model = shown(server.request(provider, "GET", path).json()["result"])
        for body in bodies:
            answer = server.request(provider, "PATCH", path, key=next(KEYS), json=body)
            if answer.status_code == 422:
                assert answer.json()["code"] == "unsupported-change", answer.text
                continue
            assert answer.status_code == 200, answer.text
            said = answer.json()
            told = {one["path"].partition(".")[0] for one in said.get("warnings", []) if one["code"] == "not-as-asked"}
            found = shown(said["result"])
            wrong = differing(after(model, body), body, found)
            assert wrong <= told, (body, model, found, told)
            read = shown(server.request(provider, "GET", path).json()["result"])
            assert read == found
            model = found
            done.append(body)

    hold()
    assert len(done) > 20

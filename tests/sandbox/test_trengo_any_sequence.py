"""No sequence of operations makes the simulator fail, whatever they name."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.http import Request
from sandbox.trengo import Trengo
from sandbox.trengo.documented import ROUTES as DOCUMENTED
from sandbox.trengo.routes import ROUTES

TABLES = {
    "tickets": lambda store: store.tickets,
    "contacts": lambda store: store.contacts,
    "channels": lambda store: store.channels,
    "users": lambda store: store.users,
    "teams": lambda store: store.teams,
    "labels": lambda store: store.labels,
    "custom_fields": lambda store: store.fields,
    "profiles": lambda store: store.profiles,
    "contact_groups": lambda store: store.groups,
    "ticket_results": lambda store: store.results,
    "webhooks": lambda store: store.webhooks,
    "quick_replies": lambda store: store.quick_replies,
    "templates": lambda store: store.templates,
    "help_center": lambda store: store.annex.help_centers,
    "voice": lambda store: store.annex.calls,
    "chat": lambda store: store.annex.chat,
}
"""By the first word of a path, or the name below."""

IDS = {
    "channel_id": "channels",
    "contact_id": "contacts",
    "user_id": "users",
    "toUserId": "users",
    "hsm_id": "templates",
}
IDS |= {"team_id": "teams", "delegate_to_team_id": "teams", "delegate_to_user_id": "users", "label_id": "labels"}
IDS |= {"custom_field_id": "custom_fields", "ticket_id": "tickets", "source_ticket_id": "tickets"}
IDS |= {"contact_group_ids": "contact_groups", "user_ids": "users", "team_ids": "teams", "parentId": "chat"}
TEXTS = {"type": ["user", "team", "NOTE", "TICKET", "TEXT", "SMS"], "direction": ["INBOUND"], "role": ["observer"]}
TEXTS |= {"contact_identifier": ["x@example.com", "447700900123"], "recipient_phone_number": ["447700900123"]}
TEXTS |= {
    "identifier": ["x@example.com"],
    "phone": ["447700900123"],
    "channel": ["kassa-token"],
    "to": ["447700900123"],
}
TEXTS |= {"contact": [{"identifier": "i"}], "body": ["text", {"text": "t"}], "threadId": [4], "duration": [9, "x"]}
TEXTS |= {name: ["some text"] for name in ("message", "name", "title", "value", "note", "url", "email", "first_name")}
TEXTS |= {"params": [[{"key": "{{1}}", "value": "v"}]], "file": ["data:text/plain;base64,aGk="], "content": ["c"]}
ODD = st.sampled_from([None, "", -1, 1.5, True, [], {}, "x" * 40])

PLACE = st.integers(0, 400)
VALUES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(IDS, PLACE | PLACE | ODD)
    | {name: st.sampled_from(texts) | st.sampled_from(texts) | ODD for name, texts in TEXTS.items()},
)
FULL = st.fixed_dictionaries(
    dict.fromkeys(IDS, PLACE) | {name: st.sampled_from(texts) for name, texts in TEXTS.items()}
)
STEPS = st.tuples(
    st.sampled_from([*ROUTES, *DOCUMENTED]), st.lists(PLACE, min_size=3, max_size=3), st.one_of(FULL, FULL, VALUES)
)
BOXES = {documented: Trengo(tickets=6, seed=1, rate_limit=10**9, documented=documented) for documented in (True, False)}


@settings(max_examples=100, deadline=None)
@given(st.booleans(), st.lists(STEPS, min_size=1, max_size=15))
def test_no_sequence_of_operations_makes_the_simulator_fail(documented, steps):
    box = BOXES[documented]
    box.reset()
    for (method, pattern, _), places, body in steps:
        path, sent = path_of(box.store, pattern, places), body_of(box.store, body)
        headers = (("Authorization", f"Bearer {box.token_for(0)}"), ("Accept", "application/json"))
        answer = box.handle(Request(method, f"/api/v2/{path}", headers, json.dumps(sent).encode()))
        assert 200 <= answer.status < 500, (path, answer.body)


def path_of(store, pattern, places):
    """The path with ids that are there, unless nothing of that kind is."""
    words, places = pattern.split("/"), iter(places)
    ticket = None
    for at, word in enumerate(words):
        if not word.startswith("{"):
            continue
        if words[at - 1].endswith("messages") and ticket is not None and ticket.messages:
            words[at] = str(ticket.messages[next(places) % len(ticket.messages)].id)
            continue
        table = TABLES.get(words[at - 1], TABLES.get(words[0]))(store)
        words[at] = picked(table, next(places))
        ticket = store.tickets.get(int(words[at])) if words[at - 1] == "tickets" else ticket
    return "/".join(words)


def body_of(store, body):
    """The body with ids in place of places in tables."""
    return {
        name: picked(TABLES[IDS[name]](store), value) if name in IDS and type(value) is int and value >= 0 else value
        for name, value in body.items()
    }


def picked(table, place):
    """An id of a table, or one that nothing has."""
    keys = list(table)
    return re.sub(r"\D", "", str(keys[place % len(keys)] if keys else place))

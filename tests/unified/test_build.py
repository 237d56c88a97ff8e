"""A mapping file becomes compiled plans; a provider's object becomes a record of the schema."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.errors import UnsupportedOperation
from proxy.language.document import convert, load
from proxy.language.expression import Context
from proxy.provider.load import load_provider
from unified.folders import data_folder
from unified.mapping.build import build_mapping
from unified.mapping.load import load_mappings
from unified.mapping.model import Mappings
from unified.mapping.vocabulary import MappingWords
from unified.schemas.resources import find_resource

MAPPINGS = load_mappings(data_folder("mappings"))

PROVIDER = """
name: acme
label: Acme
base: https://api.example.com
auth: { header: Authorization, value: "Bearer {token}" }
credential: { token: { label: Token, help: In your settings } }
verify: { get: /me, expect: id, identity: id, label: name }
passthrough: { allow: ["/**"] }
zero_is_null: true
lists: { boxes: { get: /boxes } }
enums:
  states:
    todo: { name: open, category: open, description: To do }
    later: { name: snoozed, category: waiting, description: Later }
    write: { open: todo }
"""
CHANNELS = """
resource: channels
record: { id: id, name: name, type: type, is_active: on }
"""
STATUS = """
resource: ticket_status
record: { id: id, name: name, category: category, description: description }
"""


def build(text, resource="channels"):
    provider, wrong = load_provider(load(PROVIDER, "acme/provider.yaml"))
    assert wrong == []
    document = load(text, f"acme/ticketing/{resource}.yaml")
    words, wrong = convert(document, MappingWords)
    assert wrong == []
    mapping, wrong = build_mapping(document, words, find_resource("ticketing", resource), provider)
    assert [str(one) for one in wrong] == []
    return mapping


def channel(mapping, item, **context):
    return mapping.translate(item, Context(**context))


def test_the_attributes_of_a_record_come_in_the_order_of_the_schema():
    record, errors = channel(build(CHANNELS), {"on": 1, "type": "mail", "name": "Support", "id": 7})
    assert list(record.items()) == [("id", "7"), ("name", "Support"), ("type", "mail"), ("is_active", True)]
    assert errors == []


def test_an_attribute_that_fails_is_null_and_named_with_the_reason():
    record, errors = channel(build(CHANNELS), {"id": 7, "name": ["a"], "type": {}, "on": "yes"})
    assert record == {"id": "7", "name": None, "type": None, "is_active": None}
    assert errors == [
        ("name", "list is not a text"),
        ("type", "dict is not a text"),
        ("is_active", "'yes' is not true or false"),
    ]


@pytest.mark.parametrize("item", [None, [], "text", 7, True])
def test_an_item_that_is_no_object_is_a_record_of_nulls(item):
    record, _ = channel(build(CHANNELS), item)
    assert record == {"id": None, "name": None, "type": None, "is_active": None}


def test_records_do_not_share_the_rows_of_an_enum():
    mapping = MAPPINGS.resources["trengo", "ticketing", "tickets"]
    one, other = (mapping.translate({"id": 1, "status": "OPEN"}, Context())[0] for _ in range(2))
    one["status"]["name"] = "changed"
    assert other["status"]["name"] == "open"


def test_records_do_not_share_a_constant_author():
    mapping = MAPPINGS.resources["trengo", "ticketing", "comments"]
    one, other = (mapping.translate({"id": 1, "ticket_id": 2}, Context())[0] for _ in range(2))
    one["author"]["name"] = "changed"
    assert other["author"] == {"id": None, "name": None, "type": "system"}


@pytest.mark.parametrize("value", [None, False, ""])
def test_nothing_in_place_of_an_enum_word_is_null(value):
    mapping = MAPPINGS.resources["trengo", "ticketing", "tickets"]
    assert mapping.translate({"id": 1, "status": value}, Context())[0]["status"] is None


def test_the_write_row_of_an_enum_is_no_word_of_the_provider():
    mapping = build(STATUS + "list: { enum: states }\nget: find", "ticket_status")
    assert [row["id"] for row in mapping.lists[0].rows] == ["todo", "later"]
    tickets = MAPPINGS.resources["trengo", "ticketing", "tickets"]
    assert tickets.translate({"id": 1, "status": "write"}, Context())[0]["status"] == {
        "id": "write",
        "name": None,
        "category": None,
    }


def test_the_rows_of_an_enum_need_no_call():
    plan = build(STATUS + "list: { enum: states }", "ticket_status").lists[0]
    assert plan.path is None
    assert plan.rows[0] == {"id": "todo", "name": "open", "category": "open", "description": "To do"}
    assert plan.paging.style == "whole"


def test_an_id_of_parts_is_joined_and_null_without_one():
    mapping = MAPPINGS.resources["trengo", "ticketing", "comments"]
    assert mapping.id_parts == ("ticket", "message")
    assert mapping.translate({"id": 5, "ticket_id": 2}, Context())[0]["id"] == "2.5"
    assert mapping.translate({"id": 5}, Context())[0]["id"] is None


def test_a_search_by_post_has_a_body_of_expressions():
    plan = build(CHANNELS + "list: { post: /search, body: { where: { box: query().name }, kind: \"'all'\" } }").lists[0]
    assert plan.method == "POST"
    assert plan.body(Context(query={"name": "x"})) == {"where": {"box": "x"}, "kind": "all"}


def test_a_list_without_more_words_is_read_whole_from_the_root():
    plan = build(CHANNELS + "list: { get: /boxes }").lists[0]
    assert (plan.method, plan.paging.style, plan.body, plan.filters, plan.sorts) == ("GET", "whole", None, {}, {})
    assert plan.items([1, 2]) == [1, 2]


PAGING = [
    ("{ style: page }", "page", "page"),
    ("{ style: page, param: p }", "page", "p"),
    ("{ style: id_before }", "id_before", "before"),
    ("{ style: id_after, first: '0' }", "id_after", "after"),
    ("whole", "whole", "page"),
    ("{ style: whole, more: next }", "whole", "page"),
    ("{ style: whole, more: next, param: p }", "whole", "p"),
]


@pytest.mark.parametrize(("words", "style", "param"), PAGING)
def test_a_paging_style_has_its_usual_parameter_unless_said(words, style, param):
    paging = build(CHANNELS + f"list: {{ get: /boxes, paging: {words} }}").lists[0].paging
    assert (paging.style, paging.param) == (style, param)


GET = [
    ("", "", None, []),
    ("list: { get: /boxes }", "get: find", "find", ["list", "get"]),
    ("", 'get: "/boxes/{id()}"', "/boxes/7", ["get"]),
    ("", 'get: { get: "^/x/{id()}", item: payload, query: { full: "\'1\'" } }', "/x/7", ["get"]),
    ("list: [{ get: /boxes }, { post: /search }]", "", None, ["list"]),
]


@pytest.mark.parametrize(("lists", "get", "expected", "methods"), GET, ids=[one[1] or one[0] or "none" for one in GET])
def test_what_a_provider_can_do_follows_from_the_file(lists, get, expected, methods):
    mapping = build(f"{CHANNELS}{lists}\n{get}")
    assert mapping.methods == methods
    found = mapping.get if mapping.get in (None, "find") else mapping.get.path.fill(Context(id=7))
    assert found == expected


TEAMS = """
resource: teams
record:
  id: id
  name: name
  description: { unsupported: No }
  members: MEMBERS
"""
SAID = "{ from: users, as: said }"
USERS = [{"id": 1, "name": "Ada"}]


@pytest.mark.parametrize(
    ("words", "users", "members"),
    [
        (SAID, None, None),
        (SAID, False, None),
        (SAID, [], []),
        (SAID, USERS, [{"id": "1", "name": "Ada"}]),
        ("users", None, []),
        ("users", False, []),
        ("users", [], []),
    ],
)
def test_a_list_that_is_not_said_is_null_only_where_the_file_says_so(words, users, members):
    mapping = build(TEAMS.replace("MEMBERS", words), "teams")
    assert mapping.translate({"id": 1, "users": users}, Context()) == (
        {"id": "1", "name": None, "description": None, "members": members},
        [],
    )


def test_a_list_that_is_not_said_does_not_change_the_same_kind_of_list_elsewhere():
    build(TEAMS.replace("MEMBERS", SAID), "teams")
    other = build(TEAMS.replace("MEMBERS", "users"), "teams")
    assert other.translate({"id": 1}, Context())[0]["members"] == []


def test_the_id_of_another_record_is_made_as_that_record_makes_its_own():
    for provider in MAPPINGS.providers:
        files = MAPPINGS.resources[provider, "ticketing", "attachments"]
        comments = MAPPINGS.resources[provider, "ticketing", "comments"]
        message = {"id": 5.5, "ticket_id": "a.b", "conversation_id": "a.b"}
        record, errors = files.translate({"id": 9}, Context(parent=message))
        assert errors == []
        assert record["comment_id"] == comments.translate(message, Context())[0]["id"] == "a%2Eb.5%2E5"


WHOLE = [
    ("get: /boxes", {"name"}, ("name", "-name")),
    ("{ get: /boxes, paging: { style: whole, more: next } }", {"name"}, ("name", "-name")),
    ("{ get: /boxes, paging: { style: page } }", set(), ()),
    ("{ get: /boxes, paging: { style: page }, filters: { name: scan } }", {"name"}, ()),
]


@pytest.mark.parametrize(("words", "filters", "sorts"), WHOLE)
def test_a_list_read_whole_is_filtered_and_sorted_here(words, filters, sorts):
    words = words if words[0] == "{" else f"{{ {words} }}"
    plan = build(TEAMS.replace("MEMBERS", "users") + f"list: {words}", "teams").lists[0]
    assert (set(plan.filters), plan.local_sorts) == (filters, sorts)


def test_what_a_list_read_whole_cannot_say_is_neither_filtered_nor_sorted_here():
    text = TEAMS.replace("MEMBERS", "users").replace("name: name", "name: { unsupported: No }")
    plan = build(text + "list: { get: /boxes }", "teams").lists[0]
    assert (plan.filters, plan.local_sorts) == ({}, ())


def test_how_a_filter_reaches_the_provider_is_told():
    places = {key: MAPPINGS.resources[key].filters for key in MAPPINGS.resources}
    assert places["trengo", "ticketing", "tags"] == {"name": "local"}
    assert places["trengo", "ticketing", "tickets"]["team_id"] == "scan"
    assert places["chatwoot", "ticketing", "fields"] == {"entity_type": "query", "name": "local"}
    assert places["chatwoot", "ticketing", "comments"] == {"ticket_id": "path"}


def test_what_is_not_supported_is_kept_with_its_reason():
    text = CHANNELS.replace("is_active: on", "is_active: { unsupported: Never said }")
    mapping = build(text)
    assert mapping.unsupported == {"is_active": "Never said"}
    assert channel(mapping, {"id": 7, "on": True})[0]["is_active"] is None


def test_an_expression_reaches_the_connection():
    text = CHANNELS.replace("type: type", "type: connection().region")
    assert channel(build(text), {"id": 7}, connection={"region": "eu"})[0]["type"] == "eu"


def test_a_resource_that_a_provider_lacks_is_refused_with_those_it_has():
    trengo = MAPPINGS.providers["trengo"]
    only = Mappings(MAPPINGS.providers, {key: one for key, one in MAPPINGS.resources.items() if key[2] != "channels"})
    with pytest.raises(UnsupportedOperation) as refused:
        only.of(trengo, find_resource("ticketing", "channels"))
    assert refused.value.members["supported"] == [
        "attachments",
        "comments",
        "contacts",
        "fields",
        "tags",
        "teams",
        "ticket_status",
        "tickets",
        "users",
    ]
    found = MAPPINGS.of(trengo, find_resource("ticketing", "channels"))
    assert found is MAPPINGS.resources["trengo", "ticketing", "channels"]


KEYS = sorted(
    {"id", "ticket_id", "status", "user_id", "agent", "team", "contact", "labels", "meta", "created_at", "updated_at"}
    | {
        "custom_field_values",
        "custom_attributes",
        "message_type",
        "sender",
        "attachments",
        "content",
        "private",
        "type",
    }
    | {"message", "email_message", "conversation_id", "inbox_id", "priority", "blocked", "profile", "email", "phone"}
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inside, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("key", sorted(MAPPINGS.resources), ids=lambda key: f"{key[0]} {key[2]}")
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(item=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=12))
def test_whatever_a_provider_sends_the_record_fits_its_schema_but_for_the_id(key, item):
    mapping = MAPPINGS.resources[key]
    record, errors = mapping.translate(item, Context(connection={"base_url": "https://a.example", "account_id": 1}))
    assert tuple(record) == mapping.resource.attributes
    assert {name for name, _ in errors} <= set(record)
    record["id"] = record["id"] or "none"
    msgspec.convert(record, mapping.resource.record)

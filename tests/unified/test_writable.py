"""``meta`` and capabilities of writes say what the plans of the file say: what is taken, needed and refused."""

import msgspec
import pytest

from proxy.bounds import Bounds
from proxy.errors import NotFound
from tests.unified import acme
from unified.capabilities import meta_of
from unified.schemas.resources import RESOURCES
from unified.schemas.writes import TicketCreate
from unified.writable import attribute_schemas, write_capability

ATTRIBUTES = next(one for one in RESOURCES if one.name == "tickets").attributes
UNSAID = "\n".join(
    f"  {name}: {{ unsupported: Acme has no {name} }}" for name in ATTRIBUTES if name not in ("id", "status", "tags")
)
TICKETS = f"""
resource: tickets
record:
  id: id
  status: {{ from: state, enum: states }}
  tags: labels
{UNSAID}
get: /tickets/{{id()}}
create:
  needs:
    - {{ one_of: [contact.id, contact.email, connection().contact], detail: Acme opens tickets for somebody }}
  refuse:
    - {{ when: "length(not_null(tags, `[]`)) > `3`", path: tags, detail: three tags at most }}
  steps:
    - {{ step: person, get: /people, query: {{ mail: contact.email }} }}
    - {{ step: ticket, post: /tickets, body: {{ who: contact.id || contact.email }}, main: true, keep: {{ id: id }} }}
    - {{ step: state, given: status, put: "/tickets/{{steps().ticket.id}}/state", body: {{ state: status.id }} }}
    - {{ step: label, each: "whole('tags')", post: "/tickets/{{steps().ticket.id}}/labels", body: {{ id: each().id }} }}
  id: steps().ticket.id
update:
  steps:
    - {{ step: labels, given: tags, put: "/tickets/{{id()}}/labels", body: {{ labels: "whole('tags')[].name" }} }}
delete: /tickets/{{id()}}
"""
FIELDS = (
    acme.FIELDS
    + """
create:
  steps:
    - step: field
      post: /fields
      body: { title: label, kind: { from: entity_type, enum: kinds } }
      keep: { id: id }
  id: steps().field.id
"""
)


@pytest.fixture(scope="module")
def tickets():
    return acme.build(TICKETS, "tickets")


def told(mapping, method, connection=None):
    return meta_of(mapping, method, Bounds(), connection)


def test_what_the_steps_use_is_taken_and_the_rest_is_not_with_the_reason(tickets):
    attributes = told(tickets, "create")["attributes"]
    taken = {name for name, one in attributes.items() if one["supported"]}
    assert taken == {"contact", "status", "tags", "tags_add", "tags_remove"}
    assert attributes["priority"] == {"supported": False, "reason": "Acme has no priority"}
    assert attributes["comment"] == {"supported": False, "reason": "Acme cannot set it by create"}
    assert attributes["created_at"] == {"supported": False, "reason": "It is read, never written."}


def test_every_attribute_of_body_and_record_is_told_of(tickets):
    known = {*ATTRIBUTES, *TicketCreate.__struct_encode_fields__} - {"remote_data"}
    assert set(told(tickets, "create")["attributes"]) == known


def test_an_attribute_of_an_enum_table_has_its_values_and_the_categories_that_can_be_asked_for(tickets):
    status = told(tickets, "create")["attributes"]["status"]
    assert status["values"] == [
        {"id": "todo", "name": "open", "category": "open"},
        {"id": "later", "name": "snoozed", "category": "waiting"},
    ]
    assert status["categories"] == {"open": "todo"}


def test_an_attribute_that_is_translated_by_a_table_has_its_words():
    attributes = told(acme.build(FIELDS, "fields"), "create")["attributes"]
    assert attributes["entity_type"]["values"] == [
        {"name": "profile", "id": "2"},
        {"name": "contact", "id": "1"},
        {"name": "ticket", "id": "0"},
    ]


def test_needs_and_required_attributes_are_told_with_their_sentence(tickets):
    need = {"one_of": ["contact.id", "contact.email"], "detail": "Acme opens tickets for somebody"}
    assert told(tickets, "create")["required"] == [need]
    fields = told(acme.build(FIELDS, "fields"), "create")
    assert [one["one_of"] for one in fields["required"]] == [["label"], ["entity_type"]]
    assert fields["attributes"]["label"]["required"] is True
    assert fields["attributes"]["entity_type"]["schema"] == {"enum": ["contact", "profile", "ticket"]}


def test_what_the_connection_gives_is_not_needed_of_the_body(tickets):
    assert told(tickets, "create", {"contact": "7"})["required"] == []
    assert len(told(tickets, "create", {"contact": None})["required"]) == 1


def test_refusals_are_told_before_anybody_meets_them(tickets):
    assert told(tickets, "create")["refused"] == [{"path": "tags", "detail": "three tags at most"}]


def test_calls_that_change_something_are_counted_and_several_of_them_are_not_atomic(tickets):
    create = told(tickets, "create")
    assert create["calls"] == {"at_least": 1, "at_most": None}
    assert (create["atomic"], create["replaced_sets"]) == (False, [])
    assert [one["name"] for one in create["steps"]] == ["person", "ticket", "state", "label"]
    assert [one["method"] for one in create["steps"]] == ["GET", "POST", "PUT", "POST"]
    assert [one["given"] for one in create["steps"]] == [[], [], ["status"], []]
    assert [one["for_each"] for one in create["steps"]] == [False, False, False, True]
    delete = told(tickets, "delete")
    assert (delete["calls"], delete["atomic"]) == ({"at_least": 1, "at_most": 1}, True)
    assert delete["attributes"] == {}


def test_a_set_that_is_replaced_whole_is_not_atomic_though_it_is_one_call(tickets):
    update = told(tickets, "update")
    assert (update["calls"], update["atomic"]) == ({"at_least": 0, "at_most": 1}, False)
    assert update["replaced_sets"] == ["tags"]


def test_remote_data_is_taken_where_a_step_is_the_main_one(tickets):
    assert told(tickets, "create")["remote_data"] is True
    assert told(tickets, "update")["remote_data"] is False


def test_a_method_that_the_provider_lacks_is_not_found(tickets):
    with pytest.raises(NotFound):
        told(tickets, "merge")


def test_a_capability_is_the_same_in_short(tickets):
    assert write_capability(tickets, "create") == {
        "attributes": ["status", "tags", "tags_add", "tags_remove", "contact"],
        "files": False,
        "atomic": False,
    }


def test_schemas_of_attributes_are_whole_in_themselves():
    for resource in RESOURCES:
        for method in resource.writes.methods if resource.writes else ():
            body = resource.writes.body(method)
            if body is not None:
                schemas = attribute_schemas(body)
                assert set(schemas) == set(body.__struct_encode_fields__)
                assert b"$ref" not in msgspec.json.encode(schemas)

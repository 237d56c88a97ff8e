"""What is wrong in a mapping file is told by file, line and key; all mistakes of all files at once."""

import shutil

import pytest

from proxy.language.document import Mistakes
from unified.folders import data_folder
from unified.mapping.check import check
from unified.mapping.load import load_mappings

TICKETS = "trengo/ticketing/tickets.yaml"
COMMENTS = "trengo/ticketing/comments.yaml"
CHANNELS = "chatwoot/ticketing/channels.yaml"
CONTACTS = "trengo/ticketing/contacts.yaml"
FIELDS = "chatwoot/ticketing/fields.yaml"
FILES = "trengo/ticketing/attachments.yaml"
TEAMS = "trengo/ticketing/teams.yaml"
GROUPS = "chatwoot/user-directory/groups.yaml"
ME = "trengo/user-directory/me.yaml"
PROVIDER = "chatwoot/provider.yaml"
NAME = "  name: subject\n"
WIDEN = r"must match ^\d+[smhd]$"
NO_ENUM = "the provider file has no enum 'models'"
NO_OTHER = "there is no other list 'team_members'"
NO_GROUP = "is no attribute of groups"
ONE_WAY = "needs both 'from' and 'enum', or 'unsupported'"
CONTACT = "    contact_id:      { query: contact_id }\n"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(data_folder("mappings"), tmp_path / "mappings")


def edit(folder, file, old, new):
    """Replaces the first ``old`` of a file; the line that ``new`` begins on."""
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def mistakes_of(folder):
    with pytest.raises(Mistakes) as raised:
        load_mappings(folder)
    return [str(one).removeprefix(f"{folder}/") for one in raised.value.mistakes]


def name(words):
    return (TICKETS, NAME, f"  name: {words}\n")


ONE_MISTAKE = [
    # what is edited: file, old, new; then the key, the message, and lines below the edit where it stands
    (*name('"subject ||"'), "record.name", "ends too early", 0),
    (*name('"subject$"'), "record.name", "Unknown token $ in column 8", 0),
    (*name('"!a.b"'), "record.name", "! binds closer than the dot: write !(a.b)", 0),
    (
        *name("\"subject && '' || id\""),
        "record.name",
        "x && <an empty value> || y is always y, as empty values count as false: write !x && y || ''",
        0,
    ),
    (
        *name("length(subject)"),
        "record.name",
        "length() fails where its argument is absent: wrap it in not_null(x, <a default>)",
        0,
    ),
    (
        *name("to_string(subject)"),
        "record.name",
        "to_string(null) is 'null' as text: write to_string(not_null(x, '')) or x && to_string(x)",
        0,
    ),
    (
        *name("\"join(' ', [subject])\""),
        "record.name",
        "join() fails on an array that holds null: put [?@ != `null`] after the array",
        0,
    ),
    (*name("shout(subject)"), "record.name", "there is no function shout()", 0),
    (*name("lower(subject, id)"), "record.name", "lower() takes 1 arguments, not 2", 0),
    (*name("!subject"), "record.name", "tags are not used here", 0),
    (*name("{ from: subject }"), "record.name", "needs both 'from' and 'enum', or 'unsupported'", 0),
    (*name("{ from: subject, unsupported: No }"), "record.name", "is either unsupported or mapped", 0),
    (*name("12"), "record.name", "must be text or a mapping, not a number", 0),
    (TICKETS, NAME, f"{NAME}  colour: colour\n", "record.colour", "is no attribute of tickets", 1),
    (TICKETS, NAME, "", "record.name", "is neither mapped nor declared unsupported", -2),
    (
        TICKETS,
        "  status: { from: status, enum: ticket_status }",
        "  status: { from: status, enum: statuses }",
        "record.status.enum",
        "the provider file has no enum 'statuses'",
        0,
    ),
    (TICKETS, "{ in: users,", "{ in: people,", "refs.assignees[].in", "names no list of the provider file", 0),
    (
        TICKETS,
        "{ in: teams, id: id, name: name }",
        "{ in: teams, id: id }",
        "refs.team",
        "needs the column 'name': rows are found by it",
        0,
    ),
    (
        TICKETS,
        "{ in: teams, id: id, name: name }",
        "{ in: teams, id: id, name: name, email: mail }",
        "refs.team.email",
        "is no part of team",
        0,
    ),
    (
        TICKETS,
        "style: page",
        "style: pages",
        "list.paging.style",
        "must be one of id_after, id_before, page, whole; did you mean page?",
        0,
    ),
    (TICKETS, CONTACT, "    contact_id: guess\n", "list.filters.contact_id", "must be one of body, path, scan", 0),
    (
        TICKETS,
        CONTACT,
        "    contact_id: { enum: ticket_status }\n",
        "list.filters.contact_id",
        "needs either 'query' or 'body', or is one of: body, path, scan",
        0,
    ),
    (
        TICKETS,
        CONTACT,
        "    contact_id: { query: contact_id, form: naive }\n",
        "list.filters.contact_id.form",
        "is no form of a value that is compared by id",
        0,
    ),
    (
        TICKETS,
        CONTACT,
        "    contact_id: { query: contact_id, widen: 3h }\n",
        "list.filters.contact_id.widen",
        "needs a 'form' of times: rfc3339, naive, epoch",
        0,
    ),
    (TICKETS, "widen: 3h }  # the", "widen: 3 hours }  # the", "list.filters.updated_after.widen", WIDEN, 0),
    (
        TICKETS,
        CONTACT,
        "    contact_id: { query: contact_id, one_by_one: true }\n",
        "list.filters",
        "only one parameter can be walked one by one",
        -3,
    ),
    (
        TICKETS,
        CONTACT,
        "    contact_id: { query: contact_id, since: 4.14.2 }\n",
        "list.filters.contact_id.since",
        "needs the word 'version' in provider.yaml",
        0,
    ),
    (TICKETS, CONTACT, "    owner: scan\n", "list.filters.owner", "is no filter of tickets", 0),
    (TICKETS, "    -last_message_at: {", "    -colour: {", "list.sort.-colour", "is no sort of tickets", 0),
    (TICKETS, "get: /tickets/{id()}", "get: tickets", "get", "is 'find', or a path that starts with / or ^/", 0),
    (TICKETS, "get: /tickets/{id()}", "get: /tickets/{id(}", "get", "ends too early", 0),
    (TICKETS, "list:\n  get: /tickets\n", "list:\n", "list", "a list has exactly one of 'get', 'post' and 'enum'", 0),
    (
        TICKETS,
        "list:\n  get: /tickets\n",
        "list:\n  get: /tickets\n  enum: ticket_status\n",
        "list",
        "a list has exactly one of 'get', 'post' and 'enum'",
        0,
    ),
    (TICKETS, "  get: /tickets\n", "  get: tickets\n", "list.get", r"must match ^\^?/", 0),
    (TICKETS, "  items: data", "  itmes: data", "list.itmes", "is not known here; did you mean items?", 0),
    (TICKETS, "  items: data\n", "  items: &rows data\n", "list.items", "anchors are not used here", 0),
    (TICKETS, "resource: tickets", "resource: ticket", "resource", "ticketing has no resource of that name", 0),
    (TICKETS, "resource: tickets", "resource: contacts", "resource", "the file is named after its resource", 0),
    (COMMENTS, "record:\n", "record:\n  id: id\n", "record.id", "is made of the parts under 'id'", 1),
    (COMMENTS, "message: id }", "message: }", "id.message", "must be text, not nothing", 0),
    (CHANNELS, "get: find", "get: { item: payload }", "get.get", "is missing", 0),
    (
        CONTACTS,
        "{ query: term, form: digits }",
        "{ body: true, form: digits }",
        "list.filters.phone.form",
        "is for a parameter of the query",
        0,
    ),
    (
        FIELDS,
        "one_by_one: true, always: true",
        "always: true",
        "list.filters.entity_type.always",
        "needs 'one_by_one' and 'enum'",
        0,
    ),
    (FIELDS, "enum: field_model", "enum: models", "list.filters.entity_type.enum", NO_ENUM, 0),
    (FIELDS, "  also:", "  alse:", "list.alse", "is not known here; did you mean also?", 0),
    (FILES, "  rows: attachments\n\n", "  rows: shout(@)\n\n", "get.rows", "there is no function shout()", 0),
    (FILES, "  rows: attachments\n  pag", "  rows: a.\n  pag", "list.rows", "ends too early", 0),
    (
        FILES,
        ", parts: { ticket: parent().ticket_id, message: parent().id } }",
        " }",
        "record.comment_id",
        "an id of another resource is made of 'parts'",
        0,
    ),
    (
        FILES,
        "message: parent().id } }",
        "message: shout() } }",
        "record.comment_id.parts.message",
        "there is no function shout()",
        0,
    ),
    (TEAMS, "as: said", "as: sad", "record.members.as", "must be one of said; did you mean said?", 0),
    (TEAMS, "as: said", "as: said, enum: field_type", "record.members", ONE_WAY, 0),
    (TEAMS, 'from: "users && users[].{id: id, name: full_name || name}", ', "", "record.members", ONE_WAY, 0),
    (GROUPS, "in: team_members", "in: members", "joins.members.in", "names no list of the provider file", 0),
    (GROUPS, "joins:\n", "joins:\n  people: { in: teams, on: id, give: id }\n", "joins.people", NO_GROUP, 1),
    (GROUPS, "joins:\n", "  members: users\njoins:\n", "joins.members", "is mapped under 'record' already", 2),
    (GROUPS, "{ id: id, name: name }", "[id]", "joins.members.give", "must be text or a mapping, not a list", 0),
    (ME, "  needs: claims().sub", "  needs: claims(sub)", "get.needs", "claims() takes 0 arguments, not 1", 0),
    (PROVIDER, "each: teams", "each: crews", "lists.team_members.each", "there is no other list 'crews'", 0),
    (PROVIDER, "each: teams", "each: team_members", "lists.team_members.each", NO_OTHER, 0),
    (PROVIDER, "zone: UTC", "zone: UTC\nclaims: jwt", "claims", "'jwt' is no credential field", 1),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "message", "below"), ONE_MISTAKE, ids=[f"{one[3]}: {one[4]}" for one in ONE_MISTAKE]
)
def test_a_mistake_is_told_by_file_line_and_key(folder, file, old, new, key, message, below):
    line = edit(folder, file, old, new) + below
    assert mistakes_of(folder) == [f"{file}:{line}: {key}: {message}"]


def test_a_key_that_stands_twice_names_the_first(folder):
    line = edit(folder, TICKETS, "  items: data\n", "  items: data\n  items: rows\n")
    assert mistakes_of(folder) == [f"{TICKETS}:{line + 1}: list.items: the key stands already in line {line}"]


def test_yaml_that_cannot_be_parsed_has_a_line_and_no_key(folder):
    edit(folder, TICKETS, "resource: tickets\n", "resource: [tickets\n")
    found = mistakes_of(folder)
    assert len(found) == 1
    assert found[0].startswith(f"{TICKETS}:4: while parsing a flow sequence")


def test_a_file_that_is_not_utf8_is_a_mistake(folder):
    (folder / TICKETS).write_bytes(b"resource: tickets\nrecord: \xff\n")
    assert mistakes_of(folder) == [f"{TICKETS}:2: the file is not UTF-8"]


def test_the_mistakes_of_several_files_come_together_in_the_order_of_the_files(folder):
    first = edit(folder, TICKETS, NAME, '  name: "!a.b"\n')
    second = edit(folder, TICKETS, CONTACT, "    owner: scan\n")
    third = edit(folder, COMMENTS, "  body: ", "  bodi: ")
    fourth = edit(folder, CHANNELS, "  name: name\n", "  name: shout(name)\n")
    record = (folder / COMMENTS).read_text().split("record:")[0].count("\n") + 1
    assert mistakes_of(folder) == [
        f"{CHANNELS}:{fourth}: record.name: there is no function shout()",
        f"{COMMENTS}:{record}: record.body: is neither mapped nor declared unsupported",
        f"{COMMENTS}:{third}: record.bodi: is no attribute of comments",
        f"{TICKETS}:{first}: record.name: ! binds closer than the dot: write !(a.b)",
        f"{TICKETS}:{second}: list.filters.owner: is no filter of tickets",
    ]


def test_a_folder_without_providers_is_a_mistake(tmp_path):
    assert mistakes_of(tmp_path) == [f"{tmp_path}:0: no provider.yaml in any folder below"]


def found_by_check(folder):
    return [str(one).removeprefix(f"{folder}/") for one in check(folder).mistakes]


def test_a_copy_without_edits_has_no_mistakes(folder):
    assert found_by_check(folder) == []


def test_check_tells_an_example_that_does_not_hold(folder):
    file = "chatwoot/examples/ticket_status.yaml"
    edit(folder, file, "expect: { id: snoozed, name: snoozed", "expect: { id: snoozed, name: pending")
    assert found_by_check(folder) == [f"{file}:2: ticket_status: name: expected 'pending', mapped 'snoozed'"]


def test_check_tells_an_example_of_an_attribute_that_is_not_there(folder):
    file = "chatwoot/examples/ticket_status.yaml"
    edit(folder, file, "expect: { id: snoozed,", "expect: { colour: red,")
    assert found_by_check(folder) == [f"{file}:2: ticket_status: colour: the record has no such attribute"]


def test_check_tells_an_example_whose_object_could_not_be_mapped(folder):
    file = "chatwoot/examples/channels.yaml"
    edit(folder, file, "    name: Billing mail\n", "    name: [Billing mail]\n")
    edit(folder, file, "name: Billing mail, type", "name: null, type")
    detail = "{'attribute': 'name', 'detail': 'list is not a text'}"
    assert found_by_check(folder) == [f"{file}:2: channels: not mapped: [{detail}]"]


def test_check_tells_an_example_of_no_resource(folder):
    file = "chatwoot/examples/channels.yaml"
    edit(folder, file, "resource: channels", "resource: inboxes")
    assert found_by_check(folder) == [
        f"{file}:2: inboxes: chatwoot has no ticketing resource 'inboxes'",
        "chatwoot/examples:0: ticketing/channels: has no example",
    ]


def test_check_tells_a_record_that_does_not_fit_its_schema(folder):
    file = "trengo/examples/channels.yaml"
    edit(folder, file, "    id: 1502204\n", "    id: null\n")
    edit(folder, file, 'expect: { id: "1502204"', "expect: { id: null")
    assert found_by_check(folder) == [
        f"{file}:2: channels: the record does not fit its schema: Expected `str`, got `null` - at `$.id`"
    ]


def test_check_tells_every_mistake_of_an_example_file(folder):
    file = "trengo/examples/channels.yaml"
    line = edit(folder, file, "  says: a channel is", "  say: a channel is")
    assert found_by_check(folder) == [
        f"{file}:2: [0].says: is missing",
        f"{file}:{line}: [0].say: is not known here; did you mean says?",
    ]


def test_check_tells_a_resource_without_an_example(folder):
    (folder / "trengo/examples/channels.yaml").unlink()
    assert found_by_check(folder) == ["trengo/examples:0: ticketing/channels: has no example"]


def test_check_tells_that_the_editor_schema_is_old(folder):
    (folder / "schema.json").write_text("{}")
    assert found_by_check(folder) == [
        "schema.json:0: differs from the vocabulary: run `interline mappings schema`",
    ]


def test_check_counts_files_and_examples(folder):
    found = check(folder)
    assert found.files == len(list(folder.glob("*/**/*.yaml")))
    assert found.examples > 0

"""What is wrong in a plan is told by file, line and key when it is loaded."""

import pytest

from proxy.language.document import convert, load
from proxy.provider.load import load_provider
from unified.mapping.build import build_mapping
from unified.mapping.vocabulary import MappingWords
from unified.schemas.resources import find_resource

PROVIDER = """
name: acme
label: Acme
base: https://api.example.com
auth: { header: Authorization, value: "Bearer {token}" }
credential: { token: { label: Token, help: In your settings } }
verify: { get: /me, expect: id, identity: id, label: name }
passthrough: { allow: ["/**"] }
enums:
  colors: { r: { name: red } }
"""
TAGS = """\
resource: tags
record: { id: id, name: name, color: color, description: description, status: status }
create:
  needs: [{ one_of: [color], detail: A tag has a color }]
  refuse: [{ when: "name == 'x'", path: name, detail: Not x }]
  steps:
    - step: tag
      when: name
      post: /tags
      body: { name: name, color: color }
      keep: { id: id }
      probe: { get: /tags, same: { name: name } }
    - { step: hue, given: color, each: "[color]", put: "/tags/{steps().tag.id}", query: { v: "'1'" } }
  id: steps().tag.id
  created: "!(steps().tag.id)"
  otherwise: { color: "'red'" }
delete: /tags/{id()}
"""
COMMENTS = """\
resource: comments
id: { ticket: ticket, message: id }
record:
  ticket: "{id: ticket}"
  body: text
  html_body: { unsupported: No }
  is_private: hidden
  direction: { unsupported: No }
  author: { unsupported: No }
  attachments: { unsupported: No }
  channel: { unsupported: No }
  created_at: { unsupported: No }
  updated_at: { unsupported: No }
create:
  steps:
    - { step: file, each: attachments, post: /files, files: file }
    - { step: comment, post: "/t/{ticket.id}", private: hidden, body: { text: body, hidden: is_private } }
  id: { ticket: ticket.id, message: steps().comment.id }
"""
CHANNELS = """\
resource: channels
record: { id: id, name: name, type: type, is_active: on }
"""
TEXTS = {"tags": TAGS, "comments": COMMENTS, "channels": CHANNELS}
COMMENT = "private: hidden, body: { text: body, hidden: is_private }"
VERBS = "has exactly one of get, post, put, patch, delete"
ABSENT = "length() fails where its argument is absent: wrap it in not_null(x, <a default>)"
NEGATED = "! binds closer than the dot: write !(a.b)"
LEAF = "is an expression, a list or a mapping of them"


def mistakes(resource, text):
    provider, wrong = load_provider(load(PROVIDER, "acme/provider.yaml"))
    assert wrong == []
    document = load(text, f"{resource}.yaml")
    words, wrong = convert(document, MappingWords)
    if words is not None:
        _, wrong = build_mapping(document, words, find_resource("ticketing", resource), provider)
    return [str(one) for one in wrong]


@pytest.mark.parametrize("resource", TEXTS)
def test_the_files_that_are_edited_below_have_no_mistake(resource):
    assert mistakes(resource, TEXTS[resource]) == []


MISTAKES = [
    # resource, old, new, line, key, message
    ("channels", "is_active: on }\n", "is_active: on }\ndelete: /c/{id()}\n", 3, "delete", "channels has no delete"),
    ("channels", "on }\n", "on }\ncreate: { steps: [], id: id }\n", 3, "create", "channels has no create"),
    ("tags", "delete: /tags", "merge: { steps: [] }\ndelete: /tags", 17, "merge", "tags has no merge"),
    ("tags", "  id: steps().tag.id\n", "", 3, "create.id", "a create says the id of what it made"),
    (
        "tags",
        "id: steps().tag.id\n",
        "id: { tag: id }\n",
        14,
        "create.id",
        "has the parts of the resource's 'id', in their order",
    ),
    (
        "comments",
        "id: { ticket: ticket.id, message: steps().comment.id }",
        "id: steps().comment.id",
        18,
        "create.id",
        "is made of the parts of the resource's 'id'",
    ),
    (
        "comments",
        "id: { ticket: ticket.id, message: steps().comment.id }",
        "id: { message: steps().comment.id, ticket: ticket.id }",
        18,
        "create.id",
        "has the parts of the resource's 'id', in their order",
    ),
    ("tags", "step: hue", "step: tag", 13, "create.steps[1].step", "there is a step 'tag' already"),
    ("tags", "step: hue", "step: Hue", 13, "create.steps[1].step", "must match ^[a-z][a-z0-9_]*$"),
    (
        "tags",
        "step: hue,",
        "step: hue, giver: color,",
        13,
        "create.steps[1].giver",
        "is not known here; did you mean given?",
    ),
    ("tags", "step: hue,", "step: hue, get: /tags,", 13, "create.steps[1]", VERBS),
    ("tags", 'put: "/tags/{steps().tag.id}", ', "", 13, "create.steps[1]", VERBS),
    ("tags", "get: /tags, same", "same", 12, "create.steps[0].probe", "has exactly one of get, post"),
    (
        "tags",
        "post: /tags\n",
        "post: /tags\n      retry: safe\n",
        13,
        "create.steps[0].probe",
        "is for a step that must not be repeated",
    ),
    (
        "tags",
        "post: /tags\n",
        "post: /tags\n      retry: once\n",
        10,
        "create.steps[0].retry",
        "must be one of never, safe",
    ),
    ("tags", "step: hue,", "step: hue, reads: true,", 13, "create.steps[1].reads", "is for a POST"),
    (
        "tags",
        "    - { step: hue",
        "    - { step: find, post: /find, reads: true, retry: never }\n    - { step: hue",
        13,
        "create.steps[1].retry",
        "what only reads may be repeated",
    ),
    ("tags", "color: color }\n      k", "color: 5 }\n      k", 10, "create.steps[0].body.color", LEAF),
    (
        "tags",
        "color: color }\n      k",
        "color: { from: a.b. } }\n      k",
        10,
        "create.steps[0].body.color.from",
        "ends too early",
    ),
    (
        "tags",
        "color: color }\n      k",
        "color: { from: color, enum: hues } }\n      k",
        10,
        "create.steps[0].body.color.enum",
        "the provider file has no enum 'hues'",
    ),
    (
        "tags",
        "color: color }\n      k",
        "color: { from: color, send_null: maybe } }\n      k",
        10,
        "create.steps[0].body.color",
        "Expected `bool`, got `str` - at `$.send_null`",
    ),
    (
        "tags",
        "name: name, color: color }",
        "title: title }",
        7,
        "create.steps[0]",
        "'title' is no attribute of the body",
    ),
    ("tags", "given: color", "given: colour", 13, "create.steps[1]", "'colour' is no attribute of the body"),
    (
        "tags",
        "color: color }\n      k",
        "color: { from: color, given: hue } }\n      k",
        7,
        "create.steps[0]",
        "'hue' is no attribute of the body",
    ),
    ("tags", "when: name\n", "when: name ==\n", 8, "create.steps[0].when", "ends too early"),
    ("tags", 'each: "[color]"', 'each: "shout(color)"', 13, "create.steps[1].each", "there is no function shout()"),
    ("tags", "{ v: \"'1'\" }", '{ v: "length(color)" }', 13, "create.steps[1].query.v", ABSENT),
    ("tags", "same: {", 'keep: { id: "!a.b" }, same: {', 12, "create.steps[0].probe.keep.id", NEGATED),
    ("tags", "same: { name: name }", "same: { name: name. }", 12, "create.steps[0].probe.same.name", "ends too early"),
    ("tags", "one_of: [color]", 'one_of: ["color."]', 4, "create.needs[0]", "ends too early"),
    ("tags", "when: \"name == 'x'\"", 'when: "name =="', 5, "create.refuse[0].when", "ends too early"),
    ("tags", '"!(steps().tag.id)"', '"!steps().tag.id"', 15, "create.created", NEGATED),
    (
        "tags",
        "{ color: \"'red'\" }",
        '{ color: "\'red" }',
        16,
        "create.otherwise.color",
        "Unclosed ' delimiter in column 1",
    ),
    ("tags", "delete: /tags/{id()}", "delete: /tags/{id(}", 17, "delete", "ends too early"),
    ("tags", "delete: /tags/{id()}", "delete: tags", 17, "delete", r"must match ^\^?/"),
    (
        "comments",
        COMMENT,
        "body: { text: body, hidden: is_private }",
        17,
        "create.steps[1]",
        "sends the text of a comment: 'private' says how its privacy is proved",
    ),
    (
        "comments",
        "files: file }\n    - { step: comment,",
        "files: file, main: true }\n    - { step: comment, main: true,",
        15,
        "create.steps",
        "one step at most is the main one",
    ),
    (
        "comments",
        "files: file }",
        "files: file, body: { from: ticket.id } }",
        16,
        "create.steps[0].body",
        "the body beside files is a mapping of fields",
    ),
]


@pytest.mark.parametrize(
    ("resource", "old", "new", "line", "key", "message"),
    MISTAKES,
    ids=[f"{one[4]}: {one[5]}" for one in MISTAKES],
)
def test_a_mistake_of_a_plan_is_told(resource, old, new, line, key, message):
    text = TEXTS[resource]
    assert text.count(old) == 1
    assert mistakes(resource, text.replace(old, new)) == [f"{resource}.yaml:{line}: {key}: {message}"]

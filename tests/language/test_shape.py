"""From a document to the Structs of a vocabulary: every mistake, with its line and key."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, field

from proxy.language.document import convert, load

Name = Annotated[str, Meta(pattern="^[a-z]+$")]


class Filter(Struct, forbid_unknown_fields=True):
    query: str | None = None
    widen: Annotated[int, Meta(gt=0, le=10)] = 1
    scan: bool = False


class Listing(Struct, forbid_unknown_fields=True):
    get: str
    filters: dict[Name, str | Filter] = {}
    rows: list[str | int] = []


class Words(Struct, forbid_unknown_fields=True):
    resource: Name
    lists: Listing | list[Listing] = field(name="list", default_factory=list)
    kind: Literal["page", "cursor"] = "page"
    label: Annotated[str, Meta(max_length=5)] = ""
    ratio: float | None = None
    number: Literal[1, 2] = 1
    anything: Any = None
    tree: dict[str, str | dict[str, Any] | list[Any]] = {}
    pair: Annotated[list[int], Meta(min_length=2)] | None = None


GOOD = """\
resource: tickets
list:
  - get: /a
    filters: { status: status, other: { query: x, widen: 10 } }
    rows: [a, 1]
  - { get: /b }
kind: cursor
ratio: 1
number: 2
anything: { x: [1, ~] }
tree: { a: x, b: { c: 1 }, d: [1] }
pair: [1, 2, 3]
"""


def test_a_good_document_becomes_structs():
    words, mistakes = convert(load(GOOD, "f.yaml"), Words)
    assert mistakes == []
    assert words == Words(
        resource="tickets",
        lists=[Listing("/a", {"status": "status", "other": Filter("x", 10)}, ["a", 1]), Listing("/b")],
        kind="cursor",
        ratio=1.0,
        number=2,
        anything={"x": [1, None]},
        tree={"a": "x", "b": {"c": 1}, "d": [1]},
        pair=[1, 2, 3],
    )
    assert type(words.ratio) is float


BAD = """\
resource: Tickets
list:
  filters:
    status:
      qery: status
      widen: 0
      scan: yes
    Other: 5
    more: [x]
  rows: [a, {}]
kind: curser
label: abcdef
ratio: fast
number: 3
tree: { a: 1 }
pair: [1]
zzz: 1
"""


def test_every_mistake_is_reported_with_line_and_key():
    words, mistakes = convert(load(BAD, "f.yaml"), Words)
    assert words is None
    assert [str(mistake) for mistake in mistakes] == [
        "f.yaml:1: resource: must match ^[a-z]+$",
        "f.yaml:2: list.get: is missing",
        "f.yaml:5: list.filters.status.qery: is not known here; did you mean query?",
        "f.yaml:6: list.filters.status.widen: must be greater than 0",
        "f.yaml:7: list.filters.status.scan: must be true or false, not text",
        "f.yaml:8: list.filters.Other: as a key must match ^[a-z]+$",
        "f.yaml:8: list.filters.Other: must be text or a mapping, not a number",
        "f.yaml:9: list.filters.more: must be text or a mapping, not a list",
        "f.yaml:10: list.rows[1]: must be text or a whole number, not a mapping",
        "f.yaml:11: kind: must be one of cursor, page; did you mean cursor?",
        "f.yaml:12: label: must have at most 5 characters",
        "f.yaml:13: ratio: must be a number or nothing, not text",
        "f.yaml:14: number: must be one of 1, 2",
        "f.yaml:15: tree.a: must be text or a mapping or a list, not a number",
        "f.yaml:16: pair: must have at least 2 entries",
        "f.yaml:17: zzz: is not known here; known are resource, list, kind, label, ratio, number, anything, tree, pair",
    ]


@pytest.mark.parametrize(
    ("text", "type_", "message"),
    [
        ("true", int, "must be a whole number, not true or false"),
        ("1.5", int, "must be a whole number, not a number"),
        ("1", str, "must be text, not a number"),
        ("", str, "must be text, not nothing"),
        ("x", None, "must be nothing, not text"),
        ("[1]", dict[str, int], "must be a mapping, not a list"),
        ("true", Literal["a", 1], "must be one of 1, a"),
    ],
)
def test_a_wrong_kind_is_named(text, type_, message):
    value, mistakes = convert(load(text, "f.yaml"), type_)
    assert value is None
    assert [str(mistake) for mistake in mistakes] == [f"f.yaml:1: {message}"]


def test_a_part_of_a_document_is_converted_by_its_path():
    document = load("a:\n  - get: /x\n  - gte: /y\n", "f.yaml")
    assert convert(document, Listing, ("a", 0)) == (Listing("/x"), [])
    assert [str(mistake) for mistake in convert(document, Listing, ("a", 1))[1]] == [
        "f.yaml:3: a[1].get: is missing",
        "f.yaml:3: a[1].gte: is not known here; did you mean get?",
    ]
    for absent in (("b",), ("a", 5), ("a", 0, "get", "x")):
        assert convert(document, Listing, absent)[1][0].message == "is missing"


class Node(Struct):
    name: str
    children: "list[Node]" = []


def test_a_type_may_hold_itself():
    document = load("name: a\nchildren:\n  - name: b\n    children:\n      - nme: c\n", "f.yaml")
    _, mistakes = convert(document, Node)
    assert [str(mistake) for mistake in mistakes] == [
        "f.yaml:5: children[0].children[0].name: is missing",
        "f.yaml:5: children[0].children[0].nme: is not known here; did you mean name?",
    ]


def test_a_type_no_document_can_hold_is_our_own_fault():
    with pytest.raises(TypeError, match="cannot hold"):
        convert(load("x", "f.yaml"), bytes)

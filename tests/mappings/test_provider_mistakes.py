"""What is wrong in a provider file is told by file, line and key; all of it at once."""

import pytest

from proxy.errors import ProviderProblem, all_problems
from proxy.language.document import load
from proxy.provider.load import load_provider

FILE = "acme/provider.yaml"
GOOD = """\
name: acme
label: Acme
base: https://{region}.example.com
prefix: /v1/{region}
auth: { header: Authorization, value: "Bearer {token}" }
connection:
  region: { label: Region, help: In your settings }
credential:
  token: { label: Token, help: In your settings }
verify: { get: /me, expect: id, identity: id, label: name }
passthrough:
  allow: [/v1/**]
  credential_operations: ["/{region}/me"]
zone: Europe/Amsterdam
lists:
  users: { get: /users, items: data, more: links.next }
errors:
  - { status: 401, when: "error == 'expired'", code: reauth-required }
limits:
  - { scope: token, calls: 120, per: 60 }
facts:
  zone: { says: Amsterdam time, grade: measured }
version: { get: ^/about, read: version }
envelopes:
  - { get: [/tickets], post: [^/search], items: data, paging: { style: page, more: next } }
"""
CODES = ", ".join(sorted(one.code for one in all_problems(ProviderProblem)))


def mistakes(text):
    provider, found = load_provider(load(text, FILE))
    assert (provider is None) == bool(found)
    return [str(one) for one in found]


def test_a_good_file_becomes_a_provider():
    provider, found = load_provider(load(GOOD, FILE))
    assert found == []
    assert provider.zone.key == "Europe/Amsterdam"
    assert provider.errors[0].when({"error": "expired"}) is True
    assert provider.lists["users"].more({"links": {"next": None}}) is None
    assert provider.verify_identity({"id": 7}) == 7
    assert provider.version({"version": "1.2"}) == "1.2"
    assert [(one.method, one.path) for one in provider.envelopes] == [
        ("GET", "/v1/{region}/tickets"),
        ("POST", "/search"),
    ]


MISTAKES = [
    # old, new, line, key, message
    ("name: acme", "name: Acme Inc", 1, "name", "must match ^[a-z][a-z0-9_-]*$"),
    ("label: Acme\n", "", 1, "label", "is missing"),
    ("label: Acme", "lable: Acme\nlabel: Acme", 2, "lable", "is not known here; did you mean label?"),
    ("https://{region}.", "https://{host}.", 3, "base", "'host' is no connection field"),
    ("/v1/{region}", "/v1/{zone}", 4, "prefix", "'zone' is no connection field"),
    ("Bearer {token}", "Bearer {key}", 5, "auth.value", "'key' is no credential field"),
    (", help: In your settings }\ncred", " }\ncred", 7, "connection.region.help", "is missing"),
    ("expect: id,", "expect: length(id),", 10, "verify.expect", None),
    ("identity: id,", "identity: 'id ==',", 10, "verify.identity", "ends too early"),
    ("label: name }", "label: shout(name) }", 10, "verify.label", "there is no function shout()"),
    ("[/v1/**]", "['/{area}/**']", 12, "passthrough.allow[0]", "'area' is no connection field"),
    ('["/{region}/me"]', '[/a, "/{x}"]', 13, "passthrough.credential_operations[1]", "'x' is no connection field"),
    ("Europe/Amsterdam", "Europe/Rotterdam", 14, "zone", "there is no time zone 'Europe/Rotterdam'"),
    ("items: data,", 'items: "data[",', 16, "lists.users.items", "ends too early"),
    ("more: links.next", 'more: "!links.next"', 16, "lists.users.more", "! binds closer than the dot: write !(a.b)"),
    ("error == 'expired'", "error == ", 18, "errors[0].when", "ends too early"),
    ("code: reauth-required", "code: gone", 18, "errors[0].code", f"is none of {CODES}"),
    ("scope: token,", "scope: user,", 20, "limits[0].scope", "must be one of account, host, token"),
    ("calls: 120", "calls: 0", 20, "limits[0].calls", "must be greater than 0"),
    ("read: version", "read: version(", 23, "version.read", "ends too early"),
    ("get: [/tickets]", "get: [tickets]", 25, "envelopes[0].get[0]", "is a path that starts with / or ^/"),
    ("items: data, p", 'items: "data[", p', 25, "envelopes[0].items", "ends too early"),
    ("more: next }", 'more: "!a.b" }', 25, "envelopes[0].paging.more", "! binds closer than the dot: write !(a.b)"),
    (
        "style: page, more: next",
        "style: whole, more: next",
        25,
        "envelopes[0].paging.more",
        "is for style page here: the envelope joins the pages itself",
    ),
    ("per: 60", "per: soon", 20, "limits[0].per", "must be a number, not text"),
    (
        "grade: measured",
        "grade: mesured",
        22,
        "facts.zone.grade",
        "must be one of clients, documented, inferred, measured, source; did you mean measured?",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "message"), MISTAKES, ids=[f"{one[3]}: {one[1]}" for one in MISTAKES]
)
def test_a_mistake_is_told_by_file_line_and_key(old, new, line, key, message):
    assert old in GOOD
    said = message or "length() fails where its argument is absent: wrap it in not_null(x, <a default>)"
    assert mistakes(GOOD.replace(old, new, 1)) == [f"{FILE}:{line}: {key}: {said}"]


@pytest.mark.parametrize("zone", ["''", "../UTC", "/etc/localtime"])
def test_a_zone_that_is_no_name_is_a_mistake(zone):
    assert [one.split(" ")[1] for one in mistakes(GOOD.replace("Europe/Amsterdam", zone))] == ["zone:"]


def test_all_mistakes_come_together():
    text = GOOD.replace("{region}.", "{host}.").replace("code: reauth-required", "code: gone").replace("UTC", "X")
    text = text.replace("Europe/Amsterdam", "Nowhere").replace("expect: id", "expect: a b")
    assert sorted(one.split(" ")[1] for one in mistakes(text)) == [
        "base:",
        "errors[0].code:",
        "verify.expect:",
        "zone:",
    ]

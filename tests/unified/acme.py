"""An invented provider: its mappings from YAML, and a desk that answers its calls from tables."""

import asyncio
from urllib.parse import urlencode

from proxy.bounds import Bounds
from proxy.cursor import Cursors
from proxy.errors import ProviderUnreachable
from proxy.language.document import convert, load
from proxy.provider.account import LinkedAccount
from proxy.provider.load import load_provider
from proxy.seal import Sealer, SealingKey, new_key
from proxy.secret import Secret
from proxy.trace import Deadline, Trace
from unified.mapping.build import build_mapping
from unified.mapping.vocabulary import MappingWords
from unified.query import pairs, read_list
from unified.read import Reader
from unified.references import SmallLists
from unified.schemas.resources import find_resource
from unified.version import Versions

BOUNDS = Bounds()
PROVIDER = """
name: acme
label: Acme
base: https://api.example.com
auth: { header: Authorization, value: "Bearer {token}" }
credential: { token: { label: Token, help: In your settings } }
claims: token
verify: { get: /me, expect: id, identity: id, label: name }
passthrough: { allow: ["/**"] }
zero_is_null: true
secret_fields: [pin]
lists:
  boxes: { get: /boxes }
  crews: { get: /crews }
  crew_members: { each: crews, get: "/crews/{each().id}/members" }
enums:
  states:
    todo: { name: open, category: open, description: To do }
    later: { name: snoozed, category: waiting, description: Later }
    write: { open: todo }
  kinds:
    "0": { name: ticket }
    "1": { name: contact }
    "2": { name: profile }
"""
FIELDS = """
resource: fields
record:
  id: id
  name: name
  label: { unsupported: No }
  description: { unsupported: No }
  type: { unsupported: No }
  format: { unsupported: No }
  options: { unsupported: No }
  is_required: { unsupported: No }
  is_user_defined: { unsupported: No }
  entity_type: entity
  created_at: { unsupported: No }
  updated_at: { unsupported: No }
"""
TEAMS = """
resource: teams
record: { id: id, name: name, description: { unsupported: No } }
joins:
  members: { in: crew_members, on: parent.id, give: { id: id, name: name } }
"""
USERS = """
resource: users
record:
  id: id
  name: name
  first_name: { unsupported: No }
  last_name: { unsupported: No }
  username: { unsupported: No }
  emails: "email && [{email: email}]"
  roles: { unsupported: No }
  avatar: avatar
  is_active: { unsupported: No }
  created_at: { unsupported: No }
  updated_at: { unsupported: No }
joins:
  team_ids: { in: crew_members, on: id, give: parent.id }
"""
FILES = """
resource: attachments
id: { ticket: parent().ticket, message: parent().id, file: id }
record:
  file_name: name
  content_type: mime(name)
  size: size
  file_url: url
  ticket_id: parent().ticket
  comment_id: { id_of: comments, parts: { ticket: parent().ticket, message: parent().id } }
  uploaded_by: { unsupported: No }
  created_at: { unsupported: No }
"""
COMMENTS_OF = "/tickets/{query().ticket_id}/messages"


def provider():
    """The provider of the file above."""
    made, wrong = load_provider(load(PROVIDER, "acme/provider.yaml"))
    assert wrong == []
    return made


def build(text, resource, model="ticketing"):
    """A mapping without mistakes."""
    document = load(text, f"acme/{model}/{resource}.yaml")
    words, wrong = convert(document, MappingWords)
    assert wrong == []
    mapping, wrong = build_mapping(document, words, find_resource(model, resource), provider())
    assert [str(one) for one in wrong] == []
    return mapping


class Desk:
    """What stands in for the provider: ``answer(path, query)`` gives the JSON; every call is remembered."""

    def __init__(self, answer, lists=None, token="opaque"):
        self.answer = answer
        self.lists = lists or {}
        self.calls = []
        self.account = LinkedAccount(
            "a1", "t1", provider(), {}, {"token": Secret(token)}, "https://api.example.com", ""
        )
        self.trace = Trace("r", Deadline(60))

    async def json(self, method, path, *, at_base=False, query=(), body=None):
        self.calls.append(f"{path}?{urlencode(query)}".removesuffix("?"))
        return self.answer(path, dict(query))

    async def small_list(self, name):
        self.calls.append(name)
        if name not in self.lists:
            raise ProviderUnreachable("no answer", provider="acme")
        return self.lists[name]


async def _no_version(_account, _trace):
    raise AssertionError("acme has no version to ask for")


async def _no_note(_account_id, _version):
    raise AssertionError("acme has no version to keep")


class House:
    """A reader that lives as long as its cursors and its small lists."""

    def __init__(self, bounds=BOUNDS):
        self.bounds = bounds
        sealer = Sealer([SealingKey.parse(new_key())])
        versions = Versions(_no_version, _no_note, lambda: 0.0)
        self.reader = Reader(Cursors(sealer), SmallLists(lambda: 0.0), versions, bounds)

    def list(self, mapping, desk, text=""):
        """One list request, its query as a caller writes it."""
        asked = read_list(mapping.resource, pairs(text.encode()), self.bounds)
        return asyncio.run(self.reader.list(mapping, asked, desk))

    def walk(self, mapping, desk, text):
        """The pages of a walk to its end, each as the ids on it."""
        pages, answer = [], self.list(mapping, desk, text)
        pages.append([one["id"] for one in answer.result])
        while answer.next_cursor is not None:
            assert len(pages) < 100, "the walk does not end"
            answer = self.list(mapping, desk, f"next_cursor={answer.next_cursor}")
            pages.append([one["id"] for one in answer.result])
        return pages

    def get(self, mapping, desk, record_id):
        """One record, or the caller's own."""
        return asyncio.run(self.reader.get(mapping, record_id, desk))

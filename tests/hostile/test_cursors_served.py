"""Cursors over HTTP, at both doors: none but an unaltered one, at its own place, within its day, is let in.

A refused cursor never costs a provider call.
"""

import json
import string
import time
from hashlib import blake2b
from urllib.parse import quote, urlencode

import pytest

from proxy.cursor import CURSOR_MAX, LIFE_SECONDS, Cursors
from proxy.paging.position import Position
from proxy.passthrough.envelope import EnvelopePlace
from proxy.seal import Sealer, SealingKey, bind, new_key
from tests.hostile.scene import PERSON, scene
from tests.outbound.scripted import answer
from unified.read import Place

NEWER, OLDER, GONE = (new_key() for _ in range(3))
ENVELOPE = {"interline_response_format": "result"}
ROWS = [{"id": number, "name": f"n{number}", "status": "OPEN", "subject": "s"} for number in range(1, 6)]
TICKETS, TAGS = "/unified/ticketing/tickets", "/unified/ticketing/tags"


def endless(got, _number):
    """A list with a page after every page, a person for the proof of a credential."""
    rows = [PERSON] if got.target.endswith(b"/users") else ROWS
    return [answer(json.dumps({"data": rows, "links": {"next": "more"}, "meta": {}}).encode())]


@pytest.fixture(scope="module")
def stage(running, tmp_path_factory):
    with scene(running, tmp_path_factory.mktemp("cursors"), sealing_keys=f"{NEWER},{OLDER}") as made:
        made.provider.script = endless
        yield made


@pytest.fixture(scope="module")
def accounts(stage):
    """Six accounts of three tenants, two with one and the same token."""
    tokens = [
        "shared-token-0123456789",
        "shared-token-0123456789",
        *(f"token-of-account-{n}-0123456789" for n in range(4)),
    ]
    return [stage.link(f"tenant-{number % 3}", token) for number, token in enumerate(tokens)]


@pytest.fixture(autouse=True)
def quiet(stage):
    """The provider forgets what it was asked."""
    stage.provider.upstream.got = []


class Door:
    """One list: how it is begun, how it is gone on with, and what its cursors are bound to."""

    def __init__(self, path, cursor_name, limit_name, more, kind, place):
        self.path, self.cursor_name, self.limit_name, self.more = path, cursor_name, limit_name, more
        self.kind, self.place = kind, place

    def target(self, account, cursor=None, **query):
        given = {"integrated_account_id": account, **self.more, **query}
        named = urlencode(given)
        return f"{self.path}?{named}" + (f"&{self.cursor_name}={quote(cursor, safe='')}" if cursor is not None else "")

    def begin(self, stage, account, **query):
        """A cursor of the first page."""
        answered = stage.ask("GET", self.target(account, **{self.limit_name: 2}, **query))
        assert answered.status_code == 200, answered.text
        return answered.json()["next_cursor"]


UNIFIED = Door(
    TICKETS,
    "next_cursor",
    "limit",
    {},
    lambda: Place(filters={}, sort=None, limit=2, strict=False, position=Position(), seen=[]),
    ("ticketing", "tickets"),
)
PASSED = Door(
    "/proxy/tickets",
    "interline_next_cursor",
    "interline_limit",
    ENVELOPE,
    lambda: EnvelopePlace("", 2, Position(), []),
    ("proxy", "GET", "/api/v2/tickets", blake2b(b"", digest_size=16).hexdigest()),
)
DOORS = {"unified": UNIFIED, "proxy": PASSED}
each_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


def wire(stage, target):
    return f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stage.key}\r\n\r\n".encode()


def codes(stage, targets):
    """Status and code of each, over one connection."""
    found = []
    with stage.connection() as kept:
        for target in targets:
            status, _, body = kept.ask(wire(stage, target))
            found.append((status, json.loads(body).get("code")))
    return found


def refused(stage, targets, expected=(400, "invalid-cursor")):
    """Every one is refused in the same way, and none reaches the provider."""
    targets = list(targets)
    found = codes(stage, targets)
    assert {code: count for code, count in zip(found, targets, strict=True) if code != expected} == {}
    assert stage.provider.got == []
    return len(targets)


@each_door
def test_every_flipped_bit_every_cut_and_every_addition_is_refused(stage, accounts, door):
    cursor = door.begin(stage, accounts[0])
    assert codes(stage, [door.target(accounts[0], cursor)]) == [(200, None)]
    stage.provider.upstream.got = []
    flips = [
        cursor[:at] + chr(ord(one) ^ 1 << bit) + cursor[at + 1 :] for at, one in enumerate(cursor) for bit in range(8)
    ]
    controls = [one for one in flips if not one.isascii() or not one.isprintable()]
    assert {status for status, _ in codes(stage, [door.target(accounts[0], one) for one in controls])} == {400}
    cuts = [cursor[:length] for length in range(1, len(cursor))] + [cursor[at:] for at in range(1, len(cursor))]
    grown = [cursor + more for more in (*string.printable.rstrip(string.whitespace), " ", "==", "AAAA", cursor, "é")]
    turned = [cursor[::-1], cursor.swapcase(), cursor.upper(), f" {cursor}", cursor.replace("A", "B") + "A"]
    every = [*(one for one in flips if one not in controls), *cuts, *grown, *turned]
    assert refused(stage, (door.target(accounts[0], one) for one in every)) > 900


@each_door
def test_giants_and_strange_texts_are_refused(stage, accounts, door):
    near = 8000 - len(door.target(accounts[0], ""))
    strange = ["A" * near, "%" * 2000, "é" * 600, "null", "{}", "0", "-1", "../..", "'--", "A" * CURSOR_MAX]
    assert refused(stage, (door.target(accounts[0], one) for one in strange if len(quote(one)) < near + 1)) == 10
    controls = [
        door.target(accounts[0], one)
        for one in ("\0", "\r\nX: y", "A\t", "\x7f", "\ud800".encode("utf-8", "replace").decode())
    ]
    assert {status for status, _ in codes(stage, controls)} == {400}
    too_long = door.target(accounts[0], "A" * 9000)
    assert codes(stage, [too_long])[0][0] == 431
    assert stage.provider.got == []


def test_a_cursor_opens_its_own_list_of_its_own_account_and_no_other(stage, accounts):
    """Every cursor at every place: two doors, several lists of each, six accounts of three tenants."""
    lists = [
        UNIFIED,
        Door("/unified/ticketing/contacts", "next_cursor", "limit", {}, None, None),
        PASSED,
        Door("/proxy/contacts", "interline_next_cursor", "interline_limit", ENVELOPE, None, None),
    ]
    places = [(door, account) for door in lists for account in accounts]
    cursors = [door.begin(stage, account) for door, account in places]
    own = codes(stage, [door.target(account, cursor) for (door, account), cursor in zip(places, cursors, strict=True)])
    assert set(own) == {(200, None)}
    stage.provider.upstream.got = []
    foreign = (
        door.target(account, cursor)
        for here, (door, account) in enumerate(places)
        for there, cursor in enumerate(cursors)
        if here != there
    )
    assert refused(stage, foreign) == len(places) * (len(places) - 1)


@each_door
def test_another_limit_filter_or_sort_is_refused(stage, accounts, door):
    account = accounts[0]
    begun = {"unified": {"status": "OPEN"}, "proxy": {"term": "x"}}
    others = {
        "unified": [
            {"status": "CLOSED"},
            {"contact_id": "1"},
            {"sort": "created_at"},
            {"limit": "3"},
            {"consistency": "strict"},
            {"remote_query[x]": "1"},
            {"status": "OPEN,CLOSED"},
        ],
        "proxy": [{"term": "y"}, {"term": "x", "more": "1"}, {"interline_limit": "3"}, {"TERM": "x"}, {"term": ""}],
    }
    name = next(name for name, one in DOORS.items() if one is door)
    cursor = door.begin(stage, account, **begun[name])
    again = [door.target(account, cursor), door.target(account, cursor, **begun[name])]
    assert set(codes(stage, again)) == {(200, None)}
    stage.provider.upstream.got = []
    refused(stage, (door.target(account, cursor, **other) for other in others[name]))


def sealed(key, door, account, age=0.0, use=None, place=None):
    """A cursor as a server with that key would seal it."""
    cursors = Cursors(Sealer([SealingKey.parse(key)]))
    if use is not None:
        cursors._sealer = Sealer([SealingKey.parse(key)]).for_use(use)
    return cursors.seal(door.kind(), bind(account, *(place or door.place)), time.time() - age)


@each_door
def test_keys_that_open_and_keys_that_do_not(stage, accounts, door):
    account = accounts[0]
    opening = [sealed(NEWER, door, account), sealed(OLDER, door, account)]
    assert set(codes(stage, [door.target(account, one) for one in opening])) == {(200, None)}
    stage.provider.upstream.got = []
    kid = NEWER.partition(":")[0]
    with_its_name = f"{kid}:{GONE.partition(':')[2]}"
    closed = [
        sealed(GONE, door, account),
        sealed(with_its_name, door, account),
        *(sealed(NEWER, door, account, use=use) for use in ("credential", "journal", "link", "general", "session")),
        sealed(NEWER, door, accounts[1]),
        sealed(NEWER, door, account, place=("ticketing", "contacts")),
        sealed(NEWER, door, account, place=door.place[:-1]),
        sealed(NEWER, door, account, place=("".join(door.place),)),
    ]
    refused(stage, (door.target(account, one) for one in closed))


@each_door
def test_one_that_is_a_day_old_has_expired_whichever_key_sealed_it(stage, accounts, door):
    old = [sealed(key, door, accounts[0], age=LIFE_SECONDS + 120) for key in (NEWER, OLDER)]
    refused(stage, (door.target(accounts[0], one) for one in old), (410, "cursor-expired"))
    young = [sealed(key, door, accounts[0], age=LIFE_SECONDS - 600) for key in (NEWER, OLDER)]
    assert set(codes(stage, [door.target(accounts[0], one) for one in young])) == {(200, None)}


def test_a_cursor_says_nothing_of_the_other_doors_contents(stage, accounts):
    """The contents of one door, sealed rightly for the other, are of no version that it knows."""
    account = accounts[0]
    swapped = [
        UNIFIED.target(account, sealed(NEWER, PASSED, account, place=UNIFIED.place)),
        PASSED.target(account, sealed(NEWER, UNIFIED, account, place=PASSED.place)),
    ]
    refused(stage, swapped)

"""Hostile spellings over raw sockets, at every place where a caller's text could become part of a provider's address.

Whatever reaches the provider stays below its base. tests/outbound/test_paths.py shows the whole corpus to the rule.
"""

from itertools import cycle

import pytest

from tests.hostile.scene import Provider, scene
from tests.hostile.spellings import attacks, corpus, escapes

BASE = b"/api/v2"
WIRE_CASES = 1600
UNIFIED = {
    b"GET": [
        b"/unified/ticketing/tickets/%b", b"/unified/ticketing/comments/%b", b"/unified/ticketing/comments/1.%b",
        b"/unified/ticketing/tags/%b", b"/unified/ticketing/attachments/%b/download",
        b"/unified/ticketing/attachments/1.2.%b/download", b"/unified/ticketing/tickets/meta/%b",
        b"/unified/user-directory/users/%b", b"/unified/ticketing/comments?ticket_id=%b",
        b"/unified/ticketing/tickets?contact_id=%b", b"/unified/ticketing/tickets?remote_query[%b]=1",
        b"/integration/%b", b"/integrated-account/%b", b"/integrated-account/%b/capabilities",
        b"/unified/%b/tickets", b"/unified/ticketing/%b",
    ],
    b"POST": [b"/unified/ticketing/attachments/download?id=%b", b"/unified/ticketing/tickets/%b/merge"],
    b"PATCH": [b"/unified/ticketing/tags/%b", b"/unified/ticketing/tickets/%b"],
    b"DELETE": [b"/unified/ticketing/tags/%b", b"/integrated-account/%b"],
}  # fmt: skip
PLACES = [(method, place) for method, places in UNIFIED.items() for place in places]


@pytest.fixture(scope="module")
def stage(running, tmp_path_factory):
    with scene(running, tmp_path_factory.mktemp("paths"), bounds_wrong_keys="1000000") as made:
        yield made


@pytest.fixture(scope="module")
def account_id(stage):
    return stage.link()


@pytest.fixture
def evil(stage):
    """A listener that nobody may connect to."""
    stage.provider.clear()
    trap = Provider()
    yield trap
    seen = trap.upstream.connections
    trap.close()
    assert seen == 0


def request(stage, account_id, method, target, evil, *extra):
    body = b'{"name":"x"}' if method in (b"PATCH", b"POST") else b""
    lines = [
        method + b" " + target + b" HTTP/1.1",
        b"Host: evil.example:%d" % evil.upstream.port,
        b"X-Forwarded-Host: 127.0.0.1:%d" % evil.upstream.port,
        b"X-Original-URL: http://127.0.0.1:%d/" % evil.upstream.port,
        b"X-Rewrite-URL: /../admin",
        b"Authorization: Bearer " + stage.key.encode(),
        *([] if extra else [b"X-Integrated-Account-Id: " + account_id.encode()]),
        *extra,
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def statuses(stage, requests):
    """The status of each; where a target breaks its own request, on a connection of its own."""
    found = []
    with stage.connection() as kept:
        for sent in requests:
            if sent.partition(b" HTTP/1.1")[0].count(b"\n"):
                with stage.connection() as alone:
                    found.append(alone.ask(sent.replace(b"\r\nHost:", b"\r\nConnection: close\r\nHost:", 1))[0])
            else:
                found.append(kept.ask(sent)[0])
    return found


def below_the_base(stage):
    """Every target that the provider got; each must be below the base, however often it is decoded."""
    targets = [got.target for got in stage.provider.got]
    for target in targets:
        path = target.partition(b"?")[0]
        assert path.startswith(BASE + b"/"), target
        assert not escapes(path.removeprefix(BASE).decode("ascii")), target
    return targets


def served(found):
    """No answer is a fault of ours."""
    assert {status for status in found if status >= 500} <= {501, 502}
    return found


def spread(cases, count):
    """So many of all cases, from everywhere."""
    every = list(cases)
    return every[:: max(1, len(every) // count)][:count]


def test_hostile_paths_of_the_passthrough_never_leave_the_base(stage, account_id, evil):
    sent = spread(corpus(), WIRE_CASES)
    found = served(statuses(stage, [request(stage, account_id, b"GET", b"/proxy" + one, evil) for one in sent]))
    assert len(found) == WIRE_CASES
    targets = below_the_base(stage)
    assert found.count(400) > WIRE_CASES / 2
    assert len(targets) < WIRE_CASES / 10


def test_hostile_ids_and_parameters_of_the_unified_routes_never_leave_the_base(stage, account_id, evil):
    spellings = [one for one in spread(attacks(), 700) if not set(one) & set(b"\r\n")]
    asked = [
        request(stage, account_id, method, place.replace(b"%b", one.replace(b" ", b"%20")), evil)
        for one, (method, place) in zip(spellings, cycle(PLACES), strict=False)
    ]
    found = served(statuses(stage, asked))
    assert len(found) > 600
    for got in below_the_base(stage):
        assert got.count(b"/") < 7
    assert account_id in stage.ask("GET", "/integrated-account").text  # nothing deleted it by another name


@pytest.mark.parametrize("where", ["query", "header"])
def test_an_account_is_named_by_its_id_alone(stage, account_id, evil, where):
    around = [
        b"../" + account_id.encode(), account_id.encode() + b"/..", account_id.encode() + b"%00",
        account_id.encode() + b"%20", account_id.upper().encode(), account_id.replace("-", "").encode(),
        b"{" + account_id.encode() + b"}", b"urn:uuid:" + account_id.encode(), account_id.encode() + b";x",
        account_id[:-1].encode(), account_id.encode() + b"%0d%0aX-Injected:%201", b"%", b"*", b"..", b"a" * 5000,
    ]  # fmt: skip
    raw = [one for one in spread(attacks(), 150) if not set(one) & set(b"\r\n\x00 #")]
    asked = []
    for one in [*around, *raw]:
        if where == "header":
            named = [b"X-Integrated-Account-Id: " + one]
            asked.append(request(stage, account_id, b"GET", b"/proxy/tickets", evil, *named))
            asked.append(request(stage, account_id, b"GET", b"/unified/ticketing/tags", evil, *named))
        else:
            query = b"?integrated_account_id=" + one.replace(b"&", b"%26")
            asked.append(request(stage, account_id, b"GET", b"/proxy/tickets" + query, evil, b"X-None: 1"))
            asked.append(request(stage, account_id, b"GET", b"/unified/ticketing/tags" + query, evil, b"X-None: 1"))
    found = served(statuses(stage, asked))
    assert {status for status in found if status < 400} == set()
    assert stage.provider.got == []
    assert statuses(stage, [request(stage, account_id, b"GET", b"/unified/ticketing/tags", evil)]) == [200]


def authorities(port):
    """Targets that name another host, in the forms of RFC 9112 section 3.2 and those that readers fold into them."""
    host = b"127.0.0.1:%d" % port
    schemes = [b"http://", b"https://", b"HTTP://", b"ftp://", b"//", b"///", b"/\\", b"\\\\", b"http:/", b"http:", b""]
    tails = [b"", b"/", b"/proxy/tickets", b"/proxy/tickets?x=1", b"/proxy/tickets#x", b"/api/v2/tickets"]
    for scheme in schemes:
        yield from (scheme + host + tail for tail in tails)
        yield from (scheme + b"user@" + host + b"/proxy/tickets", scheme + b"interline.test@" + host + b"/proxy/x")
    for inner in (b"http://", b"https:/", b"//", b"@", b"http:%2f%2f", b"%2f%2f", b"%5c%5c", b"http%3a//", b"@@", b":"):
        yield b"/proxy/" + inner + host
        yield b"/proxy/tickets/" + inner + host + b"/x"
        yield b"/proxy" + inner + host + b"/x"
    yield from (b"*", b"/proxy/*", b".", b"?", b"#", b"/", b"/proxy", b"/proxy/", b"/proxy?x", b"/proxy//")


@pytest.mark.parametrize("method", [b"GET", b"CONNECT", b"TRACE", b"OPTIONS"])
def test_no_target_names_the_host_that_is_called(stage, account_id, evil, method):
    asked = [request(stage, account_id, method, one, evil) for one in authorities(evil.upstream.port)]
    found = served(statuses(stage, asked))
    assert len(found) > 100
    if method in (b"CONNECT", b"TRACE"):
        assert {status for status in found if 0 < status < 400} == set()
    below_the_base(stage)

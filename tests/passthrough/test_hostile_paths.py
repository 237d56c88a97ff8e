"""Hostile targets over raw sockets: whatever reaches the provider stays below its base."""

import itertools
from urllib.parse import unquote_to_bytes

from tests.outbound.scripted import Upstream, make_account

CLIMBS = [
    b"..", b"%2e%2e", b".%2e", b"%2E.", b"..;", b"..%3b", b"%252e%252e", b"..%00", b"..%5c", b"..\\", b"%c0%ae%c0%ae",
    b"..%2f", b"%2e%2e%2f", b"..%0d%0a", b"..%23", b"..%3f", b"%ef%bc%8e%ef%bc%8e", b"...", b"%20..", b"..%c0%af",
]  # fmt: skip
PLACES = [
    b"/proxy/%b/admin", b"/proxy/%b/%b/admin", b"/proxy/tickets/%b/%b/%b/admin", b"/proxy/tickets/%b", b"/proxy/%b",
    b"/proxy//%b/x", b"/proxy/a%b", b"/proxy/%b%b/x", b"/proxy/tickets/1/%b/2", b"//proxy/%b/x", b"/proxy/./%b/x",
    b"/x/../proxy/%b/x", b"/%%70roxy/%b/x", b"/proxy/tickets/%b?x=1", b"/proxy;/%b/x",
]  # fmt: skip
FORMS = [
    b"http://evil.example/proxy/x", b"https://evil.example/", b"//evil.example/proxy/x", b"evil.example:443", b"*",
    b"/proxy/http://evil.example/", b"/proxy/@evil.example/", b"/proxy/tickets#x",
    b"/proxy/tickets\x00", b"/proxy/t\xff",
    b"/proxy/tickets?a=\x00", b"/proxy/tickets?a=b#c", b"proxy/tickets", b"/proxy/%",
    b"/proxy/%z", b"/proxy/a%0d%0aX: y",
]  # fmt: skip


def targets():
    yield from (place.replace(b"%%", b"%").replace(b"%b", climb) for place, climb in itertools.product(PLACES, CLIMBS))
    yield from FORMS


async def test_three_hundred_hostile_targets_never_leave_the_base(site):
    site.accounts.known["account-1"] = make_account(site.upstream.origin)
    sent = list(targets())
    async with Upstream() as evil:
        statuses = []
        for target in sent:
            raw = await site.raw(
                b"GET " + target + b" HTTP/1.1\r\nHost: evil.example:%d\r\nX-Forwarded-Host: evil.example\r\n"
                b"Authorization: Bearer one\r\nConnection: close\r\n\r\n" % evil.port
            )
            statuses.append(int(raw.split(b" ")[1]) if raw else 0)
        assert evil.connections == 0
    assert (await site.ask(b"/proxy/tickets"))[0] == 200
    assert len(sent) >= 300
    assert {status for status in statuses if status >= 500} == set()
    received = [got.target for got in site.upstream.got]
    assert all(target.startswith(b"/api/v2/") for target in received)
    assert len(received) < len(sent) / 10
    assert statuses.count(400) > len(sent) / 2
    for target in received:
        path = target.partition(b"?")[0]
        for _ in range(3):
            path = unquote_to_bytes(path)
            assert b".." not in path.replace(b"...", b"").split(b"/")
            assert not any(byte < 32 for byte in path)

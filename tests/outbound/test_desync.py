"""What a provider sends too many, or at the wrong time, is nobody else's answer, and no later answer either."""

import asyncio

import pytest

from proxy.outbound.answer import read_json
from proxy.outbound.request import ProviderRequest
from tests.outbound.scripted import Door, Upstream, answer, make_account


def owner(got):
    return got.header(b"authorization").removeprefix(b"Bearer ")


def own(got):
    return answer(b'{"owner":"%b","target":"%b"}' % (owner(got), got.target))


def stray(got):
    """Bytes nobody asked for, with the token of the account they came for."""
    return answer(b'{"stray":true,"owner":"%b"}' % owner(got))


KINDS = {
    "a second answer in the same write": lambda got: [own(got) + stray(got)],
    "a content-length that is too short": lambda got: [own(got) + b'{"stray":true}'],
    "a body on a 204": lambda got: [b"HTTP/1.1 204 No Content\r\n\r\n" + stray(got)],
    "a body on a 204 with content-length": lambda got: [
        b"HTTP/1.1 204 No Content\r\ncontent-length: %d\r\n\r\n" % len(stray(got)),
        0.002,
        stray(got),
    ],
    "a body on a 304 with chunked": lambda got: [
        b"HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n",
        0.002,
        stray(got),
    ],
    "bytes while the connection is idle": lambda got: [own(got), 0.002, stray(got)],
    "half an answer in the same write": lambda got: [own(got) + stray(got)[:20]],
}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_account_never_reads_stray_bytes_as_its_next_answer(kind):
    async with Upstream() as upstream, Door() as door:
        upstream.script = lambda got, number: KINDS[kind](got) if number % 2 else [own(got)]
        account = make_account(upstream.origin)
        for number in range(20):
            request = ProviderRequest("GET", f"/api/v2/tickets?n={number}")
            answered = await door.outbound.call(account, request, door.trace())
            if answered.status == 200:
                body = await read_json(answered)
                assert body["target"] == f"/api/v2/tickets?n={number}"
            await asyncio.sleep(0.01 if "idle" in kind or "with" in kind else 0)


@pytest.mark.parametrize("kind", KINDS)
async def test_fifty_accounts_in_parallel_never_see_a_foreign_byte(kind):
    async with Upstream() as upstream, Door() as door:
        upstream.script = lambda got, number: KINDS[kind](got) if number % 3 else [own(got)]
        accounts = [make_account(upstream.origin, number) for number in range(50)]

        async def read_twice(account):
            seen = []
            for number in range(4):
                request = ProviderRequest("GET", f"/api/v2/tickets?n={number}")
                answered = await door.outbound.call(account, request, door.trace())
                seen.append(answered.body)
            return seen

        bodies = await asyncio.gather(*(read_twice(account) for account in accounts))
    tokens = [account.credential["token"].reveal().encode() for account in accounts]
    foreign = [
        body
        for mine, answers in zip(tokens, bodies, strict=True)
        for body in answers
        if any(token in body for token in tokens if token != mine)
    ]
    assert foreign == []
    assert sum(mine in body for mine, answers in zip(tokens, bodies, strict=True) for body in answers) >= 50


async def test_a_clean_exchange_keeps_its_connection():
    async with Upstream() as upstream, Door() as door:
        account = make_account(upstream.origin)
        for _ in range(10):
            await door.outbound.call(account, ProviderRequest("GET", "/api/v2/tickets"), door.trace())
        assert upstream.connections == 1


async def test_a_clean_204_keeps_its_connection():
    async with Upstream(lambda got, number: [b"HTTP/1.1 204 No Content\r\n\r\n"]) as upstream, Door() as door:
        account = make_account(upstream.origin)
        for _ in range(3):
            await door.outbound.call(account, ProviderRequest("DELETE", "/api/v2/tickets/1"), door.trace())
        assert upstream.connections == 1


async def test_stray_bytes_cost_the_connection():
    async with Upstream(lambda got, number: [own(got) + stray(got)]) as upstream, Door() as door:
        account = make_account(upstream.origin)
        for _ in range(3):
            await door.outbound.call(account, ProviderRequest("GET", "/api/v2/tickets"), door.trace())
        assert upstream.connections == 3


async def test_an_answer_that_is_not_read_to_its_end_costs_the_connection():
    async with Upstream(lambda got, number: [answer(b"x" * 500_000)]) as upstream, Door() as door:
        account = make_account(upstream.origin)
        for _ in range(2):
            request = ProviderRequest("GET", "/api/v2/tickets", stream=True)
            answered = await door.outbound.call(account, request, door.trace())
            await answered.aclose()
            await answered.aclose()
        assert upstream.connections == 2


async def test_no_two_accounts_share_a_connection_and_no_cookie_is_kept():
    script = lambda got, number: [answer(b"{}", headers=[(b"set-cookie", b"session=of-another; Path=/")])]  # noqa: E731
    async with Upstream(script) as upstream, Door() as door:
        for number in (1, 2, 1, 2):
            account = make_account(upstream.origin, number)
            await door.outbound.call(account, ProviderRequest("GET", "/api/v2/tickets"), door.trace())
        assert upstream.connections == 2
        assert all(got.header(b"cookie") is None for got in upstream.got)
        assert len({(got.connection, owner(got)) for got in upstream.got}) == 2


async def test_pools_that_nobody_uses_are_closed():
    bounds = Door().bounds.__class__(idle_accounts=3)
    async with Upstream() as upstream, Door(bounds) as door:
        for number in range(12):
            account = make_account(upstream.origin, number)
            await door.outbound.call(account, ProviderRequest("GET", "/api/v2/tickets"), door.trace())
        await asyncio.sleep(0.02)
        assert upstream.connections == 12
        assert upstream.open <= 4

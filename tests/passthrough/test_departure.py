"""A caller who goes away, or does not read, holds nothing up for long."""

import asyncio

import pytest

from proxy.bounds import Bounds
from tests.outbound.scripted import HANG, answer, make_account

ASK = b" /proxy/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nContent-Length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"186a0\r\n" + b"y" * 100_000 + b"\r\n"


@pytest.fixture
def account(site):
    made = make_account(site.upstream.origin)
    site.accounts.known["account-1"] = made
    return made


async def leave(site, method=b"GET", *, after=0.1):
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(method + ASK)
    await writer.drain()
    await asyncio.sleep(after)
    writer.close()


async def released(site, seconds=2.0):
    """Whether the provider was asked, and its connection and the account's place are given back in time."""
    for _ in range(int(seconds / 0.05)):
        if site.upstream.got and site.upstream.open == 0 and site.door.outbound._places._accounts == {}:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_download_ends_when_the_caller_has_gone(site, account):
    site.upstream.script = lambda got, number: [HEAD, *[CHUNK, 0.005] * 2000]
    await leave(site)
    assert await released(site)


async def test_a_get_that_waits_for_its_answer_ends_when_the_caller_has_gone(site, account):
    site.upstream.script = lambda got, number: [HANG]
    await leave(site)
    assert await released(site)


async def test_a_write_that_waits_for_its_answer_goes_on_when_the_caller_has_gone(site, account):
    done = []
    site.upstream.script = lambda got, number: [0.9, answer()] if not done.append(number) else []
    await leave(site, b"POST")
    await asyncio.sleep(1.2)
    assert site.door.worked == ["account-1"]
    assert site.door.outbound._places._accounts == {}


@pytest.mark.parametrize("bounds", [Bounds(answer_stall_seconds=0.4)])
async def test_a_caller_who_does_not_read_is_cut_off(site, account):
    site.upstream.script = lambda got, number: [HEAD, *[CHUNK] * 2000]
    _, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1000)
    writer.write(b"GET" + ASK)
    await writer.drain()
    asked = await released(site)
    writer.close()
    assert asked
    assert site.traces[-1].facts["aborted"] == "the caller does not read the answer"

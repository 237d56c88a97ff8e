"""Faults of a provider, over real sockets: the answer, how often it was asked, and in what time."""

import asyncio
import gzip
import time

import pytest

from proxy.bounds import Bounds
from proxy.errors import (
    DeadlineExceeded,
    Overloaded,
    Problem,
    ProviderError,
    ProviderNotJson,
    ProviderRedirect,
    ProviderTooLarge,
    ProviderUnreachable,
    RateLimited,
    ReauthRequired,
)
from proxy.outbound.answer import read_json, refusal
from proxy.outbound.request import ProviderRequest
from tests.outbound.scripted import (
    CLOSE,
    HANG,
    LIMITED,
    RESET,
    Door,
    Upstream,
    answer,
    make_account,
    make_provider,
    rule,
    until,
)

GET = ProviderRequest("GET", "/api/v2/tickets")
POST = ProviderRequest("POST", "/api/v2/tickets", body=b"{}")
BUSY = answer(b"Too Many Attempts", 429, [(b"retry-after", b"1")])


async def outcome(script, request=GET, *, bounds=None, seconds=5.0, provider=None):
    """What ``call`` led to (an answer's body, or the problem), how many requests came, and the seconds it took."""
    async with Upstream(script) as upstream, Door(bounds) as door:
        account = make_account(upstream.origin, provider=provider)
        started = time.monotonic()
        trace = door.trace(seconds)
        try:
            answered = await door.outbound.call(account, request, trace)
            result = refusal(answered) or await read_json(answered)
        except Problem as problem:
            result = problem
        assert trace.upstream_calls == len(upstream.got) or upstream.got == []
        return result, len(upstream.got), time.monotonic() - started


def first(fault, *, times=1):
    """The first ``times`` requests meet the fault, the rest are answered."""
    return lambda got, number: fault if number <= times else [answer(b'{"ok":true}')]


REPEATED = {
    "a 500": [answer(b"{}", 500)],
    "a 502 with an HTML page": [answer(b"<html>", 502)],
    "a 503": [answer(b"{}", 503)],
    "a 504": [answer(b"{}", 504)],
    "a close before the answer": [CLOSE],
    "a reset before the answer": [RESET],
    "a close inside the head": [b"HTTP/1.1 200 OK\r\ncontent-", CLOSE],
    "a body that ends short of its length": [b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", CLOSE],
    "a reset inside the body": [b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", RESET],
    "a chunked body without its end": [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n", CLOSE],
    "bytes that are not HTTP": [b"SSH-2.0-OpenSSH_9.7\r\n\r\n", CLOSE],
    "a compressed body that is cut": [
        answer(gzip.compress(b'{"a":1}' * 50)[:-9], headers=[(b"content-encoding", b"gzip")])
    ],
}


@pytest.mark.parametrize("fault", REPEATED)
async def test_a_get_is_repeated_after(fault):
    result, calls, _ = await outcome(first(REPEATED[fault]))
    assert result == {"ok": True}
    assert calls == 2


@pytest.mark.parametrize("fault", REPEATED)
async def test_a_post_is_never_repeated_after(fault):
    result, calls, _ = await outcome(first(REPEATED[fault]), POST)
    assert isinstance(result, ProviderError | ProviderUnreachable)
    assert calls == 1
    if isinstance(result, ProviderUnreachable):
        assert result.members["outcome"] == "unknown"


@pytest.mark.parametrize("fault", REPEATED)
async def test_a_post_that_is_declared_safe_is_repeated_after(fault):
    result, calls, _ = await outcome(
        first(REPEATED[fault]), ProviderRequest("POST", "/api/v2/search", body=b"{}", safe=True)
    )
    assert (result, calls) == ({"ok": True}, 2)


async def test_three_failures_are_the_end():
    result, calls, _ = await outcome(first([answer(b"{}", 503)], times=9))
    assert isinstance(result, ProviderError)
    assert result.members["provider_status"] == 503
    assert calls == 3


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
async def test_a_429_is_waited_out_where_the_wait_fits(request_):
    result, calls, seconds = await outcome(first([BUSY]), request_, provider=make_provider(**LIMITED))
    assert (result, calls) == ({"ok": True}, 2)
    assert seconds >= 1


async def test_a_429_whose_wait_does_not_fit_is_answered_at_once_with_that_wait():
    busy = answer(b"", 429, [(b"retry-after", b"90")])
    result, calls, seconds = await outcome(first([busy]), seconds=60.0)
    assert isinstance(result, RateLimited)
    assert result.headers["Retry-After"] == "90"
    assert (calls, seconds < 10) == (1, True)


async def test_a_429_for_one_account_holds_up_no_other():
    async with Upstream() as upstream, Door() as door:
        upstream.script = lambda got, number: [BUSY if b"0001" in got.header(b"authorization") else answer()]
        one, two = (make_account(upstream.origin, number, provider=make_provider(**LIMITED)) for number in (1, 2))
        waiting = asyncio.create_task(door.outbound.call(one, GET, door.trace(0.9)))
        await until(lambda: upstream.got)
        await door.outbound.call(two, GET, door.trace())
        assert upstream.got[-1].header(b"authorization").endswith(b"0002-canary")  # none of the first came between
        assert (await waiting).status == 429


async def test_nobody_listening_is_not_sent_and_says_so_for_a_post():
    async with Upstream() as upstream:
        origin = upstream.origin
    async with Door() as door:
        with pytest.raises(ProviderUnreachable) as raised:
            await door.outbound.call(make_account(origin), POST, door.trace())
    assert raised.value.members["outcome"] == "not_sent"


async def test_an_attempt_that_is_not_sent_says_nothing_of_the_one_before():
    async with Upstream() as upstream, Door() as door:

        def script(got, number):
            upstream._server.close()
            return [CLOSE]

        upstream.script = script
        deletion = ProviderRequest("DELETE", "/api/v2/tickets/1", safe=True)
        with pytest.raises(ProviderUnreachable) as raised:
            await door.outbound.call(make_account(upstream.origin), deletion, door.trace())
    assert len(upstream.got) == 1
    assert raised.value.members["outcome"] == "unknown"


STALLED = {
    "no answer": [HANG],
    "half a head": [b"HTTP/1.1 200 OK\r\n", HANG],
    "an endless row of early hints": [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", 0.05] * 200,
    "a body that drips": [b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", *[b"x", 0.05] * 200],
    "a body that stops": [b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{", HANG],
}


@pytest.mark.parametrize("stall", STALLED)
async def test_the_deadline_ends(stall):
    result, _, seconds = await outcome(lambda got, number: STALLED[stall], seconds=0.5)
    assert isinstance(result, DeadlineExceeded)
    assert seconds < 1.0


async def test_after_a_stall_the_next_request_is_clean():
    async with Upstream(first([HANG])) as upstream, Door() as door:
        account = make_account(upstream.origin)
        with pytest.raises(DeadlineExceeded):
            await door.outbound.call(account, POST, door.trace(0.2))
        answered = await door.outbound.call(account, GET, door.trace())
        assert await read_json(answered) == {"ok": True}
        assert upstream.connections == 2


BOMB = gzip.compress(b" " * 40_000_000)

UNUSABLE = {
    "an HTML page with 200": ([answer(b"<!DOCTYPE html>")], ProviderNotJson),
    "UTF-16": ([answer('{"a": 1}'.encode("utf-16"))], ProviderNotJson),
    "bytes that are not UTF-8": ([answer(b'{"a":"\xff"}')], ProviderNotJson),
    "100,000 brackets": ([answer(b"[" * 100_000)], ProviderNotJson),
    "NaN": ([answer(b'{"a":NaN}')], ProviderNotJson),
    "JSON that goes on": ([answer(b"{}{}")], ProviderNotJson),
    "more than the bound": ([answer(b'"' + b"x" * 300_000 + b'"')], ProviderTooLarge),
    "a small body that decodes to 40 MB": ([answer(BOMB, headers=[(b"content-encoding", b"gzip")])], ProviderTooLarge),
    "two encodings": ([answer(b"{}", headers=[(b"content-encoding", b"gzip, gzip")])], ProviderError),
    "an unknown encoding": ([answer(b"{}", headers=[(b"content-encoding", b"br")])], ProviderError),
    "damaged gzip": ([answer(b"{}", headers=[(b"content-encoding", b"gzip")])], ProviderError),
    "a redirect": ([answer(b"", 302, [(b"location", b"http://evil.example/")])], ProviderRedirect),
}


@pytest.mark.parametrize("body", UNUSABLE)
async def test_what_cannot_be_used_has_its_code(body):
    script, expected = UNUSABLE[body]
    result, calls, _ = await outcome(lambda got, number: script, bounds=Bounds(provider_json_bytes=200_000))
    assert isinstance(result, expected), result
    assert calls == 1


USABLE = {
    "JSON called text": ([b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n{}"], {}),
    "an empty 200": ([answer(b"")], None),
    "gzip although identity was asked for": (
        [answer(gzip.compress(b'{"a":1}'), headers=[(b"content-encoding", b"gzip")])],
        {"a": 1},
    ),
    "a body that ends with the connection": ([b"HTTP/1.1 200 OK\r\n\r\n[1]", CLOSE], [1]),
    "early hints, then an answer": ([b"HTTP/1.1 103 Early Hints\r\n\r\n", answer(b"[2]")], [2]),
}


@pytest.mark.parametrize("body", USABLE)
async def test_what_can_be_used_is_used(body):
    script, expected = USABLE[body]
    assert (await outcome(lambda got, number: script))[:2] == (expected, 1)


async def test_the_credential_is_judged_by_the_files_rules_and_the_account_store_is_told():
    rules = [
        rule(401, "provider-forbidden", "contains(not_null(error, ''), 'not authorized')"),
        rule(401, "reauth-required"),
    ]
    provider = make_provider(rules=rules)
    bodies = {b"/a": b'{"error":"You are not authorized"}', b"/b": b'{"errors":["no token"]}', b"/c": b"<html>"}
    async with Upstream() as upstream, Door() as door:
        upstream.script = lambda got, number: [
            answer(bodies.get(got.target[7:], b"{}"), 401 if got.target[7:] in bodies else 200)
        ]
        account = make_account(upstream.origin, provider=provider)
        codes = []
        for path in ("/a", "/b", "/c", "/d"):
            answered = await door.outbound.call(account, ProviderRequest("GET", "/api/v2" + path), door.trace())
            problem = refusal(answered)
            codes.append((problem and problem.code, answered.refused))
    expected = [("provider-forbidden", False), ("reauth-required", True), ("reauth-required", True), (None, False)]
    assert codes == expected
    assert door.refused == ["account-1", "account-1"]
    assert door.worked == ["account-1"]


async def test_an_account_that_must_be_linked_again_is_not_called():
    async with Upstream() as upstream, Door() as door:
        with pytest.raises(ReauthRequired):
            await door.outbound.call(make_account(upstream.origin, status="needs_reauth"), GET, door.trace())
        assert upstream.connections == 0


async def test_nine_hanging_calls_of_one_account_leave_room_for_another():
    bounds = Bounds(account_in_flight=2, account_queued=3)
    async with Upstream() as upstream, Door(bounds) as door:
        upstream.script = lambda got, number: [HANG if b"0001" in got.header(b"authorization") else answer()]
        hanging = make_account(upstream.origin, 1)
        calls = [asyncio.create_task(door.outbound.call(hanging, GET, door.trace(5.0))) for _ in range(5)]
        await until(lambda: len(upstream.got) == 2)
        with pytest.raises(Overloaded) as raised:
            await door.outbound.call(hanging, GET, door.trace(30.0))
        await door.outbound.call(make_account(upstream.origin, 2), GET, door.trace(30.0))
        assert not any(call.done() for call in calls)
        assert raised.value.headers == {"Retry-After": "1"}
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(one) for one in results} <= {DeadlineExceeded, Overloaded}
        assert door.outbound._places._lanes == {}


async def test_a_cancelled_call_gives_everything_back():
    async with Upstream(lambda got, number: [HANG]) as upstream, Door() as door:
        call = asyncio.create_task(door.outbound.call(make_account(upstream.origin), GET, door.trace()))
        await until(lambda: upstream.got)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert door.outbound._places._lanes == {}
        await until(lambda: upstream.open == 0)


async def test_an_upload_that_breaks_off_is_never_completed():
    async def broken():
        yield b"first"
        await asyncio.sleep(0.05)
        raise ReauthRequired("stands for any fault of the caller's side", provider="desk")

    async with Upstream() as upstream, Door() as door:
        request = ProviderRequest("POST", "/api/v2/files", body=broken())
        with pytest.raises(ReauthRequired):
            await door.outbound.call(make_account(upstream.origin), request, door.trace())
        await until(lambda: upstream.got)
        assert [got.complete for got in upstream.got] == [False]


async def test_a_long_upload_may_take_longer_than_the_deadline_while_it_moves():
    async def slow():
        for _ in range(8):
            await asyncio.sleep(0.1)
            yield b"part"

    async with Upstream() as upstream, Door() as door:
        request = ProviderRequest("POST", "/api/v2/files", body=slow())
        answered = await door.outbound.call(make_account(upstream.origin), request, door.trace(0.5))
        assert answered.status == 200
        assert upstream.got[0].body == b"part" * 8


async def test_a_write_uses_a_kept_connection_only_if_it_was_in_use_a_moment_ago():
    async with Upstream() as upstream, Door() as door:
        account = make_account(upstream.origin)
        for pause in (0, 1.1, 0):
            await asyncio.sleep(pause)
            await door.outbound.call(account, POST, door.trace())
        assert upstream.connections == 2


async def test_environment_proxies_are_never_used(monkeypatch):
    async with Upstream() as trap, Upstream() as upstream:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, trap.origin)
        async with Door() as door:
            await door.outbound.call(make_account(upstream.origin), GET, door.trace())
        assert (trap.connections, upstream.connections) == (0, 1)

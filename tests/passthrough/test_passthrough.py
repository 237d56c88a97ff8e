"""The passthrough, over real sockets: from a raw caller, through the real server, to a provider of raw bytes."""

import asyncio
import base64
import gzip
import json

import pytest

from proxy.bounds import Bounds
from tests.outbound.scripted import CLOSE, HANG, Upstream, answer, make_account, make_provider, rule, until

TOKEN = b"token-of-account-0001-canary"


@pytest.fixture
def account(site):
    made = make_account(site.upstream.origin)
    site.accounts.known["account-1"] = made
    return made


def code(body):
    return json.loads(body)["code"]


async def test_the_answer_is_the_providers_and_the_headers_that_concern_us_are_ours(site, account):
    theirs = [
        (b"x-ratelimit-limit", b"9"),
        (b"server", b"nginx"),
        (b"set-cookie", b"a=b"),
        (b"cache-control", b"public, max-age=99"),
        (b"www-authenticate", b"Bearer"),
        (b"access-control-allow-origin", b"*"),
        (b"location", b"https://evil.example/"),
    ]
    site.upstream.script = lambda got, number: [answer(b'{"data": [1]}', 200, theirs)]
    status, headers, body = await site.ask()
    assert (status, body) == (200, b'{"data": [1]}')
    assert headers["x-ratelimit-limit"] == "9"
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-upstream-calls"] == "1"
    assert headers["x-request-id"] == "request-1"
    assert "send;dur=" in headers["server-timing"]
    assert headers["server"] != "nginx"
    assert not headers.keys() & {"set-cookie", "www-authenticate", "access-control-allow-origin", "location"}


async def test_the_target_is_built_below_the_base_and_the_query_is_forwarded_byte_for_byte(site, account):
    await site.ask(
        b"/proxy/tickets/a%20b%C3%A9?page=2&integrated_account_id=account-1&x=%zz&interline_limit=3&y=a+b", account=None
    )
    assert site.upstream.got[0].target == b"/api/v2/tickets/a%20b%C3%A9?page=2&x=%zz&y=a+b"


async def test_only_the_allowed_headers_and_the_credential_reach_the_provider(site, account):
    hostile = [
        b"Cookie: a=b",
        b"X-Forwarded-For: 1.2.3.4",
        b"Api-Access-Token: mine",
        b"TE: trailers",
        b"Accept-Encoding: gzip",
    ]
    await site.ask(headers=[*hostile, b"Accept-Language: nl", b"Range: bytes=0-5", b"If-None-Match: x"])
    sent = site.upstream.got[0].headers
    assert dict(sent) == {
        b"host": f"127.0.0.1:{site.upstream.port}".encode(),
        b"accept-language": b"nl",
        b"range": b"bytes=0-5",
        b"if-none-match": b"x",
        b"accept": b"application/json",
        b"accept-encoding": b"identity",
        b"authorization": b"Bearer " + TOKEN,
    }


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"DELETE"])
async def test_a_body_goes_out_byte_for_byte(site, account, method):
    body = b'{ "a" :1, "a":2 }\x00\xff'
    await site.ask(method=method, headers=[b"Content-Type: application/json"], body=body)
    got = site.upstream.got[0]
    assert (got.method.encode(), got.body) == (method, body)
    assert got.header(b"content-type") == b"application/json"


async def test_a_chunked_body_is_streamed_with_our_own_framing(site, account):
    request = (
        b"POST /proxy/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    )
    await site.raw(request)
    assert site.upstream.got[0].body == b"abcde"
    assert site.upstream.got[0].complete


async def test_a_large_body_of_known_length_keeps_its_length(site, account):
    body = b"x" * 300_000
    await site.ask(method=b"POST", body=body)
    assert site.upstream.got[0].body == body
    assert site.upstream.got[0].header(b"content-length") == b"300000"


VERBATIM = {
    "an HTML page with 200": (200, b"<!DOCTYPE html>"),
    "a 404": (404, b'{"message":"gone"}'),
    "a 422": (422, b'{"errors":{}}'),
    "a 403": (403, b"no"),
    "an empty 200": (200, b""),
    "a 301": (301, b"moved"),
    "a 418": (418, b"\x00\xff"),
}


@pytest.mark.parametrize("case", VERBATIM)
async def test_this_is_relayed_as_it_is(site, account, case):
    status, body = VERBATIM[case]
    site.upstream.script = lambda got, number: [answer(body, status)]
    assert (await site.ask())[::2] == (status, body)


async def test_a_refused_credential_is_424_and_an_unauthorized_operation_is_relayed(site):
    rules = [rule(401, "provider-forbidden", "not_null(error, '') == 'not authorized'")]
    site.accounts.known["account-1"] = make_account(site.upstream.origin, provider=make_provider(rules=rules))
    site.upstream.script = lambda got, number: [answer(b'{"error":"not authorized"}' if number == 1 else b"{}", 401)]
    assert (await site.ask())[::2] == (401, b'{"error":"not authorized"}')
    status, _, body = await site.ask()
    assert (status, code(body)) == (424, "reauth-required")
    assert json.loads(body)["provider_status"] == 401
    assert site.door.refused == ["account-1"]


async def test_a_429_that_cannot_be_waited_out_is_relayed_with_a_whole_retry_after(site, account):
    site.upstream.script = lambda got, number: [answer(b"Too Many Attempts", 429, [(b"retry-after", b"0.2")])] * 1
    status, headers, body = await site.ask(headers=[b"Prefer: wait=0"])
    assert (status, body, headers["retry-after"]) == (429, b"Too Many Attempts", "1")
    assert len(site.upstream.got) == 1


async def test_a_post_is_sent_again_after_a_429_that_fits(site, account):
    site.upstream.script = lambda got, number: [
        answer(b"ok") if number > 1 else answer(b"", 429, [(b"retry-after", b"0")])
    ]
    assert (await site.ask(method=b"POST", body=b"{}"))[2] == b"ok"
    assert [got.body for got in site.upstream.got] == [b"{}", b"{}"]


async def test_a_head_has_the_length_and_no_body(site, account):
    site.upstream.script = lambda got, number: [b"HTTP/1.1 200 OK\r\ncontent-length: 77\r\n\r\n"]
    status, headers, body = await site.ask(method=b"HEAD")
    assert (status, headers["content-length"], body) == (200, "77", b"")


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_body_has_none(site, account, status):
    site.upstream.script = lambda got, number: [b"HTTP/1.1 %d X\r\netag: a\r\n\r\n" % status]
    assert (await site.ask())[::2] == (status, b"")


async def test_a_large_answer_is_streamed_whole(site, account):
    body = bytes(range(256)) * 8000
    site.upstream.script = lambda got, number: [answer(body)]
    status, headers, received = await site.ask()
    assert (status, headers["content-length"], received == body) == (200, str(len(body)), True)


async def test_a_chunked_answer_is_streamed_whole(site, account):
    chunk = b"y" * 100_000
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    site.upstream.script = lambda got, number: [head, *[b"186a0\r\n" + chunk + b"\r\n"] * 6, b"0\r\n\r\n"]
    assert (await site.ask())[2] == chunk * 6


async def test_an_answer_compressed_unasked_is_decoded_to_be_looked_into(site, account):
    site.upstream.script = lambda got, number: [
        answer(gzip.compress(b"plain"), headers=[(b"content-encoding", b"gzip")])
    ]
    status, headers, body = await site.ask()
    assert (status, body, "content-encoding" in headers) == (200, b"plain", False)


ECHOES = {
    "in the body": [answer(b'{"you sent": "' + TOKEN + b'"}')],
    "in an error": [answer(b"Bearer " + TOKEN, 500)],
    "in a 404 page": [answer(b"<html>" + TOKEN, 404)],
    "in base64": [answer(base64.b64encode(b"u:" + TOKEN))],
    "compressed": [answer(gzip.compress(TOKEN), headers=[(b"content-encoding", b"gzip")])],
    "in a header": [answer(b"{}", headers=[(b"x-debug", b"sent " + TOKEN)])],
    "in two writes": [
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(TOKEN), TOKEN[:9], 0.02, TOKEN[9:],
    ],
}  # fmt: skip


@pytest.mark.parametrize("where", ECHOES)
async def test_an_answer_that_holds_the_credential_is_not_relayed(site, account, where):
    site.upstream.script = lambda got, number: ECHOES[where]
    status, headers, body = await site.ask()
    assert (status, code(body)) == (502, "credential-echo")
    assert TOKEN not in body + repr(headers).encode()


@pytest.mark.parametrize("split", [1, 14, 27])
async def test_a_credential_deep_in_a_long_answer_cuts_it_off(site, account, split):
    length = 900_000 + len(TOKEN) + 5
    site.upstream.script = lambda got, number: [
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % length,
        b"x" * 900_000 + TOKEN[:split],
        0.02,
        TOKEN[split:] + b"after",
    ]
    status, _, body = await site.ask()
    assert status == 200
    assert len(body) < length
    assert TOKEN[:14] not in body
    assert site.traces[-1].facts["aborted"] == "the answer holds the linked credential"


async def test_an_answer_that_breaks_off_never_looks_complete(site, account):
    site.upstream.script = lambda got, number: [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"80000\r\n" + b"z" * 0x80000 + b"\r\n",
        CLOSE,
    ]
    status, _, body = await site.ask()
    assert status == 200
    assert body == b"" or body.endswith(b"<cut>")


async def test_an_answer_that_breaks_off_early_is_a_problem(site, account):
    site.upstream.script = lambda got, number: [b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nabc", CLOSE]
    status, _, body = await site.ask()
    assert (status, code(body)) == (502, "provider-unreachable")


async def test_an_upload_that_the_caller_breaks_off_is_never_completed(site, account):
    head = b"POST /proxy/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nContent-Length: 200000\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(head + b"x" * 100_000)
    await writer.drain()
    await until(lambda: site.upstream.connections)
    writer.close()
    await until(lambda: site.upstream.got)
    assert [got.complete for got in site.upstream.got] == [False]
    await until(lambda: site.door.outbound._places._accounts == {})


async def test_broken_chunk_framing_is_no_end_of_a_body(site, account):
    request = (
        b"POST /proxy/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n\r\n"
    )
    await site.raw(request)
    await asyncio.sleep(0.1)
    assert not any(got.complete for got in site.upstream.got)


@pytest.mark.parametrize("bounds", [Bounds(body_idle_seconds=0.2)])
async def test_a_body_that_pauses_is_refused_in_time(site, account):
    head = b"POST /proxy/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nContent-Length: 10\r\n\r\nabc"
    status, _, body = parsed_problem(await site.raw(head, wait=3.0))
    assert (status, code(body)) == (408, "body-timeout")
    assert site.upstream.got == []


def parsed_problem(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head, body


@pytest.mark.parametrize("bounds", [Bounds(stream_bytes=1000)])
async def test_a_body_over_the_bound_is_413_before_and_while_it_is_sent(site, account):
    status, _, body = await site.ask(method=b"POST", body=b"x" * 1001)
    assert (status, code(body)) == (413, "body-too-large")
    assert site.upstream.got == []
    chunked = (
        b"POST /proxy/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"200\r\n" + b"x" * 512 + b"\r\n") * 3 + b"0\r\n\r\n"
    )
    status, _, body = parsed_problem(await site.raw(chunked))
    assert (status, code(body)) == (413, "body-too-large")
    assert not any(got.complete for got in site.upstream.got)


@pytest.mark.parametrize("seconds", [0.4])
async def test_the_deadline_is_504(site, account):
    site.upstream.script = lambda got, number: [HANG]
    status, _, body = await site.ask()
    assert (status, code(body)) == (504, "deadline-exceeded")


@pytest.mark.parametrize("seconds", [0.4])
@pytest.mark.parametrize(
    "silence", [[HANG], [CLOSE], [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", CLOSE]], ids=repr
)
async def test_a_write_that_ends_in_silence_is_504_with_a_code_of_its_own(site, account, silence):
    site.upstream.script = lambda got, number: silence
    status, _, body = await site.ask(method=b"POST", body=b"{}")
    assert (status, code(body), json.loads(body)["outcome"]) == (504, "outcome-unknown", "unknown")
    assert len(site.upstream.got) == 1
    assert json.loads(body)["outcome"] == "unknown"


REFUSED = {
    "no key": ({"headers": [b"authorization: x"]}, 401, "unauthorized"),
    "two keys": ({"headers": [b"authorization: Bearer key", b"authorization: Bearer one"]}, 401, "unauthorized"),
    "a key without the scope": ({"headers": [b"authorization: Bearer reader"]}, 403, "missing-scope"),
    "no account": ({"account": None}, 400, "account-required"),
    "two accounts": ({"target": b"/proxy/x?integrated_account_id=account-2"}, 400, "ambiguous-account"),
    "an unknown account": ({"account": b"account-9"}, 404, "not-found"),
    "another account than the token's": (
        {"headers": [b"authorization: Bearer one"], "account": b"account-9"},
        404,
        "not-found",
    ),
    "the credential's own operation": ({"target": b"/proxy/profile"}, 403, "credential-operation"),
    "the credential's own operation, disguised": ({"target": b"/proxy/%50rofile.json"}, 403, "credential-operation"),
    "the envelope of no list": ({"target": b"/proxy/x?interline_response_format=result"}, 501, "unsupported-operation"),
    "two content types": ({"headers": [b"content-type: a/b", b"content-type: c/d"]}, 400, "invalid-request"),
    "TRACE": ({"method": b"TRACE"}, 405, "method-not-allowed"),
    "the mount alone": ({"target": b"/proxy"}, 400, "invalid-path"),
    "the mount and a slash": ({"target": b"/proxy/"}, 400, "invalid-path"),
    "the mount spelled with escapes": ({"target": b"/%70roxy/tickets"}, 400, "invalid-path"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_this_is_refused_before_the_provider_hears_of_it(site, account, case):
    request, status, expected = REFUSED[case]
    answered = await site.ask(**request)
    assert (answered[0], code(answered[2])) == (status, expected)
    assert site.upstream.connections == 0


async def test_a_path_outside_the_allow_list_is_refused(site):
    from proxy.provider.model import PassthroughWords

    provider = make_provider(passthrough=PassthroughWords(allow=["/accounts/{id}/**"]))
    site.accounts.known["account-1"] = make_account(site.upstream.origin, provider=provider, connection={"id": 7})
    assert (await site.ask(b"/proxy/accounts/7/x"))[0] == 200
    status, _, body = await site.ask(b"/proxy/accounts/8/x")
    assert (status, code(body)) == (403, "path-not-allowed")


async def test_a_location_below_the_base_leads_through_the_passthrough(site, account):
    location = site.upstream.origin.encode() + b"/api/v2/tickets/7?x=1"
    site.upstream.script = lambda got, number: [answer(b"", 302, [(b"location", location)])]
    async with Upstream() as evil:
        assert (await site.ask())[1]["location"] == "/proxy/tickets/7?x=1"
        site.upstream.script = lambda got, number: [
            answer(b"", 302, [(b"location", evil.origin.encode() + b"/api/v2/x")])
        ]
        assert "location" not in (await site.ask())[1]
        assert evil.connections == 0


async def test_fifty_accounts_in_parallel_with_stray_bytes_get_only_their_own(site):
    accounts = [make_account(site.upstream.origin, number) for number in range(50)]
    site.accounts.known = {account.id: account for account in accounts}

    def script(got, number):
        mark = got.header(b"authorization")[-11:-7]
        stray = answer(b"stray of " + mark)
        return [answer(b"answer to " + mark) + stray, 0.001, stray]

    site.upstream.script = script
    numbers = [number for number in range(50) for _ in range(4)]
    answered = await asyncio.gather(*(site.ask(account=b"account-%d" % number) for number in numbers))
    foreign = [
        body
        for number, (_, _, body) in zip(numbers, answered, strict=True)
        if body and not body.endswith(b"%04d" % number)
    ]
    assert foreign == []
    assert sum(status == 200 for status, _, _ in answered) >= 50

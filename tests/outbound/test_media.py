"""The second door fetches files from where it may, without any credential, and from nowhere else."""

import asyncio

import pytest

from proxy.bounds import Bounds
from proxy.errors import (
    DeadlineExceeded,
    MediaNotAllowed,
    Overloaded,
    ProviderError,
    ProviderInvalid,
    ProviderNotFound,
    ProviderProblem,
    ProviderRedirect,
    ProviderTooLarge,
    ProviderUnreachable,
    RateLimited,
)
from proxy.outbound.exchange import SendFailure
from tests.outbound.media_network import OTHER, PUBLIC, certificate, redirect, site
from tests.outbound.scripted import CLOSE, HANG, RESET, answer

FILE = b"\x89PNG and so on"


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def bounds():
    return Bounds()


@pytest.fixture
async def door(contexts, bounds):
    async with site(contexts, bounds) as made:
        made.secure.script = made.local.script = lambda got, number: [answer(FILE)]
        yield made
        assert made.at_rest()


def secrets(door):
    """Everything that any storage received, as text."""
    return b"\n".join(got.head for storage in (door.secure, door.local) for got in storage.got).decode().lower()


async def test_a_file_is_fetched_from_a_named_host_at_its_checked_address(door):
    assert await door.read("https://files.desk.example/a%2Fb?X-Amz-Signature=ab%20c") == FILE
    assert [one.address for one in door.transport.sent] == [PUBLIC]
    assert door.secure.got[0].target == b"/a%2Fb?X-Amz-Signature=ab%20c"


async def test_a_file_is_fetched_from_the_accounts_own_host(door):
    account = door.account("https://desk.example", media_hosts=[])
    assert await door.read("https://desk.example/rails/f", account=account) == FILE
    assert [one.address for one in door.transport.sent] == [PUBLIC]


async def test_nothing_of_the_account_and_nothing_of_an_earlier_answer_goes_along(door):
    given = [b"set-cookie: session=planted"]
    door.secure.script = lambda got, number: (
        [redirect("https://storage.example/g", headers=given)] if number == 1 else [answer(FILE)]
    )
    assert await door.read("https://desk.example/f") == FILE
    names = [{name.lower() for name, _ in got.headers} for got in door.secure.got]
    assert names == [{b"host", b"accept", b"accept-encoding"}] * 2
    assert all(word not in secrets(door) for word in ("canary", "token", "planted", "account-1"))


REFUSED = {
    "a public host that nobody named": "https://storage.example/f",
    "a host that only ends alike": "https://evildesk.example/f",
    "a named host over http": "http://files.desk.example/f",
    "the account's own host over http": "http://desk.example/f",
    "the account's own host at another port": "https://desk.example:6379/f",
    "a named host at a port of another service": "https://files.desk.example:22/f",
    "a named host that resolves to a private address": "https://x.desk.example/f",
    "a named host that does not resolve": "https://nowhere.desk.example/f",
    "a user in front of a host": "https://files.desk.example@storage.example/f",
    "the server itself": "https://127.0.0.1/f",
    "a file of the server": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "nothing": "",
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_file_is_not_fetched_from(door, case):
    door.names["x.desk.example"] = ["10.0.0.7"]
    with pytest.raises(MediaNotAllowed):
        await door.fetch(REFUSED[case])
    assert door.transport.sent == []


async def test_a_host_that_nobody_named_is_not_even_looked_up(door):
    with pytest.raises(MediaNotAllowed, match=r"storage\.example is not among the hosts that Desk keeps files on"):
        await door.fetch("https://storage.example/f")
    assert door.lookups == []


@pytest.mark.parametrize("count", range(4))
async def test_two_redirects_are_followed_and_no_more(door, count):
    door.secure.script = lambda got, number: [
        redirect(f"https://storage.example/{number}") if number <= count else answer(FILE)
    ]
    if count <= 2:
        assert await door.read() == FILE
    else:
        with pytest.raises(ProviderRedirect):
            await door.fetch()
    assert len(door.secure.got) == min(count, 2) + 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_kind_of_redirect_is_followed_to_the_address_that_was_checked(door, status):
    door.secure.script = lambda got, number: [
        redirect("https://storage.example/g?s=1", status) if number == 1 else answer(FILE)
    ]
    assert await door.read() == FILE
    assert [(one.origin, one.address) for one in door.transport.sent] == [
        ("https://files.desk.example", PUBLIC),
        ("https://storage.example", OTHER),
    ]
    assert [got.method for got in door.secure.got] == ["GET", "GET"]
    assert door.secure.got[1].target == b"/g?s=1"


async def test_a_relative_redirect_stays_on_its_host(door):
    door.secure.script = lambda got, number: [redirect("../g") if number == 1 else answer(FILE)]
    assert await door.read("https://files.desk.example/a/f") == FILE
    assert door.secure.got[1].target == b"/g"


LED_ASTRAY = {
    "to http": "http://storage.example/f",
    "to the server itself": "https://127.0.0.1/f",
    "to the server itself over http": "http://127.0.0.1/f",
    "to the server itself by IPv6": "https://[::1]/f",
    "to the server itself by one number": "https://2130706433/f",
    "to localhost": "https://localhost/f",
    "to a metadata address": "https://169.254.169.254/latest/meta-data/",
    "to a metadata address over http": "http://169.254.169.254/latest/meta-data/",
    "to a metadata name": "https://metadata.example/f",
    "to a metadata address inside IPv6": "https://[::ffff:169.254.169.254]/f",
    "to a private address": "https://inside.example/f",
    "to a name with a public and a private address": "https://mixed.example/f",
    "to an internal name": "https://storage.internal/f",
    "to a name that does not resolve": "https://nowhere.example/f",
    "to another port": "https://storage.example:6379/f",
    "to a user": "https://user@storage.example/f",
    "to a file of the server": "file:///etc/passwd",
    "to a script": "javascript:alert(1)",
    "to an address with a backslash": "https://storage.example\\@127.0.0.1/",
    "to bytes that are no text": "https://storage.example\udcff/",
    "to a host of the operator's own network": "http://127.0.0.1:{port}/f",
}


@pytest.mark.parametrize("case", LED_ASTRAY)
async def test_a_redirect_is_not_followed(door, case):
    location = LED_ASTRAY[case].replace("{port}", str(door.local.port))
    sent = redirect("x").replace(b"location: x", b"location: " + location.encode(errors="surrogateescape"))
    door.names |= {one: [one] for one in ("127.0.0.1", "::1", "169.254.169.254", "::ffff:a9fe:a9fe")}
    door.secure.script = lambda got, number: [sent]
    with pytest.raises(MediaNotAllowed):
        await door.fetch()
    assert (len(door.secure.got), len(door.local.got), len(door.transport.sent)) == (1, 0, 1)


async def test_a_redirect_to_nowhere_is_told(door):
    door.secure.script = lambda got, number: [redirect(None)]
    with pytest.raises(ProviderRedirect):
        await door.fetch()


async def test_the_second_redirect_is_checked_like_the_first(door):
    door.secure.script = lambda got, number: [
        redirect("https://storage.example/g" if number == 1 else "http://169.254.169.254/")
    ]
    with pytest.raises(MediaNotAllowed):
        await door.fetch()
    assert len(door.secure.got) == 2


async def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(door):
    door.secure.script = lambda got, number: [redirect("https://storage.example/g") if number == 1 else answer(FILE)]

    async def rebinding(host, port):
        door.lookups.append(host)
        return ["127.0.0.1"] if door.lookups.count(host) > 1 else [OTHER]

    door.egress._resolve = rebinding
    assert await door.read() == FILE
    assert {one.address for one in door.transport.sent} == {OTHER}


async def test_a_host_without_a_certificate_of_its_name_gets_no_request(door):
    with pytest.raises(ProviderUnreachable):
        await door.fetch("https://untrusted.example/f", account=door.account(media_hosts=["untrusted.example"]))
    assert door.secure.got == []


async def test_the_operators_own_network_is_reached_over_http(door):
    account = door.account(f"http://127.0.0.1:{door.local.port}")
    assert await door.read(f"http://127.0.0.1:{door.local.port}/f", account=account) == FILE
    assert len(door.local.got) == 1


async def test_a_host_of_the_operators_network_may_send_to_another_one(contexts):
    async with site(contexts) as first, site(contexts) as second:
        private = [f"127.0.0.1:{first.local.port}", f"localhost:{second.local.port}"]
        first.egress._private = frozenset(private)
        first.local.script = lambda got, number: [redirect(f"http://{private[1]}/g")]
        second.local.script = lambda got, number: [answer(FILE)]
        account = first.account(f"http://{private[0]}")
        assert await first.read(f"http://{private[0]}/f", account=account) == FILE


async def test_an_own_origin_that_may_not_be_http_is_not_asked(contexts):
    async with site(contexts, private_hosts=[]) as door:
        account = door.account(f"http://127.0.0.1:{door.local.port}")
        with pytest.raises(MediaNotAllowed):
            await door.fetch(f"http://127.0.0.1:{door.local.port}/f", account=account)
        assert door.transport.sent == []


async def test_a_provider_whose_base_the_operator_sets_is_asked_there(contexts):
    async with site(contexts, private_hosts=[]) as door:
        door.local.script = lambda got, number: [answer(FILE)]
        account = door.account(f"http://127.0.0.1:{door.local.port}", base="https://desk.example/api")
        assert await door.read(f"http://127.0.0.1:{door.local.port}/f", account=account) == FILE


REFUSALS = {
    400: (ProviderNotFound, "expired"),
    401: (ProviderNotFound, "expired"),
    403: (ProviderNotFound, "expired"),
    404: (ProviderNotFound, "expired"),
    410: (ProviderNotFound, "expired"),
    416: (ProviderInvalid, "range"),
    429: (RateLimited, "wait"),
    418: (ProviderError, "418"),
    500: (ProviderError, "500"),
    503: (ProviderError, "503"),
    204: (ProviderError, "204"),
    206: (ProviderError, "206"),
    304: (ProviderError, "304"),
}


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_storage_that_gives_no_file_is_a_problem(door, status):
    kind, word = REFUSALS[status]
    door.secure.script = lambda got, number: [answer(b"" if status in (204, 304) else b"<Error/>", status)]
    with pytest.raises(kind, match=word) as raised:
        await door.fetch()
    assert type(raised.value) is kind
    assert raised.value.members["provider_status"] == status
    assert ("Retry-After" in raised.value.headers) is (status == 429)


async def test_the_head_of_the_file_is_told(door):
    kept = [(b"content-encoding", b"gzip"), (b"content-type", b"image/png")]
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in kept)
    door.secure.script = lambda got, number: [head + b"content-length: 5\r\n\r\n12345"]
    answered = await door.fetch()
    told = (answered.status, answered.content_type, answered.length, answered.encoding, answered.content_range)
    await answered.aclose()
    assert told == (200, "image/png", 5, b"gzip", None)


@pytest.mark.parametrize("encoding", [b"compress", b"gzip, br", b"x\x80"])
async def test_a_file_in_an_encoding_that_callers_cannot_read_is_a_problem(door, encoding):
    door.secure.script = lambda got, number: [answer(FILE, headers=[(b"content-encoding", encoding)])]
    with pytest.raises(ProviderProblem):
        await door.fetch()


RANGES = [b"bytes=0-4", b"bytes=5-", b"bytes=-5"]


@pytest.mark.parametrize("asked", RANGES)
async def test_a_range_is_passed_on_and_its_part_told(door, asked):
    door.secure.script = lambda got, number: [answer(b"12345", 206, [(b"content-range", b"bytes 0-4/10")])]
    answered = await door.fetch(byte_range=asked)
    told = (answered.status, answered.content_range, door.secure.got[0].header(b"range"))
    await answered.aclose()
    assert told == (206, b"bytes 0-4/10", asked)


@pytest.mark.parametrize("asked", [b"", b"bytes=0-1,5-6", b"bytes=a-b", b"lines=0-4", b"bytes=0-4\r\nX: y"])
async def test_what_is_no_single_range_is_left_out(door, asked):
    assert await door.read(byte_range=asked) == FILE
    assert door.secure.got[0].header(b"range") is None


@pytest.mark.parametrize("told", [[], [(b"content-range", b"bytes everything")]])
async def test_a_part_that_does_not_say_which_is_a_problem(door, told):
    door.secure.script = lambda got, number: [answer(b"12345", 206, told)]
    with pytest.raises(ProviderError):
        await door.fetch(byte_range=b"bytes=0-4")


@pytest.mark.parametrize("bounds", [Bounds(stream_bytes=10)])
async def test_a_file_announced_beyond_the_bound_is_not_begun(door):
    with pytest.raises(ProviderTooLarge):
        await door.fetch()


@pytest.mark.parametrize("bounds", [Bounds(stream_bytes=10)])
async def test_a_file_that_grows_beyond_the_bound_breaks_off(door):
    door.secure.script = lambda got, number: [b"HTTP/1.1 200 OK\r\n\r\n12345678", 0.05, b"90", 0.05, b"1", CLOSE]
    answered = await door.fetch()
    chunks = answered.stream()
    assert [await anext(chunks), await anext(chunks)] == [b"12345678", b"90"]
    with pytest.raises(SendFailure, match="exceeds the bound"):
        await anext(chunks)
    await answered.aclose()


BROKEN = {
    "a body that ends short of its length": [b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n12345", CLOSE],
    "a reset inside the body": [b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n12345", 0.05, RESET],
    "a chunked body without its end": [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n1\r\n", CLOSE],
}


@pytest.mark.parametrize("case", BROKEN)
async def test_a_file_that_breaks_off_has_no_faked_end(door, case):
    door.secure.script = lambda got, number: BROKEN[case]
    with pytest.raises(SendFailure):
        await door.read()


@pytest.mark.parametrize("fault", [[CLOSE], [RESET], [b"HTTP/1.1 200 OK\r\ncontent-", CLOSE]])
async def test_a_connection_that_fails_before_the_answer_is_tried_once_more(door, fault):
    door.secure.script = lambda got, number: fault if number == 1 else [answer(FILE)]
    assert await door.read() == FILE
    door.secure.script = lambda got, number: fault
    with pytest.raises(ProviderUnreachable):
        await door.fetch()
    assert len(door.secure.got) == 4


async def test_the_deadline_holds_over_all_redirects_until_the_head_has_come(door):
    door.secure.script = lambda got, number: [0.4, redirect("https://storage.example/g")] if number == 1 else [HANG]
    started = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineExceeded):
        await door.fetch(seconds=0.8)
    assert asyncio.get_running_loop().time() - started < 1.5


@pytest.mark.parametrize("bounds", [Bounds(stream_idle_seconds=0.3)])
async def test_a_pause_inside_the_file_is_bounded_and_the_deadline_is_not_meant_for_it(door):
    door.secure.script = lambda got, number: [b"HTTP/1.1 200 OK\r\n\r\n", *[b"1", 0.2] * 5, HANG]
    answered = await door.fetch(seconds=0.5)
    chunks = answered.stream()
    assert [await anext(chunks) for _ in range(5)] == [b"1"] * 5
    with pytest.raises(SendFailure) as raised:
        await anext(chunks)
    await answered.aclose()
    assert raised.value.late


@pytest.mark.parametrize("bounds", [Bounds(stream_idle_seconds=0.3)])
async def test_a_storage_that_does_not_answer_in_time_is_not_asked_again(door):
    door.secure.script = lambda got, number: [HANG]
    with pytest.raises(DeadlineExceeded):
        await door.fetch()
    assert len(door.secure.got) == 1


@pytest.mark.parametrize("bounds", [Bounds(account_in_flight=1, account_queued=1)])
async def test_downloads_of_one_account_wait_for_each_other_and_hold_up_no_other(door):
    first = await door.fetch()
    with pytest.raises(Overloaded):
        await door.fetch(seconds=0.1)
    assert await door.read(account=door.account(number=2)) == FILE
    waiting = asyncio.create_task(door.read())
    await asyncio.sleep(0.05)
    await first.aclose()
    assert await waiting == FILE


async def test_no_two_accounts_and_no_call_share_a_connection_with_a_download(door):
    for number in (1, 2, 1):
        assert await door.read(account=door.account(number=number)) == FILE
    assert [got.connection for got in door.secure.got] == [1, 2, 1]
    assert {one.account_id for one in door.transport.sent} == {"media of account-1", "media of account-2"}


async def test_a_second_answer_on_the_connection_never_becomes_the_next_file(door):
    door.secure.script = lambda got, number: [answer(FILE) + answer(b"stray") if number == 1 else answer(b"own")]
    assert await door.read() == FILE
    assert await door.read() == b"own"


async def test_a_file_that_is_not_read_to_its_end_closes_its_connection(door):
    door.secure.script = lambda got, number: [b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + b"x" * 10, HANG]
    answered = await door.fetch()
    await answered.aclose()
    await answered.aclose()
    for _ in range(40):
        if door.secure.open == 0:
            break
        await asyncio.sleep(0.05)
    assert door.secure.open == 0

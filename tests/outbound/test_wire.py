"""The engine on its sockets: which connection is used again, who waits for whom, and what is never sent or taken."""

import asyncio
import socket
import time

import pytest

from proxy.outbound import transport as engine
from proxy.outbound.exchange import Outgoing, SendFailure
from proxy.outbound.transport import Transport
from proxy.outbound.wire import dial
from proxy.outbound.wire.connection import UNREAD_BYTES
from proxy.outbound.wire.response import INFORMATIONAL_MOST
from proxy.trace import Deadline
from tests.outbound.scripted import CLOSE, HANG, Upstream, answer

MIB = 1024 * 1024
PIECE = 64 * 1024


def make_transport(*, idle_seconds=10.0, connections=8):
    return Transport(
        idle_accounts=9,
        connections=connections,
        connect_seconds=5.0,
        idle_seconds=idle_seconds,
        clock=time.monotonic,
    )


@pytest.fixture
async def transport():
    made = make_transport()
    yield made
    await made.aclose()


def outgoing(upstream, method="GET", **more):
    headers = more.pop("headers", [(b"accept", b"*/*")])
    origin = more.pop("origin", upstream.origin)
    return Outgoing("account", origin, method, more.pop("target", b"/x"), headers, **more)


async def read(incoming):
    try:
        return b"".join([part async for part in incoming.stream()])
    finally:
        await incoming.aclose()


async def ask(transport, upstream, method="GET", **more):
    """Status and body."""
    incoming = await transport.send(outgoing(upstream, method, **more), Deadline(10))
    return incoming.status, await read(incoming)


async def until(holds):
    """Waits for what must come, at most so long that a stalled machine is no failure."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is looked at belongs to others, who set no event
            await asyncio.sleep(0.01)


def kept(transport):
    """The idle connections of all pools."""
    return [one for pool in transport._pools.values() for one in pool.connections._idle]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_the_server_closed_meanwhile_is_not_written_to(transport, method):
    async with Upstream(lambda got, number: [answer(), CLOSE]) as upstream:
        for _ in range(3):
            assert (await ask(transport, upstream, method))[0] == 200
            await until(lambda: upstream.open == 0)
        assert (upstream.connections, len(upstream.got)) == (3, 3)


async def test_what_waits_in_the_kernel_is_seen_before_the_loop_has_read_it(transport):
    """The end of the server is there, and this process has not come round to it."""
    async with Upstream() as upstream:
        await ask(transport, upstream)
        connection = kept(transport)[0]
        connection._transport.pause_reading()
        assert connection.silent()
        for task in upstream._tasks:
            task.cancel()
        await until(lambda: upstream.open == 0)
        await until(lambda: not connection.silent())
        assert connection.open
        assert (await ask(transport, upstream, "POST"))[0] == 200
        assert upstream.connections == 2


async def test_an_idle_connection_is_closed_in_time_though_nobody_asks(transport, monkeypatch):
    monkeypatch.setattr(engine, "KEEPALIVE_SECONDS", 0.05)
    async with Upstream() as upstream:
        await ask(transport, upstream)
        await until(lambda: upstream.open == 0)
        assert kept(transport) == []


async def test_a_connection_that_is_used_again_keeps_its_one_timer(transport):
    async with Upstream() as upstream:
        await ask(transport, upstream)
        timer = kept(transport)[0].expiry
        await ask(transport, upstream)
        assert kept(transport)[0].expiry is timer
        assert upstream.connections == 1


async def test_more_requests_than_connections_wait_for_one():
    transport = make_transport(connections=2)
    async with Upstream(lambda got, number: [0.01, answer()]) as upstream:
        answers = await asyncio.gather(*(ask(transport, upstream) for _ in range(9)))
        assert {status for status, _ in answers} == {200}
        assert (upstream.connections, len(upstream.got)) == (2, 9)
        await transport.aclose()


async def test_who_waits_for_a_connection_in_vain_was_not_sent(monkeypatch):
    transport = Transport(idle_accounts=9, connections=1, connect_seconds=0.1, idle_seconds=9, clock=time.monotonic)
    async with Upstream(lambda got, number: [HANG]) as upstream:
        stuck = asyncio.create_task(ask(transport, upstream))
        await until(lambda: upstream.got)
        with pytest.raises(SendFailure) as raised:
            await ask(transport, upstream, "POST")
        assert (raised.value.phase, raised.value.late, len(upstream.got)) == ("not_sent", False, 1)
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
        await transport.aclose()


HINTS = b"HTTP/1.1 103 Early Hints\r\n\r\n"


async def test_some_interim_answers_are_passed_over(transport):
    async with Upstream(lambda got, number: [HINTS * INFORMATIONAL_MOST + answer()]) as upstream:
        assert (await ask(transport, upstream))[0] == 200


async def test_an_endless_row_of_interim_answers_ends(transport):
    async with Upstream(lambda got, number: [HINTS * (INFORMATIONAL_MOST + 1) + answer()]) as upstream:
        with pytest.raises(SendFailure) as raised:
            await ask(transport, upstream)
        assert (raised.value.phase, raised.value.late) == ("ambiguous", False)


async def test_a_caller_who_does_not_read_makes_the_provider_wait(transport):
    pieces, sent = 1024, 0

    def script(got, number):
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (pieces * PIECE)
        for _ in range(pieces):
            yield b"x" * PIECE
            sent += 1

    async with Upstream(script) as upstream:
        incoming = await transport.send(outgoing(upstream), Deadline(10))
        response = incoming._response
        await until(lambda: incoming._connection._held_back)
        held, was = response.queued, sent
        await asyncio.sleep(0.1)
        assert response.queued == held <= UNREAD_BYTES + MIB
        assert was <= sent < pieces
        assert len(await read(incoming)) == pieces * PIECE
        assert (await ask(transport, upstream, "HEAD"))[0] == 200
        assert upstream.connections == 1


async def test_a_provider_that_does_not_read_makes_the_caller_wait():
    transport = make_transport(idle_seconds=0.3)
    given = 0

    async def body():
        nonlocal given
        for _ in range(2000):
            given += 1
            yield b"x" * PIECE

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()  # the system takes the connection and what fits into its buffers
        origin = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(SendFailure) as raised:
            await transport.send(Outgoing("a", origin, "POST", b"/", [], body=body()), Deadline(30))
    assert (raised.value.phase, raised.value.late) == ("ambiguous", True)
    assert given < 2000
    await transport.aclose()


async def stream(*parts, then=None):
    """A body that comes in parts; ``then`` is awaited before the last."""
    for part in parts[:-1]:
        yield part
    if then is not None:
        await then
    yield parts[-1]


class Slow:
    """A server that answers with ``early`` as soon as the head is there, and notes the body that still comes."""

    def __init__(self, early):
        self.early, self.body, self.ended = early, b"", asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.early)
        while part := await reader.read(65536):
            self.body += part
            if self.body.endswith(b"0\r\n\r\n"):
                break
        self.ended.set()
        writer.close()


async def test_an_upload_that_is_refused_before_its_end_stops_and_costs_the_connection(transport):
    more = asyncio.Event()
    async with Slow(answer(b"{}", 413)) as server:
        body = stream(b"first", b"second", then=more.wait())
        sending = asyncio.create_task(transport.send(outgoing(server, "POST", body=body), Deadline(10)))
        await until(lambda: server.body)
        await until(lambda: arrived(transport))
        more.set()
        incoming = await sending
        assert (incoming.status, await read(incoming)) == (413, b"{}")
        await server.ended.wait()
        assert server.body == b"5\r\nfirst\r\n"
        assert kept(transport) == []


async def test_an_upload_goes_on_after_an_early_answer_of_success(transport):
    more = asyncio.Event()
    async with Slow(answer(b"{}", 201)) as server:
        body = stream(b"first", b"second", then=more.wait())
        sending = asyncio.create_task(transport.send(outgoing(server, "POST", body=body), Deadline(10)))
        await until(lambda: arrived(transport))
        more.set()
        incoming = await sending
        assert (incoming.status, await read(incoming)) == (201, b"{}")
        await server.ended.wait()
        assert server.body == b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n"


def arrived(transport):
    """Whether the head of an answer is here, though nobody waits for it yet."""
    busy = [one for pool in transport._pools.values() for one in pool.connections._busy]
    return any(one._response is not None and one._response.head is not None for one in busy)


@pytest.mark.parametrize("length", [4, 6])
async def test_a_body_of_another_length_than_announced_is_never_completed(transport, length):
    async with Upstream() as upstream:
        with pytest.raises(SendFailure):
            await ask(transport, upstream, "POST", body=stream(b"12", b"345"), length=length)
        await until(lambda: upstream.connections == 1 and upstream.open == 0)
        assert [got.complete for got in upstream.got] in ([], [False])


async def test_a_body_of_the_announced_length_keeps_the_connection(transport):
    async with Upstream() as upstream:
        for _ in range(2):
            assert await ask(transport, upstream, "POST", body=stream(b"12", b"", b"345"), length=5) == (200, b"{}")
        assert [got.body for got in upstream.got] == [b"12345"] * 2
        assert upstream.connections == 1


async def test_an_empty_part_does_not_end_a_chunked_body(transport):
    async with Upstream() as upstream:
        await ask(transport, upstream, "POST", body=stream(b"12", b"", b"345"))
        assert upstream.got[0].body == b"12345"


NOT_HTTP = {
    "a line end in a value": {"headers": [(b"x", b"1\r\nevil: 1")]},
    "LF in a value": {"headers": [(b"x", b"1\nevil: 1")]},
    "NUL in a value": {"headers": [(b"x", b"1\x00")]},
    "a line end in a name": {"headers": [(b"x: 1\r\ny", b"1")]},
    "a space in a name": {"headers": [(b"x y", b"1")]},
    "a space in the target": {"target": b"/x HTTP/1.1\r\nevil: 1\r\n"},
    "Latin-1 in the target": {"target": b"/\xe9"},
    "an empty target": {"target": b""},
    "small letters in the method": {"method": "get"},
}


@pytest.mark.parametrize("case", NOT_HTTP)
async def test_what_is_not_http_is_never_sent(transport, case):
    async with Upstream() as upstream:
        with pytest.raises(SendFailure) as raised:
            await ask(transport, upstream, **NOT_HTTP[case])
        assert (raised.value.phase, upstream.connections) == ("not_sent", 0)


async def test_a_cancelled_exchange_closes_its_connection_and_no_other(transport):
    script = lambda got, number: [HANG] if got.target == b"/hang" else [answer()]  # noqa: E731
    async with Upstream(script) as upstream:
        await ask(transport, upstream)
        hanging = asyncio.create_task(ask(transport, upstream, target=b"/hang"))
        await until(lambda: len(upstream.got) == 2)
        await ask(transport, upstream)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await until(lambda: upstream.open == 1)
        await ask(transport, upstream)
        assert upstream.connections == 2
        assert not any(pool.in_use for pool in transport._pools.values())


async def test_the_second_address_of_a_name_is_tried_when_the_first_refuses(transport, monkeypatch):
    async with Upstream() as upstream:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            origin = named(monkeypatch, closed.getsockname(), ("127.0.0.1", upstream.port))
            assert (await ask(transport, upstream, origin=origin))[0] == 200
            assert upstream.connections == 1


async def test_the_second_address_of_a_name_is_tried_beside_a_first_that_is_silent(transport, monkeypatch):
    """A full backlog: the system answers no further attempt."""
    async with Upstream() as upstream:
        with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
            silent.bind(("127.0.0.1", 0))
            silent.listen(0)
            for one in (first, second):
                one.settimeout(0)
                one.connect_ex(silent.getsockname())
            origin = named(monkeypatch, silent.getsockname(), ("127.0.0.1", upstream.port))
            monkeypatch.setattr(dial, "STAGGER_SECONDS", 0.01)
            assert (await ask(transport, upstream, origin=origin))[0] == 200


async def test_no_address_of_a_name_takes_a_connection_and_nothing_was_sent(transport, monkeypatch):
    async with Upstream() as upstream:
        with socket.socket() as one, socket.socket() as another:
            for closed in (one, another):
                closed.bind(("127.0.0.1", 0))
            origin = named(monkeypatch, one.getsockname(), another.getsockname())
            with pytest.raises(SendFailure) as raised:
                await ask(transport, upstream, "POST", origin=origin)
            assert (raised.value.phase, raised.value.late) == ("not_sent", False)


def named(monkeypatch, *addresses):
    """An origin whose name has these addresses, in this order."""
    loop = asyncio.get_running_loop()
    resolve = loop.getaddrinfo

    async def getaddrinfo(host, port, **more):
        if host != "desk.example":
            return await resolve(host, port, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    return "http://desk.example"

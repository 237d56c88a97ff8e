"""The relay does to bytes what its toxics say."""

import asyncio
import socket
import time

import pytest

from tests.faults.relay import UP, Bandwidth, Latency, LimitData, Relay, ResetPeer, Slicer, SlowClose, Timeout

ROOMY = 20


@pytest.fixture(scope="module")
def echo(stage):
    """The address of a server that sends back what it gets, and closes when the other side does."""

    async def serve(reader, writer):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    server = stage.run(asyncio.start_server(serve, "127.0.0.1", 0))
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    stage.loop.call_soon_threadsafe(server.close)


@pytest.fixture
def relay(stage, echo):
    made = Relay(stage, echo)
    yield made
    made.close()


def echoed(relay, data=b"x" * 1000):
    """What comes back until the end of the connection, and in how many seconds."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", relay.port), timeout=ROOMY) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
    return found, time.monotonic() - started


def test_without_toxics_everything_passes(relay):
    data = bytes(range(256)) * 4000
    assert echoed(relay, data)[0] == data


@pytest.mark.parametrize(
    "toxic",
    [
        Latency(seconds=0.3),
        Latency(UP, 0.3),
        Bandwidth(rate=3000),
        SlowClose(seconds=0.3),
        Slicer(size=100, seconds=0.03),
    ],
    ids=str,
)
def test_what_delays_loses_nothing(relay, toxic):
    relay.poison(toxic)
    found, seconds = echoed(relay)
    assert found == b"x" * 1000
    assert seconds >= 0.29


def test_a_timeout_swallows_and_closes(relay):
    relay.poison(Timeout(seconds=0.1))
    assert echoed(relay)[0] == b""


def test_a_timeout_without_end_ends_with_the_connection(relay):
    relay.poison(Timeout())
    with socket.create_connection(("127.0.0.1", relay.port), timeout=ROOMY) as connection:
        connection.sendall(b"x")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        relay.cut()
        connection.settimeout(ROOMY)
        assert connection.recv(1) == b""


@pytest.mark.parametrize("toxic", [ResetPeer(), LimitData(size=10, reset=True)], ids=str)
def test_a_reset_is_a_reset(relay, toxic):
    relay.poison(toxic)
    with pytest.raises(OSError, match=r"reset|not connected"):
        echoed(relay)


def test_limited_data_ends_after_so_many_bytes(relay):
    relay.poison(LimitData(size=10))
    assert echoed(relay)[0] == b"x" * 10


def test_down_refuses_and_up_takes_again_on_the_same_port(relay):
    port = relay.port
    relay.down()
    with pytest.raises(ConnectionRefusedError):
        echoed(relay)
    relay.up()
    assert (echoed(relay)[0], relay.port) == (b"x" * 1000, port)


def test_nothing_stays_open(relay):
    echoed(relay)
    for _ in range(200):
        if not relay.open:
            return
        time.sleep(0.02)
    raise AssertionError(relay.open)

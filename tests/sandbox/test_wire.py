"""The sandbox's HTTP server over raw sockets."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import wire as wire_module
from sandbox.http import Request, Response, json_response
from sandbox.log import Log
from sandbox.wire import Wire


def answer(request: Request) -> Response:
    if request.raw_path == "/large":
        return Response(200, b"x" * 8_000_000)
    if request.raw_path == "/nothing":
        return Response(204)
    if request.raw_path == "/broken":
        raise RuntimeError("boom")
    return json_response({"method": request.method, "target": request.target, "size": len(request.body)})


@pytest.fixture
async def served():
    log = Log()
    wire = Wire(answer, log=log)
    port = await wire.listen(0)
    yield port, log
    await wire.close()


async def exchange(port: int, data: bytes, *, until_closed: bool = True) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    received = await asyncio.wait_for(reader.read() if until_closed else reader.readuntil(b"}"), 5)
    writer.close()
    await writer.wait_closed()
    return received


def parts(received: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return first, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


async def test_an_answer_has_date_and_length(served):
    first, headers, body = parts(
        await exchange(served[0], b"GET /a?b=1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    )
    assert first == "HTTP/1.1 200 OK"
    assert headers["date"].endswith("GMT")
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    assert b'"/a?b=1"' in body


async def test_pipelined_requests_are_answered_in_order(served):
    requests = b"".join(b"GET /%d HTTP/1.1\r\nhost: h\r\n\r\n" % n for n in range(200))
    received = await exchange(served[0], requests + b"GET /end HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    places = [received.index(b'"target":"/%d"' % n) for n in range(200)]
    assert places == sorted(places)
    assert received.endswith(b'"target":"/end","size":0}')


async def test_a_chunked_body_arrives_whole(served):
    chunks = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    head = b"POST /c HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    assert b'"size":11' in await exchange(served[0], head + chunks)
    assert served[1].public()[0]["body"] == "hello world"


async def test_a_large_body_arrives_whole_and_leaves_only_its_digest_in_the_log(served):
    body = b"y" * 20_000_000
    head = b"PUT /b HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    assert b'"size":20000000' in await exchange(served[0], head + body)
    entry = served[1].public()[0]
    assert (entry["body"], entry["body_size"], len(entry["body_sha256"])) == (None, 20_000_000, 64)


async def test_a_body_beyond_the_bound_is_refused_and_logged(served, monkeypatch):
    monkeypatch.setattr(wire_module, "MAX_BODY", 1000)
    received = await exchange(served[0], b"POST /b HTTP/1.1\r\nhost: h\r\ncontent-length: 1001\r\n\r\n" + b"z" * 1001)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert [entry["status"] for entry in served[1].public()] == [413]


async def test_expect_100_continue_is_answered_before_the_body(served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served[0])
    writer.write(b"POST /e HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"abc")
    assert b'"size":3' in await asyncio.wait_for(reader.readuntil(b"}"), 5)
    writer.close()
    await writer.wait_closed()


async def test_head_has_the_length_of_get_and_no_body(served):
    received = await exchange(served[0], b"HEAD /h HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    _, headers, body = parts(received)
    assert body == b""
    assert int(headers["content-length"]) > 10
    assert served[1].public()[0]["method"] == "HEAD"


async def test_a_204_has_no_length(served):
    _, headers, body = parts(
        await exchange(served[0], b"GET /nothing HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    )
    assert "content-length" not in headers
    assert body == b""


async def test_http_1_0_closes_after_the_answer(served):
    assert b'"/old"' in await exchange(served[0], b"GET /old HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize(
    "target",
    [
        b"/../../etc/passwd",
        b"//evil.example/x",
        b"http://evil.example/x",
        b"/%zz%00%2e%2e/",
        b"/a;b=c?d=e&f[]=%20#x",
        b"*",
    ],
)
async def test_odd_targets_are_answered_and_logged_as_sent(served, target):
    received = await exchange(served[0], b"GET " + target + b" HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 ")
    assert served[1].public()[0]["target"].startswith(target.decode().partition("#")[0])


@pytest.mark.parametrize(
    "line", [b"GET /a b HTTP/1.1", b"GET nowhere HTTP/1.1", b"G@T /x HTTP/1.1", b"GET /\x01 HTTP/1.1"]
)
async def test_what_is_no_http_gets_400_and_a_log_entry(served, line):
    received = await exchange(served[0], line + b"\r\nhost: h\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert [entry["status"] for entry in served[1].public()] == [400]


async def test_the_server_lives_on_after_garbage(served):
    await exchange(served[0], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)))
    assert b'"/after"' in await exchange(served[0], b"GET /after HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")


async def test_an_upgrade_is_answered_like_any_request(served):
    head = b"GET /up HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    assert b'"/up"' in await exchange(served[0], head, until_closed=False)


async def test_a_failing_simulator_is_a_500(served, caplog):
    received = await exchange(served[0], b"GET /broken HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 500 ")
    assert "boom" in caplog.text


async def test_large_answers_wait_for_a_slow_reader(served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served[0], limit=1024)
    writer.write(b"GET /large HTTP/1.1\r\nhost: h\r\n\r\n" * 5)
    await asyncio.sleep(0.3)
    assert len(served[1].public()) < 5  # the rest is not even begun while the first waits to be read
    total = 0
    while total < 5 * 8_000_000:
        total += len(await asyncio.wait_for(reader.read(1 << 20), 5))
    writer.close()
    await writer.wait_closed()
    assert [entry["status"] for entry in served[1].public()] == [200] * 5


PIECES = st.sampled_from(
    [
        b"GET /a HTTP/1.1\r\n",
        b"POST /b?x= HTTP/1.1\r\n",
        b"host: h\r\n",
        b"content-length: 5\r\n",
        b"content-length: -1\r\n",
        b"transfer-encoding: chunked\r\n",
        b"expect: 100-continue\r\n",
        b"connection: upgrade\r\nupgrade: h2c\r\n",
        b"\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"\x00\xff\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
)


class Pipe(asyncio.Transport):
    """Takes what the server writes."""

    def __init__(self):
        super().__init__()
        self.written, self.closed = b"", False

    def write(self, data):
        assert not self.closed
        self.written += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def set_write_buffer_limits(self, high=None, low=None):
        pass


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12), st.integers(1, 40))
def test_however_bytes_arrive_each_answer_is_whole_and_the_order_kept(pieces, step):
    log = Log()
    wire, pipe = Wire(answer, log=log), Pipe()
    connection = wire.connection()
    connection.connection_made(pipe)
    data = b"".join(pieces)
    for at in range(0, len(data), step):
        connection.data_received(data[at : at + step])
    finals = pipe.written.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").count(b"HTTP/1.1 ")
    assert finals == len(log.public())
    assert all(entry["status"] in (200, 400) for entry in log.public())

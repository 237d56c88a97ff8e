"""A download as a caller meets it: through the real server and over real sockets."""

import asyncio
import itertools
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, get, post

from proxy.bounds import MIB, Bounds
from tests.outbound.media_network import certificate, redirect, site
from tests.outbound.scripted import CLOSE, HANG, RESET, answer
from tests.passthrough.conftest import free_port, listening, parsed
from unified.downloads import Download
from unified.edge import Edge
from unified.problems import EXCEPTION_HANDLERS

FILE = b"\x89PNG and so on"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
CHUNK = b"186a0\r\n" + b"y" * 100_000 + b"\r\n"
HTML = b"<script>alert(document.cookie)</script>"


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def bounds():
    return Bounds()


class Caller:
    """The server with one attachment, and a caller of it."""

    def __init__(self, door):
        self.door = door
        self.traces = []
        self.file = {"file_name": "März.png", "content_type": None}
        self.port = free_port()

    def application(self):
        def download(request):
            trace = request.scope["state"]["trace"]
            self.traces.append(trace)
            asked = request.headers.get("range")
            return Download(
                self.door.media,
                self.door.account(f"http://127.0.0.1:{self.door.local.port}"),
                f"http://127.0.0.1:{self.door.local.port}/f",
                trace=trace,
                byte_range=asked and asked.encode(),
                **self.file,
            )

        @get("/f")
        async def by_get(request: Request) -> Download:
            return download(request)

        @post("/f")
        async def by_post(request: Request) -> Download:
            return download(request)

        app = Litestar([by_get, by_post], exception_handlers=EXCEPTION_HANDLERS, openapi_config=None)
        return Edge(app, self.door.bounds)

    @asynccontextmanager
    async def open(self, method=b"GET", headers=b"", limit=2**16):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=limit)
        writer.write(method + b" /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + b"\r\n")
        await writer.drain()
        try:
            yield reader
        finally:
            writer.close()

    async def ask(self, method=b"GET", headers=b""):
        async with self.open(method, headers) as reader, asyncio.timeout(5):
            return parsed(await reader.read(-1))

    async def released(self, seconds=3.0):
        """Whether the storage was asked, and its connection and the account's place are given back in time."""
        for _ in range(int(seconds / 0.05)):
            if self.door.local.got and self.door.local.open == 0 and self.door.at_rest():
                return True
            await asyncio.sleep(0.05)
        return False


@pytest.fixture
async def caller(contexts, bounds):
    async with site(contexts, bounds) as door:
        made = Caller(door)
        door.local.script = lambda got, number: [answer(FILE)]
        server = Server(
            made.application(), port=made.port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False
        )
        task = asyncio.create_task(server.serve())
        await listening(made.port)
        yield made
        server.stop()
        await asyncio.wait_for(task, 5)


@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_a_file_comes_as_a_sandboxed_attachment(caller, method):
    caller.file["content_type"] = "image/png"
    status, headers, body = await caller.ask(method, b"Content-Length: 0\r\n" if method == b"POST" else b"")
    assert (status, body) == (200, FILE)
    wanted = {
        "content-type": "image/png",
        "content-disposition": "attachment; filename=\"M_rz.png\"; filename*=UTF-8''M%C3%A4rz.png",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
        "content-length": str(len(FILE)),
        "x-upstream-calls": "1",
    }
    assert {name: headers.get(name) for name in wanted} == wanted


async def test_a_page_among_the_files_is_an_attachment_like_any_other_and_brings_no_headers_along(caller):
    planted = [(b"set-cookie", b"a=b"), (b"content-disposition", b"inline"), (b"content-security-policy", b"x")]
    planted += [(b"access-control-allow-origin", b"*"), (b"link", b"</x>; rel=preload"), (b"refresh", b"0; url=/x")]
    head = HEAD + b"content-type: text/html\r\n" + b"".join(b"%b: %b\r\n" % one for one in planted)
    caller.door.local.script = lambda got, number: [head + b"content-length: %d\r\n\r\n" % len(HTML) + HTML]
    status, headers, body = await caller.ask()
    assert (status, body, headers["content-type"]) == (200, HTML, "text/html")
    assert headers["content-disposition"].startswith("attachment; ")
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert not {"set-cookie", "access-control-allow-origin", "link", "refresh"} & set(headers)


async def test_a_name_or_a_type_cannot_add_a_header(caller):
    caller.file = {"file_name": 'a"\r\nX-Evil: 1\r\n\r\n.png', "content_type": "text/html\r\nX-Evil: 1"}
    status, headers, body = await caller.ask()
    assert (status, body, headers["content-type"]) == (200, FILE, "application/json")
    assert headers["content-disposition"] == 'attachment; filename="a_X-Evil_ 1.png"'
    assert "x-evil" not in headers


async def test_an_empty_file_is_a_file(caller):
    caller.door.local.script = lambda got, number: [answer(b"")]
    status, headers, body = await caller.ask()
    assert (status, headers["content-length"], body) == (200, "0", b"")


async def test_a_file_of_unknown_length_ends_where_it_ends(caller):
    caller.door.local.script = lambda got, number: [CHUNKED + b"2\r\nab\r\n0\r\n\r\n"]
    status, headers, body = await caller.ask()
    assert (status, body, "content-length" in headers) == (200, b"ab", False)


async def test_a_part_of_a_file_is_told_as_a_part(caller):
    caller.door.local.script = lambda got, number: [answer(b"12345", 206, [(b"content-range", b"bytes 0-4/10")])]
    status, headers, body = await caller.ask(headers=b"Range: bytes=0-4\r\n")
    assert (status, headers["content-range"], body) == (206, "bytes 0-4/10", b"12345")
    assert caller.door.local.got[0].header(b"range") == b"bytes=0-4"


PROBLEMS = {
    "a link that has expired": ([answer(b"<Error/>", 403)], 404, "provider-not-found"),
    "a storage that fails": ([answer(b"", 503)], 502, "provider-error"),
    "a redirect inside": ([redirect("https://169.254.169.254/x")], 502, "media-not-allowed"),
    "a connection that breaks off": ([CLOSE], 502, "provider-unreachable"),
    "a file that breaks off at once": ([HEAD + b"content-length: 9\r\n\r\n", RESET], 502, "provider-unreachable"),
    "a file that is too large": ([HEAD + b"content-length: 999999999\r\n\r\n"], 502, "provider-too-large"),
}


@pytest.mark.parametrize("case", PROBLEMS)
async def test_before_the_head_a_fault_is_a_problem(caller, case):
    actions, status, code = PROBLEMS[case]
    caller.door.local.script = lambda got, number: actions
    told, headers, body = await caller.ask()
    assert (told, headers["content-type"]) == (status, "application/problem+json")
    assert f'"code":"{code}"'.encode() in body
    assert await caller.released()


LATER = {
    "short of its length": [HEAD + b"content-length: 400000\r\n\r\n" + b"y" * 100_000, 0.3, CLOSE],
    "short of its length by a reset": [HEAD + b"content-length: 400000\r\n\r\n" + b"y" * 100_000, 0.3, RESET],
    "without its last chunk": [CHUNKED + CHUNK, 0.3, CLOSE],
}


@pytest.mark.parametrize("case", LATER)
async def test_a_file_that_breaks_off_later_cuts_the_connection(caller, case):
    caller.door.local.script = lambda got, number: LATER[case]
    status, headers, body = await caller.ask()
    assert status == 200
    assert body.endswith(b"<cut>") or len(body) < int(headers["content-length"])
    assert await caller.released()
    assert (
        caller.traces[-1].facts["aborted"] == "the answer broke off or was not HTTP"
        or "broke" in (caller.traces[-1].facts["aborted"])
    )


@pytest.mark.parametrize("bounds", [Bounds(stream_bytes=150_000)])
async def test_a_file_that_grows_beyond_the_bound_cuts_the_connection(caller):
    caller.door.local.script = lambda got, number: [CHUNKED, *[CHUNK] * 9, HANG]
    status, _, body = await caller.ask()
    assert (status, body.endswith(b"<cut>"), len(body) <= 150_005) == (200, True, True)
    assert caller.traces[-1].facts["aborted"] == "the file exceeds the bound on a stream"
    assert await caller.released()


async def test_a_caller_who_goes_away_closes_the_storages_connection(caller):
    caller.door.local.script = lambda got, number: [
        CHUNKED,
        *[CHUNK, 0.005] * 2000,
    ]
    async with caller.open() as reader:
        await reader.readexactly(50_000)
    assert await caller.released()


async def test_a_caller_who_goes_away_before_the_head_closes_it_too(caller):
    caller.door.local.script = lambda got, number: [HANG]
    async with caller.open():
        await asyncio.sleep(0.1)
    assert await caller.released()


@pytest.mark.parametrize("bounds", [Bounds(answer_stall_seconds=0.4)])
async def test_a_caller_who_does_not_read_is_cut_off(caller):
    caller.door.local.script = lambda got, number: [CHUNKED, *[CHUNK] * 2000]
    async with caller.open(limit=1000):
        assert await caller.released()
    assert caller.traces[-1].facts["aborted"] == "the caller does not read the file"


def resident():
    """Bytes of this process in memory now: server, storage and caller are all in it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("length", [b"content-length: %d\r\n\r\n" % (100 * MIB), b"\r\n"], ids=["known", "unknown"])
async def test_a_hundred_mebibytes_pass_through_in_flat_memory(caller, length):
    piece = bytes(range(256)) * 256
    caller.door.local.script = lambda got, number: [HEAD + length, *[piece] * 1600, CLOSE]
    before, peak, size = resident(), 0, 0
    async with caller.open() as reader:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        while chunk := await reader.read(2**16):
            size += len(chunk)
            peak = max(peak, resident())
    assert size >= 100 * MIB
    assert peak - before < 20 * MIB


async def test_a_caller_who_reads_slowly_holds_the_storage_back(caller):
    """What was taken and not given on is in sockets; the process was seen to grow by less than 2 MiB."""
    taken = 0

    def counted():
        nonlocal taken
        while True:
            yield CHUNK
            taken += len(CHUNK)

    caller.door.local.script = lambda got, number: [CHUNKED, *[CHUNK] * 50, b"0\r\n\r\n"]
    assert len((await caller.ask())[2]) == 5_000_000  # what is made at the first use is there
    caller.door.local.script = lambda got, number: itertools.chain([CHUNKED], counted())
    before = resident()
    async with caller.open(limit=1000) as reader:
        await reader.readexactly(1000)
        for _ in range(10):
            await asyncio.sleep(0.1)
            earlier, grown = taken, resident() - before
        await asyncio.sleep(0.3)
        assert taken == earlier
        assert grown < 6 * MIB
    assert await caller.released()

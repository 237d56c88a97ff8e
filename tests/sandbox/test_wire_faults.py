"""Each kind of fault as a client's socket meets it."""

import asyncio
import hashlib
import json
import re
import time

import pytest

from sandbox.faults import KINDS, BadFaultError, Faults
from sandbox.http import Request, Response, json_response
from sandbox.log import Log
from sandbox.wire import Wire

CLOSE = b"connection: close\r\n"


class Shop:
    def __init__(self):
        self.applied = []

    def handle(self, request: Request) -> Response:
        self.applied.append(request)
        return json_response({"page": request.first("page"), "after": request.first("after"), "filler": "." * 2000})


@pytest.fixture
async def served():
    shop, log = Shop(), Log()
    wire = Wire(shop.handle, log=log)
    wire.port = await wire.listen(0)
    wire.shop = shop
    yield wire
    await wire.close()


async def ask(wire: Wire, target: str = "/x", method: str = "GET", headers: bytes = CLOSE) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(f"{method} {target} HTTP/1.1\r\nhost: h\r\n".encode() + headers + b"\r\n")
    received = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return received


def body(received: bytes) -> bytes:
    return received.partition(b"\r\n\r\n")[2]


async def test_status_answers_without_applying_and_only_so_many_times(served):
    fault = {
        "do": "status",
        "status": 429,
        "times": 2,
        "headers": {"Retry-After": ["1", "7"]},
        "body": {"message": "no"},
    }
    served.faults.replace([fault])
    first, second, third = [await ask(served) for _ in range(3)]
    assert first.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"Retry-After: 1\r\nRetry-After: 7\r\n" in first
    assert json.loads(body(second)) == {"message": "no"}
    assert third.startswith(b"HTTP/1.1 200 ")
    assert len(served.shop.applied) == 1


async def test_status_after_apply_applies_and_answers_something_else(served):
    served.faults.replace([{"do": "status_after_apply", "status": 500, "times": 1}])
    assert (await ask(served, method="POST")).startswith(b"HTTP/1.1 500 ")
    assert len(served.shop.applied) == 1


async def test_status_with_a_text_body_is_html_unless_said_otherwise(served):
    served.faults.replace([{"do": "status", "status": 502, "body": "<h1>Bad gateway</h1>"}])
    received = await ask(served)
    assert b"content-type: text/html" in received
    assert body(received) == b"<h1>Bad gateway</h1>"


async def test_a_204_can_carry_a_body_it_must_not_have(served):
    served.faults.replace([{"do": "status", "status": 204, "body": {"smuggled": True}}])
    assert b'{"smuggled": true}' in await ask(served)


async def test_a_fault_may_lie_about_the_length(served):
    fault = {"do": "status", "status": 200, "body": {"long": "body"}, "headers": {"Content-Length": "3"}}
    served.faults.replace([fault])
    received = await ask(served)
    assert received.lower().count(b"content-length") == 1
    assert len(body(received)) > 3


async def test_delay_waits_then_goes_on(served):
    served.faults.replace([{"do": "delay", "seconds": 0.2}])
    started = time.monotonic()
    assert (await ask(served)).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - started >= 0.2


async def test_a_delayed_request_does_not_hold_up_other_connections(served):
    served.faults.replace([{"do": "delay", "seconds": 3.0, "match": {"path": "/slow"}}])
    slow = asyncio.create_task(ask(served, "/slow"))
    await asyncio.sleep(0.05)
    await ask(served, "/fast")
    assert not slow.done()
    await slow


async def test_drop_before_closes_and_applies_nothing(served):
    served.faults.replace([{"do": "drop_before", "times": 1}])
    assert await ask(served, method="POST", headers=CLOSE + b"content-length: 0\r\n") == b""
    assert served.shop.applied == []
    assert served.log.public()[0]["status"] is None


async def test_drop_after_apply_applies_and_says_nothing(served):
    served.faults.replace([{"do": "drop_after_apply", "times": 1}])
    assert await ask(served, method="POST", headers=CLOSE + b"content-length: 0\r\n") == b""
    assert len(served.shop.applied) == 1


@pytest.mark.parametrize(("asked", "sent"), [(10, 10), (0, 0), (None, 1015)])
async def test_truncate_promises_the_whole_length_and_sends_a_part(served, asked, sent):
    served.faults.replace([{"do": "truncate", **({} if asked is None else {"bytes": asked})}])
    received = await ask(served, headers=b"")
    promised = int(received.split(b"content-length: ")[1].split(b"\r\n")[0])
    assert promised > 2000
    assert len(body(received)) == pytest.approx(sent, abs=10)


async def test_html_is_a_page_with_200(served):
    served.faults.replace([{"do": "html"}])
    received = await ask(served)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b"content-type: text/html" in received
    assert served.shop.applied == []


async def test_stray_bytes_follow_in_the_same_write_and_name_the_requester(served):
    served.faults.replace([{"do": "stray_bytes", "times": 1}])
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /x HTTP/1.1\r\nhost: h\r\nauthorization: Bearer sesame-123\r\n\r\n")
    received = await asyncio.wait_for(reader.read(1 << 16), 5)
    digest = hashlib.sha256(b"sesame-123").hexdigest()[:12]
    stray = received[received.index(b"HTTP/1.1", 1) :]
    assert json.loads(body(stray)) == {"stray": True, "credential": f"sha256:{digest}"}
    writer.write(b"GET /next HTTP/1.1\r\nhost: h\r\n\r\n")  # and the connection stays open
    assert (await asyncio.wait_for(reader.read(1 << 16), 5)).startswith(b"HTTP/1.1 200 ")
    writer.close()
    await writer.wait_closed()


async def test_repeat_page_answers_the_first_position_for_ever(served):
    served.faults.replace([{"do": "repeat_page"}])
    pages = [json.loads(body(await ask(served, f"/x?status=OPEN&page={n}&after={n}"))) for n in (2, 3, 4)]
    assert [(page["page"], page["after"]) for page in pages] == [("2", "2")] * 3
    assert served.shop.applied[2].first("status") == "OPEN"
    assert [entry["target"][-1] for entry in served.log.public()] == ["2", "3", "4"]


async def test_repeat_page_of_an_unnumbered_first_page_drops_the_number(served):
    served.faults.replace([{"do": "repeat_page"}])
    await ask(served, "/x")
    assert json.loads(body(await ask(served, "/x?page=2")))["page"] is None


async def test_repeat_page_keeps_the_paths_apart(served):
    served.faults.replace([{"do": "repeat_page"}])
    await ask(served, "/x?page=2")
    assert json.loads(body(await ask(served, "/y?page=1")))["page"] == "1"


async def test_a_malformed_request_waits_for_the_answers_before_it(served):
    served.faults.replace([{"do": "delay", "seconds": 0.1}])
    received = await ask(served, "/x", headers=b"\r\nGET /a b HTTP/1.1\r\n")
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"400"]


async def test_a_client_that_leaves_during_a_fault_harms_nobody(served):
    served.faults.replace([{"do": "slow_body", "seconds": 0.2, "times": 1}])
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    await asyncio.sleep(0.3)
    assert (await ask(served)).startswith(b"HTTP/1.1 200 ")


async def test_slow_body_drips_for_the_seconds_asked(served):
    served.faults.replace([{"do": "slow_body", "seconds": 0.3}])
    started = time.monotonic()
    received = await ask(served)
    assert time.monotonic() - started >= 0.25
    assert len(json.loads(body(received))["filler"]) == 2000


async def test_the_first_fault_that_fits_and_has_times_left_is_used(served):
    served.faults.replace(
        [
            {"do": "status", "status": 500, "match": {"method": "POST"}},
            {"do": "status", "status": 501, "match": {"path": "/x"}, "times": 1},
            {"do": "status", "status": 502, "match": {"path": "/x*"}},
        ]
    )
    seen = [(await ask(served, target)).split()[1] for target in ("/x", "/x", "/x/y?z=1", "/other")]
    assert seen == [b"501", b"502", b"502", b"200"]
    assert [fault["left"] for fault in served.faults.public()] == [None, 0, None]


async def test_paths_are_matched_raw(served):
    served.faults.replace([{"do": "status", "status": 500, "match": {"path": "/a%2Fb"}}])
    assert [(await ask(served, target)).split()[1] for target in ("/a%2Fb", "/a/b")] == [b"500", b"200"]


def test_every_kind_is_accepted():
    Faults().replace([{"do": kind} for kind in KINDS])


@pytest.mark.parametrize(
    "bad",
    [
        {"do": "status"},
        [{"do": "explode"}],
        [{}],
        ["status"],
        [{"do": "status", "status": "500"}],
        [{"do": "status", "times": True}],
        [{"do": "status", "times": -1}],
        [{"do": "status", "status": 0}],
        [{"do": "delay", "wait": 1}],
        [{"do": "delay", "match": {"host": "h"}}],
        [{"do": "delay", "match": {"path": 7}}],
    ],
)
def test_a_wrong_list_changes_nothing(bad):
    faults = Faults()
    faults.replace([{"do": "html"}])
    with pytest.raises(BadFaultError):
        faults.replace(bad)
    assert [fault["do"] for fault in faults.public()] == ["html"]

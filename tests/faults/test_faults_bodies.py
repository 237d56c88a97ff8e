"""Answers that cannot be used, or not as they say: pages, other encodings, bodies that are cut."""

import gzip
import json

import httpx
import pytest

from tests.faults.provider import CLOSE, RESET
from tests.outbound.scripted import answer

PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
TICKETS = b'{"data":[],"links":{"next":null},"meta":{"current_page":1}}'
UNREADABLE = {
    "UTF-16": '{"data": []}'.encode("utf-16"),
    "bytes that are not UTF-8": b'{"data":["\xff"]}',
    "Latin-1 that is called UTF-8": '{"data":["caf\xe9"]}'.encode("latin-1"),
}


def raw(*lines, body=b""):
    """An answer with just these lines as its head."""
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"content-type: application/json", *lines)) + b"\r\n\r\n" + body


def page(body=PAGE):
    return b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


@pytest.mark.fault("F11", "once")
def test_a_page_with_200_is_asked_for_once_more(scene):
    scene.answer_first(page())
    answered = scene.tickets()
    assert answered.status == 200
    assert scene.calls == 2
    assert scene.oracle.log_line(answered)["retry"] == "a page instead of JSON"


@pytest.mark.fault("F11", "for good")
def test_a_page_with_200_for_good_is_no_list(scene):
    scene.answer_first(page(), times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-not-json")
    assert answered.json()["provider_status"] == 200
    assert "Sign in" not in answered.text
    assert scene.calls == 2


@pytest.mark.fault("F11", "by the passthrough")
def test_the_passthrough_relays_a_page_as_it_is(scene):
    scene.answer_first(page(), times=99)
    answered = scene.proxied()
    assert (answered.status, answered.text, answered.headers["content-type"]) == (200, PAGE.decode(), "text/html")
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert scene.calls == 1


@pytest.mark.fault("F11", "as the answer to a write")
def test_a_write_that_is_answered_with_a_page_is_not_made_again(scene):
    ticket = scene.ticket()

    def script(got, number):
        if got.method != "POST":
            return None
        scene.provider.real(got)
        return [page()]

    scene.provider.script = script
    answered = scene.comment(ticket, "ref-page", headers={"Idempotency-Key": "page"})
    assert answered.status in (201, 504)
    assert scene.provider.effects["ref-page"] == 1


@pytest.mark.fault("F12", "JSON called text/html")
def test_json_called_html_is_json(scene):
    def script(got, number):
        return [scene.provider.real(got).replace(b"application/json", b"text/html; charset=utf-8")]

    scene.provider.script = script
    assert scene.tickets().json()["result_count"] == 5


@pytest.mark.fault("F13", "a list")
def test_an_empty_200_is_no_empty_list(scene):
    scene.answer_first(answer(b""), times=99)
    answered = scene.tickets()
    assert answered.status == 502
    assert answered.json()["is_remote_error"]


@pytest.mark.fault("F13", "spaces only")
def test_spaces_are_no_empty_list(scene):
    scene.answer_first(answer(b" \r\n "), times=99)
    assert scene.tickets().status == 502


@pytest.mark.fault("F13", "by the passthrough")
def test_the_passthrough_relays_an_empty_200(scene):
    scene.answer_first(answer(b""), times=99)
    answered = scene.proxied()
    assert (answered.status, answered.text) == (200, "")


FRAMED = {
    "with its length": raw(b"content-length: 9").replace(b"200 OK", b"204 No Content") + b'{"odd":1}',
    "chunked": raw(b"transfer-encoding: chunked").replace(b"200 OK", b"204 No Content") + b"3\r\n{ }\r\n0\r\n\r\n",
    "that is not announced": b"HTTP/1.1 204 No Content\r\n\r\n" + answer(b'{"odd":1}'),
}


@pytest.mark.parametrize("body", [pytest.param(one, marks=pytest.mark.fault("F14", f"a body {one}")) for one in FRAMED])
def test_a_body_on_a_204_is_no_later_answer(scene, body):
    path = "/api/v2/labels/7"
    scene.answer_first(FRAMED[body], times=99, path=path)
    for _ in range(4):
        assert scene.ask("DELETE", "/proxy/labels/7").status == 204
        answered = scene.proxied(params={"page": 1})
        assert "odd" not in answered.text
        assert answered.json()["data"]


@pytest.mark.parametrize("kind", [pytest.param(one, marks=pytest.mark.fault("F15", one)) for one in UNREADABLE])
def test_what_is_not_utf_8_is_no_json(scene, kind):
    scene.answer_first(answer(UNREADABLE[kind]), times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-not-json")
    relayed = scene.proxied()
    assert (relayed.status, relayed.answer.content) == (200, UNREADABLE[kind])


@pytest.mark.fault("F23", "whole")
def test_a_body_that_ends_with_the_connection_is_taken(scene):
    def script(got, number):
        return [raw(body=scene.provider.real(got).partition(b"\r\n\r\n")[2]), CLOSE]

    scene.provider.script = script
    assert scene.tickets().json()["result_count"] == 5


@pytest.mark.fault("F23", "cut")
def test_a_body_that_ends_with_the_connection_too_early_is_refused(scene):
    scene.answer_first(raw(body=TICKETS[:30]), CLOSE, times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-not-json")


CUT = {
    "short of its length": [raw(b"content-length: 500", body=TICKETS), CLOSE],
    "short of its length, by a reset": [raw(b"content-length: 500", body=TICKETS), RESET],
    "within a chunk": [raw(b"transfer-encoding: chunked", body=b"ff\r\n" + TICKETS), CLOSE],
    "short of its last chunk": [
        raw(b"transfer-encoding: chunked", body=b"%x\r\n%b\r\n" % (len(TICKETS), TICKETS)),
        CLOSE,
    ],
    "within its gzip": [answer(gzip.compress(TICKETS)[:-8], headers=[(b"content-encoding", b"gzip")])],
}


@pytest.mark.parametrize("cut", [pytest.param(one, marks=pytest.mark.fault("F24", one)) for one in CUT])
def test_a_body_that_is_cut_is_never_half_a_result(scene, cut):
    scene.answer_first(*CUT[cut])
    assert scene.tickets().json()["result_count"] == 5
    assert scene.calls == 2
    scene.answer_first(*CUT[cut], times=99)
    answered = scene.tickets()
    assert answered.status == 502
    assert "result" not in answered.json()
    assert scene.calls == 5


@pytest.mark.fault("F24", "a write that took effect")
def test_a_write_whose_answer_is_cut_takes_effect_once(scene):
    ticket = scene.ticket()

    def script(got, number):
        if got.method != "POST":
            return None
        scene.provider.real(got)
        return CUT["short of its length"]

    scene.provider.script = script
    key = {"Idempotency-Key": "cut"}
    answers = [scene.message(ticket, "ref-cut", headers=key) for _ in range(2)]
    assert [(one.status, one.code) for one in answers] == [(504, "outcome-unknown"), (409, "outcome-unknown")]
    assert scene.provider.effects == {"ref-cut": 1}


@pytest.mark.fault("F24", "a download")
def test_a_relayed_download_that_is_cut_does_not_end_as_if_whole(scene):
    part = json.dumps({"data": ["x" * 400_000]}).encode()
    scene.answer_first(raw(b"content-length: %d" % (2 * len(part)), body=part), CLOSE, times=99)
    with pytest.raises(httpx.RemoteProtocolError):
        scene.proxied()

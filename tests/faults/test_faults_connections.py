"""Connections that are not made, stall, break, or carry more than was asked for."""

import asyncio
import contextlib
import hashlib
import ssl

import httpx
import pytest

from tests.faults.certificate import own_certificate
from tests.faults.provider import CLOSE, EOF, HANG, RESET
from tests.faults.relay import UP, Latency, LimitData, ResetPeer, Slicer, SlowClose, Timeout
from tests.outbound.scripted import answer

HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n"
STALLED = {
    ("F19", "no head"): [HANG],
    ("F19", "half a head"): [b"HTTP/1.1 200 OK\r\ncontent-", HANG],
    ("F20", "after the head"): [LONG, HANG],
    ("F20", "within the body"): [LONG + b'{"data":[', HANG],
    ("F21", "a byte at a time"): [LONG, *[b" ", 0.1] * 100],
    ("F21", "the head, a byte at a time"): [*(part for byte in LONG for part in (bytes([byte]), 0.1))],
    ("F22", "103, ten a second"): [HINTS, 0.1] * 100,
}


def stalls():
    return [
        pytest.param(actions, marks=pytest.mark.fault(*mark), id=" ".join(mark)) for mark, actions in STALLED.items()
    ]


@pytest.mark.parametrize("actions", stalls())
def test_the_deadline_ends_it(scene, actions):
    scene.answer_first(*actions, times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (504, "deadline-exceeded")
    assert answered.seconds >= scene.house.deadline - 0.1
    scene.provider.script = None
    assert scene.tickets().status == 200


@pytest.mark.fault("F22", "100, as fast as it can")
def test_too_many_interim_answers_are_no_answer(scene):
    scene.answer_first(*[b"HTTP/1.1 100 Continue\r\n\r\n" * 20, 0.02] * 400, times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-unreachable")
    scene.provider.script = None
    assert scene.tickets().status == 200


@pytest.mark.fault("F19", "a write that took effect")
def test_a_write_without_an_answer_is_unknown_and_made_once(scene):
    ticket = scene.ticket()
    scene.provider.script = lambda got, number: _applied_and(scene, got, HANG)
    key = {"Idempotency-Key": "hang"}
    answers = [scene.message(ticket, "ref-hang", headers=key) for _ in range(2)]
    assert [(one.status, one.code) for one in answers] == [(504, "outcome-unknown"), (409, "outcome-unknown")]
    assert scene.provider.effects == {"ref-hang": 1}


def _applied_and(scene, got, *actions):
    if got.method != "POST":
        return None
    scene.provider.real(got)
    return list(actions)


@pytest.mark.fault("F16", "a read")
def test_a_refused_connection_is_tried_again_and_then_said(scene):
    scene.relay.down()
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-unreachable")
    assert answered.json()["outcome"] == "not_sent"
    line = scene.oracle.log_line(answered)
    assert (line["retries"], line["retry"]) == (2, "never sent, after 2 retries")


@pytest.mark.fault("F16", "a write, that may be sent again by its key")
def test_a_write_that_was_never_sent_may_be_sent_again(scene):
    ticket, key = scene.ticket(), {"Idempotency-Key": "refused"}
    scene.relay.down()
    refused = scene.message(ticket, "ref-refused", headers=key)
    assert (refused.status, refused.json()["outcome"]) == (502, "not_sent")
    assert scene.oracle.log_line(refused)["retries"] == 2
    scene.relay.up()
    assert scene.message(ticket, "ref-refused", headers=key).status < 300
    assert scene.provider.effects == {"ref-refused": 1}


BROKEN = {
    "closed before the answer": [CLOSE],
    "reset before the answer": [RESET],
    "closed within the head": [b"HTTP/1.1 200 OK\r\ncontent-", CLOSE],
    "reset within the body": [LONG + b'{"data":[', RESET],
    "not HTTP at all": [b"SSH-2.0-OpenSSH_9.7\r\n\r\n", CLOSE],
}


@pytest.mark.parametrize(
    "actions", [pytest.param(actions, marks=pytest.mark.fault("F25", one), id=one) for one, actions in BROKEN.items()]
)
def test_a_read_that_breaks_off_is_made_again(scene, actions):
    scene.answer_first(*actions)
    assert scene.tickets().status == 200
    assert scene.calls == 2
    scene.answer_first(*actions, times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-unreachable")
    assert scene.calls == 5


@pytest.mark.fault("F25", "a write, before and after it took effect")
def test_a_write_that_breaks_off_is_made_once(scene):
    ticket = scene.ticket()
    for number, applied in enumerate((False, True)):
        text, key = f"ref-broken-{number}", {"Idempotency-Key": f"broken-{number}"}
        scene.provider.script = lambda got, _, applied=applied: (
            _applied_and(scene, got, RESET) if applied else [RESET] if got.method == "POST" else None
        )
        answers = [scene.message(ticket, text, headers=key) for _ in range(2)]
        assert [(one.status, one.code) for one in answers] == [(504, "outcome-unknown"), (409, "outcome-unknown")]
        assert scene.provider.effects[text] == applied
    assert len([got for got in scene.provider.got if got.method == "POST"]) == 2


@pytest.mark.fault("F25", "a unified write that took effect is found by its probe")
def test_a_unified_write_that_breaks_off_is_found(scene):
    ticket = scene.ticket()
    scene.provider.script = lambda got, number: _applied_and(scene, got, RESET)
    answered = scene.comment(ticket, "ref-found")
    assert answered.status == 201, answered.text
    assert scene.provider.effects == {"ref-found": 1}


@pytest.mark.fault("F25", "by the network, before a byte came back")
def test_a_network_that_resets_is_a_provider_that_is_not_reached(scene):
    scene.relay.poison(ResetPeer())
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-unreachable")
    assert scene.calls == 3


@pytest.mark.fault("F25", "by the network, within an upload")
def test_a_write_that_is_cut_off_on_its_way_is_unknown_and_not_made_again(scene):
    ticket = scene.ticket()
    scene.relay.cut()
    scene.relay.poison(LimitData(UP, size=2000, reset=True))
    answered = scene.message(ticket, "ref-cut-up " + "x" * 500_000, headers={"Idempotency-Key": "cut-up"})
    assert (answered.status, answered.code) == (504, "outcome-unknown")
    scene.relay.heal()
    again = scene.message(ticket, "ref-cut-up " + "x" * 500_000, headers={"Idempotency-Key": "cut-up"})
    assert (again.status, again.code) == (409, "outcome-unknown")
    assert scene.provider.effects == {}
    assert not any(got.complete for got in scene.provider.got if got.method == "POST")


@pytest.mark.fault("F25", "by the network, within a download that is relayed")
def test_a_download_that_is_cut_off_is_not_ended_as_if_whole(scene):
    scene.relay.cut()
    scene.relay.poison(LimitData(size=400_000))
    scene.answer_first(answer(b'{"data":"' + b"x" * 1_000_000 + b'"}'), times=99)
    with pytest.raises(httpx.RemoteProtocolError):
        scene.proxied()


@pytest.mark.fault("F26", "before the answer")
def test_a_provider_that_closes_its_half_is_asked_again(scene):
    scene.answer_first(EOF, HANG)
    assert scene.tickets().status == 200
    assert scene.calls == 2


@pytest.mark.fault("F26", "after the answer")
def test_an_answer_before_a_half_close_counts_and_the_connection_does_not(scene):
    def script(got, number):
        return [scene.provider.real(got), EOF]

    scene.provider.script = script
    assert [scene.tickets().status for _ in range(3)] == [200] * 3
    assert scene.message(scene.ticket(), "ref-half").status < 300
    assert scene.provider.effects == {"ref-half": 1}


@pytest.mark.fault("F26", "the close comes late")
def test_a_close_that_comes_late_holds_up_nobody(scene):
    scene.relay.poison(SlowClose(seconds=1.0))
    scene.answer_first(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}", CLOSE, times=99)
    answered = scene.proxied()
    assert (answered.status, answered.text) == (200, "{}")


@pytest.mark.fault("F17", "a read")
def test_a_connection_that_is_never_made_ends_in_time(self_hosted):
    self_hosted.relay.swallow()
    answered = self_hosted.tickets()
    assert answered.status in (502, 504)
    assert answered.json()["outcome"] == "not_sent"
    assert self_hosted.oracle.log_line(answered)["retries"] >= 1


@pytest.mark.fault("F17", "a write, that may be sent again by its key")
def test_a_write_that_found_no_connection_may_be_sent_again(self_hosted):
    ticket, key = self_hosted.ticket(), {"Idempotency-Key": "swallowed"}
    self_hosted.relay.swallow()
    lost = self_hosted.comment(ticket, "ref-swallowed", headers=key)
    assert (lost.status in (502, 504), lost.json()["outcome"]) == (True, "not_sent")
    self_hosted.relay.heal()
    assert self_hosted.comment(ticket, "ref-swallowed", headers=key).status == 201
    assert self_hosted.provider.effects == {"ref-swallowed": 1}


@pytest.mark.fault("F18", "a certificate nobody vouches for")
def test_a_certificate_that_is_not_verified_gets_no_byte(self_hosted, stranger):
    self_hosted.relay.lead(stranger.address)
    answered = linking(self_hosted, f"https://{self_hosted.relay.address}")
    assert (answered.status_code, answered.json()["code"]) == (502, "provider-unreachable")
    assert stranger.greeted >= 1
    assert stranger.read == b""


@pytest.mark.fault("F18", "plain HTTP where TLS should be")
def test_there_is_no_way_down_to_plain_http(self_hosted):
    answered = linking(self_hosted, f"https://{self_hosted.relay.address}")
    assert (answered.status_code in (502, 504), answered.json()["outcome"]) == (True, "not_sent")
    assert self_hosted.provider.got == []


def linking(scene, base_url):
    """Links a further account there."""
    token = scene.provider.token(1)
    scene.oracle.hide(token)
    context = {"base_url": base_url, "account_id": 3}
    body = {"tenant_id": "t", "integration": scene.name, "context": context, "credentials": {"token": token}}
    answer = scene.house.request("POST", "/integrated-account", json=body)
    scene.oracle.heard(answer.text)
    return answer


class Stranger:
    """A TLS server with a certificate of its own making: what it could read is in ``read``."""

    def __init__(self, stage, folder):
        self._stage = stage
        self.greeted, self.read = 0, b""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own_certificate(folder))
        self._server = stage.run(asyncio.start_server(self._greet, "127.0.0.1", 0))
        self._context = context
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _greet(self, reader, writer):
        self.greeted += 1
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.start_tls(self._context)
            self.read += await reader.read()
        writer.close()

    def close(self):
        self._stage.loop.call_soon_threadsafe(self._server.close)


@pytest.fixture
def stranger(stage, tmp_path):
    made = Stranger(stage, tmp_path)
    yield made
    made.close()


def slow(*toxics):
    return pytest.param(toxics, id=" ".join(type(one).__name__ for one in toxics))


@pytest.mark.fault("F21", "a slow network that gets there in time")
@pytest.mark.parametrize(
    "toxics", [slow(Latency(seconds=0.2)), slow(Slicer(size=400)), slow(Latency(UP, 0.1), Slicer(size=900))]
)
def test_what_is_slow_and_in_time_is_answered(scene, toxics):
    scene.relay.poison(*toxics)
    assert scene.tickets(limit=2).status == 200


@pytest.mark.fault("F19", "a network that swallows the request")
def test_a_network_that_swallows_everything_ends_at_the_deadline(scene):
    scene.relay.poison(Timeout(UP))
    answered = scene.tickets()
    assert (answered.status, answered.code) == (504, "deadline-exceeded")
    assert scene.provider.got == []


def owner(got):
    return hashlib.sha256(got.header(b"authorization")).hexdigest().encode()


def own(got):
    return answer(b'{"owner":"%b","target":"%b"}' % (owner(got), got.target))


def stray(got):
    return answer(b'{"stray":true,"owner":"%b"}' % owner(got))


STRAYS = {
    "a second answer in the same write": lambda got: [own(got) + stray(got)],
    "a length that is too short": lambda got: [own(got) + b'{"stray":true}'],
    "a body on a 304": lambda got: [b"HTTP/1.1 304 Not Modified\r\n\r\n" + stray(got)],
    "bytes while the connection is idle": lambda got: [own(got), 0.01, stray(got)],
    "half an answer": lambda got: [own(got) + stray(got)[:20]],
}


@pytest.mark.parametrize("kind", [pytest.param(one, marks=pytest.mark.fault("F27", one)) for one in STRAYS])
def test_bytes_that_nobody_asked_for_are_nobodys(scene, kind):
    accounts = [scene.account_id, *(scene.link() for _ in range(3))]
    scene.provider.script = lambda got, number: STRAYS[kind](got) if number % 3 else [own(got)]
    owners = {}
    for number in range(32):
        account = accounts[number % len(accounts)]
        answered = scene.proxied(account=account, params={"n": number})
        if answered.status == 304:
            continue
        said = answered.json()
        if "idle" not in kind:  # bytes that come while the next request is written cannot be told from its answer
            assert "stray" not in said
            assert said["target"] == f"/api/v2/tickets?n={number}"
        assert owners.setdefault(account, said["owner"]) == said["owner"]
    assert len(set(owners.values())) == len(accounts)
    scene.relay.cut()

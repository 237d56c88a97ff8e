"""A provider that answers with an error of its own: reads are made again, writes never, and nothing of it is relayed
that a caller must not see."""

import pytest

from tests.outbound.scripted import answer

STATUSES = {"F6": 500, "F7": 502, "F8": 503, "F9": 504}
PAGE = b"<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>"
WRITES = {"a unified write": "comment", "a passthrough write": "message"}


def each(variant):
    """The scenario once for each status."""
    return pytest.mark.parametrize(
        "status", [pytest.param(status, marks=pytest.mark.fault(fault, variant)) for fault, status in STATUSES.items()]
    )


@each("once, on a read")
def test_a_read_that_fails_once_is_made_again(scene, status):
    scene.answer_first(answer(b"{}", status))
    answered = scene.tickets()
    assert answered.status == 200, answered.text
    assert answered.json()["result_count"] == 5
    assert scene.calls == 2
    assert scene.oracle.log_line(answered)["retry"] == f"status {status}"


@each("for good, on a read")
def test_a_read_that_fails_for_good_is_made_again_twice(scene, status):
    scene.answer_first(answer(b'{"message":"down"}', status), times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-error")
    assert answered.json()["provider_status"] == status
    assert scene.calls == 3
    assert scene.oracle.log_line(answered)["retry"] == f"status {status}, after 2 retries"


@each("on a read by the passthrough")
def test_the_passthrough_relays_the_last_answer_as_it_is(scene, status):
    scene.answer_first(answer(b'{"message":"down"}', status), times=99)
    answered = scene.proxied()
    assert (answered.status, answered.text) == (status, '{"message":"down"}')
    assert scene.calls == 3


@pytest.mark.parametrize("write", [pytest.param(WRITES[one], id=one) for one in WRITES])
@each("after a write took effect")
def test_a_write_is_never_made_again(scene, status, write, request):
    ticket, text = scene.ticket(), f"ref-{status}-{write}"
    path = f"/api/v2/tickets/{ticket}/messages"

    def script(got, number):
        if got.method != "POST" or got.target.decode() != path:
            return None
        scene.provider.real(got)
        return [answer(b"{}", status)]

    scene.provider.script = script
    answered = getattr(scene, write)(ticket, text)
    assert scene.provider.effects[text] == 1
    assert len([got for got in scene.provider.calls(path) if got.method == "POST"]) == 1
    if write == "message":
        assert answered.status == status
    else:
        assert answered.status in (201, 504), "found by its probe, or unknown"


@pytest.mark.fault("F10", "502 with a page, on a read")
def test_no_page_reaches_a_caller(scene):
    scene.answer_first(answer(PAGE, 502), times=99)
    answered = scene.tickets()
    assert (answered.status, answered.code) == (502, "provider-error")
    assert answered.headers["content-type"] == "application/problem+json"
    assert scene.calls == 3


@pytest.mark.fault("F10", "502 with a page, once")
def test_a_page_once_is_no_matter(scene):
    scene.answer_first(answer(PAGE, 502))
    assert scene.tickets().status == 200
    assert scene.calls == 2


@pytest.mark.fault("F6", "a body of a megabyte that tells secrets")
def test_what_is_shown_of_a_providers_error_is_short_and_clean(scene):
    body = b'{"message":"' + b"x" * 1_000_000 + b'","signing_secret":"canary-of-a-webhook-4f1c"}'
    scene.oracle.hide("canary-of-a-webhook-4f1c")
    scene.answer_first(answer(body, 500), times=99)
    answered = scene.tickets()
    assert answered.json()["provider_status"] == 500
    assert len(answered.text) < 4096 + 1024


@pytest.mark.fault("F6", "a body that repeats the credential")
def test_a_providers_error_that_repeats_the_credential_is_not_shown(scene):
    echoing = {}

    def script(got, number):
        echoing["token"] = got.header(b"authorization").removeprefix(b"Bearer ")
        return [answer(b'{"message":"bad ' + echoing["token"] + b'"}', 500)]

    scene.provider.script = script
    assert scene.tickets().status == 502
    assert scene.proxied().code == "credential-echo"
    assert echoing["token"]

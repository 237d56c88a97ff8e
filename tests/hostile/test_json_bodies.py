"""JSON as it may come, from callers and from providers: taken or refused, in little time and memory, never a fault."""

import json
import time

import pytest

from proxy.accounts.json_body import decode
from proxy.errors import InvalidJson, InvalidRequest
from tests.hostile.json_cases import ambiguous, bombs, invalid, valid
from tests.hostile.tap import answer
from tests.hostile.wire import resident

MIB = 1024 * 1024
ROUTES = {
    "comments": ("POST", "/unified/ticketing/comments"),
    "tickets": ("POST", "/unified/ticketing/tickets"),
    "a ticket": ("PATCH", "/unified/ticketing/tickets/1"),
    "a merge": ("POST", "/unified/ticketing/tickets/1/merge"),
    "contacts": ("POST", "/unified/ticketing/contacts"),
    "tags": ("POST", "/unified/ticketing/tags"),
    "accounts": ("POST", "/integrated-account"),
    "account tokens": ("POST", "/integrated-account/token"),
    "link tokens": ("POST", "/link-token"),
}
JSON = {"Content-Type": "application/json"}
ON_PROXY = "/proxy/api/v1/accounts/3/x"


def name_of(case):
    return repr(case[:24])


def within(value):
    return b'{"probe":' + value + b"}"


@pytest.fixture(params=ROUTES.values(), ids=ROUTES)
def route(request):
    return request.param


def test_the_corpus_is_as_large_as_it_is_told():
    assert len(valid()) + len(invalid()) + len(ambiguous()) + len(bombs()) >= 300
    assert all(json.loads(one, strict=False) is not ... for one in valid())


@pytest.mark.parametrize("value", valid(), ids=name_of)
def test_what_is_json_is_read(value):
    assert "probe" in decode(within(value), dict)


@pytest.mark.parametrize("value", [*invalid(), *ambiguous()], ids=name_of)
def test_what_is_no_json_is_refused(value):
    with pytest.raises(InvalidJson):
        decode(within(value), dict)


def test_no_text_is_a_fault_on_any_route(target, route):
    """What is JSON but no body of ours is told as such; nothing reaches the provider.

    A route that reads straight into its type may meet the member that it does not know before the fault.
    """
    method, path = route
    wrong = {"invalid-json", "unsupported-operation"} | (set() if "/unified" in path else {"invalid-request"})
    for values, codes in (([*invalid(), *ambiguous()], wrong), (valid(), {"invalid-request", "unsupported-operation"})):
        for value in values:
            seen = target.request(method, path, content=within(value), headers=JSON)
            assert seen.json()["code"] in codes, value[:80]
            assert seen.status_code in (400, 501)
    assert target.tap.received == []


@pytest.mark.parametrize("bomb", bombs().values(), ids=bombs())
def test_a_bomb_is_refused_fast_and_leaves_memory_flat(target, bomb):
    """The bounds leave room for a busy machine; a bomb that works takes minutes or hundreds of MiB."""
    before = resident(target.pids)
    for method, path in ROUTES.values():
        started = time.monotonic()
        seen = target.request(method, path, content=bomb, headers=JSON)
        assert seen.status_code in (400, 501), seen.text
        assert seen.json()["code"] in ("invalid-json", "invalid-request", "unsupported-operation")
        assert time.monotonic() - started < 10
    assert resident(target.pids) - before < 64 * MIB


def test_the_passthrough_does_not_look_into_a_body(target):
    target.tap.answer = answer()
    for value in invalid():
        seen = target.request("POST", ON_PROXY, content=within(value), headers=JSON)
        assert (seen.status_code, target.tap.received[-1].body) == (200, within(value))


def test_what_a_provider_answers_is_relayed_untouched_and_refused_where_it_is_read(target):
    for value in invalid():
        whole = within(value)
        target.tap.answer = answer(whole)
        assert target.request("GET", ON_PROXY).content == whole
        seen = target.request("GET", "/unified/ticketing/tickets/1")
        assert (seen.status_code, seen.json()["code"]) == (502, "provider-not-json"), value[:80]


@pytest.mark.parametrize("bomb", bombs().values(), ids=bombs())
def test_a_providers_bomb_is_refused_and_leaves_memory_flat(target, bomb):
    target.tap.answer = answer(bomb * 5)
    before = resident(target.pids)
    for path in ("/unified/ticketing/tickets", "/unified/ticketing/teams", "/unified/ticketing/tickets/1"):
        started = time.monotonic()
        seen = target.request("GET", path)
        empty = {"not-found"} if not bomb.strip() else set()
        assert seen.json()["code"] in {"provider-not-json", "provider-error", "provider-too-large", *empty}, seen.text
        assert time.monotonic() - started < 10
    assert resident(target.pids) - before < 128 * MIB


def test_a_body_that_no_type_takes_names_its_fault(target):
    with pytest.raises(InvalidRequest):
        decode(b"[]", dict)
    assert target.request("POST", "/link-token", content=b"[]", headers=JSON).status_code == 400

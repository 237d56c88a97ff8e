"""A provider that says: not so fast."""

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from tests.outbound.scripted import answer


def busy(*headers):
    return answer(b'{"message":"Too Many Attempts."}', 429, headers)


def after(*values):
    return [(b"retry-after", value.encode()) for value in values]


def dated(seconds, skew=0.0):
    """A date so many seconds from the provider's now, whose clock is off by ``skew``."""
    now = time.time() + skew
    return [
        (b"retry-after", formatdate(now + seconds, usegmt=True).encode()),
        (b"date", formatdate(now, usegmt=True).encode()),
    ]


def reset(value):
    return [(b"x-ratelimit-reset", str(value).encode())]


@pytest.mark.parametrize(
    "method", [pytest.param(one, marks=pytest.mark.fault("F1", f"a wait that fits, {one}")) for one in ("GET", "POST")]
)
def test_a_wait_that_fits_is_waited_out_for_any_method(scene, method):
    ticket = scene.ticket()
    refusals = iter([[*after("1")]])
    scene.provider.script = lambda got, number: (
        [busy(*headers)] if got.method == method and (headers := next(refusals, None)) else None
    )
    answered = scene.proxied() if method == "GET" else scene.message(ticket, "ref-waited")
    assert answered.status < 300, answered.text
    assert answered.seconds >= 1
    assert scene.oracle.log_line(answered)["retry"] == "rate limited"
    assert scene.provider.effects == ({} if method == "GET" else {"ref-waited": 1})


@pytest.mark.fault("F1", "a wait that does not fit")
def test_a_wait_that_does_not_fit_is_told_and_no_further_call_is_made(scene):
    scene.answer_first(busy(*after("90")), times=99)
    answers = [scene.tickets(), scene.tickets(), scene.proxied()]
    assert {one.status for one in answers} == {429}
    assert all(80 <= int(one.headers["retry-after"]) <= 90 for one in answers)
    assert scene.calls == 1


@pytest.mark.fault("F1", "relayed by the passthrough")
def test_the_passthrough_tells_the_wait_too(scene):
    scene.answer_first(busy(*after("90")), times=99)
    answered = scene.proxied()
    assert (answered.status, answered.headers["retry-after"]) == (429, "90")


RELAYED = {
    ("F2", "a date"): (dated(100), 98, 100),
    ("F2", "a date by a clock that is an hour ahead"): (dated(100, 3600), 98, 100),
    ("F2", "a date by a clock that is an hour behind"): (dated(100, -3600), 98, 100),
    ("F2", "absurd"): (after("1000000000"), 3600, 3600),
    ("F2", "two values"): (after("70", "90"), 90, 90),
    ("F2", "a fraction"): (after("70.5"), 71, 71),
    ("F3", "reset in seconds"): (lambda: reset(int(time.time()) + 300), 200, 300),
    ("F3", "reset in milliseconds"): (lambda: reset((int(time.time()) + 300) * 1000), 200, 300),
    ("F3", "reset as a difference"): (reset(45), 44, 45),
}


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [pytest.param(*one, marks=pytest.mark.fault(*mark), id=" ".join(mark)) for mark, one in RELAYED.items()],
)
def test_the_wait_is_read_and_told(scene, headers, least, most):
    headers = headers() if callable(headers) else headers  # what depends on now is made now
    scene.answer_first(busy(*headers), times=99)
    answered = scene.tickets()
    assert answered.status == 429
    assert least <= int(answered.headers["retry-after"]) <= most
    assert scene.calls == 1


SOON = {
    ("F2", "a past date"): dated(-90),
    ("F2", "negative"): after("-5"),
    ("F2", "unreadable"): after("soon"),
    ("F3", "nothing at all"): [],
    ("F3", "reset in the past"): reset(int(time.time()) - 90),
}


@pytest.mark.parametrize(
    "headers", [pytest.param(one, marks=pytest.mark.fault(*mark), id=" ".join(mark)) for mark, one in SOON.items()]
)
def test_what_says_no_wait_is_asked_again_soon(scene, headers):
    scene.answer_first(busy(*headers))
    answered = scene.tickets()
    assert answered.status == 200, answered.text
    assert scene.calls == 2


@pytest.mark.fault("F4", "429 for one of two tokens")
def test_a_429_for_one_token_pauses_no_other(scene):
    other = scene.link()
    scene.answer_first(busy(*after("90")), times=1)
    assert scene.tickets().status == 429
    assert scene.ask("GET", "/unified/ticketing/tickets", account=other).status == 200
    assert scene.tickets().status == 429


@pytest.mark.fault("F5", "two hundred callers of one account")
def test_a_herd_that_meets_a_429_stays_within_the_limit(scene):
    """Twenty may pass, then 429; nobody asks again before the time that was told, and nobody gets another error."""
    allowed, seen, refused = 20, [], []

    def script(got, number):
        seen.append(time.monotonic())
        if len(seen) <= allowed:
            return None
        refused.append(time.monotonic())
        return [busy(*after("60"))]

    scene.provider.script = script
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: scene.proxied(), range(200)))
    statuses = [one.status for one in answers]
    assert set(statuses) <= {200, 429, 503}
    assert statuses.count(200) == allowed
    assert len(refused) <= 8, "those under way when the first refusal came"
    assert all(int(one.headers["retry-after"]) >= 1 for one in answers if one.status != 200)

"""The same bytes read by our engine and by httpx (h11): the same answer, or ours refuses what it must not guess."""

import ssl
import time

import pytest

from proxy.outbound.exchange import Outgoing, SendFailure
from proxy.outbound.transport import Transport
from proxy.trace import Deadline
from tests.outbound import httpx_engine
from tests.outbound.raw_answers import ANSWERS, BODY, answer
from tests.outbound.scripted import CLOSE, Upstream

CONTEXT = ssl.create_default_context()
TWO_WAYS = "two readers could understand it differently"
NO_LINE = "a line ends with CR LF, and nothing else ends one"
STRICTER = {
    "line: HTTP/0.9": "there is no such version on this wire",
    "line: HTTP/1.2": "there is no such version",
    "line: HTTP/2.0": "there is no such version on this wire",
    "field: a bell in the value": "controls are no part of a value (RFC 9110 5.5)",
    "field: a DEL in the value": "controls are no part of a value (RFC 9110 5.5)",
    "field: a lonely LF": NO_LINE,
    "field: a folded line": TWO_WAYS,
    "field: a folded line with a tab": TWO_WAYS,
    "length: a list of the same": TWO_WAYS,
    "length: twice the same": TWO_WAYS,
    "length: folded": TWO_WAYS,
    "length: beyond 64 bits": "no body is so long",
    "coding: with a length": TWO_WAYS,
    "coding: with a length after": TWO_WAYS,
    "coding: with a length of 0": TWO_WAYS,
    "coding: folded": TWO_WAYS,
    "coding: chunked in HTTP/1.0": "HTTP/1.0 has no transfer codings (RFC 9112 6.1)",
    "chunks: a trailer with LF": NO_LINE,
    "chunks: a CR in the extension": TWO_WAYS,
    "chunks: a NUL in the extension": TWO_WAYS,
    "before: a thousand": "a hundred interim answers are enough",
    "cut: LF alone": NO_LINE,
}
"""What httpx takes and ours refuses, with the reason. Nothing that httpx refuses is taken."""


def engine(kind):
    return kind(
        idle_accounts=9, connections=8, connect_seconds=3.0, idle_seconds=5.0, clock=time.monotonic, context=CONTEXT
    )


async def outcome(transport, origin, method):
    """What became of one request: the answer (names and values in small letters), or the phase of the failure."""
    asked = Outgoing("account", origin, method, b"/tickets", [(b"accept", b"*/*")])
    try:
        incoming = await transport.send(asked, Deadline(10))
    except SendFailure as failure:
        return "failed", failure.phase, failure.late
    try:
        body = b"".join([chunk async for chunk in incoming.stream()])
    except SendFailure as failure:
        return "cut", failure.phase, failure.late
    finally:
        await incoming.aclose()
    return incoming.status, [(name, value.lower()) for name, value in incoming.headers], body


async def compared(raw, method):
    """The outcomes of (ours, httpx), and of the request that follows on the same account."""
    found = []
    after = answer(body=b"" if method == "HEAD" else BODY)
    for kind in (Transport, httpx_engine.Transport):
        transport = engine(kind)
        async with Upstream(lambda got, number: [raw, CLOSE] if number == 1 else [after]) as upstream:
            first = await outcome(transport, upstream.origin, method)
            second = await outcome(transport, upstream.origin, method)
            await transport.aclose()
        found.append((first, second))
    return found


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_means_the_same_to_both_engines_or_ours_refuses_it(name, method):
    (ours, next_of_ours), (theirs, next_of_theirs) = await compared(ANSWERS[name], method)
    if name in STRICTER:
        strict = ours[0] in ("failed", "cut")
        assert strict or (method == "HEAD" and ours == theirs)  # a HEAD has no body to refuse
    else:
        assert ours == theirs
    assert next_of_ours == next_of_theirs
    assert next_of_ours[0] == 200 if method == "HEAD" else next_of_ours[2] == BODY

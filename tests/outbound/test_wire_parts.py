"""However the network cuts an answer into pieces, it is read as the same answer."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.outbound.wire.response import Response
from tests.outbound.raw_answers import ANSWERS

SHORT = {name: raw for name, raw in ANSWERS.items() if len(raw) < 10_000}


def outcome(pieces, method="GET"):
    """Head, content, and what is known of the connection, after the pieces and the end."""
    response = Response(method)
    for piece in pieces:
        response.feed(piece)
    clean = response.clean
    response.end()
    fault = response.fault and response.fault.reason
    return response.head, b"".join(response._parts), response.ended, clean, fault


def cut(raw, places):
    bounds = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    return [raw[a:b] for a, b in itertools.pairwise(bounds)]


@settings(deadline=None)
@given(st.sampled_from(sorted(SHORT)), st.lists(st.integers(0, 10_000), max_size=8), st.sampled_from(["GET", "HEAD"]))
def test_the_pieces_make_no_difference(name, places, method):
    raw = SHORT[name]
    whole, pieces = outcome([raw], method), outcome(cut(raw, places), method)
    assert pieces[0] == whole[0]
    assert pieces[4] == whole[4]
    if whole[4] is None:
        assert pieces == whole


def test_byte_by_byte_is_no_difference_either():
    for name, raw in SHORT.items():
        whole, pieces = outcome([raw]), outcome([raw[at : at + 1] for at in range(len(raw))])
        assert (pieces[0], pieces[4]) == (whole[0], whole[4]), name


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300)))
def test_any_bytes_are_an_answer_or_a_fault(pieces):
    head, _content, ended, clean, fault = outcome(pieces)
    assert fault is not None or (head is not None and ended)
    assert not clean or fault is None


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=2000)), st.lists(st.integers(0, 10_000), max_size=8), st.binary())
def test_a_chunked_body_is_its_chunks_and_what_follows_is_seen(chunks, places, after):
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    raw = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body + after
    _, content, ended, clean, fault = outcome(cut(raw, places))
    assert (content, ended, fault) == (b"".join(chunks), True, None)
    assert clean == (after == b"")


@settings(deadline=None)
@given(st.binary(max_size=5000), st.lists(st.integers(0, 10_000), max_size=8), st.binary())
def test_a_body_of_known_length_ends_there_and_what_follows_is_seen(body, places, after):
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body + after
    _, content, ended, clean, fault = outcome(cut(raw, places))
    assert (content, ended, fault) == (body, True, None)
    assert clean == (after == b"")

"""A request that is refused before its body was read gets its answer all the same."""

import socket
import time
from urllib.parse import urlsplit

import pytest

BODY = b"x" * 8_000_000
"""More than the buffers between two sockets hold: its sender is still writing when the answer is due."""


@pytest.mark.parametrize(
    ("path", "token", "kind", "status"),
    [
        ("/unified/ticketing/channels", None, "application/json", 501),
        ("/unified/ticketing/comments", "il_wrong", "application/json", 401),
        ("/unified/ticketing/tickets", None, "text/plain", 415),
        ("/unified/ticketing/tickets", None, "application/json", 413),
        ("/integrated-account", None, "application/json", 403),
        ("/nowhere", None, "application/json", 404),
    ],
)
def test_a_large_body_does_not_hide_its_refusal(account, raw, path, token, kind, status):
    """As a client sees it that reads no answer before it has sent everything."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(account.base_url).netloc}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token or account.token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    seen, received = raw(account.base_url, head.encode() + BODY)
    assert (seen, b"application/problem+json" in received) == (status, True)


def test_a_client_that_waits_to_be_asked_is_refused_without_being_asked(account):
    place = urlsplit(account.base_url)
    head = (
        f"POST /unified/ticketing/channels HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {account.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        started = time.monotonic()
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 501 ")
        assert time.monotonic() - started < 4

"""What a caller writes into a request line cannot forge a line of the log (uvicorn's CVE-2020-7694, for one)."""

import re

from tests.workers.fleet import eventually

PREFIX = b"/lines"
TRICKS = [
    b"/%0a{%22event%22:%22forged%22}",
    b"/%0d%0aforged",
    b"/%1b[31mred%1b[0m",
    b"/%e2%80%ae%e2%81%a6reversed",
    b"/%c2%85%e2%80%a8%e2%80%a9lines",
    b"/%00%01%7f%c2%9b",
    b"/%ed%a0%80%ff%fe",
    b"/%22%2c%22status%22:200",
    b"/" + b"a" * 2000,
    b"/" + b"%f0%9f%98%80" * 160,
]


def test_every_line_is_json_in_ascii_and_every_request_one_line(target):
    for trick in TRICKS:
        lines = [
            b"GET " + PREFIX + trick + b" HTTP/1.1",
            b"Host: " + target.host,
            b"User-Agent: \x1b[2J\xff",
            b"Connection: close",
        ]
        target.raw(b"\r\n".join(lines) + b"\r\n\r\n")  # the escape ends it at the server's parser
        lines[2] = b"User-Agent: \xff\xe2\x80\xae"
        received, _ = target.raw(b"\r\n".join(lines) + b"\r\n\r\n")
        assert received.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    # A line is written once the answer is on its way, so the last one may still be missing.
    found = eventually(lambda: len(of := requests_of(target)) >= len(TRICKS) and of, "the lines")
    assert len(found) == len({line["request_id"] for line in found}) == len(TRICKS)
    assert all(len(line["path"].encode()) <= 256 for line in found)
    assert re.fullmatch(rb"[\x20-\x7e\n]*", target.server.log.read_bytes())


def requests_of(target):
    """The lines of these requests: that of another, made before, may come late."""
    lines = [line for line in target.log_lines() if line.get("event") == "request"]
    return [line for line in lines if line["path"].startswith(PREFIX.decode())]

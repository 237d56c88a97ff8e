"""Forms with files as no browser sends them: refused with a reason, nothing sent on, memory flat."""

import pytest

from tests.hostile.wire import connect, resident, statuses

PATH = "/unified/ticketing/comments"
MIB = 1024 * 1024
DATA = b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"ticket":{"id":"1"},"body":"x"}\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n'
END = b"--b--\r\n"


def part(head, body=b"abc"):
    return b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="f"'
FORMS = {
    "ten thousand parts": DATA + FILE * 10_000 + END,
    "twenty-one parts": DATA + FILE * 21 + END,
    "a giant part head": DATA + part(NAMED + b'; filename="' + b"a" * 900_000 + b'"') + END,
    "a giant header of a part": DATA + part(NAMED + b"\r\nX: " + b"a" * 900_000) + END,
    "ten thousand headers of a part": DATA + part(NAMED + b"\r\nX: a" * 10_000) + END,
    "no end": DATA + FILE,
    "cut in a head": DATA + b"--b\r\nContent-Dispo",
    "no parts": END,
    "nothing": b"",
    "no data": FILE + END,
    "data twice": DATA + DATA + END,
    "data last": FILE + DATA + END,
    "another boundary": DATA.replace(b"--b", b"--c") + END,
    "a boundary in the middle": DATA[:40] + b"\r\n--b\r\n" + DATA[40:] + END,
    "LF alone": (DATA + FILE + END).replace(b"\r\n", b"\n"),
    "bytes before the first": b"x" * 100_000 + DATA + FILE + END,
    "no disposition": DATA + part(b"Content-Type: text/plain") + END,
    "an attachment": DATA + part(b'Content-Disposition: attachment; filename="x"') + END,
    "a header without a colon": DATA + part(NAMED + b"\r\nnonsense") + END,
    "a form within": DATA + part(NAMED + b"\r\nContent-Type: multipart/mixed; boundary=c", b"--c--") + END,
    "data that is no JSON": DATA.replace(b"{", b"[") + FILE + END,
    "data of a mebibyte and more": DATA.replace(b'"x"', b'"' + b"x" * (MIB + 1) + b'"') + FILE + END,
}
TAKEN = {
    "bytes after the end": DATA + FILE + END + b"x" * 100_000,
    "NUL in a head": DATA + part(NAMED + b'; filename="a\x00b"') + END,
    "base64": DATA + part(NAMED + b'; filename="x"\r\nContent-Transfer-Encoding: base64', b"!!!") + END,
}
"""What is after the end does not count (RFC 2046 5.1.1); a file is taken as it is, under a name that is cleaned."""
BOUNDARIES = ["", '""', "a" * 300, "\xe9", "b; boundary=c", '"b']


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_that_is_none_is_refused(target, form):
    """By its own fault, or as a ticket that is not there; never by one of ours, and no file arrives."""
    before = resident(target.pids)
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    seen = target.request("POST", PATH, content=form, headers=kind)
    assert 400 <= seen.status_code < 500, seen.text
    assert seen.headers["content-type"] == "application/problem+json"
    assert not any(b"multipart" in got.values(b"content-type")[0] for got in target.tap.received if got.body)
    assert resident(target.pids) - before < 32 * MIB


@pytest.mark.parametrize("form", TAKEN.values(), ids=TAKEN)
def test_a_form_that_is_odd_arrives_as_one_file(target, form):
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    seen = target.request("POST", PATH, content=form, headers=kind)
    assert seen.status_code == 201, seen.text
    [file] = seen.json()["result"]["attachments"]
    assert file["file_name"] in ("a.txt", "ab", "x")
    assert file["size"] == 3


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_boundary_that_is_none_is_refused(target, boundary):
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}".encode("latin-1")}
    assert target.request("POST", PATH, content=DATA + FILE + END, headers=kind).status_code == 400


def test_a_file_that_is_too_large_is_refused_by_its_length(target):
    """Before any of it is read."""
    lines = [b"Content-Type: multipart/form-data; boundary=b", b"Content-Length: 999999999999", b"Expect: 100-continue"]
    with connect(target.url) as connection:
        connection.sendall(target.head(f"POST {PATH} HTTP/1.1".encode(), *lines) + b"\r\n")
        received = connection.recv(65536)
    assert statuses(received) == [413]

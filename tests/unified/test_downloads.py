"""The head of a download: a name that can be saved, a type that is one, and no way to run as a page of ours."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified.downloads import NAME_BYTES, disposition, safe_name, told_type

NAMES = {
    "report.pdf": "report.pdf",
    "Rechnung März.pdf": "Rechnung März.pdf",
    "Rechnung Ma\u0308rz.pdf": "Rechnung März.pdf",
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\win.ini": "win.ini",
    "/etc/cron.d/job": "job",
    "C:\\Users\\x.txt": "x.txt",
    "C:x.txt": "C_x.txt",
    "a\r\nSet-Cookie: x=y.txt": "aSet-Cookie_ x=y.txt",
    "a\x00.png": "a.png",
    'a".exe; filename="b.png': "a_.exe; filename=_b.png",
    "\u202egnp.exe": "gnp.exe",
    "a\u2028b.txt": "ab.txt",
    "half \ud800 pair.txt": "half  pair.txt",
    ".htaccess": "htaccess",
    "name. . .": "name",
    "%2e%2e%2fpasswd": "%2e%2e%2fpasswd",
    "日本語.png": "日本語.png",
    "a" * 400 + ".pdf": "a" * 196 + ".pdf",
    "é" * 400: "é" * 100,
    "x." + "y" * 400: "x." + "y" * 198,
    "": "file",
    "/": "file",
    "..": "file",
    ". .": "file",
    "\x00\x1f": "file",
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:24]))
def test_a_name_that_could_harm_becomes_one_that_can_be_saved(name):
    assert safe_name(name) == NAMES[name]


DISPOSITIONS = {
    "report.pdf": 'attachment; filename="report.pdf"',
    "März.pdf": "attachment; filename=\"M_rz.pdf\"; filename*=UTF-8''M%C3%A4rz.pdf",
    "50% (a'b)*.pdf": "attachment; filename=\"50_ (a'b)_.pdf\"; filename*=UTF-8''50%25%20%28a%27b%29_.pdf",
    None: 'attachment; filename="file"',
}


@pytest.mark.parametrize("name", DISPOSITIONS)
def test_the_name_is_told_in_ascii_and_where_that_is_less_in_utf_8(name):
    assert disposition(name) == DISPOSITIONS[name]


@given(st.text() | st.text("./\\ :\"%\r\n\x00aé\u202e;=*'"))
def test_whatever_the_name_one_attachment_is_told_in_one_line_of_ascii(name):
    told = disposition(name)
    found = re.fullmatch(
        r"attachment; filename=\"([\x20-\x7e]+?)\"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+))?", told
    )
    assert found
    assert '"' not in found[1]
    saved = unquote(found[2]) if found[2] else found[1]
    assert saved == safe_name(name)
    assert saved.isprintable() or any(ord(one) > 0x7F for one in saved)
    assert not {"/", "\\", "\0"} & set(saved)
    assert saved not in ("", ".", "..")
    assert not saved.startswith(".")
    assert len(saved.encode()) <= NAME_BYTES


TYPES = [
    (("image/png", None), "image/png"),
    ((None, "image/png"), "image/png"),
    (("text/plain; charset=utf-8", None), "text/plain; charset=utf-8"),
    (("image", "image/png"), "image/png"),
    (("audio/ogg; codecs=opus", "audio/mpeg"), "audio/ogg"),
    (("text/plain;charset=utf-8", None), "text/plain;charset=utf-8"),
    (("text/html;\r\nx: y", None), "text/html"),
    (("", ""), "application/octet-stream"),
    ((None, None), "application/octet-stream"),
    (("image/png\r\nx: y", None), "application/octet-stream"),
    (("image/png\n", None), "application/octet-stream"),
    (("text/html, image/png", None), "application/octet-stream"),
    (("bild/größe", None), "application/octet-stream"),
    (("*/*", None), "application/octet-stream"),
    (("a/" + "b" * 65, None), "application/octet-stream"),
    (("application/vnd.openxmlformats-officedocument.wordprocessingml.document", None), None),
]


@pytest.mark.parametrize(("candidates", "told"), TYPES)
def test_the_first_type_that_is_one_is_told(candidates, told):
    assert told_type(*candidates) == (told or candidates[0])

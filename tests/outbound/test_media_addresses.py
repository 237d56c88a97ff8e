"""A file's address is taken apart in one way, or refused."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.outbound.file_address import file_address, fits_host

READ = {
    "https://files.desk.example/a/b.png": ("https://files.desk.example", "/a/b.png"),
    "https://FILES.Desk.Example/A": ("https://files.desk.example", "/A"),
    "HTTPS://desk.example": ("https://desk.example", "/"),
    "https://desk.example:443/a": ("https://desk.example", "/a"),
    "https://desk.example:8443/a": ("https://desk.example:8443", "/a"),
    "https://desk.example:/a": ("https://desk.example", "/a"),
    "http://127.0.0.1:9000/a": ("http://127.0.0.1:9000", "/a"),
    "https://[2606:4700:0::1111]/a": ("https://[2606:4700::1111]", "/a"),
    "https://desk.example/a?X-Sig=%2Fab+c/d%20e&x=~!*'()": ("https://desk.example", "/a?X-Sig=%2Fab+c/d%20e&x=~!*'()"),
    "https://desk.example/a%2fb%2E%2e/../c": ("https://desk.example", "/a%2fb%2E%2e/../c"),
    "https://desk.example/a#part": ("https://desk.example", "/a"),
    "https://desk.example?x=1": ("https://desk.example", "/?x=1"),
    "https://desk.example/Rechnung März.pdf": ("https://desk.example", "/Rechnung%20M%C3%A4rz.pdf"),
    "https://my_bucket.s3.desk.example/a": ("https://my_bucket.s3.desk.example", "/a"),
}
REFUSED = [
    "",
    "/a",
    "//desk.example/a",
    "desk.example/a",
    "ftp://desk.example/a",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,a",
    "https:///a",
    "https://",
    "https://user@desk.example/a",
    "https://user:word@desk.example/a",
    "https://@desk.example/a",
    "https://desk.example\\@evil.example/a",
    "https://evil.example\\.desk.example/a",
    "https:\\\\desk.example\\a",
    "https://desk.example/a\r\nX: y",
    "https://desk.example/a\nb",
    "https://des\tk.example/a",
    " https://desk.example/a",
    "https://desk.example/a ",
    "https://desk.example/a\x00",
    "https://desk.example\x00.evil.example/",
    "https://desk.example\u2028/",
    "https://desk.example:0/a",
    "https://desk.example:99999/a",
    "https://desk.example:x/a",
    "https://desk.example:-1/a",
    "https://dësk.example/a",
    "https://evil.example\u2100desk.example/a",
    "https://desk%2eexample/a",
    "https://desk..example/a",
    "https://.desk.example/a",
    "https://desk.example./a",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://[::1/a",
    "https://[fe80::1%25eth0]/a",
    "https://[fe80::1%eth0]/a",
    "https://[v1.x]/a",
    "https://[desk.example]/a",
    "https://desk.example[::1]/a",
    "https://[::1]desk.example/a",
    "https://[::1].desk.example:443/a",
    "https://::1/a",
    "https://[::ffff:1.2.3.4.5]/a",
    "https://desk.example/" + "a" * 8192,
]
MATCHES = [
    ("files.desk.example", ["*.desk.example"], True),
    ("a.b.desk.example", ["*.desk.example"], True),
    ("desk.example", ["*.desk.example"], False),
    ("evildesk.example", ["*.desk.example"], False),
    ("desk.example.evil.example", ["*.desk.example", "desk.example"], False),
    ("desk.example", ["desk.example"], True),
    ("desk.example", ["DESK.example"], True),
    ("files.desk.example", ["desk.example"], False),
    ("x.other.example", ["desk.example", "*.other.example"], True),
    ("desk.example", [], False),
]


@pytest.mark.parametrize("url", READ)
def test_an_address_has_one_origin_and_keeps_its_spelling(url):
    read = file_address(url)
    assert (read.origin, read.target) == READ[url]


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: repr(url[:40]))
def test_an_address_that_could_be_read_in_two_ways_is_refused_in_our_words(url):
    with pytest.raises(ValueError, match=r"^the address (is|names|holds|has|exceeds|cannot) ?[a-z0-9 ]*$"):
        file_address(url)


@pytest.mark.parametrize(("host", "patterns", "fits"), MATCHES)
def test_a_pattern_fits_names_below_it_and_an_exact_name_itself(host, patterns, fits):
    assert fits_host(host, patterns) is fits


REDIRECTS = {
    "/b": "https://desk.example/b",
    "b?c": "https://desk.example/a/b?c",
    "?c": "https://desk.example/a/f?c",
    "../b": "https://desk.example/b",
    "//storage.example/b": "https://storage.example/b",
    "https://storage.example/b": "https://storage.example/b",
    "http://storage.example/b": "http://storage.example/b",
}


@pytest.mark.parametrize("location", REDIRECTS)
def test_a_redirect_is_read_from_where_it_was_given(location):
    led = file_address("https://desk.example/a/f?x").next(location)
    assert led.origin + led.target == REDIRECTS[location]


@pytest.mark.parametrize("location", ["https://[::1", "\\\\evil.example", "//user@evil.example/", "/a\tb", "file:///"])
def test_a_redirect_to_no_acceptable_address_is_refused(location):
    with pytest.raises(ValueError, match=r"^the address [a-z ]+$"):
        file_address("https://desk.example/a/f?x").next(location)


PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "desk.example",
        "evil",
        ".",
        "/",
        "\\",
        "@",
        ":",
        "443",
        "0",
        "?",
        "#",
        "%",
        "%2e",
        "[",
        "]",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES | st.text(max_size=3), max_size=9).map("".join)))
def test_whatever_is_read_can_be_written_and_is_read_the_same_again(text):
    try:
        read = file_address(text)
    except ValueError:
        return
    assert re.fullmatch(r"/[\x21-\x7e]*|\?[\x21-\x7e]*", read.target)
    assert urlsplit(read.origin).hostname == read.host
    assert file_address(read.origin + read.target) == read

"""Addresses, colours, languages and the operator's logo: tables."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import proxy.link
from proxy.language.document import Mistakes
from proxy.link.addresses import is_loopback, origin_of, returned
from proxy.link.brand import brand_of
from proxy.link.color import DARK_PAPER, LIGHT_PAPER, READABLE, TINTED, contrast, on, readable
from proxy.link.sentences import ANYWHERE, AT_TYPED_HOST, ENDS, FIELD_KEYS, OTHERWISE, REFUSED
from proxy.link.words import Words
from proxy.provider.model import Language
from proxy.seal import new_key
from proxy.settings import SettingsMistake, load_settings
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

WORDS = Words()
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
PNG = b"\x89PNG\r\n\x1a\n and so on"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://app.example", "https://app.example"),
        ("https://App.Example:443/a?b=c", "https://app.example"),
        ("https://app.example:8443/a", "https://app.example:8443"),
        ("http://localhost:5173/", "http://localhost:5173"),
        ("http://127.0.0.1/x", "http://127.0.0.1"),
        ("http://[::1]:80/x", "http://[::1]"),
    ],
)
def test_an_origin_is_spelt_as_browsers_do(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/x",
        "//app.example/x",
        "app.example",
        "ftp://app.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://app.example",
        "http://127.0.0.1.evil.example",
        "https://",
        "https://user@app.example",
        "https://user:pass@app.example/",
        "https://app.example/#part",
        "https://app.example\\@evil.example",
        "https://app.example:99999/",
        "https://app.example:x/",
        "https://app example/",
        "https://app.example/\n",
        "https://app.example;script-src *",
        "https://*.example/",
        "https://exämple.example/",
        "https://app.example,https://evil.example",
        "https://app.example/'onload='",
    ],
)
def test_what_is_no_place_to_return_to_is_refused(address):
    with pytest.raises(ValueError, match=r"must|port|Port|IPv6"):
        origin_of(address)


@given(st.text(max_size=60))
def test_an_origin_never_holds_what_a_header_or_policy_reads_as_more(text):
    for address in (text, f"https://{text}", f"https://app.example{text}"):
        try:
            origin = origin_of(address)
        except ValueError:
            continue
        assert set(origin) & set(" ;,'\"\\*\r\n") == set()


def test_the_outcome_is_added_to_the_query():
    assert returned("https://app.example/x?y=1", {"result": "success", "id": "a&b"}) == (
        "https://app.example/x?y=1&result=success&id=a%26b"
    )
    assert returned("https://app.example", {"result": "closed"}) == "https://app.example/?result=closed"


def test_loopback_is_the_machine_itself():
    assert [is_loopback(host) for host in ("localhost", "a.localhost", "127.9.9.9", "::1")] == [True] * 4
    assert [is_loopback(host) for host in ("localhost.example", "10.0.0.1", "example.com")] == [False] * 3


@given(COLORS)
def test_every_colour_is_readable(color):
    assert contrast(on(color), color) >= READABLE
    for paper in (LIGHT_PAPER, DARK_PAPER):
        assert contrast(readable(color, paper), paper) >= TINTED


def test_a_readable_colour_stays_as_it_is():
    assert readable("#0b6e5f", LIGHT_PAPER) == "#0b6e5f"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_there_are_five_languages_and_each_has_every_sentence():
    assert set(WORDS.languages) == {"en", "nl", "de", "es", "fr"}
    assert set(Language.__args__) == set(WORDS.languages) - {"en"}
    values = {name: name.upper() for name in ("operator", "tenant", "provider", "account", "place")}
    for lang in WORDS.languages:
        for key in WORDS.known:
            text = WORDS.say(lang, key, **values)
            assert text.strip(), (lang, key)
            assert "{" not in text, (lang, key)


def test_no_sentence_is_the_english_one_in_another_language():
    same = {
        (lang, key)
        for lang in set(WORDS.languages) - {"en"}
        for key in WORDS.known
        if WORDS.say(lang, key, **dict.fromkeys(("operator", "tenant", "provider", "account", "place"), "x"))
        == WORDS.say("en", key, **dict.fromkeys(("operator", "tenant", "provider", "account", "place"), "x"))
    }
    assert same == {("nl", "confirm.account")}


def test_every_sentence_is_used():
    room = Path(proxy.link.__file__).parent
    written = "".join(file.read_text() for file in room.rglob("*") if file.suffix in {".py", ".html"})
    unused = {key for key in WORDS.known if key not in written}
    assert {key for key in unused if not key.startswith(("step.", "end."))} == set()


def test_every_sentence_that_a_problem_leads_to_is_there():
    keys = {*ANYWHERE.values(), *AT_TYPED_HOST.values(), *REFUSED.values(), *FIELD_KEYS.values(), OTHERWISE}
    keys |= {f"end.{code}{part}" for code in (*ENDS, "other") for part in ("", ".lead")} | {"fail.wrong-details"}
    assert keys - WORDS.known == set()


@pytest.mark.parametrize("text", ["language: X\n", "language: X\nhello: '{who}'\n", "language: X\nhello: 1\n"])
def test_a_language_that_differs_is_refused(tmp_path, text):
    (tmp_path / "en.yaml").write_text("language: English\nhello: '{name}'\n")
    (tmp_path / "xx.yaml").write_text(text)
    with pytest.raises(Mistakes, match="hello"):
        Words(tmp_path)


@pytest.mark.parametrize(
    ("asked", "header", "lang"),
    [
        ([None], None, "en"),
        ([None], "nl", "nl"),
        ([None], "de-AT,de;q=0.9,en;q=0.8", "de"),
        ([None], "en;q=0.5, fr;q=0.9", "fr"),
        ([None], "pl, es;q=0.3", "es"),
        ([None], "nl;q=0, de;q=0.1", "de"),
        ([None], "*", "en"),
        ([None], ";;,q=1,,", "en"),
        (["fr"], "nl", "fr"),
        (["xx", "es"], "nl", "es"),
        (["../en"], "nl", "nl"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_browsers_best(asked, header, lang):
    assert WORDS.choose(asked, header) == lang


def test_every_field_of_every_provider_is_there_in_every_language():
    for provider in load_mappings(mappings_folder()).providers.values():
        for field in (*provider.words.connection.values(), *provider.words.credential.values()):
            assert set(field.translated) == set(Language.__args__), provider.name
            for words in field.translated.values():
                assert words.label
                assert words.help


def _settings(**values):
    return load_settings(
        {"INTERLINE_SEALING_KEYS": new_key()} | {f"INTERLINE_{name.upper()}": value for name, value in values.items()}
    )


def test_the_brand_is_read_from_the_settings(tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_bytes(SVG)
    settings = _settings(
        public_url="https://helpdesk.example.com/",
        link_name="Lumen & Co",
        link_color="#FFDD00",
        link_logo=str(logo),
        link_origins="https://app.example, http://localhost:5173",
    )
    assert settings.public_url == "https://helpdesk.example.com"
    assert settings.link_origins == ("https://app.example", "http://localhost:5173")
    brand = brand_of(settings)
    assert brand.name == "Lumen & Co"
    assert brand.files[brand.logo].media_type == "image/svg+xml"
    style = brand.files[brand.style].data.decode()
    assert "--brand:#FFDD00;--on-brand:#000000" in style
    assert "url(" not in style


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_url", "https://helpdesk.example.com/path"),
        ("public_url", "ftp://helpdesk.example.com"),
        ("public_url", "https://User@helpdesk.example.com"),
        ("link_name", "x" * 61),
        ("link_name", "a\u202eb"),
        ("link_color", "red"),
        ("link_color", "#12345"),
        ("link_color", "#123456;}"),
        ("link_logo", "/does/not/exist.svg"),
        ("link_origins", "https://app.example/path"),
        ("link_origins", "https://App.example"),
        ("link_origins", "*"),
    ],
)
def test_a_setting_of_the_page_that_cannot_be_is_refused(name, value):
    with pytest.raises(SettingsMistake, match=f"INTERLINE_{name.upper()}"):
        _settings(**{name: value})


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<html>", PNG + b"x" * 256 * 1024], ids=["empty", "gif", "html", "big"]
)
def test_a_logo_that_is_no_picture_or_too_large_is_refused(tmp_path, data):
    (tmp_path / "logo").write_bytes(data)
    with pytest.raises(SettingsMistake, match="INTERLINE_LINK_LOGO"):
        _settings(link_logo=str(tmp_path / "logo"))

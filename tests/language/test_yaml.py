"""Strict YAML: what is read, what is refused, and that nothing crashes the process."""

import contextlib
import sys
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.language.document import Mistakes, load, load_untrusted, read

both = pytest.mark.parametrize("loader", [load, load_untrusted])

SCALARS = {
    "true": True,
    "false": False,
    "yes": "yes",
    "no": "no",
    "on": "on",
    "off": "off",
    "y": "y",
    "null": None,
    "~": None,
    "": None,
    "2026-01-02": "2026-01-02",
    "2026-01-02 10:11:12": "2026-01-02 10:11:12",
    "12:30": "12:30",
    "1:20:30": "1:20:30",
    "0777": 777,
    "0o17": 15,
    "0x1F": 31,
    "0b11": "0b11",
    "1_000": "1_000",
    "-5": -5,
    "1.5": 1.5,
    "1e3": 1000.0,
    ".5": 0.5,
    "1.": 1.0,
    "1.2.3": "1.2.3",
    "-": [None],
    "'true'": "true",
    '"5"': "5",
    "=": "=",
    "+31 20": "+31 20",
}


@both
@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_a_scalar_is_read_by_the_core_schema(loader, text, value):
    data = loader(f"a: {text}\n" if text != "-" else "a:\n  -\n", "f.yaml").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


@both
def test_keys_are_text_whatever_they_look_like(loader):
    data = loader("404: a\nno: b\ntrue: c\n2026-01-02: d\n~: e\n", "f.yaml").data
    assert data == {"404": "a", "no": "b", "true": "c", "2026-01-02": "d", "~": "e"}


REFUSED = {
    "a duplicate key": ("a: 1\nb: 2\na: 3\n", ["f.yaml:3: a: the key stands already in line 1"]),
    "a nested duplicate": ("a:\n  - b: 1\n    b: 2\n", ["f.yaml:3: a[0].b: the key stands already in line 2"]),
    "three of one key": ("a: 1\na: 2\na: 3\n", ["f.yaml:2: a:", "f.yaml:3: a:"]),
    "equal keys in two spellings": ("a: 1\n'a': 2\n", ["f.yaml:2: a: the key stands already in line 1"]),
    "an anchor": ("a: &x 1\n", ["f.yaml:1: a: anchors"]),
    "an alias": ("a: *x\n", ["f.yaml:1: a: aliases"]),
    "an alias as a key": ("*x : 1\n", ["f.yaml:1: a key must be a word"]),
    "a merge key": ("a:\n  <<: {b: 1}\n", ["f.yaml:2: a.<<: merge keys"]),
    "a tag": ("a: !!str 1\n", ["f.yaml:1: a: tags"]),
    "a tag on a list": ("a: !!python/tuple [1]\n", ["f.yaml:1: a: tags"]),
    "an own tag": ("a:\n  b: !x {}\n", ["f.yaml:2: a.b: tags"]),
    "a tagged key": ("!!str a: 1\n", ["f.yaml:1: a: tags"]),
    "a list as a key": ("[1, 2]: 3\n", ["f.yaml:1: a key must be a word"]),
    "no key": ("? \n: 3\n", ["f.yaml:1: a key is missing"]),
    "two documents": ("a: 1\n---\nb: 1\n", ["f.yaml:2: a file holds one document"]),
    "a directive": ("%YAML 1.1\n---\na: 1\n", ["f.yaml:1: directives"]),
    "a tag directive": ("%TAG ! tag:x,2000:\n---\na: 1\n", ["directives"]),
    "an open bracket": ("a: [1,\n", ["f.yaml:"]),
    "a tab": ("a:\n\t- 1\n", ["f.yaml:2"]),
    "two colons": ("a: b: c\n", ["f.yaml:1: mapping values are not allowed"]),
    "infinity": ("a: .inf\n", ["f.yaml:1: a: is no number that JSON can carry"]),
    "not a number": ("a: .nan\n", ["f.yaml:1: a: is no number"]),
    "a huge exponent": ("a: 1e999\n", ["f.yaml:1: a: is no number"]),
    "a huge integer": ("a: " + "9" * 5000 + "\n", ["f.yaml:1: a: is no number"]),
    "a null byte": ("a: \x00\n", ["f.yaml:1: cannot be read"]),
    "half a character": ("a: '\ud800'\n", ["f.yaml:1: cannot be read"]),
    "an escape beyond Unicode": ('a: "\\UFFFFFFFF"\n', ["f.yaml:1: "]),
    "several at once": ("a: &x 1\nb: *x\na: !!str 2\n", ["1: a: anchors", "2: b: aliases", "3: a: the key", "3: a"]),
}


@both
@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_could_mean_two_things_is_refused_with_its_line(loader, text, expected):
    with pytest.raises(Mistakes) as caught:
        loader(text, "f.yaml")
    found = [str(mistake) for mistake in caught.value.mistakes]
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert start in line


BOMBS = {
    "brackets": "[" * 200_000,
    "braces": "{a: " * 60_000,
    "dashes": "- " * 30_000,
    "question marks": "? " * 30_000,
    "small brackets": "[" * 60_000,
    "keys": "".join(f"k{number}: 1\n" for number in range(6000)),
    "indents": "".join(" " * depth + "a:\n" for depth in range(300)),
    "aliases": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(300)),
    "merges": "a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(300)),
    "anchors": "&a " * 1000 + "x",
    "a long scalar": "a: " + "x" * 60_000,
    "quotes": '"' * 60_000,
    "an endless key": "x" * 60_000 + ": 1",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_from_outside_ends_quickly(text):
    started = time.process_time()
    with contextlib.suppress(Mistakes):
        load_untrusted(text, "f.yaml")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 200_000, "- " * 200_000, "[" * 200_000 + "]" * 200_000])
def test_absurd_nesting_does_not_crash_the_fast_parser(text):
    """It has a bound of its own since PyYAML 6.0.4."""
    with pytest.raises(Mistakes, match=r"nested more than 60 deep|exceeded maximum nesting depth"):
        load(text, "f.yaml")


def test_bounds_from_outside_are_exact():
    assert load_untrusted("[" * 20 + "]" * 20, "f.yaml").data
    with pytest.raises(Mistakes, match="nested more than 20 deep"):
        load_untrusted("[" * 21 + "]" * 21, "f.yaml")
    assert len(load_untrusted("- x\n" * 4999, "f.yaml").data) == 4999
    with pytest.raises(Mistakes, match="more than 5000 parts"):
        load_untrusted("- x\n" * 5000, "f.yaml")
    assert load_untrusted("#" * 65_535 + "\n", "f.yaml").data is None
    with pytest.raises(Mistakes, match="larger than 64 KiB"):
        load_untrusted("é" * 33_000, "f.yaml")


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet="ab:-[]{}?&*!|>'\"%@`#,\\ \n\t~<.0é\x85\ufeff", max_size=60))
def test_any_text_gives_a_document_or_mistakes_and_both_parsers_agree_on_what_they_accept(text):
    outcomes = []
    for loader in (load, load_untrusted):
        with contextlib.suppress(Mistakes):
            outcomes.append(loader(text, "f.yaml").data)
    if len(outcomes) == 2:
        assert outcomes[0] == outcomes[1]


plain = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(alphabet="abc :-[]{},&*!|>'\"%@`#\\\n\té☃", max_size=12)
trees = st.recursive(plain | words, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=15)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_json_is_read_as_itself(data):
    assert load(msgspec.json.encode(data).decode(), "f.yaml").data == data


def test_every_part_knows_its_line():
    document = load("# about\na:\n  b: 1\n  c:\n    - x\n    -\n      d: 2\n", "f.yaml")
    assert document.data == {"a": {"b": 1, "c": ["x", {"d": 2}]}}
    assert document.line(("a",)) == 2
    assert document.line(("a", "b")) == 3
    assert document.line(("a", "c", 0)) == 5
    assert document.line(("a", "c", 1, "d")) == 7
    assert document.line(("a", "c", 1, "unknown", "deeper")) == 7
    assert document.line(("unknown",)) == 2
    assert str(document.mistake(("a", "c", 1, "d"), "is wrong")) == "f.yaml:7: a.c[1].d: is wrong"


@pytest.mark.parametrize("loader", [load, load_untrusted])
def test_a_byte_order_mark_may_begin_a_file_and_nothing_else(loader):
    assert loader("\ufeffa: 1", "f.yaml").data == {"a": 1}
    for text in ("a: 1\nb: \ufeff", "\x85\ufeff", 'a: 1\nb: "\ufeff"'):
        with pytest.raises(Mistakes, match="a byte order mark stands inside the text"):
            loader(text, "f.yaml")


def test_an_empty_file_is_null():
    assert load("", "f.yaml").data is None
    assert load("# only words\n", "f.yaml").line(()) == 1


def test_a_file_is_read_and_named(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes("a: é\n".encode())
    assert read(path).data == {"a": "é"}
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(Mistakes, match=r"x\.yaml:2: the file is not UTF-8"):
        read(path)


def test_reading_leaves_the_recursion_limit_alone():
    before = sys.getrecursionlimit()
    load("a: 1", "f.yaml")
    assert sys.getrecursionlimit() == before

"""The header ``Idempotency-Key``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import InvalidRequest
from proxy.journal import idempotency_key

TAKEN = {
    "bare": (["8e03978e-40d5"], "8e03978e-40d5"),
    "quoted": (['"8e03978e-40d5"'], "8e03978e-40d5"),
    "quoted, with a space": (['"a b"'], "a b"),
    "quoted, with escapes": ([r'"a\"b\\c"'], r'a"b\c'),
    "a quote inside a bare key": (['a"b'], 'a"b'),
    "one character": (["x"], "x"),
    "255 characters": (["x" * 255], "x" * 255),
    "sent twice": (["a", "a"], "a"),
    "sent twice, once in quotes": (["a", '"a"'], "a"),
    "not sent": ([], None),
}
REFUSED = {
    "empty": [""],
    "256 characters": ["x" * 256],
    "a space": ["a b"],
    "a comma list": ["a, b"],
    "a control": ["a\x7f"],
    "not ASCII": ["é"],
    "an open quote": ['"a'],
    "an empty string": ['""'],
    "a quote that is not escaped": ['"a"b"'],
    "a parameter": ['"a";p=1'],
    "an unknown escape": [r'"a\n"'],
    "two that differ": ["a", "b"],
    "one good and one bad": ["a", ""],
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case):
    values, key = TAKEN[case]
    assert idempotency_key(values) == key


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_name_of_the_header(case):
    with pytest.raises(InvalidRequest) as refused:
        idempotency_key(REFUSED[case])
    assert [error.path for error in refused.value.errors] == ["Idempotency-Key"]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=255))
def test_a_quoted_string_is_its_content(content):
    quoted = '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert idempotency_key([quoted]) == content


@given(st.text(max_size=300))
def test_anything_is_a_key_or_refused(value):
    try:
        key = idempotency_key([value])
    except InvalidRequest:
        return
    assert 1 <= len(key) <= 255
    assert key.isascii()
    assert key.isprintable()

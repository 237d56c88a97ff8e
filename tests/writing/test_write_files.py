"""Files on their way through: names cleaned, sent on as multipart that an independent parser reads back."""

import asyncio
import io
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multipart import MultipartParser

from unified.writing.files import File, clean_name, multipart_payload


def made(name, content, kind="text/plain"):
    spool = io.BytesIO(content)
    return File(name, kind, len(content), spool, blake2b(content).digest())


async def joined(payload):
    return b"".join([piece async for piece in payload.body])


def read_back(payload):
    whole = asyncio.run(joined(payload))
    assert payload.length == len(whole)
    boundary = payload.headers[0][1].decode().partition("boundary=")[2]
    return list(MultipartParser(io.BytesIO(whole), boundary, content_length=len(whole)))


names = st.text(min_size=1, max_size=40).map(clean_name)


@given(
    st.dictionaries(st.sampled_from(["content", "private", "type"]), st.text(max_size=50)),
    names,
    st.binary(max_size=300),
)
def test_fields_and_files_arrive_as_they_were(fields, name, content):
    parts = read_back(multipart_payload(fields, "attachments[]", [made(name, content)]))
    assert {part.name: part.value for part in parts[:-1]} == fields
    assert (parts[-1].name, parts[-1].raw, parts[-1].content_type) == ("attachments[]", content, "text/plain")


def test_values_are_written_as_forms_write_them():
    parts = read_back(multipart_payload({"private": True, "n": 7, "ids[]": ["1", "2"]}, "file", []))
    assert [(part.name, part.value) for part in parts] == [
        ("private", "true"),
        ("n", "7"),
        ("ids[]", "1"),
        ("ids[]", "2"),
    ]


def test_a_file_can_be_sent_again():
    payload_of = lambda: multipart_payload({}, "file", [file])  # noqa: E731
    file = made("a.txt", b"once")
    assert read_back(payload_of())[0].raw == read_back(payload_of())[0].raw == b"once"


@pytest.mark.parametrize(
    ("given_", "clean"),
    [
        ("a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\cv.docx", "cv.docx"),
        ('quo"te\r\nX-Evil: 1.txt', 'quo"teX-Evil: 1.txt'),
        ("", "file"),
        (None, "file"),
        ("...", "file"),
        ("a" * 300 + ".png", "a" * 251 + ".png"),
    ],
)
def test_a_name_holds_no_folder_and_no_control_character(given_, clean):
    assert clean_name(given_) == clean


@given(st.text(max_size=80))
def test_no_name_breaks_out_of_its_header(text):
    whole = asyncio.run(joined(multipart_payload({}, "file", [made(clean_name(text), b"x")])))
    head = whole.partition(b"\r\n\r\n")[0]
    assert head.count(b"\r\n") == 2
    assert head.count(b'"') == 4

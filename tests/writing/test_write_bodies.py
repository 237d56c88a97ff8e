"""Bodies that no write takes: JSON that is too deep or says two things, and forms of every wrong shape."""

import json

import pytest

from tests.writing.house import PROVIDERS

TICKET = {"trengo": "731190007", "chatwoot": "3"}
BOUNDARY = "x-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture(scope="module")
def server(house):
    started = house.worker()
    yield started
    started.kill()


@pytest.fixture
def quiet(house):
    """Both simulators, which must not be asked to change anything."""
    for place in house.places.values():
        place.reset()
    yield
    assert [one for place in house.places.values() for one in place.log() if one["method"] != "GET"] == []


def nested(levels):
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f'{{"ticket": {{"id": "1"}}, "remote_data": {{"x": {nested(63)}}}}}', "invalid-json"),
        (f'{{"ticket": {{"id": "1"}}, "remote_data": {{"x": {nested(100_000)}}}}}', "invalid-json"),
        ("[" * 100_000, "invalid-json"),
        ('{"a":' * 100_000, "invalid-json"),
        ('{"ticket": {"id": "1"}, "body": "x", "is_private": true, "is_private": false}', "invalid-json"),
        ('{"ticket": {"id": "1"}, "body": "x", "is_private": true, "is_priv\\u0061te": false}', "invalid-json"),
        ('{"ticket": {"id": "1", "id": "2"}, "body": "x"}', "invalid-json"),
        ('{"ticket": {"id": "1"}, "body": "x", "remote_data": {"a": [{"b": 1, "b": 2}]}}', "invalid-json"),
        ('{"ticket": {"id": "1"}, "body": "\\ud800"}', "invalid-json"),
        ('{"ticket": {"id": "1"}, "body": "x"} {}', "invalid-json"),
        ('{"ticket": {"id": "1"}, "body": NaN}', "invalid-json"),
        ("", "invalid-json"),
        ("null", "invalid-request"),
        ("[]", "invalid-request"),
        ("{}", "invalid-request"),
        ('{"ticket": {"id": 1}, "body": "x"}', "invalid-request"),
        ('{"ticket": {"id": "1"}, "bodi": "x"}', "invalid-request"),
        ('{"ticket": {"id": "1"}, "body": "x", "is_private": "true"}', "invalid-request"),
        ('{"ticket": {"id": "1"}, "body": "x", "is_private": null}', "invalid-request"),
        ('{"ticket": {"id": "1"}, "body": "x", "remote_data": []}', "invalid-request"),
    ],
    ids=lambda value: value[:60] if len(value) < 200 else f"{value[:30]} .. {len(value)}",
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_json_that_is_too_deep_or_ambiguous_is_refused(provider, body, code, server, quiet):
    options = {"content": body.encode(), "headers": {"Content-Type": "application/json"}}
    answer = server.request(provider, "POST", "ticketing/comments", **options)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_sixty_four_levels_are_taken(server, house):
    body = f'{{"ticket": {{"id": "731190007"}}, "body": "deep [[[", "remote_data": {{"x": {nested(62)}}}}}'
    house.places["trengo"].reset()
    options = {"content": body.encode(), "headers": {"Content-Type": "application/json"}}
    assert server.request("trengo", "POST", "ticketing/comments", **options).status_code == 201


def part(name, content, *more, filename=None, kind=None):
    """A part of a form, or several one after the other."""
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'Content-Disposition: form-data; name="{name}"{file}\r\n' + (f"Content-Type: {kind}\r\n" if kind else "")
    return f"--{BOUNDARY}\r\n{head}\r\n{content}\r\n" + "".join(more)


def data(provider="trengo"):
    return part("data", json.dumps({"ticket": {"id": TICKET[provider]}, "body": "with a file"}))


def file(name="a.txt", kind="text/plain"):
    return part("file", "content", filename=name, kind=kind)


END = f"--{BOUNDARY}--\r\n"
BAD_FORMS = {
    "no boundary is named": ("multipart/form-data", data() + file() + END),
    "an empty boundary": ('multipart/form-data; boundary=""', data() + file() + END),
    "another boundary": ("multipart/form-data; boundary=other", data() + file() + END),
    "twenty-one parts": (FORM, data() + file() * 20 + END),
    "the file comes first": (FORM, file() + data() + END),
    "no data": (FORM, file() + END),
    "data twice": (FORM, data() + data() + END),
    "data with a file name": (FORM, part("data", "{}", filename="data.json") + END),
    "a part that is no file": (FORM, data() + part("more", "x") + END),
    "cut in the middle of a file": (FORM, (data() + file())[:-4]),
    "cut before the end": (FORM, data() + file()),
    "nothing": (FORM, ""),
    "only the end": (FORM, END),
    "a giant part header": (FORM, data() + part("file", "x", filename="a" * 100_000) + END),
    "a thousand part headers": (FORM, data() + f"--{BOUNDARY}\r\n" + "X-A: b\r\n" * 1000 + "\r\nx\r\n" + END),
    "a part without a name": (FORM, f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END),
    "a part without a head": (FORM, f"--{BOUNDARY}\r\n\r\nx\r\n" + END),
    "data that is no JSON": (FORM, part("data", "{") + file() + END),
    "data that says two things": (FORM, part("data", '{"body": "x", "body": "y"}') + file() + END),
}


@pytest.mark.parametrize(("kind", "body"), BAD_FORMS.values(), ids=BAD_FORMS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_form_of_a_wrong_shape_is_refused(provider, kind, body, server, quiet):
    options = {"content": body.encode(), "headers": {"Content-Type": kind}}
    answer = server.request(provider, "POST", "ticketing/comments", **options)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in ("invalid-request", "invalid-json")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=a", "x"]
)
def test_other_types_are_not_taken(kind, server, quiet):
    options = {"content": b"{}", "headers": {"Content-Type": kind}}
    answer = server.request("trengo", "POST", "ticketing/comments", **options)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_form_is_for_comments_alone(server, quiet):
    options = {"content": data() + END, "headers": {"Content-Type": FORM}}
    assert server.request("trengo", "POST", "ticketing/tags", **options).status_code == 415


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\temp\\\\a.txt", "a.txt"),
        ("a\tb\x7f.txt", "ab.txt"),
        ("été 2026 #44.pdf", "été 2026 #44.pdf"),
        ("a%0d%0aX-Evil: 1.txt", "a%0d%0aX-Evil: 1.txt"),
        ("a%22; filename=%22b.exe", "a%22; filename=%22b.exe"),
        (".", "file"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
    ids=[
        "folders up",
        "a drive",
        "controls",
        "letters",
        "encoded line ends",
        "encoded quotes",
        "dots alone",
        "too long",
    ],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_file_name_arrives_without_tricks(provider, sent, arrives, server, house):
    place = house.places[provider]
    place.reset()
    options = {"content": (data(provider) + file(sent) + END).encode(), "headers": {"Content-Type": FORM}}
    answer = server.request(provider, "POST", "ticketing/comments", **options)
    assert answer.status_code == 201, answer.text
    upload = next(one for one in place.log() if "multipart" in dict(one["headers"]).get("content-type", ""))
    assert f'filename="{arrives.replace(chr(34), "%22")}"' in upload["body"]
    assert upload["body"].count("Content-Disposition") == upload["body"].count("form-data; name=")

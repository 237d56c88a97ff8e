"""Privacy fails closed: whatever is wrong with the mapping or the request, a note is refused before any call."""

import json
import shutil

import pytest

from proxy.language.document import Mistakes
from tests.writing.cases import NOTE
from tests.writing.house import PROVIDERS
from tests.writing.recorded import texts_in_the_open
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings

FLAGS = {
    ("trengo", "comments"): "internal_note: is_private || `false`",
    ("trengo", "tickets"): "internal_note: comment.is_private || `false`",
    ("chatwoot", "comments"): "        private: is_private || `false`\n        message_type: \"'outgoing'\"",
    ("chatwoot", "tickets"): "        private: comment.is_private || `false`\n        message_type: \"'outgoing'\"",
}
KEYWORDS = {"trengo": "      private: internal_note\n", "chatwoot": "      private: private\n"}


WAYS = {
    "the flag is gone": None,
    "the flag is null": '"`null`"',
    "the flag is always false": '"`false`"',
    "the flag is a text": "\"'true'\"",
    "the flag is a number": '"`1`"',
}
REFUSED = {"private-not-proved", "unsupported-attribute"}


def changed(folder, value):
    """The mappings with another flag in each file that says something private."""
    copy = shutil.copytree(mappings_folder(), folder / "mappings")
    for (provider, resource), flag in FLAGS.items():
        path = copy / provider / "ticketing" / f"{resource}.yaml"
        text, line = path.read_text(), flag.partition("\n")[0]
        assert flag in text
        said = flag.replace(line, "" if value is None else f"{line.partition(':')[0]}: {value}")
        path.write_text(text.replace(flag, said, 1))
    return copy


def notes(provider):
    """Every way to write something private."""
    ticket = {"trengo": "731190007", "chatwoot": "3"}[provider]
    contact = {"trengo": "451500001", "chatwoot": "1202"}[provider]
    channel = {"trengo": "1377010", "chatwoot": "23"}[provider]
    comment = {"body": NOTE, "is_private": True}
    return [
        ("comments", {"ticket": {"id": ticket}, **comment}),
        ("comments", {"ticket": {"id": ticket}, "html_body": f"<p>{NOTE}</p>", "is_private": True}),
        ("tickets", {"contact": {"id": contact}, "channel": {"id": channel}, "name": "x", "comment": comment}),
    ]


@pytest.fixture(scope="module", params=WAYS, ids=WAYS)
def broken(request, build_house, tmp_path_factory):
    """A server whose operator has mappings of his own."""
    folder = changed(tmp_path_factory.mktemp("own"), WAYS[request.param])
    house = build_house(mappings_dir=str(folder))
    started = house.worker()
    yield started
    started.kill()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_mapping_that_proves_nothing_sends_nothing(provider, broken):
    place = broken.house.places[provider]
    for resource, body in notes(provider):
        place.reset()
        answer = broken.request(provider, "POST", f"ticketing/{resource}", json=body)
        assert (answer.status_code, answer.json()["code"] in REFUSED) == (422, True), answer.text
        assert [one["target"] for one in place.log() if one["method"] != "GET"] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_files_make_no_difference(provider, broken):
    place = broken.house.places[provider]
    place.reset()
    _, body = notes(provider)[0]
    parts = [("data", (None, json.dumps(body), "application/json")), ("file", ("a.txt", b"x"))]
    answer = broken.request(provider, "POST", "ticketing/comments", files=parts)
    assert (answer.status_code, answer.json()["code"] in REFUSED) == (422, True), answer.text
    assert [one["target"] for one in place.log() if one["method"] != "GET"] == []


@pytest.mark.parametrize(("provider", "resource"), FLAGS)
def test_a_mapping_without_the_word_does_not_load(provider, resource, tmp_path):
    copy = shutil.copytree(mappings_folder(), tmp_path / "mappings")
    path = copy / provider / "ticketing" / f"{resource}.yaml"
    path.write_text(path.read_text().replace(KEYWORDS[provider], "", 1))
    with pytest.raises(Mistakes, match="how its privacy is proved"):
        load_mappings(copy)


REMOTE = {
    "trengo": [{"internal_note": False}, {"message": "other"}, {"internal_note": None}],
    "chatwoot": [{"private": False}, {"content": "other"}, {"message_type": "incoming"}],
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_callers_own_additions_cannot_open_a_note(provider, house, worker):
    place = house.places[provider]
    _, body = notes(provider)[0]
    for remote in REMOTE[provider]:
        answer = worker.request(provider, "POST", "ticketing/comments", json={**body, "remote_data": remote})
        assert (answer.status_code, answer.json()["code"]) == (400, "remote-data-conflict"), answer.text
    assert [one["target"] for one in place.log() if one["method"] != "GET"] == []
    other = {"Private": False, "internal-note": False, "is_private": False, "private[]": False, "type": "OUTBOUND"}
    worker.request(provider, "POST", "ticketing/comments", json={**body, "remote_data": other})
    assert not texts_in_the_open(provider, place.kept, NOTE)

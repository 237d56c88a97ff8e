"""Lists that move, break in the middle or lie about their pages."""

import json

import pytest

from tests.outbound.scripted import answer


def ids(pages):
    return [record["id"] for page in pages for record in page["result"]]


def walk(scene, **query):
    """Every page of a list, 10 rows each."""
    pages, cursor = [], None
    for _ in range(60):
        given = query if cursor is None else {"next_cursor": cursor}
        answered = scene.tickets(**({"limit": 10} | given))
        assert answered.status == 200, answered.text
        pages.append(answered.json())
        cursor = pages[-1]["next_cursor"]
        if cursor is None:
            return pages
    raise AssertionError("the walk does not end")


def churning(scene, **change):
    """Before every page that is asked for, rows come, go and move."""

    def script(got, number):
        if got.target.startswith(b"/api/v2/tickets?"):
            scene.provider.churn(**change)

    scene.provider.script = script


@pytest.mark.fault("F28", "rows come, go and move")
def test_a_list_that_moves_gives_no_id_twice(scene):
    churning(scene, insert=1, close=1, bump=1)
    found = ids(walk(scene))
    assert len(found) == len(set(found)) >= 50


@pytest.mark.fault("F28", "rows go, read strictly")
def test_a_list_that_shrinks_is_read_whole_with_strict(scene):
    """Of 60 rows one in fifty leaves before each call, which is the promised measure."""
    before = set(ids(walk(scene, status_category="open")))
    churning(scene, close=1)
    found = ids(walk(scene, status_category="open", consistency="strict"))
    scene.provider.script = None
    untouched = before & set(ids(walk(scene, status_category="open")))
    assert len(found) == len(set(found))
    assert untouched < before
    assert untouched <= set(found)


@pytest.mark.fault("F29", "a page fails between two good ones")
@pytest.mark.parametrize("status", [500, 503])
def test_a_page_that_fails_in_between_is_made_again(scene, status):
    expected = ids(walk(scene))
    broken = set()

    def script(got, number):
        if got.target.startswith(b"/api/v2/tickets?") and got.target not in broken:
            broken.add(got.target)
            return [answer(b"{}", status)]
        return None

    scene.provider.script = script
    assert ids(walk(scene)) == expected
    assert len(broken) >= 3


@pytest.mark.fault("F29", "the list moves while a page is made again")
def test_a_page_that_is_made_again_after_a_move_gives_no_id_twice(scene):
    broken = set()

    def script(got, number):
        if got.target.startswith(b"/api/v2/tickets?") and got.target not in broken:
            broken.add(got.target)
            scene.provider.churn(bump=3, insert=2)
            return [answer(b"{}", 502)]
        return None

    scene.provider.script = script
    found = ids(walk(scene))
    assert len(found) == len(set(found)) >= 50


def with_changed(scene, change):
    """The list as it is, each page changed by ``change(body)``."""

    def script(got, number):
        if not got.target.startswith(b"/api/v2/tickets?"):
            return None
        body = json.loads(scene.provider.real(got).partition(b"\r\n\r\n")[2])
        change(body)
        return [answer(json.dumps(body).encode())]

    scene.provider.script = script


LIES = {
    "a total that is text": lambda body: body["meta"].update(total="many", last_page="x"),
    "a last page that is too early": lambda body: body["meta"].update(last_page=1, total=1),
    "a total that is null": lambda body: body["meta"].update(total=None, last_page=None),
    "a page size that is not the one asked for": lambda body: body["meta"].update(per_page=999),
}


@pytest.mark.parametrize("lie", [pytest.param(one, marks=pytest.mark.fault("F30", one)) for one in LIES])
def test_what_a_list_says_of_its_pages_is_not_trusted(scene, lie):
    expected = ids(walk(scene))
    with_changed(scene, LIES[lie])
    assert ids(walk(scene)) == expected


@pytest.mark.fault("F30", "the same page for ever")
def test_a_page_for_ever_ends_in_a_loop(scene):
    first = json.loads(scene.proxied(params={"page": 1}).text)
    first["links"]["next"] = "https://app.trengo.com/api/v2/tickets?page=2"
    scene.answer_first(answer(json.dumps(first).encode()), times=999)
    answered = scene.tickets(limit=200)
    while answered.status == 200 and answered.json()["next_cursor"]:
        answered = scene.tickets(next_cursor=answered.json()["next_cursor"])
    assert (answered.status, answered.code) == (502, "pagination-loop")
    assert scene.calls < 25


@pytest.mark.fault("F30", "a page that is no page")
@pytest.mark.parametrize("body", [b"[]", b"null", b'{"data":{}}', b'{"rows":[]}', b'"data"', b"7"], ids=repr)
def test_what_is_no_page_is_never_an_empty_list(scene, body):
    scene.answer_first(answer(body), times=99)
    answered = scene.tickets()
    assert answered.status == 502, answered.text

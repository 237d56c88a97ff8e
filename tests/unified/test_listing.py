"""Lists as the engine reads them: parts, rows beside the provider's, lists read whole, orders made here."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import NotFound
from proxy.language.expression import Context
from proxy.paging.position import Row
from tests.unified.acme import COMMENTS_OF, FIELDS, FILES, Desk, House, build
from unified.listing import WHOLE_PAGES, sort_key

MESSAGES = [  # newest first; the number is that of a message's files
    {
        "id": 900 - index,
        "ticket": 7,
        "files": [{"id": f"{index}{letter}", "name": "a.pdf"} for letter in "abcde"[:count]],
    }
    for index, count in enumerate([2, 0, 5, 1, 0, 0, 3])
]
ALL_FILES = [f"7.{message['id']}.{file['id']}" for message in MESSAGES for file in message["files"]]


def by_page(size):
    """Messages in numbered pages."""

    def answer(path, query):
        assert path == "/tickets/7/messages"
        start = (int(query.get("page", 1)) - 1) * size
        return {"data": MESSAGES[start : start + size], "more": start + size < len(MESSAGES)}

    return answer


def before_id(size):
    """Messages before an id."""

    def answer(_, query):
        below = [one for one in MESSAGES if one["id"] < int(query.get("before", 1000))]
        return {"data": below[:size]}

    return answer


STYLES = {
    "page with more": ("{ style: page, more: more }", by_page),
    "page without more": ("{ style: page }", by_page),
    "id_before": ("{ style: id_before }", before_id),
}


def files(paging):
    return build(
        f"{FILES}list: {{ get: '{COMMENTS_OF}', items: data, rows: files, paging: {paging},"
        " filters: { ticket_id: path } }\n"
        "get: { get: '/tickets/{id().ticket}/messages', item: 'data[0]', rows: files }",
        "attachments",
    )


@pytest.mark.parametrize("style", STYLES)
@settings(deadline=None, max_examples=40)
@given(limit=st.integers(1, 12), size=st.integers(1, 9))
def test_every_part_comes_once_wherever_a_limit_falls_inside_an_item(style, limit, size):
    paging, answer = STYLES[style]
    pages = House().walk(files(paging), Desk(answer(size)), f"ticket_id=7&limit={limit}")
    assert [one for page in pages for one in page] == ALL_FILES
    assert all(len(page) <= limit for page in pages)


@pytest.mark.parametrize("style", STYLES)
def test_a_part_knows_its_item_and_the_id_of_another_record(style):
    paging, answer = STYLES[style]
    record = House().list(files(paging), Desk(answer(25)), "ticket_id=7&limit=1").result[0]
    assert record["ticket_id"] == "7"
    assert record["comment_id"] == "7.900"
    assert record["content_type"] == "application/pdf"


@pytest.mark.parametrize("held", [None, [], {}, True, 5, "text", {"id": 1}])
def test_parts_that_are_no_list_are_none(held):
    desk = Desk(lambda *_: {"data": [{"id": 1, "ticket": 7, "files": held}], "more": False})
    assert House().list(files(STYLES["page with more"][0]), desk, "ticket_id=7").result == []


def test_a_part_is_got_by_its_id_and_a_part_that_is_not_there_is_not_found():
    mapping, house = files("{ style: page }"), House()
    assert house.get(mapping, Desk(by_page(25)), "7.900.0b")["result"]["id"] == "7.900.0b"
    for wrong in ("7.900.0c", "7.899.0a", "7.900", "8"):
        with pytest.raises(NotFound):
            house.get(mapping, Desk(by_page(25)), wrong)


def test_a_compound_id_without_one_of_its_parts_is_null():
    record, errors = files("{ style: page }").translate({"id": 5}, Context(parent={"id": 1}))
    assert (record["id"], record["comment_id"], errors) == (None, None, [])


def test_of_a_part_the_providers_own_object_is_the_part():
    answer = House().list(files("{ style: page }"), Desk(by_page(25)), "ticket_id=7&limit=1&include=remote_data")
    assert answer.result[0]["remote_data"] == {"id": "0a", "name": "a.pdf"}


ALSO = "also: [{ id: own, name: Own, entity: ticket }, { id: f2, name: Twice, entity: contact }]"


def fields(words):
    return build(f"{FIELDS}list: {{ get: /fields, items: data, {words} }}\nget: find", "fields")


def numbered(size, count):
    """``f1`` .. in numbered pages."""

    def answer(_, query):
        start = (int(query.get("page", 1)) - 1) * size
        rows = [{"id": f"f{one}", "name": f"n{one}", "entity": "ticket"} for one in range(start + 1, count + 1)][:size]
        return {"data": rows, "more": start + size < count, "count": count}

    return answer


PAGINGS = ["whole", "{ style: whole, more: more }", "{ style: page, more: more }", "{ style: page, count: count }"]


@pytest.mark.parametrize("paging", [*PAGINGS, "{ style: page }"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
@pytest.mark.parametrize("consistency", ["default", "strict"])
def test_rows_beside_the_providers_come_first_and_each_id_once(paging, limit, consistency):
    size = 1000 if paging == "whole" else 4
    query = f"limit={limit}&consistency={consistency}"
    pages = House().walk(fields(f"{ALSO}, paging: {paging}"), Desk(numbered(size, 13)), query)
    found = [one for page in pages for one in page]
    assert found == ["own", "f2", "f1", *(f"f{one}" for one in range(3, 14))]


def test_rows_beside_the_providers_come_once_before_a_list_by_ids():
    def answer(_, query):
        return {"data": [{"id": one, "name": "n"} for one in range(9, 0, -1) if one < int(query.get("before", 99))][:2]}

    pages = House().walk(fields(f"{ALSO}, paging: {{ style: id_before }}"), Desk(answer), "limit=3")
    assert [one for page in pages for one in page] == ["own", "f2", *map(str, range(9, 0, -1))]


def test_rows_beside_the_providers_are_found_by_id_and_filtered_like_others():
    mapping, house = fields(ALSO), House()
    assert house.get(mapping, Desk(numbered(9, 3)), "own")["result"]["name"] == "Own"
    found = house.list(mapping, Desk(numbered(9, 3)), "entity_type=contact")
    assert [one["id"] for one in found.result] == ["f2"]


def test_a_list_read_whole_is_read_page_after_page_in_one_request():
    desk = Desk(numbered(4, 10))
    mapping = fields("paging: { style: whole, more: more }")
    assert len(House().list(mapping, desk, "limit=200").result) == 10
    assert desk.calls == ["/fields", "/fields?page=2", "/fields?page=3"]


def test_a_list_read_whole_that_goes_on_is_cut():
    desk = Desk(lambda _, query: {"data": [{"id": query.get("page", "1")}], "more": True})
    assert len(House().list(fields("paging: { style: whole, more: more }"), desk, "limit=200").result) == WHOLE_PAGES
    assert len(desk.calls) == WHOLE_PAGES


KINDS = "filters: { entity_type: { query: kind, enum: kinds, one_by_one: true, always: true } }"
SAID = {"0": "ticket", "1": "contact", "2": "profile"}


def kinds(_, query):
    """Three fields of each kind, and nothing without one."""
    kind = query.get("kind", "")
    rows = [{"id": f"{kind}{one}", "name": f"{one}{kind}", "entity": SAID[kind]} for one in "cab"] if kind else []
    return {"data": rows}


@pytest.mark.parametrize("paging", ["whole", "{ style: page }"])
@pytest.mark.parametrize("limit", [1, 2, 4, 9])
def test_without_the_filter_every_word_is_walked_once(paging, limit):
    def answer(path, query):
        return {"data": []} if query.get("page") not in (None, "1") else kinds(path, query)

    pages = House().walk(fields(f"{KINDS}, paging: {paging}"), Desk(answer), f"limit={limit}")
    assert [one for page in pages for one in page] == [f"{kind}{one}" for kind in "012" for one in "cab"]


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        ("", ["kind=0", "kind=1", "kind=2"]),
        ("entity_type=contact", ["kind=1"]),
        ("entity_type=profile,ticket", ["kind=2", "kind=0"]),
    ],
)
def test_the_filter_narrows_the_words_that_are_walked(said, calls):
    desk = Desk(kinds)
    found = House().list(fields(KINDS), desk, said).result
    assert desk.calls == [f"/fields?{one}" for one in calls]
    assert {one["entity_type"] for one in found} == {SAID[one[-1]] for one in calls}


def test_an_order_made_here_is_an_order_of_all_the_words_together():
    house, mapping = House(), fields(KINDS)
    names = [one["name"] for one in house.list(mapping, Desk(kinds), "sort=name").result]
    assert names == ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]
    assert house.walk(mapping, Desk(kinds), "sort=-name&limit=4") == [
        ["2c", "1c", "0c", "2b"],
        ["1b", "0b", "2a", "1a"],
        ["0a"],
    ]


NAMED = [{"id": "1", "name": "beta"}, {"id": "2"}, {"id": "3", "name": "Alpha"}, {"id": "4", "name": "alpha"}]


@pytest.mark.parametrize(("sort", "ids"), [("name", "3412"), ("-name", "1342"), (None, "1234")])
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_an_order_made_here_ignores_case_and_puts_what_has_no_name_last(sort, ids, limit):
    desk = Desk(lambda *_: {"data": NAMED})
    query = f"limit={limit}" + (f"&sort={sort}" if sort else "")
    assert "".join(one for page in House().walk(fields("paging: whole"), desk, query) for one in page) == ids


VALUES = st.lists(st.none() | st.text("aAbB", max_size=2), max_size=8)


@given(VALUES, st.booleans())
def test_nulls_are_last_in_both_directions_and_equals_keep_their_order(values, descending):
    rows = [Row(str(index), {"name": value}, "") for index, value in enumerate(values)]
    made = sorted(rows, key=sort_key("-name" if descending else "name"), reverse=descending)
    names = [row.record["name"] for row in made]
    said = [name for name in names if name is not None]
    assert names == said + [None] * (len(names) - len(said))
    assert said == sorted((one for one in values if one is not None), key=str.casefold, reverse=descending)


def test_a_row_without_its_record_sorts_last_too():
    rows = [Row("1", None, ""), Row("2", {"name": "a"}, "")]
    for sort in ("name", "-name"):
        assert [row.id for row in sorted(rows, key=sort_key(sort), reverse=sort[0] == "-")] == ["2", "1"]

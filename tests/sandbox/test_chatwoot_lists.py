"""How lists of the simulated Chatwoot are paged, counted, filtered and sorted."""

import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask


@pytest.fixture(scope="module")
def chatwoot():
    return Chatwoot()


@pytest.fixture(scope="module")
def ask(chatwoot):
    return Ask(chatwoot, chatwoot.token_for(0))


def walked(ask, path, items, start=1):
    found, page = [], start
    joint = "&" if "?" in path else "?"
    while True:
        answer = ask.get(f"{path}{joint}page={page}")
        rows = items(answer)
        if not rows:
            return found
        found.append([row["id"] for row in rows])
        page += 1


def conversations(answer):
    return answer["data"]["payload"]


def filtered(ask, *rows, page=1):
    return ask.post(f"/conversations/filter?page={page}", {"payload": list(rows)})


def row(key, operator, values, joint=None):
    return {"attribute_key": key, "filter_operator": operator, "values": values, "query_operator": joint}


@pytest.mark.parametrize(
    "sort", ["created_at_asc", "created_at_desc", "last_activity_at_asc", "priority_desc", "nonsense"]
)
def test_walking_all_conversations_gives_each_id_once(ask, chatwoot, sort):
    pages = walked(ask, f"/conversations?status=all&sort_by={sort}", conversations)
    ids = [number for page in pages for number in page]
    assert sorted(ids) == sorted(chatwoot.state.conversations)
    assert [len(page) for page in pages] == [25] * 20


def test_the_default_status_is_open(ask):
    assert {one["status"] for one in conversations(ask.get("/conversations"))} == {"open"}


def test_without_a_sort_the_newest_activity_comes_first(ask):
    times = [one["last_activity_at"] for one in conversations(ask.get("/conversations?status=all"))]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("status", ["closed", "OPEN", "none", "7"])
def test_a_status_the_enum_does_not_know_is_a_silent_empty_list(ask, status):
    answer = ask.get(f"/conversations?status={status}")["data"]
    assert answer["payload"] == []
    assert answer["meta"]["all_count"] == 0


def test_counts_are_taken_before_the_assignee_filter(ask):
    everything = ask.get("/conversations?status=all")["data"]["meta"]
    mine = walked(ask, "/conversations?status=all&assignee_type=me", conversations)
    unassigned = walked(ask, "/conversations?status=all&assignee_type=unassigned", conversations)
    assert ask.get("/conversations?status=all&assignee_type=me")["data"]["meta"] == everything
    assert sum(map(len, mine)) == everything["mine_count"] < everything["all_count"]
    assert sum(map(len, unassigned)) == everything["unassigned_count"]
    assert everything["assigned_count"] == everything["all_count"] - everything["unassigned_count"]


def test_the_meta_endpoint_gives_the_same_counts(ask):
    counts = ask.get("/conversations?status=all")["data"]["meta"]
    assert ask.get("/conversations/meta?status=all")["meta"] == counts


def test_inbox_team_and_labels_narrow_the_counts_too(ask):
    answer = ask.get("/conversations?status=all&inbox_id=21&team_id=4")["data"]
    assert len(answer["payload"]) <= answer["meta"]["all_count"] < 100
    assert {(one["inbox_id"], one["meta"]["team"]["id"]) for one in answer["payload"]} == {(21, 4)}
    labelled = conversations(ask.get("/conversations?status=all&labels[]=vip&labels[]=bezorging"))
    assert all({"vip", "bezorging"} & set(one["labels"]) for one in labelled)
    assert any(one["labels"] == ["bezorging"] for one in labelled)


def test_an_unknown_inbox_is_an_empty_list_and_an_unknown_team_is_404(ask):
    assert conversations(ask.get("/conversations?inbox_id=999")) == []
    assert ask.refused("GET", "/conversations?team_id=999") == (404, {"error": "Resource could not be found"})


def test_a_search_looks_in_all_statuses_and_its_counts_are_of_the_page(ask):
    answer = ask.get("/conversations?q=gracht&status=open")["data"]
    assert answer["payload"] == []
    answer = ask.get("/conversations?q=factuur")["data"]
    assert len({one["status"] for one in answer["payload"]}) > 1
    assert answer["meta"]["all_count"] == len(answer["payload"])


def test_updated_within_answers_everything_at_once(ask, chatwoot):
    rows = conversations(ask.get("/conversations?status=all&updated_within=99999999&page=3"))
    assert len(rows) == len(chatwoot.state.conversations)
    assert len(conversations(ask.get("/conversations?status=all&updated_within=604800"))) < len(rows)


@pytest.mark.parametrize("page", ["0", "-3", "x", ""])
def test_a_page_that_is_no_page_is_the_first(ask, page):
    assert ask.get(f"/conversations?page={page}") == ask.get("/conversations?page=1")


def test_a_page_beyond_the_end_is_empty(ask):
    assert conversations(ask.get("/conversations?page=999")) == []


def test_walking_contacts_gives_each_known_contact_once(ask, chatwoot):
    pages = walked(ask, "/contacts", lambda answer: answer["payload"])
    ids = [number for page in pages for number in page]
    assert {len(page) for page in pages[:-1]} == {15}
    assert ids == [one.id for one in chatwoot.state.contacts.values() if one.resolved]
    assert len(ids) == ask.get("/contacts")["meta"]["count"]


def test_some_senders_of_tickets_are_in_no_contact_list(ask, chatwoot):
    listed = {number for page in walked(ask, "/contacts", lambda answer: answer["payload"]) for number in page}
    senders = {one.contact_id for one in chatwoot.state.conversations.values()}
    assert senders - listed
    unknown = ask.get(f"/contacts/{min(senders - listed)}")["payload"]
    assert (unknown["email"], unknown["phone_number"], unknown["identifier"]) == (None, None, None)


def test_current_page_is_a_number_when_none_was_sent_and_a_text_when_one_was(ask):
    assert ask.get("/contacts")["meta"]["current_page"] == 1
    assert ask.get("/contacts?page=1")["meta"]["current_page"] == "1"
    assert ask.get("/contacts?page=999") == {"meta": {"count": 242, "current_page": "999"}, "payload": []}


@pytest.mark.parametrize("sort", ["name", "-name", "email", "-last_activity_at", "created_at", "company_name"])
def test_contacts_are_sorted_with_empty_values_last(ask, sort):
    key = sort.removeprefix("-")
    rows = [one for page in range(1, 18) for one in ask.get(f"/contacts?sort={sort}&page={page}")["payload"]]
    values = [one["additional_attributes"].get(key) if key == "company_name" else one.get(key) for one in rows]
    valued = [value.lower() if key == "name" else value for value in values if value is not None]
    assert valued == sorted(valued, reverse=sort.startswith("-"))
    assert None not in values[: len(valued)]


def test_a_contact_search_counts_its_page_and_says_whether_there_is_more(ask):
    first = ask.get("/contacts/search?q=example")["meta"]
    assert first == {"count": 15, "current_page": 1, "has_more": True}
    page = 1
    while ask.get(f"/contacts/search?q=example&page={page}")["meta"]["has_more"]:
        page += 1
    assert ask.get(f"/contacts/search?q=example&page={page + 1}")["meta"]["count"] == 0


def test_a_contact_search_finds_phone_numbers_and_identifiers_in_their_case(ask, chatwoot):
    one = next(one for one in chatwoot.state.contacts.values() if one.identifier)
    assert one.id in {row["id"] for row in ask.get(f"/contacts/search?q={one.identifier}")["payload"]}
    assert ask.get(f"/contacts/search?q={one.identifier.upper()}")["payload"] == []


def test_a_filter_by_assignee_and_contact_is_an_and(ask, chatwoot):
    some = next(one for one in chatwoot.state.conversations.values() if one.assignee_id == 12)
    answer = filtered(
        ask, row("assignee_id", "equal_to", [12], "AND"), row("contact_id", "equal_to", [some.contact_id])
    )
    assert some.id in {one["id"] for one in answer["payload"]}
    assert {one["meta"]["sender"]["id"] for one in answer["payload"]} == {some.contact_id}
    assert list(answer["meta"]) == ["mine_count", "unassigned_count", "all_count"]


def test_and_binds_before_or(ask):
    answer = filtered(
        ask,
        row("status", "equal_to", ["snoozed"], "OR"),
        row("status", "equal_to", ["pending"], "AND"),
        row("priority", "equal_to", ["urgent"]),
    )
    assert all(
        one["status"] == "snoozed" or (one["status"], one["priority"]) == ("pending", "urgent")
        for one in answer["payload"]
    )
    assert {one["status"] for page in (1, 2, 3) for one in _page(ask, page)} == {"snoozed", "pending"}


def _page(ask, page):
    rows = (row("status", "equal_to", ["snoozed"], "OR"), row("status", "equal_to", ["pending"]))
    return filtered(ask, *rows, page=page)["payload"]


def test_a_filter_with_all_statuses_finds_everything_in_pages_of_25(ask, chatwoot):
    answer = filtered(ask, row("status", "equal_to", ["all"]))
    assert answer["meta"]["all_count"] == len(chatwoot.state.conversations)
    assert len(answer["payload"]) == 25
    assert filtered(ask, row("status", "equal_to", ["closed"]))["payload"] == []


def test_not_equal_leaves_out_rows_without_a_value(ask):
    answer = filtered(ask, row("team_id", "not_equal_to", [4]))
    assert {one["meta"]["team"]["id"] for one in answer["payload"]} == {5, 6}


def test_dates_are_compared_by_day(ask):
    answer = filtered(ask, row("created_at", "is_greater_than", ["2026-05-10"]))
    assert answer["payload"]
    assert min(one["created_at"] for one in answer["payload"]) >= 1778457600


def test_a_custom_attribute_of_the_account_can_be_filtered(ask, chatwoot):
    some = next(one for one in chatwoot.state.conversations.values() if one.custom)
    answer = filtered(ask, row("order_id", "equal_to", [some.custom["order_id"]]))
    assert [one["id"] for one in answer["payload"]] == [some.id]


@pytest.mark.parametrize(
    ("rows", "status", "text"),
    [
        ([row("favourite", "equal_to", ["x"])], 422, "Invalid attribute key - [favourite]. The key should be one of"),
        ([row("status", "contains", ["x"])], 422, "Invalid operator. The allowed operators for status"),
        ([row("created_at", "is_less_than", ["soon"])], 422, "Invalid value. The values provided for created_at"),
        ([row("status", "equal_to", [])], 422, "Invalid value. The values provided for status"),
        ([row("status", "equal_to", ["all"], "XOR")], 422, "Query operator must be"),
        ([row("status", "equal_to", ["all"], "AND")], 500, "Internal Server Error"),
        ([row("inbox_id", "equal_to", ["x"])], 500, "Internal Server Error"),
    ],
)
def test_a_bad_filter_is_refused_as_the_provider_does(ask, rows, status, text):
    answered, body = ask.refused("POST", "/conversations/filter", {"payload": rows})
    assert answered == status
    assert body["error"].startswith(text)


def test_a_contact_filter_takes_a_number_with_or_without_its_plus(ask, chatwoot):
    one = next(one for one in chatwoot.state.contacts.values() if one.phone)
    for number in (one.phone, one.phone.lstrip("+")):
        answer = ask.post("/contacts/filter", {"payload": [row("phone_number", "equal_to", [number])]})
        assert [found["id"] for found in answer["payload"]] == [one.id]
        assert answer["meta"] == {"count": 1, "current_page": 1}


def test_a_contact_filter_by_mail_ignores_case(ask, chatwoot):
    one = next(one for one in chatwoot.state.contacts.values() if one.email)
    answer = ask.post("/contacts/filter", {"payload": [row("email", "equal_to", [one.email.upper()])]})
    assert [found["id"] for found in answer["payload"]] == [one.id]


def test_conversations_of_a_contact_are_at_most_twenty_without_pages(ask, chatwoot):
    contact_id = max(chatwoot.state.of_contact, key=lambda number: len(chatwoot.state.of_contact[number]))
    rows = ask.get(f"/contacts/{contact_id}/conversations?page=2")["payload"]
    assert {one["id"] for one in rows} == chatwoot.state.of_contact[contact_id]
    assert len(rows) <= 20


def test_an_agent_lists_only_conversations_of_its_inboxes(chatwoot):
    agent = Ask(chatwoot, chatwoot.agent_token())
    rows = [one for page in (1, 2, 3) for one in conversations(agent.get(f"/conversations?status=all&page={page}"))]
    assert {one["inbox_id"] for one in rows} == {21, 22}


@pytest.fixture(scope="module")
def long_conversation(chatwoot):
    return max(chatwoot.state.conversations.values(), key=lambda one: len(one.messages))


def test_messages_come_in_the_four_windows_always_oldest_first(ask, long_conversation):
    ids = [one.id for one in long_conversation.messages]
    path = f"/conversations/{long_conversation.id}/messages"

    def asked(query):
        return [one["id"] for one in ask.get(path + query)["payload"]]

    assert len(ids) > 100
    assert ids == sorted(ids)
    assert asked("") == ids[-20:]
    assert asked(f"?before={ids[50]}") == ids[30:50]
    assert asked("?after=0") == ids[:100]
    assert asked(f"?after={ids[99]}") == ids[100:]
    assert asked(f"?after={ids[3]}&before={ids[120]}") == ids[3:120]
    assert asked(f"?after={ids[-1]}") == []


def test_walking_messages_forward_and_back_gives_each_id_once(ask, long_conversation):
    path, ids = f"/conversations/{long_conversation.id}/messages", [one.id for one in long_conversation.messages]
    forward: list[int] = []
    while rows := ask.get(f"{path}?after={forward[-1] if forward else 0}")["payload"]:
        forward += [one["id"] for one in rows]
    back = [one["id"] for one in ask.get(path)["payload"]]
    while rows := ask.get(f"{path}?before={back[0]}")["payload"]:
        back = [one["id"] for one in rows] + back
    assert forward == back == ids


def test_internal_messages_can_be_left_out(ask, chatwoot):
    some = next(one for one in chatwoot.state.conversations.values() if any(m.private for m in one.messages))
    rows = ask.get(f"/conversations/{some.id}/messages?after=0&filter_internal_messages=true")["payload"]
    assert not any(one["private"] or one["message_type"] == 2 for one in rows)


def test_a_version_before_4_14_2_cannot_filter_conversations_by_contact(ask, chatwoot):
    rows = [row("contact_id", "equal_to", [1264])]
    assert filtered(ask, *rows)["payload"]
    chatwoot.release("4.14.1")
    answered, body = ask.refused("POST", "/conversations/filter", {"payload": rows})
    assert (answered, "Invalid attribute key - [contact_id]" in str(body)) == (422, True)
    chatwoot.reset()
    assert filtered(ask, *rows)["payload"]


@pytest.mark.parametrize("version", ["latest", "4.", "", "4.14.2-rc1"])
def test_what_is_no_version_is_not_run_as_one(chatwoot, version):
    with pytest.raises(ValueError, match="no version such as"):
        chatwoot.release(version)

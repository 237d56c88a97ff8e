"""Changes under a reader, reset, and the invented people."""

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import people
from sandbox.http import Request
from sandbox.trengo import Trengo


def page(sandbox, query=""):
    headers = (("Accept", "application/json"), ("Authorization", f"Bearer {sandbox.token_for(0)}"))
    answer = sandbox.handle(Request("GET", f"/api/v2/tickets?{query}", headers))
    return json.loads(answer.body)["data"]


def test_insert_puts_new_tickets_with_a_message_on_top():
    sandbox = Trengo(tickets=40, seed=1)
    touched = sandbox.churn({"insert": 4})["insert"]
    top = page(sandbox)[:4]
    assert [one["id"] for one in top] == touched[::-1]
    assert {(one["status"], one["messages_count"]) for one in top} == {("OPEN", 1)}


def test_bump_brings_a_ticket_to_the_top():
    sandbox = Trengo(tickets=40, seed=1)
    touched = sandbox.churn({"bump": 3})["bump"]
    assert page(sandbox)[0]["id"] == touched[-1]


def test_close_closes_open_tickets_where_they_stand():
    sandbox = Trengo(tickets=40, seed=1)
    order = [one["id"] for one in page(sandbox)]
    touched = sandbox.churn({"close": 5})["close"]
    assert [one["id"] for one in page(sandbox)] == order
    assert {sandbox.store.tickets[number].status for number in touched} == {"CLOSED"}


def test_merge_removes_the_source_and_keeps_its_messages():
    sandbox = Trengo(tickets=40, seed=1)
    before = sum(len(one.messages) for one in sandbox.store.tickets.values())
    gone = sandbox.churn({"merge": 6})["merge"]
    assert not set(gone) & sandbox.store.tickets.keys()
    assert sum(len(one.messages) for one in sandbox.store.tickets.values()) == before


def test_churn_is_the_same_after_a_reset():
    sandbox = Trengo(tickets=40, seed=1)
    change = {"insert": 2, "close": 2, "bump": 2, "merge": 2}
    first = sandbox.churn(change), page(sandbox)
    sandbox.reset()
    assert (sandbox.churn(change), page(sandbox)) == first


def test_churn_of_an_empty_sandbox_starts_with_its_first_ticket():
    sandbox = Trengo(tickets=0, seed=1)
    assert page(sandbox) == []
    touched = sandbox.churn({"insert": 1, "close": 2, "bump": 1, "merge": 1})
    assert (len(touched["insert"]), len(touched["close"]), len(touched["bump"]), touched["merge"]) == (1, 1, 1, [])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["insert", "close", "bump", "merge"]), max_size=30),
    st.sampled_from(["", "status=OPEN", "sort=date"]),
)
def test_however_it_is_churned_the_list_is_the_store_in_order(changes, query):
    sandbox = Trengo(tickets=12, seed=3, rate_limit=1000)
    for name in changes:
        page(sandbox, query)
        sandbox.churn({name: 1})
    order = sorted(sandbox.store.tickets.values(), key=lambda one: (one.activity, one.id), reverse=query != "sort=date")
    wanted = [one.id for one in order if query != "status=OPEN" or one.status == "OPEN"]
    assert [one["id"] for one in page(sandbox, query)] == wanted[:25]
    counts = {one["id"]: one["messages_count"] for one in page(sandbox, query)}
    assert counts == {number: len(sandbox.store.tickets[number].messages) for number in counts}


def test_people_are_the_same_for_the_same_seed_and_live_in_reserved_ranges():
    crowd = [people.person(random.Random(seed)) for seed in range(300)]
    assert crowd == [people.person(random.Random(seed)) for seed in range(300)]
    assert all(one.email.endswith((".example", ".example.net", "example.com", "example.org")) for one in crowd)
    assert all(one.phone.startswith("+") and one.phone[1:].isdigit() for one in crowd)
    assert {one.locale for one in crowd} == set(people.LOCALES)
    assert any(not one.full_name.isascii() for one in crowd)


def test_texts_hold_what_breaks_careless_programs():
    rng = random.Random(1)
    writers = (people.subject, people.message, people.reply)
    texts = [write(rng, locale) for write in writers for locale in people.LOCALES for _ in range(20)]
    texts += [people.note(rng) for _ in range(20)]
    for mark in ("\n", "<", "&", '"', "😕", "'"):
        assert any(mark in text for text in texts), mark

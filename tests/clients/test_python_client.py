"""A Python client generated from the description uses every list, filter, set, sort and error of the running demo."""

import re
from datetime import datetime

from unified.schemas.resources import RESOURCES

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def typed(resource, query):
    """The query in the client's types: moments are no strings there."""
    moments = {one.name for one in resource.filters if one.compare in ("after", "before")}
    return {name: datetime.fromisoformat(value) if name in moments else value for name, value in query.items()}


def as_client(value):
    """An answer's JSON as the client writes it: our moments spelled as Python does, the provider's own left alone."""
    if isinstance(value, dict):
        return {name: one if name == "remote_data" else as_client(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_client(one) for one in value]
    return datetime.fromisoformat(value).isoformat() if isinstance(value, str) and TIME.fullmatch(value) else value


def without_cursor(page):
    return {name: value for name, value in page.items() if name != "next_cursor"}


def test_every_list_with_every_filter_set_sort_and_choice_is_understood_as_sent(package, call, asks):
    for ask in asks:
        made = call(ask.operation, **typed(ask.resource, ask.query))
        if ask.status == 200:
            assert without_cursor(made.to_dict()) == without_cursor(as_client(ask.body)), (ask.path, ask.query)
        else:
            assert isinstance(made, package.models.Problem)
            assert (made.code, made.status) == (ask.body["code"], ask.status), (ask.path, ask.query)


def test_most_questions_have_records_for_an_answer(asks):
    full = [ask for ask in asks if ask.status == 200 and ask.body["result"]]
    assert len(full) > 0.75 * len(asks)
    assert {ask.path for ask in full} == {ask.path for ask in asks}


def test_a_cursor_walks_every_record_once(call, account):
    everything = [one["id"] for one in account.walk("tickets", limit=200)]
    walked, query = [], {}
    while True:
        page = call("listTickets", limit=150, **query)
        walked += [one.id for one in page.result]
        if page.next_cursor is None:
            break
        query = {"next_cursor": page.next_cursor}
    assert sorted(walked) == sorted(everything)
    assert len(walked) > 300


def test_a_page_of_a_filtered_list_goes_on_without_its_filters(call, account):
    status = account.list("tickets", limit=1)["result"][0]["status"]["id"]
    first = call("listTickets", limit=2, status=[status])
    second = call("listTickets", next_cursor=first.next_cursor)
    assert {one.status.id for one in (*first.result, *second.result)} == {status}
    assert len({one.id for one in (*first.result, *second.result)}) == 4


def test_every_resource_has_a_get_that_answers_the_record_listed(package, call, asks):
    seen = set()
    for ask in asks:
        if ask.query == {"limit": 3} and ask.body["result"]:
            record = ask.body["result"][0]
            operation = "get" + "".join(part.capitalize() for part in ask.resource.singular.split("_"))
            made = call(operation, record["id"])
            if not isinstance(made, package.models.Problem):
                assert made.result.id == record["id"]
                seen.add(ask.resource.singular)
            else:
                assert made.code == "unsupported-operation", (operation, made)
    assert {"ticket", "contact", "user", "directory_user", "field"} <= seen


def test_the_caller_and_its_account_are_typed(call, account):
    assert call("getMe").result.id
    own = call("getOwnAccount").result
    assert (own.id, own.integration.name, own.status) == (account.id, account.name, "active")


def test_every_resource_says_what_its_methods_take(call):
    for resource in RESOURCES:
        name = "describe" + "".join(part.capitalize() for part in resource.plural.split("_"))
        assert call(name, "get").to_dict()["result"]["resource"] == resource.name


def test_an_error_is_a_problem_with_its_parts(package, call):
    made = call("listTickets", limit=0)
    assert isinstance(made, package.models.Problem)
    assert (made.status, made.code, made.errors[0].path) == (400, "invalid-request", "limit")
    assert made.request_id


def test_a_record_that_is_not_there_is_a_problem_of_the_provider(call):
    made = call("getTicket", "999999999")
    assert (made.status, made.code, made.is_remote_error) == (404, "provider-not-found", True)

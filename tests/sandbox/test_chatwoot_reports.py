"""Reports of the simulated Chatwoot add up to its conversations, and the enterprise edition shows their events."""

import pytest

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask
from sandbox.chatwoot.clock import BASE, DAY, SECOND

SINCE, UNTIL = (BASE - 130 * DAY) // SECOND, (BASE + DAY) // SECOND
SPAN = f"since={SINCE}&until={UNTIL}"
V2 = "//api/v2/accounts/3"


@pytest.fixture(scope="module")
def chatwoot():
    return Chatwoot(tickets=90, enterprise=True)


@pytest.fixture
def ask(chatwoot):
    return Ask(chatwoot, chatwoot.token_for(0))


def conversations(chatwoot):
    return list(chatwoot.state.conversations.values())


@pytest.mark.parametrize("group", ["hour", "day", "week", "month", "year"])
def test_a_series_covers_the_span_without_gaps_and_sums_to_the_whole(chatwoot, ask, group):
    rows = ask.get(f"{V2}/reports?metric=conversations_count&type=account&group_by={group}&{SPAN}")
    assert sum(row["value"] for row in rows) == len(conversations(chatwoot))
    times = [row["timestamp"] for row in rows]
    assert times == sorted(set(times))
    assert times[0] <= SINCE < (*times, UNTIL)[1]
    assert times[-1] < UNTIL


def test_an_offset_moves_where_days_begin(ask):
    rows = ask.get(f"{V2}/reports?metric=resolutions_count&type=account&timezone_offset=2&{SPAN}")
    assert {row["timestamp"] % 86_400 for row in rows} == {22 * 3600}


def test_an_average_says_of_how_many_and_a_count_does_not(ask):
    rows = ask.get(f"{V2}/reports?metric=avg_resolution_time&type=account&{SPAN}")
    assert {tuple(row) for row in rows} == {("value", "timestamp", "count")}
    assert all((row["value"] > 0) == (row["count"] > 0) for row in rows)


@pytest.mark.parametrize(("kind", "numbers"), [("inbox", (21, 22, 23, 24)), ("team", (4, 5, 6))])
def test_the_parts_of_a_summary_add_up(chatwoot, ask, kind, numbers):
    parts = [ask.get(f"{V2}/reports/summary?type={kind}&id={number}&{SPAN}") for number in numbers]
    mine = [one for one in conversations(chatwoot) if kind == "inbox" or one.team_id in numbers]
    assert sum(part["conversations_count"] for part in parts) == len(mine)
    assert all(part["previous"]["conversations_count"] == 0 for part in parts)


def test_without_dates_nothing_is_counted_for_the_query_compares_with_null(ask):
    assert ask.get(f"{V2}/reports?metric=conversations_count&type=account") == []
    assert ask.get(f"{V2}/reports/summary?type=account")["conversations_count"] == 0
    assert ask.get(f"{V2}/summary_reports/channel") == {}


def test_what_a_report_cannot_read_is_refused_as_upstream_refuses_it(ask):
    crash = (500, {"status": 500, "error": "Internal Server Error"})
    assert ask.refused("GET", f"{V2}/reports?metric=conversations_count") == crash
    assert ask.refused("GET", f"{V2}/reports?metric=conversations_count&type=moon&{SPAN}") == crash
    assert ask.refused("GET", f"{V2}/reports?metric=conversations_count&type=account&since=x&until=y") == crash
    assert ask.refused("GET", f"{V2}/reports?metric=conversations_count&type=team&id=99&{SPAN}")[0] == 404
    assert ask.get(f"{V2}/reports?metric=moon&type=account&{SPAN}") == {}
    assert ask.raw("GET", f"{V2}/reports/conversations").status == 422
    assert ask.raw("GET", f"{V2}/reports/outgoing_messages_count?group_by=moon").status == 422
    assert ask.refused("GET", f"{V2}/summary_reports/channel?since=1700000000&until={UNTIL}") == (
        422,
        {"error": "Date range cannot exceed 6 months"},
    )


def test_live_counts_follow_the_conversations(ask):
    before = ask.get(f"{V2}/reports/conversations?type=account")
    counts = ask.get("/conversations/meta")["meta"]
    assert (before["open"], before["pending"]) == (counts["all_count"], 0)
    people = ask.get(f"{V2}/reports/conversations?type=agent")
    numbers = [one["metric"]["open"] for one in people]
    assert numbers == sorted(numbers, reverse=True)


def test_tables_hold_every_row_of_their_dimension(chatwoot, ask):
    for name, table in (("agent", "users"), ("team", "teams"), ("inbox", "inboxes")):
        rows = ask.get(f"{V2}/summary_reports/{name}?{SPAN}")
        assert [row["id"] for row in rows] == list(getattr(chatwoot.state, table))
    channels = ask.get(f"{V2}/summary_reports/channel?{SPAN}")
    assert sum(row["total"] for row in channels.values()) == len(conversations(chatwoot))
    matrix = ask.get(f"{V2}/reports/inbox_label_matrix?inbox_ids[]=21&label_ids[]=61&label_ids[]=63")
    assert [len(row) for row in matrix["matrix"]] == [2]


@pytest.mark.parametrize("group", ["agent", "team", "inbox", "label"])
def test_messages_sent_are_counted_by_group(ask, group):
    rows = ask.get(f"{V2}/reports/outgoing_messages_count?group_by={group}&{SPAN}")
    assert rows
    assert all(row["outgoing_messages_count"] > 0 and row["name"] for row in rows)


def test_reports_are_for_administrators(chatwoot):
    agent = Ask(chatwoot, chatwoot.agent_token())
    for path in ("reports?type=account", "summary_reports/team", "reports/conversations?type=account"):
        assert agent.refused("GET", f"{V2}/{path}")[0] == 401


def test_reports_have_a_throttle_of_their_own():
    chatwoot = Chatwoot(tickets=5, monotonic=lambda: 0.0)
    ask = Ask(chatwoot, chatwoot.token_for(0))
    path = f"{V2}/reports/conversations?type=account"
    assert [ask.raw("GET", path).status for _ in range(101)][99:] == [200, 429]
    assert Ask(chatwoot, chatwoot.token_for(1)).raw("GET", path).status == 200


def test_events_of_the_enterprise_edition_name_the_database_id_and_page_by_25(chatwoot, ask):
    first, second = ask.get("/reporting_events"), ask.get("/reporting_events?page=2")
    assert (len(first["payload"]), second["meta"]["current_page"]) == (25, 2)
    assert first["meta"]["total_pages"] == -(-first["meta"]["count"] // 25)
    times = [one["created_at"] for one in first["payload"] + second["payload"]]
    assert times == sorted(times, reverse=True)
    resolved = next(one for one in conversations(chatwoot) if one.status == "resolved")
    rows = ask.get(f"/conversations/{resolved.id}/reporting_events")
    assert rows[-1]["name"] == "conversation_resolved"
    assert {one["conversation_id"] for one in rows} == {resolved.key}
    only = ask.get("/reporting_events?name=conversation_resolved&inbox_id=21")["payload"]
    assert {(one["name"], one["inbox_id"]) for one in only} == {("conversation_resolved", 21)}


def test_the_audit_log_is_for_administrators_of_the_enterprise_edition(chatwoot, ask):
    log = ask.get("/audit_logs")
    assert (log["total_entries"], len(log["audit_logs"])) == (2, 2)
    assert ask.get("/audit_logs?page=2")["audit_logs"] == []
    assert Ask(chatwoot, chatwoot.agent_token()).refused("GET", "/audit_logs")[0] == 401
    community = Chatwoot(tickets=5)
    for path in ("/audit_logs", "/reporting_events", "/conversations/1/reporting_events"):
        assert Ask(community, community.token_for(0)).refused("GET", path)[0] == 404

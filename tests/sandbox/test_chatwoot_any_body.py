"""No body, however odd, makes the simulated Chatwoot fail other than by an answer."""

from itertools import count
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask
from sandbox.chatwoot.operations import OWN, QUERIES, READS, REPORTS, WRITES

CHATWOOT = Chatwoot(tickets=30, monotonic=count(0, 61).__next__)
"""Every look at the clock is in a new minute: nothing is throttled."""
ASK = Ask(CHATWOOT, CHATWOOT.token_for(0))
KEYS = (
    *("status", "snoozed_until", "priority", "assignee_id", "assignee_type", "team_id", "labels", "custom_attributes"),
    *("content", "private", "message_type", "content_type", "content_attributes", "attachments", "source_id", "name"),
    *("inbox_id", "contact_id", "message", "email", "phone_number", "title", "color", "user_ids", "role", "payload"),
    *("channel", "config", "conditions", "actions", "event_name", "settings", "app_id", "agent_bot", "url", "slug"),
    *("subscriptions", "short_code", "query", "filter_type", "locale", "working_hours", "base_contact_id", "author_id"),
    *("mergee_contact_id", "bot_type", "bot_config", "description", "related_category_ids", "category_id", "domain"),
    *("attribute_key", "attribute_model", "attribute_display_name", "attribute_display_type", "attribute_values"),
)
ROW = {"attribute_key": "status", "filter_operator": "equal_to", "values": ["all"], "query_operator": None}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS | st.just(ROW),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(KEYS), inner),
    max_leaves=5,
)
CALLS = [(method, path) for methods, path, _ in WRITES for method in methods.split()]
CALLS += [("POST", path) for path, _ in QUERIES] + [("PATCH", "") for _ in OWN[1:]]
ROWS = ("1", "4", "8", "12", "21", "22", "31", "61", "71", "81", "91", "101", "1201", "hulp", "x")
GETS = [path for path, _ in READS] + [f"//api/v2/accounts/3{path}" for path, _ in REPORTS]
WORDS = ("since", "until", "type", "id", "metric", "group_by", "timezone_offset", "page", "q", "filter_type", "search")
ANSWERS = ("account", "agent", "inbox", "team", "label", "avg_resolution_time", "outgoing_messages_count", "1770000000")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CALLS), st.sampled_from(ROWS), st.data())
def test_every_operation_answers_every_body(call, number, data):
    body = data.draw(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
    CHATWOOT.reset()
    path = call[1].replace("{id}", number).replace("{message_id}", "50001")
    assert ASK.raw(call[0], path, body).status in (200, 204, 400, 401, 404, 422, 500)
    for listed in ("/conversations?status=all", "/contacts?sort=name", "/labels", "/teams", "/agents"):
        assert ASK.raw("GET", listed).status == 200


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(GETS),
    st.sampled_from(ROWS),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(ANSWERS) | st.integers().map(str) | st.text(max_size=9)),
)
def test_every_read_answers_every_query(path, number, query):
    answer = ASK.raw("GET", path.replace("{id}", number) + "?" + urlencode(query))
    assert answer.status in (200, 400, 401, 404, 422, 500)

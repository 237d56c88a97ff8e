"""No body, however odd, makes the simulated Chatwoot fail other than by an answer."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.chatwoot import Chatwoot
from sandbox.chatwoot.ask import Ask
from sandbox.chatwoot.routes import QUERIES, WRITES

CHATWOOT = Chatwoot(tickets=30, rate_limit=10**9)
ASK = Ask(CHATWOOT, CHATWOOT.token_for(0))
KEYS = (
    *("status", "snoozed_until", "priority", "assignee_id", "assignee_type", "team_id", "labels", "custom_attributes"),
    *("content", "private", "message_type", "content_type", "content_attributes", "attachments", "source_id", "name"),
    *("inbox_id", "contact_id", "message", "email", "phone_number", "title", "color", "user_ids", "role", "payload"),
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
CALLS += [("POST", path) for path, _ in QUERIES]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CALLS), st.sampled_from(["1", "4", "12", "31", "61", "1201", "x"]), st.data())
def test_every_operation_answers_every_body(call, number, data):
    body = data.draw(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
    CHATWOOT.reset()
    path = call[1].replace("{id}", number).replace("{message_id}", "50001")
    assert ASK.raw(call[0], path, body).status in (200, 204, 400, 401, 404, 422, 500)
    for listed in ("/conversations?status=all", "/contacts?sort=name", "/labels", "/teams", "/agents"):
        assert ASK.raw("GET", listed).status == 200

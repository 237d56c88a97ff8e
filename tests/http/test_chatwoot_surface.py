"""Every operation Chatwoot publishes, asked for through ``/proxy``: the account's are 1:1, all others are refused."""

import pytest

V1, V2 = "/api/v1/accounts/3", "/api/v2/accounts/3"
SPAN = "since=1770000000&until=1779000000"
CONDITION = {"attribute_key": "status", "filter_operator": "equal_to", "values": ["open"], "query_operator": None}
RULE = {
    "name": "Spoed",
    "description": "Spoed krijgt een label",
    "event_name": "conversation_updated",
    "conditions": [{**CONDITION, "attribute_key": "priority", "values": ["urgent"]}],
    "actions": [{"action_name": "add_label", "action_params": ["vip"]}],
}
FIELD = {
    "attribute_display_name": "Retour",
    "attribute_display_type": 7,
    "attribute_description": "Komt het terug?",
    "attribute_key": "retour",
    "attribute_model": 0,
}
ARTICLE = {"title": "Ruilen", "content": "Binnen **dertig** dagen.", "author_id": 11, "category_id": 121, "status": 1}
CATEGORY = {"name": "Retour", "slug": "retour", "locale": "nl", "description": "Terugsturen", "position": 20}
HOOK = {"app_id": "openai", "settings": {"api_key": "verzonnen", "label_suggestion": True}}

READS = (
    V1,
    *(f"{V1}/{path}" for path in ("agent_bots", "agent_bots/2", "agents", "canned_responses?search=foto")),
    *(f"{V1}/custom_attribute_definitions{rest}" for rest in ("?attribute_model=1", "/31")),
    *(f"{V1}/contacts{rest}" for rest in ("", "/1201", "/1201/conversations", "/1201/labels")),
    *(f"{V1}/contacts{rest}" for rest in ("/search?q=a&page=2", "/1201/contactable_inboxes")),
    *(f"{V1}/{path}" for path in ("automation_rules", "automation_rules/81", "portals")),
    *(f"{V1}/conversations{rest}" for rest in ("/meta?status=all", "?status=all&page=2", "/{talk}", "/{talk}/labels")),
    *(f"{V1}/{path}" for path in ("conversations/{talk}/messages", "inboxes", "inboxes/22", "inboxes/24/agent_bot")),
    *(f"{V1}/{path}" for path in ("inbox_members/22", "integrations/apps", "teams", "teams/4", "teams/4/team_members")),
    *(f"{V1}/{path}" for path in ("custom_filters?filter_type=contact", "custom_filters/91", "webhooks")),
    f"{V2}/reports?metric=avg_first_response_time&type=inbox&id=21&group_by=week&{SPAN}",
    f"{V2}/reports/summary?type=account&{SPAN}",
    *(f"{V2}/reports/conversations?type={kind}" for kind in ("account", "agent&user_id=12")),
    *(f"{V2}/summary_reports/{name}?business_hours=true&{SPAN}" for name in ("inbox", "agent", "team")),
    f"{V2}/summary_reports/channel?since=1775000000&until=1779000000",
    *(f"{V2}/reports/{name}" for name in ("first_response_time_distribution", f"inbox_label_matrix?{SPAN}")),
    f"{V2}/reports/outgoing_messages_count?group_by=label&{SPAN}",
)
QUERIES = (
    (
        f"{V1}/contacts/filter",
        {"payload": [{**CONDITION, "attribute_key": "name", "filter_operator": "contains", "values": ["a"]}]},
    ),
    (f"{V1}/conversations/filter?page=1", {"payload": [CONDITION]}),
)
WRITES = (
    ("PATCH", V1, {"name": "Zuiderlicht BV", "auto_resolve_after": 1440}),
    ("POST", f"{V1}/agent_bots", {"name": "Nachtwacht", "outgoing_url": "https://bot.example/hook"}),
    ("PATCH", f"{V1}/agent_bots/2", {"name": "Dagwacht"}),
    ("DELETE", f"{V1}/agent_bots/2", None),
    ("POST", f"{V1}/agents", {"name": "Nieuw", "email": "nieuw@zuiderlicht.example", "role": "agent"}),
    ("PATCH", f"{V1}/agents/12", {"role": "administrator", "availability": "busy"}),
    ("DELETE", f"{V1}/agents/13", None),
    ("POST", f"{V1}/canned_responses", {"short_code": "ruil", "content": "Ruilen kan."}),
    ("PATCH", f"{V1}/canned_responses/71", {"content": "Het btw-nummer is aangepast."}),
    ("DELETE", f"{V1}/canned_responses/72", None),
    ("POST", f"{V1}/custom_attribute_definitions", FIELD),
    ("PATCH", f"{V1}/custom_attribute_definitions/34", {"attribute_values": ["none", "all"]}),
    ("DELETE", f"{V1}/custom_attribute_definitions/33", None),
    ("POST", f"{V1}/contacts", {"name": "Åse “Q” Ødegård", "email": "ase@example.org", "inbox_id": 22}),
    ("PUT", f"{V1}/contacts/1201", {"name": "Anders", "custom_attributes": {"seats": 7}}),
    ("DELETE", f"{V1}/contacts/1202", None),
    ("POST", f"{V1}/contacts/1201/labels", {"labels": ["vip", "nieuw"]}),
    ("POST", f"{V1}/contacts/1201/contact_inboxes", {"inbox_id": 22, "source_id": "kassa-7"}),
    ("POST", f"{V1}/actions/contact_merge", {"base_contact_id": 1201, "mergee_contact_id": 1204}),
    ("POST", f"{V1}/automation_rules", RULE),
    ("PATCH", f"{V1}/automation_rules/81", {"active": False}),
    ("DELETE", f"{V1}/automation_rules/81", None),
    ("POST", f"{V1}/portals", {"name": "Zakelijk", "slug": "zakelijk", "config": {"default_locale": "nl"}}),
    ("PATCH", f"{V1}/portals/hulp", {"header_text": "Vraag maar"}),
    ("POST", f"{V1}/portals/hulp/categories", CATEGORY),
    ("POST", f"{V1}/portals/hulp/articles", ARTICLE),
    ("POST", f"{V1}/conversations", {"inbox_id": 22, "contact_id": 1201, "message": {"content": "Hallo"}}),
    ("PATCH", f"{V1}/conversations/{{talk}}", {"priority": "urgent"}),
    ("POST", f"{V1}/conversations/{{talk}}/toggle_status", {"status": "snoozed", "snoozed_until": 1790000000}),
    ("POST", f"{V1}/conversations/{{talk}}/toggle_priority", {"priority": "low"}),
    ("POST", f"{V1}/conversations/{{talk}}/custom_attributes", {"custom_attributes": {"order_id": "ZL-1"}}),
    ("POST", f"{V1}/conversations/{{talk}}/assignments", {"assignee_id": 12}),
    ("POST", f"{V1}/conversations/{{talk}}/labels", {"labels": ["vip"]}),
    ("POST", f"{V1}/conversations/{{talk}}/messages", {"content": "Onder ons: 返品", "private": True}),
    ("DELETE", f"{V1}/conversations/{{talk}}/messages/{{message}}", None),
    ("POST", f"{V1}/inboxes", {"name": "Kassa", "channel": {"type": "api", "webhook_url": "https://erp.example/in"}}),
    ("PATCH", f"{V1}/inboxes/21", {"greeting_enabled": True, "channel": {"welcome_title": "Dag"}}),
    ("POST", f"{V1}/inboxes/22/set_agent_bot", {"agent_bot": 2}),
    ("POST", f"{V1}/inbox_members", {"inbox_id": 22, "user_ids": [13]}),
    ("PATCH", f"{V1}/inbox_members", {"inbox_id": 22, "user_ids": [14, 15]}),
    ("DELETE", f"{V1}/inbox_members", {"inbox_id": 22, "user_ids": [12]}),
    ("POST", f"{V1}/integrations/hooks", HOOK),
    ("PATCH", f"{V1}/integrations/hooks/101", {"status": "disabled"}),
    ("DELETE", f"{V1}/integrations/hooks/101", None),
    ("POST", f"{V1}/teams", {"name": "Retouren", "allow_auto_assign": True}),
    ("PATCH", f"{V1}/teams/4", {"description": "Alles met geld"}),
    ("DELETE", f"{V1}/teams/5", None),
    ("POST", f"{V1}/teams/4/team_members", {"user_ids": [13]}),
    ("PATCH", f"{V1}/teams/4/team_members", {"user_ids": [13, 14]}),
    ("DELETE", f"{V1}/teams/4/team_members", {"user_ids": [11]}),
    ("POST", f"{V1}/custom_filters", {"name": "Mijn", "type": "conversation", "query": {"payload": [CONDITION]}}),
    ("PATCH", f"{V1}/custom_filters/91", {"name": "Alles"}),
    ("DELETE", f"{V1}/custom_filters/92", None),
    ("POST", f"{V1}/webhooks", {"url": "https://erp.example/new", "subscriptions": ["message_created"]}),
    ("PATCH", f"{V1}/webhooks/8", {"subscriptions": ["contact_created", "contact_updated"]}),
    ("DELETE", f"{V1}/webhooks/8", None),
)
_GROUP, _LATER = f"{V1}/contacts/1201/group", f"{V1}/conversations/{{talk}}/scheduled_messages"
NOT_THERE = (
    # The enterprise edition's.
    ("GET", f"{V1}/audit_logs"),
    ("GET", f"{V1}/reporting_events"),
    ("GET", f"{V1}/conversations/{{talk}}/reporting_events"),
    # A fork's.
    ("POST", f"{V1}/groups"),
    ("POST", f"{V1}/contacts/1201/sync_group"),
    *(("GET", f"{_GROUP}_{name}") for name in ("members", "invite", "join_requests")),
    *(("POST", f"{_GROUP}_{name}") for name in ("members", "invite/revoke", "join_requests/handle", "admin/leave")),
    *(("PATCH", f"{_GROUP}_{name}") for name in ("members/5", "metadata", "admin")),
    ("DELETE", f"{_GROUP}_members/5"),
    ("GET", _LATER),
    ("POST", _LATER),
    ("PATCH", f"{_LATER}/6"),
    ("DELETE", f"{_LATER}/6"),
)
_INBOX = "/public/api/v1/inboxes/abc"
_CLIENT = f"{_INBOX}/contacts/def"
_CHAT = f"{_CLIENT}/conversations"
OUTSIDE = (
    *(("POST", f"/platform/api/v1/{name}") for name in ("accounts", "agent_bots", "users")),
    *((method, "/platform/api/v1/accounts/3") for method in ("GET", "PATCH", "DELETE")),
    *((method, "/platform/api/v1/accounts/3/account_users") for method in ("GET", "POST", "DELETE")),
    ("GET", "/platform/api/v1/agent_bots"),
    *((method, "/platform/api/v1/agent_bots/2") for method in ("GET", "PATCH", "DELETE")),
    *((method, "/platform/api/v1/users/11") for method in ("GET", "PATCH", "DELETE")),
    ("GET", "/platform/api/v1/users/11/login"),
    ("GET", _INBOX),
    ("POST", f"{_INBOX}/contacts"),
    *((method, _CLIENT) for method in ("GET", "PATCH")),
    *((method, _CHAT) for method in ("GET", "POST")),
    ("GET", f"{_CHAT}/1"),
    *(("POST", f"{_CHAT}/1/{name}") for name in ("toggle_status", "toggle_typing", "update_last_seen")),
    *((method, f"{_CHAT}/1/messages") for method in ("GET", "POST")),
    ("PATCH", f"{_CHAT}/1/messages/2"),
    ("GET", "/survey/responses/5b5a9a5e-1111-4222-8333-444455556666"),
    ("GET", "/accounts/3/conversations/1/messages"),
)
CREDENTIAL = (
    ("GET", "/api/v1/profile"),
    ("POST", "/api/v1/profile/reset_access_token"),
    ("GET", f"{V1}/agent_capacity_policies/1/users"),
    ("POST", f"{V1}/agent_capacity_policies/1/users"),
    ("GET", f"{V1}/agent_capacity_policies/1/USERS.json"),
)
"""The first is published; the others show or change the same token."""
OTHERS = (
    *(("GET", f"/api/{version}/accounts/{number}/agents") for version in ("v1", "v2") for number in (4, 5, 33, "3x")),
    *(
        ("GET", path)
        for path in ("/api", "/api/v1/accounts", "/api/v3/accounts/3/agents", "/enterprise/api/v1/accounts/3")
    ),
    *(("POST", path) for path in ("/auth/sign_in", "/api/v1/accounts", "/api/v1/widget/messages")),
)
SLASHED = (("GET", f"{V1}/inboxes/22/"), ("POST", f"{V1}/inboxes/"), ("GET", f"{V2}/reports/conversations/"))
"""Published with a slash at the end; ``READS`` and ``WRITES`` have them without."""
PUBLISHED = 154


@pytest.fixture(scope="module")
def chatwoot(running):
    """The linked account, its simulator at the seed when the first test begins."""
    account = running.accounts["chatwoot"]
    account.sandbox.reset()
    return account


@pytest.fixture(scope="module")
def filled(chatwoot):
    """A path with the numbers of a conversation of the API inbox and of its first message."""
    path = f"{V1}/conversations?status=all&inbox_id=22&sort_by=created_at_asc"
    talk = direct(chatwoot, "GET", path).json()["data"]["payload"][0]["id"]
    message = direct(chatwoot, "GET", f"{V1}/conversations/{talk}/messages?after=0").json()["payload"][0]["id"]
    return lambda path: path.replace("{talk}", str(talk)).replace("{message}", str(message))


def direct(account, method, path, body=None):
    """The same call straight at the simulator."""
    headers = {"Accept": "application/json", "Api-Access-Token": account.sandbox.token}
    return account.http.request(method, account.sandbox.url + path, headers=headers, json=body)


def proxied(account, method, path, body=None):
    """The call through us, which must be one call of the provider with the same target."""
    account.sandbox.clear_log()
    answer = account.request(method, f"/proxy{path}", json=body)
    (call,) = account.sandbox.log()
    assert (call["method"], call["target"]) == (method, path)
    return answer


def assert_same(ours, theirs):
    assert ours.status_code == theirs.status_code, ours.text
    assert ours.content == theirs.content
    assert ours.headers.get("content-type") == theirs.headers.get("content-type")


def test_every_published_operation_is_in_one_of_the_tables():
    tables = [[("GET", path) for path in READS], [("POST", path) for path, _ in QUERIES], NOT_THERE, OUTSIDE]
    tables += [[(method, path) for method, path, _ in WRITES], [CREDENTIAL[0]]]
    rows = [row for table in tables for row in table]
    assert len(rows) == len(set(rows)) == PUBLISHED


@pytest.mark.parametrize("path", READS)
def test_a_read_is_the_providers_byte_for_byte(chatwoot, filled, path):
    theirs = direct(chatwoot, "GET", filled(path))
    assert theirs.status_code == 200, theirs.text
    assert theirs.json() is not None
    assert_same(proxied(chatwoot, "GET", filled(path)), theirs)


@pytest.mark.parametrize(("path", "body"), QUERIES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_filter_is_the_providers_byte_for_byte(chatwoot, path, body):
    theirs = direct(chatwoot, "POST", path, body)
    assert theirs.json()["payload"]
    assert_same(proxied(chatwoot, "POST", path, body), theirs)


@pytest.mark.parametrize(("method", "path"), NOT_THERE)
def test_what_this_edition_does_not_have_is_its_own_404(chatwoot, filled, method, path):
    theirs = direct(chatwoot, method, filled(path), {} if method in {"POST", "PATCH"} else None)
    assert theirs.json() == {"status": 404, "error": "Not Found"}
    assert_same(proxied(chatwoot, method, filled(path), {} if method in {"POST", "PATCH"} else None), theirs)


@pytest.mark.parametrize(("method", "path"), [*OUTSIDE, *OTHERS])
def test_what_is_not_the_accounts_is_refused_and_not_sent(chatwoot, method, path):
    chatwoot.sandbox.clear_log()
    answer = chatwoot.request(method, f"/proxy{path}", json=None if method in {"GET", "DELETE"} else {})
    assert (answer.status_code, answer.json()["code"]) == (403, "path-not-allowed")
    assert chatwoot.sandbox.log() == []


@pytest.mark.parametrize(("method", "path"), CREDENTIAL)
def test_what_shows_the_linked_token_is_refused_and_not_sent(chatwoot, method, path):
    chatwoot.sandbox.clear_log()
    answer = chatwoot.request(method, f"/proxy{path}", json=None if method == "GET" else {})
    assert (answer.status_code, answer.json()["code"]) == (403, "credential-operation")
    assert chatwoot.sandbox.log() == []


@pytest.mark.parametrize(("method", "path"), SLASHED)
def test_an_operation_published_with_a_slash_at_the_end_is_passed_through_with_it(chatwoot, method, path):
    body = None if method == "GET" else {}
    chatwoot.sandbox.reset()
    theirs = direct(chatwoot, method, path, body)
    chatwoot.sandbox.reset()
    chatwoot.sandbox.clear_log()
    assert_same(proxied(chatwoot, method, path, body), theirs)
    assert [call["target"] for call in chatwoot.sandbox.log()] == [path]
    doubled = chatwoot.request(method, f"/proxy{path}/", json=body)
    assert (doubled.status_code, doubled.json()["code"]) == (400, "invalid-path")


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_write_is_the_providers_byte_for_byte(chatwoot, filled, method, path, body):
    path = filled(path)
    chatwoot.sandbox.reset()
    theirs = direct(chatwoot, method, path, body)
    assert theirs.status_code in {200, 204}, theirs.text
    chatwoot.sandbox.reset()
    assert_same(proxied(chatwoot, method, path, body), theirs)

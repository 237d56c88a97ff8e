"""Every documented operation of one provider through the passthrough, byte for byte as the provider answers it."""

import json
import re
from dataclasses import dataclass

import pytest

from sandbox.trengo.routes import ROUTES

FILE, IMAGE = "file", "image"
"""Bodies in several parts: the name of the part that is a picture."""


@dataclass(frozen=True)
class Op:
    """One operation: ``{name}`` is an id of the seed; ``before`` makes the thing ``{made}`` is the id of."""

    method: str
    path: str
    status: int = 200
    body: object = None
    before: tuple = ()
    html: bool = False


CONTACT = {"identifier": "447700900555", "name": "Anouk"}
WEBHOOK = {"url": "https://hooks.example.com/x", "name": "hub"}
USER = {"email": "new@example.com", "first_name": "New", "last_name": "One", "locale_code": "en-GB"}
TEMPLATE = {"hsm_id": "{template}", "params": [{"type": "body", "key": "{{1}}", "value": "Ann"}]}
NUMBER = {"recipient_phone_number": "+447700900555"}

OPENAPI_AND_POSTMAN = (
    Op("GET", "/tickets"),
    Op("GET", "/tickets?page=2&status=ASSIGNED&sort=-date&last_message_type=INBOUND"),
    Op("GET", "/tickets?contact_id={contact}&users[]={user}&channels[]={mail}&labels[]={label}"),
    Op("GET", "/tickets?updated_at_gt=2026-06-01T00:00:00Z&sort=date"),
    Op("POST", "/tickets", 201, {"channel_id": "{mail}", "contact_identifier": "new@example.com", "subject": "Hi"}),
    Op("PATCH", "/tickets/{ticket}/assign", 405, {"user_id": "{user}", "team_id": "{team}"}),
    Op("PATCH", "/tickets/{ticket}/close", 405),
    Op("POST", "/tickets/{ticket}/labels", 200, {"label_id": "{label}"}),
    Op("GET", "/tickets/{ticket}/messages"),
    Op("GET", "/tickets/{ticket}/messages?page=2"),
    Op("POST", "/tickets/{ticket}/messages", 422, {"body": "the text under the wrong name"}),
    Op("POST", "/tickets/{ticket}/messages/media", 200, FILE),
    Op("GET", "/contacts"),
    Op("GET", "/contacts?page=2&term=e"),
    Op("POST", "/contacts", 405, {**CONTACT, "channel_id": "{whatsapp}"}),
    Op("GET", "/contacts/{contact}"),
    Op("PUT", "/contacts/{contact}", 200, {"name": "Renamed — ü"}),
    Op("DELETE", "/contacts/{contact}", 204),
    Op("GET", "/channels/voice", html=True),
    Op("POST", "/teams", 201, {"name": "Night"}),
    Op("GET", "/users?page=1"),
    Op("POST", "/custom_fields", 422, {"title": "Size", "type": "TEXT"}),
    Op("POST", "/webhooks", 422, WEBHOOK),
    Op("PUT", "/webhooks/{webhook}", 200, WEBHOOK),
    Op("DELETE", "/webhooks/{webhook}"),
    Op("POST", "/whatsapp/messages", 200, {**NUMBER, **TEMPLATE, "channel_id": "{whatsapp}"}, html=True),
)
"""What two third-party documents say, and what really happens where they are wrong."""

NOTES = (
    Op("GET", "/tickets?page=1&status=OPEN&contact_id&last_message_type=INBOUND&sort=-date"),
    Op("GET", "/tickets?term=pakket"),
    Op("GET", "/users"),
    Op("GET", "/users/{user}"),
    Op("GET", "/users?page=1&sort=first_name"),
    Op("GET", "/webhooks"),
    Op("GET", "/custom_fields"),
    Op("GET", "/labels"),
    Op("POST", "/profile", 200, {"name": "api profile"}, html=True),
    Op("DELETE", "/profiles/{profile}"),
    Op("POST", "/users", 201, {**USER, "role": "basic_agent"}),
    Op("DELETE", "/users/{colleague}"),
    Op("POST", "/channels/{whatsapp}/contacts", 201, CONTACT),
    Op("POST", "/contacts/{contact}/notes", 201, {"note": "some note"}),
    Op("POST", "/contacts/{contact}/custom_fields", 200, {"custom_field_id": "{contact_field}", "value": "A"}),
    Op("POST", "/custom_fields", 201, {"title": "Size", "type": "CONTACT"}),
    Op("POST", "/tickets", 201, {"contact_id": "{contact}", "channel_id": "{mail}", "subject": "test"}),
    Op("POST", "/tickets/{ticket}/messages", 200, {"message": "a note", "internal_note": True}),
)
"""What working notes say; their list of services is in the rest."""

PROFILE_NOTE = Op("POST", "/profiles/{profile}/notes", 201, {"note": "n", "user_id": "{user}"})
CALL = {"channel_id": "{voice}", "phone": "447700900555", "direction": "INBOUND", "note": "called", "duration": 9}
REPLY = {"title": "Hours", "message": "9 to 5", "type": "EMAIL", "channel_ids": ["{mail}"]}
CASH = {"channel": "kassa-token", "contact": {"identifier": "till-1", "name": "Till"}, "body": {"text": "paid"}}
PICTURE = {"file": "data:image/png;base64,iVBORw0=", "caption": "look"}

REST = (
    Op("GET", "/tickets/{ticket}"),
    Op("DELETE", "/tickets/{ticket}", 204),
    Op("POST", "/tickets/{ticket}/assign", 200, {"type": "user", "user_id": "{user}", "note": "yours"}),
    Op("POST", "/tickets/{ticket}/close", 200, {"ticket_result_id": "{result}"}),
    Op("POST", "/tickets/{ticket}/reopen"),
    Op("POST", "/tickets/{ticket}/merge", 200, {"source_ticket_id": "{other_ticket}"}),
    Op("POST", "/tickets/{ticket}/spam"),
    Op("DELETE", "/tickets/{ticket}/spam"),
    Op("GET", "/tickets/{ticket}/labels"),
    Op("DELETE", "/tickets/{labelled}/labels/{its_label}"),
    Op("POST", "/tickets/{ticket}/custom_fields", 200, {"custom_field_id": "{ticket_field}", "value": "7"}),
    Op("POST", "/tickets/{ticket}/favorited"),
    Op("DELETE", "/tickets/{ticket}/favorited/0"),
    Op("GET", "/ticket_aggregates"),
    Op("GET", "/tickets/{ticket}/messages/{message}"),
    Op("DELETE", "/tickets/{ticket}/messages/{message}", 204),
    Op("GET", "/tickets/{ticket}/email_messages/{message}"),
    Op("POST", "/tickets/{ticket}/messages/media", 200, PICTURE),
    Op("POST", "/ticket_draft_attachments?channel_id={mail}&key=ticket{ticket}", 201, FILE),
    Op("POST", "/upload/messages/multipart", 200, FILE),
    Op("POST", "/attachments", 200, FILE),
    Op("GET", "/attachments", html=True),
    Op("GET", "/tickets/{ticket}/attachments", html=True),
    Op("GET", "/users/me", html=True),
    Op(
        "DELETE",
        "/contacts/{contact}/notes/{made}",
        204,
        before=(Op("POST", "/contacts/{contact}/notes", 201, {"note": "n"}),),
    ),
    Op("GET", "/profiles?term=huis"),
    Op("POST", "/profiles", 201, {"name": "House"}),
    Op("GET", "/profiles/{profile}?with[]=notes"),
    Op("PUT", "/profiles/{profile}", 200, {"name": "House"}),
    Op("POST", "/profiles/{profile}/contacts", 200, {"contact_id": "{contact}", "type": "EMAIL"}),
    Op("DELETE", "/profiles/{profile}/contacts/{member}?type=EMAIL"),
    Op("POST", "/profiles/{profile}/custom_fields", 200, {"custom_field_id": "{profile_field}", "value": "x"}),
    PROFILE_NOTE,
    Op("DELETE", "/profiles/{profile}/notes/{made}", 204, before=(PROFILE_NOTE,)),
    Op("POST", "/profiles/{profile}/image", 200, IMAGE),
    Op("DELETE", "/profiles/{profile}/images/0", before=(Op("POST", "/profiles/{profile}/image", 200, IMAGE),)),
    Op("POST", "/labels", 201, {"name": "New", "color": "#112233"}),
    Op("GET", "/labels/{label}"),
    Op("PUT", "/labels/{label}", 200, {"name": "Other"}),
    Op("DELETE", "/labels/{label}"),
    Op("GET", "/teams"),
    Op("GET", "/teams/{team}"),
    Op("PUT", "/teams/{team}", 200, {"name": "Other", "user_ids": ["{user}"]}),
    Op("DELETE", "/teams/{team}"),
    Op("PUT", "/users/{colleague}", 200, {"first_name": "Other", "role": "observer", "team_ids": ["{team}"]}),
    Op("GET", "/custom_fields/{ticket_field}"),
    Op("PUT", "/custom_fields/{ticket_field}", 200, {"title": "Other"}),
    Op("DELETE", "/custom_fields/{ticket_field}"),
    Op("GET", "/channels?page=1"),
    Op("POST", "/webhooks", 201, {**WEBHOOK, "type": "TICKET_CLOSED"}),
    Op("GET", "/webhooks/{webhook}"),
    *(
        op
        for path, name in (("/ticket_results", "result"), ("/contact_groups", "group"))
        for op in (
            Op("GET", path),
            Op("POST", path, 201, {"name": "New", "sort_order": 4}),
            Op("GET", f"{path}/{{{name}}}"),
            Op("PUT", f"{path}/{{{name}}}", 200, {"name": "Other"}),
            Op("DELETE", f"{path}/{{{name}}}"),
        )
    ),
    Op("GET", "/quick_replies?type=EMAIL"),
    Op("POST", "/quick_replies", 201, REPLY),
    Op("PUT", "/quick_replies/{reply}", 200, REPLY),
    Op("DELETE", "/quick_replies/{reply}"),
    Op("POST", "/wa_sessions", 200, {**NUMBER, **TEMPLATE}),
    Op("GET", "/wa_templates?status=ACCEPTED&channel_id={whatsapp}"),
    Op("POST", "/messages", 200, {"channel_id": "{mail}", "contact_identifier": "new@example.com", "message": "hi"}),
    Op("POST", "/custom_channel_messages", 201, CASH),
    Op("GET", "/voice/logs"),
    Op("POST", "/voice/logs", 201, CALL),
    Op("GET", "/voice/logs/{made}", before=(Op("POST", "/voice/logs", 201, CALL),)),
    Op("POST", "/internal_chat/messages", 201, {"bot": True, "toUserId": "{user}", "body": "<b>done</b>"}),
    Op("GET", "/sms_messages"),
    Op("POST", "/sms_messages", 200, {"channel_id": "{sms}", "to": "447700900555", "message": "hi"}, html=True),
    Op("GET", "/wallet/balance"),
    Op("GET", "/help_center"),
    Op("POST", "/help_center", 201, {"name": "Help"}),
    Op("GET", "/help_center/{help}"),
    Op("PUT", "/help_center/{help}", 200, {"name": "Help"}),
    Op("DELETE", "/help_center/{help}"),
    Op("POST", "/help_center/{help}/categories/{categories}/articles", 201, {"title": "How", "content": "<p>So</p>"}),
    *(
        op
        for kind in ("categories", "sections", "articles", "blocks")
        for op in (
            Op("GET", f"/help_center/{{help}}/{kind}"),
            Op("POST", f"/help_center/{{help}}/{kind}", 201, {"name": "New", "title": "New"}),
            Op("GET", f"/help_center/{{help}}/{kind}/{{{kind}}}"),
            Op("PUT", f"/help_center/{{help}}/{kind}/{{{kind}}}", 200, {"name": "Other", "title": "Other"}),
            Op("DELETE", f"/help_center/{{help}}/{kind}/{{{kind}}}"),
        )
    ),
    Op("GET", "/reporting/metrics?metric[]=created_tickets&metric[]=average_first_response_time&start_date=2026-01-01"),
)
"""What clients use beyond that."""

EVERY = (*OPENAPI_AND_POSTMAN, *NOTES, *REST)


@pytest.fixture(scope="module")
def ids(running):
    """Ids of the seed by the names the table uses."""
    account = running.accounts["trengo"]
    account.sandbox.reset()
    items = {path: direct(account, "GET", f"/{path}").json()["data"] for path in FIRST}
    found = {name: items[path][0]["id"] for path, name in FIRST.items()}
    channels = {one["type"]: one["id"] for one in reversed(items["channels"])}
    found |= {"mail": channels["EMAIL"], "whatsapp": channels["WA_BUSINESS"]}
    found |= {"voice": channels["VOIP"], "sms": channels["SMS"]}
    found |= {f"{one['type'].lower()}_field": one["id"] for one in items["custom_fields"]}
    mailed = [one for one in items["tickets"] if one["channel"]["type"] == "EMAIL" and one["messages_count"]]
    found |= {"ticket": mailed[0]["id"], "other_ticket": mailed[1]["id"], "contact": mailed[0]["contact_id"]}
    messages = direct(account, "GET", f"/tickets/{mailed[0]['id']}/messages").json()["data"]
    found["message"] = next(one["id"] for one in messages if one["email_message"])
    labelled = next(one for one in items["tickets"] if one["labels"])
    found |= {"labelled": labelled["id"], "its_label": labelled["labels"][0]["id"]}
    found |= {"colleague": items["users"][-1]["id"], "member": items["profiles"][0]["contacts"][0]["id"]}
    for kind in ("categories", "sections", "articles", "blocks"):
        found[kind] = direct(account, "GET", f"/help_center/{found['help']}/{kind}").json()["data"][0]["id"]
    return found


FIRST = {"tickets": "ticket", "users": "user", "teams": "team", "labels": "label", "channels": "mail"}
FIRST |= {"custom_fields": "ticket_field", "profiles": "profile", "ticket_results": "result"}
FIRST |= {"contact_groups": "group", "webhooks": "webhook", "quick_replies": "reply", "wa_templates": "template"}
FIRST |= {"help_center": "help"}


@pytest.mark.parametrize("op", EVERY, ids=lambda op: f"{op.method} {op.path} {op.status}")
def test_an_operation_answers_the_providers_status_bytes_and_type(demo, ids, op):
    account = demo.accounts["trengo"]
    theirs = drive(account, op, ids, direct)
    account.sandbox.reset()
    ours = drive(account, op, ids, through_proxy)
    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    assert ours.headers.get("content-type") == theirs.headers.get("content-type")
    assert theirs.status_code == op.status, theirs.text
    if theirs.content:
        assert theirs.headers["content-type"].startswith("text/html" if op.html else "application/json")


def test_every_operation_of_the_sandbox_stands_in_the_table():
    asked = {(op.method, op.path.partition("?")[0].strip("/")) for op in EVERY}
    missing = [
        (method, pattern)
        for method, pattern, _ in ROUTES
        if not any(method == verb and re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path) for verb, path in asked)
    ]
    assert missing == []


def drive(account, op, ids, send):
    """The answer to an operation in a fresh sandbox; what must be there before is made at the provider itself."""
    for before in op.before:
        made = direct(account, before.method, before.path.format_map(ids), **sent(before.body, ids))
        assert made.status_code == before.status, made.text
        ids = {**ids, "made": made.json()["id"]}
    return send(account, op.method, op.path.format_map(ids), **sent(op.body, ids))


def direct(account, method, path, **options):
    """The call straight at the simulator."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {account.sandbox.token}"}
    headers |= options.pop("headers", {})
    return account.http.request(method, f"{account.sandbox.url}/api/v2{path}", headers=headers, **options)


def through_proxy(account, method, path, **options):
    """The same call through the passthrough."""
    return account.request(method, f"/proxy{path}", **options)


def sent(body, ids):
    """The body as bytes with its content type."""
    if body is None:
        return {}
    if body in (FILE, IMAGE):
        head = f'--cut\r\nContent-Disposition: form-data; name="{body}"; filename="bé.png"\r\nContent-Type: image/png'
        content = head.encode() + b"\r\n\r\n\x89PNG\x00\xff\r\n--cut--\r\n"
        return {"content": content, "headers": {"Content-Type": "multipart/form-data; boundary=cut"}}
    return {"content": json.dumps(filled(body, ids)).encode(), "headers": {"Content-Type": "application/json"}}


def filled(value, ids):
    """The body with ids in place of their names."""
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return ids.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value

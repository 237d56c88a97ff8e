"""The key sets of every answer, spelled out by hand."""

import json
import re

import pytest

from sandbox.http import Request
from sandbox.trengo import Trengo


def words(text: str) -> list[str]:
    return text.split()


USER = words(
    """
    id agency_id first_name last_name name full_name email abbr phone color locale_code status text is_online
    user_status chat_status voip_status voip_device profile_image authorization role is_primary timezone
    created_at two_factor_authentication_enabled
    """
)
CHANNEL = words(
    """
    id name title phone type auto_reply color notification_email business_hour_id notification_sound status
    display_name text show_ticket_fields show_contact_fields emailChannel users username password_is_null
    reopen_closed_ticket is_private reassign_reopened_ticket reopen_closed_ticket_time_window_days password
    """
)
EMAIL_CHANNEL = words(
    """
    channel_id sender_email sender_email_id sender_name sender_name_personal signature auto_reply_enabled
    auto_reply_subject auto_reply_body prepend_ticket_number_to_subject embed_attachments split_by_subject
    split_by_sender type created_at updated_at
    """
)
CONTACT = words(
    """
    id name full_name email abbr color profile_image is_phone phone formatted_phone avatar identifier
    custom_field_data pivot formatted_custom_field_data display_name is_private custom_field_values
    """
)
TICKET = words(
    """
    id status subject closed_at created_at updated_at user_id team_id assigned_at contact_id contact channel
    channelMeta labels custom_data custom_field_values messages_count
    """
)
NEWER = ["latest_message_at", "latest_received_message_at", "ai_assigned_at"]
DETAIL = words(
    """
    team agent assignee closed_by results reminder watchers starred attachments messaging_attachments
    related_tickets audits
    """
)
MESSAGE = words(
    """
    id ticket_id type body_type message file_name file_caption location_data created_at updated_at user_id
    contact agent attachments mentions contacts meta parent reactionSums diff_in_hours messageEvents
    is_auto_reply email_message
    """
)
MAIL = words("id plain html to cc from subject message_id collapsed")
FILE = words(
    """
    id agency_id client_name file_name mime_type size is_image extension full_url created_at updated_at
    """
)
LABEL = words("id name slug color sort_order archived")
FIELD = words("id title sort_order type identifier field_type placeholder items channels is_required")
RAW_CHANNEL = words(
    """
    id phone name title username password status_update status type business_hour_id is_wa_connector logo_path
    account_type last_login_at last_activity_at expires_at telegram_last_update_id notification_email is_running
    agency_id auto_reply wa_server_id connection_error_notification_email price color show_ticket_fields
    show_contact_fields can_be_deleted_at requested_by reopen_closed_ticket deleted_at created_at updated_at
    notification_sound formatted_phone password_is_null reassign_reopened_ticket
    reopen_closed_ticket_time_window_days users
    """
)
RAW_USER = words(
    """
    id agency_id parent_agency_id is_primary title first_name last_name email is_demo_user is_online user_status
    authorization screen_lock_enabled status activation_token requires_password_update locale_code color
    timezone profile_image voip_status voip_device phone created_at updated_at last_activity_at deleted_at
    rate_limit role_id name abbr full_name text
    """
)
RAW_TICKET = words(
    """
    id agency_id channel_id user_id team_id contact_id assigned_by closed_by latest_message guid
    telegram_chat_id status subject closed_at assigned_at contact_cc custom_data created_at updated_at
    deleted_at channel custom_fields
    """
)
RAW_CONTACT = words(
    """
    id agency_id title first_name last_name full_name street_name house_no zip_code city whatsapp_phone_id phone
    color image_path email is_synced custom_field_data created_at updated_at deleted_at deleted_by name avatar
    profile_image formatted_custom_field_data formatted_phone abbr is_phone identifier is_private users
    custom_fields
    """
)
RAW_VALUE = words(
    """
    id title agency_id sort_order type created_at updated_at identifier field_type placeholder meta deleted_at
    is_required pivot
    """
)
CREATED = words(
    """
    agency_id contact_id status user_id assigned_at assigned_by channel_id subject updated_at created_at id
    latest_message channel agent team
    """
)
SENT = words(
    """
    ticket_id contact_id agency_id user_id message type token body_type file_name read is_auto_reply updated_at
    created_at id message_class email_message_class created_at_time created_at_time_day ticket mentions
    email_message attachments contact agent contacts
    """
)

NAIVE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Caller:
    def __init__(self):
        self.sandbox = Trengo(tickets=300, seed=5, rate_limit=100_000)
        self.token = self.sandbox.token_for(0)

    def __call__(self, method, path, body=None):
        headers = (("Accept", "application/json"), ("Authorization", f"Bearer {self.token}"), ("Host", "h"))
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.sandbox.handle(Request(method, f"/api/v2/{path}", headers, data))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    def every(self, path):
        page = 1
        while True:
            found = self("GET", f"{path}{'&' if '?' in path else '?'}page={page}")
            yield from found["data"]
            if found["links"]["next"] is None:
                return
            page += 1


@pytest.fixture(scope="module")
def call():
    return Caller()


@pytest.fixture
def fresh():
    return Caller()


def exactly(thing, keys):
    assert sorted(thing) == sorted(keys)
    return thing


def test_ticket_lists_have_two_shapes_by_age(call):
    tickets = list(call.every("tickets"))
    older = [one for one in tickets if "latest_message" in one]
    newer = [one for one in tickets if "latest_message" not in one]
    assert older
    assert newer
    for ticket in older:
        exactly(ticket, [*TICKET, "latest_message"])
        if ticket["latest_message"] is not None:
            exactly(ticket["latest_message"], ["id", "type", "message", "created_at", "attachments"])
    for ticket in newer:
        exactly(ticket, [*TICKET, *NEWER])


def test_a_listed_ticket_embeds_contact_channel_labels_and_values(call):
    for ticket in call.every("tickets"):
        exactly(ticket["contact"], [*CONTACT, "profile"])
        exactly(ticket["channel"], CHANNEL)
        if ticket["channel"]["emailChannel"] is not None:
            exactly(ticket["channel"]["emailChannel"], EMAIL_CHANNEL)
        for label in ticket["labels"]:
            exactly(label, LABEL)
        for value in ticket["custom_field_values"]:
            exactly(value, ["custom_field_id", "field_name", "value"])


def test_the_settings_of_a_channel_are_null_in_ticket_lists_only(call):
    listed = next(call.every("tickets"))
    names = ["auto_reply", "business_hour_id", "notification_sound", "status", "show_ticket_fields"]
    names += ["show_contact_fields", "reopen_closed_ticket", "notification_email"]
    assert [listed["channel"][name] for name in names] == [None] * len(names)
    whole = call("GET", f"tickets/{listed['id']}")
    assert whole["channel"]["status"] == "ACTIVE"


def test_a_ticket_by_id_has_agent_team_and_audits(call):
    assigned = next(one for one in call.every("tickets?status=ASSIGNED") if one["user_id"] and one["team_id"])
    ticket = exactly(call("GET", f"tickets/{assigned['id']}"), [*TICKET, *NEWER, *DETAIL])
    exactly(ticket["agent"], USER)
    assert ticket["assignee"] == ticket["agent"]
    exactly(ticket["team"], ["id", "name"])
    exactly(ticket["contact"], [*CONTACT, "profile", "groups"])
    exactly(ticket["audits"][0], ["id", "type", "audit_type", "body_type", "message", "created_at"])
    assert ticket["messages_count"] is None


def test_messages_have_authors_files_and_mails(call):
    seen = set()
    for ticket in call.every("tickets"):
        for message in call.every(f"tickets/{ticket['id']}/messages"):
            exactly(message, MESSAGE)
            exactly(message["contact"], CONTACT)
            assert (message["agent"] is None) == (message["type"] == "INBOUND")
            seen |= {name for name in ("email_message", "meta") if message[name]}
            if message["email_message"]:
                exactly(message["email_message"], MAIL)
            if message["meta"]:
                exactly(message["meta"], ["hsm_id", "buttons", "footer", "header"])
            for file in message["attachments"]:
                exactly(file, FILE)
                seen.add("file of unknown size" if file["size"] is None else "file")
            assert message["id"] > 2**31
    assert seen == {"email_message", "meta", "file", "file of unknown size"}


def test_contacts_in_lists_by_id_and_after_writes(fresh):
    listed = [exactly(one, [*CONTACT, "profile", "channels"]) for one in fresh.every("contacts")]
    exactly(fresh("GET", f"contacts/{listed[0]['id']}"), [*CONTACT, "profile", "channels", "notes", "groups"])
    channel = fresh("GET", "channels")["data"][0]["id"]
    exactly(fresh("POST", f"channels/{channel}/contacts", {"identifier": "new@example.com"}), CONTACT)
    note = fresh("POST", f"contacts/{listed[0]['id']}/notes", {"note": "hm"})
    exactly(note, ["id", "contact", "user", "body", "created_at"])
    exactly(note["contact"], CONTACT)
    exactly(note["user"], USER)


@pytest.mark.parametrize(
    ("path", "keys", "single"),
    [
        ("users", USER, True),
        ("teams", ["id", "name", "color", "channels", "users"], True),
        ("labels", LABEL, True),
        ("channels", CHANNEL, False),
        ("custom_fields", FIELD, True),
        ("profiles", words("id name color abbr profile_image contacts custom_field_data created_at"), True),
        ("ticket_results", ["id", "name", "sort_order"], True),
        ("contact_groups", ["id", "name"], True),
        ("webhooks", ["id", "title", "url", "type", "signing_secret"], True),
        ("quick_replies", ["id", "title", "message", "type", "attachments"], False),
        (
            "wa_templates",
            words(
                """
    id title slug message channel_id channels status category language labels components is_starred created_at
    """
            ),
            False,
        ),
    ],
)
def test_the_directory_has_these_keys(call, path, keys, single):
    items = call("GET", path)["data"]
    assert items
    for item in items:
        exactly(item, keys)
    if single:
        assert call("GET", f"{path}/{items[0]['id']}") == items[0]


def test_creating_a_ticket_answers_the_raw_model(fresh):
    ticket = next(fresh.every("tickets"))
    body = {"channel_id": ticket["channel"]["id"], "contact_id": ticket["contact_id"], "subject": "raw"}
    created = exactly(fresh("POST", "tickets", body), CREATED)
    exactly(created["channel"], RAW_CHANNEL)
    exactly(created["agent"], RAW_USER)
    assert ZULU.fullmatch(created["assigned_at"])
    assert not created["assigned_at"].endswith(".000000Z")


@pytest.mark.parametrize("note", [True, False])
def test_sending_a_message_answers_the_raw_model_with_naive_utc(fresh, note):
    valued = next(one for one in fresh.every("tickets") if one["contact"]["custom_field_values"])
    path = f"tickets/{valued['id']}/messages"
    sent = exactly(fresh("POST", path, {"message": "hi", "internal_note": note}), ["message"])["message"]
    exactly(sent, SENT)
    exactly(sent["ticket"], RAW_TICKET)
    exactly(sent["contact"], RAW_CONTACT)
    value = exactly(sent["contact"]["custom_fields"][0], RAW_VALUE)
    exactly(value["pivot"], ["contact_id", "custom_field_id", "value", "created_at", "updated_at"])
    exactly(sent["agent"], RAW_USER)
    assert sent["type"] == ("NOTE" if note else "OUTBOUND")
    read = fresh("GET", f"{path}/{sent['id']}")
    assert NAIVE.fullmatch(sent["created_at"])
    assert read["created_at"] != sent["created_at"]  # the read is Amsterdam's clock, two hours ahead in June


def test_creating_a_profile_answers_the_raw_model(fresh):
    created = fresh("POST", "profiles", {"name": "Huis"})
    exactly(created, words("agency_id created_by name color updated_at created_at id profile_image abbr"))


def test_two_envelopes_coexist(call):
    for path in ("tickets", "contacts", f"tickets/{next(call.every('tickets'))['id']}/messages"):
        page = exactly(call("GET", path), ["data", "links", "meta"])
        exactly(page["links"], ["first", "last", "prev", "next"])
        exactly(page["meta"], ["current_page", "from", "path", "per_page", "to"])
        assert (page["links"]["last"], page["meta"]["per_page"]) == (None, 25)
    sizes = {"labels": 999, "users": 999, "teams": 999, "custom_fields": 999, "webhooks": 999, "quick_replies": 999}
    for path, size in (
        sizes | {"ticket_results": 999, "contact_groups": 999, "profiles": 25, "wa_templates": 25}
    ).items():
        page = exactly(call("GET", path), ["data", "links", "meta"])
        keys = ["current_page", "from", "last_page", "links", "path", "per_page", "to", "total"]
        meta = exactly(page["meta"], keys)
        assert meta["per_page"] == size
        assert page["links"]["last"].endswith(f"?page={meta['last_page']}")
    exactly(call("GET", "channels"), ["data"])


def test_the_data_has_the_gaps_and_oddities_of_the_real_one(call):
    contacts, tickets = list(call.every("contacts")), list(call.every("tickets"))
    assert {type(one["custom_field_data"]) for one in contacts} == {dict, list, type(None)}
    assert {type(one["custom_data"]) for one in tickets} == {dict, list, type(None)}
    phones = [one["phone"] for one in contacts if one["phone"]]
    assert {phone.startswith("+") for phone in phones} == {True, False}
    assert all(one["identifier"] == (one["formatted_phone"] or one["email"]) for one in contacts)
    assert any(one["name"] is None for one in contacts)
    assert any(one["email"] is None and one["phone"] is None for one in contacts)
    assert any(one["subject"] is None for one in tickets)
    assert {one["status"] for one in tickets} == {"OPEN", "ASSIGNED", "CLOSED", "INVALID"}
    assert all((one["closed_at"] is not None) == (one["status"] == "CLOSED") for one in tickets)
    assert any(one["messages_count"] == 0 for one in tickets)
    assert any(one["messages_count"] > 25 for one in tickets)

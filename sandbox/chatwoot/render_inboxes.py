"""The JSON of inboxes; an administrator's token is also shown the channel's secrets."""

from sandbox.chatwoot.clock import BASE, DAY, iso
from sandbox.chatwoot.model import Inbox, Json
from sandbox.chatwoot.state import ACCOUNT

OPENED = BASE - 400 * DAY
CHANNEL_FIELDS = (
    *("allowed_domains", "widget_color", "website_url", "hmac_mandatory", "welcome_title", "welcome_tagline"),
    *("web_widget_script", "website_token", "selected_feature_flags", "reply_time"),
    *("messaging_service_sid", "phone_number"),
)
"""Fields of any channel that every inbox prints, null where the channel has none."""


def inbox(one: Inbox, *, admin: bool) -> Json:
    """An inbox as the inbox endpoints show it."""
    shown: Json = {
        "id": one.id,
        "avatar_url": "",
        "channel_id": one.channel_id,
        "name": one.name,
        "channel_type": one.channel_type,
        **_settings(one),
        "working_hours": week(one),
        "timezone": "Europe/Amsterdam",
        "callback_webhook_url": None,
        "allow_messages_after_resolved": True,
        "lock_to_single_conversation": one.lock_single,
        "sender_name_type": "friendly",
        "business_name": None,
        **one.settings,
        **dict.fromkeys(CHANNEL_FIELDS),
        "hmac_mandatory": False if one.channel_type in ("Channel::WebWidget", "Channel::Api") else None,
        **one.shown,
    }
    if admin:
        shown |= one.secret
    return {**shown, "provider": one.provider}


def inbox_row(one: Inbox) -> Json:
    """The raw table row inside the answer to a contact's creation: ISO dates, no channel."""
    return {
        "id": one.id,
        "channel_id": one.channel_id,
        "account_id": ACCOUNT,
        "name": one.name,
        "created_at": iso(OPENED),
        "updated_at": iso(OPENED),
        "channel_type": one.channel_type,
        "enable_auto_assignment": one.auto_assign,
        "greeting_enabled": False,
        "greeting_message": None,
        "email_address": None,
        "working_hours_enabled": False,
        "out_of_office_message": None,
        "timezone": "Europe/Amsterdam",
        "enable_email_collect": True,
        "csat_survey_enabled": surveyed(one),
        "allow_messages_after_resolved": True,
        "auto_assignment_config": {},
        "lock_to_single_conversation": one.lock_single,
        "portal_id": None,
        "sender_name_type": "friendly",
        "business_name": None,
        "csat_config": {},
        **{name: value for name, value in one.settings.items() if name != "working_hours"},
    }


def week(one: Inbox) -> list[Json]:
    """The opening hours, Sunday first."""
    hours: list[Json] = one.settings.get("working_hours") or [_hours(number) for number in range(7)]
    return hours


def surveyed(one: Inbox) -> bool:
    """Whether a resolved conversation asks the customer for a rating."""
    return bool(one.settings.get("csat_survey_enabled", one.channel_type == "Channel::WebWidget"))


def _settings(one: Inbox) -> Json:
    return {
        "greeting_enabled": False,
        "greeting_message": None,
        "working_hours_enabled": False,
        "enable_email_collect": True,
        "csat_survey_enabled": surveyed(one),
        "csat_config": {},
        "enable_auto_assignment": one.auto_assign,
        "auto_assignment_config": {},
        "out_of_office_message": None,
    }


def _hours(number: int) -> Json:
    return {
        "day_of_week": number,
        "closed_all_day": number in (0, 6),
        "open_hour": 9,
        "open_minutes": 0,
        "close_hour": 17,
        "close_minutes": 30,
        "open_all_day": False,
    }

"""Making and changing inboxes, and the bot in front of one."""

from typing import Any

from sandbox.chatwoot import bots, errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import Inbox, Json
from sandbox.chatwoot.params import Params, blank, text, to_bool, to_i
from sandbox.chatwoot.render_inboxes import inbox, week
from sandbox.http import Response, json_response

FLAGS = (
    *("greeting_enabled", "enable_email_collect", "csat_survey_enabled", "working_hours_enabled"),
    "allow_messages_after_resolved",
)
TEXTS = ("greeting_message", "out_of_office_message", "timezone", "sender_name_type", "business_name")
CHANNELS = {"web_widget": "Channel::WebWidget", "api": "Channel::Api", "email": "Channel::Email"}
"""The channels that need no outside service to be made."""
EDITABLE: dict[str, tuple[str, ...]] = {
    "Channel::WebWidget": (
        *("website_url", "widget_color", "welcome_title", "welcome_tagline", "reply_time", "pre_chat_form_enabled"),
        *("pre_chat_form_options", "continuity_via_email", "hmac_mandatory", "selected_feature_flags"),
        "allowed_domains",
    ),
    "Channel::Api": ("webhook_url", "hmac_mandatory", "additional_attributes"),
    "Channel::Email": ("email",),
    "Channel::Whatsapp": ("phone_number",),
}


def create(call: Call) -> Response:
    """POST /inboxes: the channel's kind is required, and what that kind cannot do without."""
    channel = call.params.get("channel")
    if not isinstance(channel, dict):
        raise Crash
    kind = CHANNELS.get(str(channel.get("type")))
    if kind is None:
        raise errors.invalid_record([("channel", "Channel must exist")])
    _required(call, kind, channel)
    state = call.state
    name = text(call.params.get("name")) or str(channel.get("name") or "")
    if not name.strip():
        raise errors.invalid_record([("name", "Name can't be blank")])
    made = Inbox(state.next_id("inboxes"), state.next_id("channels"), name, kind, [], auto_assign=True)
    made.shown, made.secret = _fresh(call, kind, channel)
    _assign(made, call.params)
    state.inboxes[made.id] = made
    return json_response(inbox(made, admin=True))


def update(call: Call, inbox_id: str) -> Response:
    """PATCH /inboxes/{id}: the inbox's fields, its channel's under ``channel``, and its opening hours by day."""
    one = find(call.state.inboxes, inbox_id)
    channel = call.params.get("channel")
    if "name" in call.params and blank(call.params["name"]):
        raise errors.invalid_record([("name", "Name can't be blank")])
    one.name = str(call.params.get("name", one.name))
    _assign(one, call.params)
    if isinstance(channel, dict):
        one.shown |= _editable(one.channel_type, channel)
    call.state.all_changed()
    return json_response(inbox(one, admin=True))


def agent_bot(call: Call, inbox_id: str) -> Response:
    """GET agent_bot of an inbox: an empty object where there is none."""
    one = find(call.state.inboxes, inbox_id)
    if not call.viewer.sees_inbox(call.state, one.id):
        raise errors.forbidden_action()
    bot = call.state.bots.get(one.bot_id or 0)
    return json_response({} if bot is None else {"agent_bot": bots.shown(bot, admin=call.viewer.admin)})


def set_agent_bot(call: Call, inbox_id: str) -> Response:
    """POST set_agent_bot: null takes the bot away."""
    one, asked = find(call.state.inboxes, inbox_id), call.params.get("agent_bot")
    one.bot_id = find(call.state.bots, asked).id if asked not in (None, False) else None
    return EMPTY


def _required(call: Call, kind: str, channel: Params) -> None:
    if kind == "Channel::WebWidget" and blank(channel.get("website_url")):
        raise errors.invalid_record([("website_url", "Website url can't be blank")])
    if kind == "Channel::Email":
        taken = {one.shown.get("email") for one in call.state.inboxes.values()}
        if blank(channel.get("email")):
            raise Crash
        if channel["email"] in taken:
            raise errors.invalid_record([("email", "Email has already been taken")])


def _fresh(call: Call, kind: str, channel: Params) -> tuple[Json, Json]:
    """What every reader sees of a new channel, and what administrators see beside it."""
    given, state = _editable(kind, channel), call.state
    if kind == "Channel::Api":
        shown: Json = {"webhook_url": None, "inbox_identifier": state.new_secret(), "additional_attributes": {}}
        return {**shown, **given}, {"hmac_token": state.new_secret(), "secret": state.new_secret(32)}
    if kind == "Channel::Email":
        return {"forwarding_enabled": False, **given}, {"imap_enabled": False, "smtp_enabled": False}
    shown = {
        "widget_color": "#1f93ff",
        "web_widget_script": "<script>/* widget */</script>",
        "website_token": state.new_secret(),
        "selected_feature_flags": ["attachments", "emoji_picker", "end_conversation"],
        "reply_time": "in_a_few_minutes",
        "pre_chat_form_enabled": False,
        "pre_chat_form_options": {},
        "continuity_via_email": True,
    }
    return {**shown, **given}, {"hmac_token": state.new_secret()}


def _editable(kind: str, channel: Params) -> Json:
    return {name: channel[name] for name in EDITABLE.get(kind, ()) if name in channel}


def _assign(one: Inbox, params: Params) -> None:
    one.settings |= {name: to_bool(params[name]) for name in FLAGS if name in params}
    one.settings |= {name: text(params[name]) for name in TEXTS if name in params}
    one.auto_assign = to_bool(params.get("enable_auto_assignment", one.auto_assign))
    one.lock_single = to_bool(params.get("lock_to_single_conversation", one.lock_single))
    if isinstance(params.get("working_hours"), list):
        one.settings["working_hours"] = _week(week(one), params["working_hours"])


def _week(before: list[Json], given: list[Any]) -> list[Json]:
    changes = {to_i(day.get("day_of_week")): day for day in given if isinstance(day, dict)}
    return [{**day, **_known(day, changes.get(day["day_of_week"], {}))} for day in before]


def _known(day: Json, change: Json) -> Json:
    return {name: value for name, value in change.items() if name in day}

"""Users, teams, channels, labels, fields and other small things as reads answer them."""

from typing import Any

from sandbox.trengo import clock
from sandbox.trengo.model import (
    ROLES,
    Channel,
    CustomField,
    Label,
    Named,
    QuickReply,
    Team,
    Template,
    User,
    Webhook,
)
from sandbox.trengo.store import Store
from sandbox.trengo.tokens import AGENCY

View = dict[str, Any]
_NULLED_IN_LISTS = (
    "auto_reply",
    "notification_email",
    "business_hour_id",
    "notification_sound",
    "status",
    "show_ticket_fields",
    "show_contact_fields",
    "reopen_closed_ticket",
)


def user_view(user: User) -> View:
    """A user; flags wander between 0/1, booleans and text, as they do at the provider."""
    name = full_name(user)
    return {
        "id": user.id,
        "agency_id": AGENCY,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "name": name,
        "full_name": name,
        "email": user.email,
        "abbr": initial(name),
        "phone": user.phone,
        "color": user.color,
        "locale_code": user.locale,
        "status": "ACTIVE",
        "text": name,
        "is_online": int(user.online),
        "user_status": "ONLINE" if user.online else "OFFLINE",
        "chat_status": True if user.id % 3 == 0 else "1",
        "voip_status": "OFFLINE",
        "voip_device": "WEB",
        "profile_image": None,
        "authorization": user.authorization,
        "role": {"id": ROLES[user.role], "name": user.role},
        "is_primary": int(user.primary),
        "timezone": user.timezone,
        "created_at": clock.local(user.created),
        "two_factor_authentication_enabled": user.two_factor,
    }


def channel_view(channel: Channel) -> View:
    """A channel with its settings."""
    title = _channel_title(channel)
    voip = channel.type == "VOIP"
    return {
        "id": channel.id,
        "name": channel.name,
        "title": channel.title,
        "phone": channel.phone,
        "type": channel.type,
        "auto_reply": "ENABLED",
        "color": channel.color,
        "notification_email": None,
        "business_hour_id": 580_004,
        "notification_sound": "chat.mp3",
        "status": "ACTIVE",
        "display_name": title,
        "text": title,
        "show_ticket_fields": 1,
        "show_contact_fields": 1,
        "emailChannel": _email_channel(channel) if channel.email else None,
        "users": [],
        "username": channel.username,
        "password_is_null": False,
        "reopen_closed_ticket": 0 if voip else 1,
        "is_private": channel.private,
        "reassign_reopened_ticket": False,
        "reopen_closed_ticket_time_window_days": 0 if voip else "30",
        "password": None,
    }


def listed_channel_view(channel: Channel) -> View:
    """A channel inside a ticket list: the settings are null there."""
    return {**channel_view(channel), **dict.fromkeys(_NULLED_IN_LISTS)}


def label_view(label: Label) -> View:
    """A label."""
    return {
        "id": label.id,
        "name": label.name,
        "slug": slug(label.name, "-").lower(),
        "color": label.color,
        "sort_order": label.sort_order,
        "archived": label.archived,
    }


def team_view(team: Team, store: Store) -> View:
    """A team with its channels and users in full."""
    return {
        "id": team.id,
        "name": team.name,
        "color": team.color,
        "channels": [channel_view(store.channels[n]) for n in team.channels if n in store.channels],
        "users": [user_view(store.users[n]) for n in team.users if n in store.users],
    }


def field_view(field: CustomField) -> View:
    """A custom field."""
    return {
        "id": field.id,
        "title": field.title,
        "sort_order": field.sort_order,
        "type": field.type,
        "identifier": slug(field.title, "-"),
        "field_type": field.field_type,
        "placeholder": field.placeholder,
        "items": None,
        "channels": [],
        "is_required": field.required,
    }


def result_view(result: Named) -> View:
    """A closing reason."""
    return {"id": result.id, "name": result.name, "sort_order": result.sort_order}


def group_view(group: Named) -> View:
    """A contact group."""
    return {"id": group.id, "name": group.name}


def quick_reply_view(reply: QuickReply) -> View:
    """A canned answer."""
    return {"id": reply.id, "title": reply.title, "message": reply.message, "type": reply.type, "attachments": []}


def webhook_view(webhook: Webhook) -> View:
    """A subscription; sent as ``name``, answered as ``title``."""
    return {
        "id": webhook.id,
        "title": webhook.title,
        "url": webhook.url,
        "type": webhook.type,
        "signing_secret": webhook.secret,
    }


def template_view(template: Template) -> View:
    """A WhatsApp template; its time is the only one with an explicit offset."""
    return {
        "id": template.id,
        "title": template.title,
        "slug": template.title,
        "message": template.message,
        "channel_id": template.channel,
        "channels": [],
        "status": template.status,
        "category": "UTILITY",
        "language": template.language,
        "labels": [],
        "components": [],
        "is_starred": False,
        "created_at": clock.offset(template.created),
    }


def full_name(user: User) -> str:
    """First and last name."""
    return f"{user.first_name} {user.last_name}".strip()


def initial(name: str | None) -> str:
    """The letter shown where there is no picture."""
    return (name or "?")[:1].upper()


def slug(text: str, joint: str) -> str:
    """Words of letters and digits joined."""
    return joint.join("".join(c if c.isalnum() else " " for c in text).split())


def _channel_title(channel: Channel) -> str:
    if channel.email:
        return f"{channel.title} • {channel.email}"
    return f"{channel.title} ({channel.phone})" if channel.phone else channel.title


def _email_channel(channel: Channel) -> View:
    created = clock.local(channel.created)
    return {
        "channel_id": channel.id,
        "sender_email": channel.email,
        "sender_email_id": channel.id % 10_000,
        "sender_name": channel.title,
        "sender_name_personal": f"[agent.first_name] van {channel.title}",
        "signature": "<p>Met vriendelijke groet,<br />[agent.full_name]</p>",
        "auto_reply_enabled": False,
        "auto_reply_subject": "We hebben je bericht ontvangen",
        "auto_reply_body": "<p>Hallo [name], we reageren &amp; helpen zo snel mogelijk.</p>",
        "prepend_ticket_number_to_subject": False,
        "embed_attachments": False,
        "split_by_subject": True,
        "split_by_sender": False,
        "type": "TRENGO",
        "created_at": created,
        "updated_at": created,
    }

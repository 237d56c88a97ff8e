"""Answers of writes: database models as they are, with fields a reader never sees and times in two formats."""

from sandbox.trengo import clock
from sandbox.trengo.contact_view import empty_map, formatted, shown_identifier
from sandbox.trengo.directory_view import View, full_name, initial
from sandbox.trengo.model import ROLES, Channel, Contact, CustomField, Message, Ticket, User
from sandbox.trengo.store import Store
from sandbox.trengo.ticket_view import attachment_view, mail_view
from sandbox.trengo.tokens import AGENCY

_DAY = 86_400
_NOT_OF_TEMPLATES = frozenset(
    {"file_name", "is_auto_reply", "mentions", "email_message", "attachments", "contact", "agent", "contacts"}
)


def created_ticket(ticket: Ticket, store: Store) -> View:
    """What creating a ticket answers."""
    return {
        "agency_id": AGENCY,
        "contact_id": ticket.contact,
        "status": ticket.status,
        "user_id": ticket.user,
        "assigned_at": clock.zulu(ticket.assigned, 271_828),
        "assigned_by": ticket.assigned_by,
        "channel_id": ticket.channel,
        "subject": ticket.subject,
        "updated_at": clock.zulu(ticket.updated),
        "created_at": clock.zulu(ticket.created),
        "id": ticket.id,
        "latest_message": clock.zulu(ticket.activity),
        "channel": raw_channel(store.channels[ticket.channel]),
        "agent": raw_user(store.users[ticket.user], store) if ticket.user else None,
        "team": None,
    }


def sent_message(message: Message, ticket: Ticket, store: Store, origin: str) -> View:
    """What sending a message answers: naive times here are UTC, unlike in reads."""
    note = message.type == "NOTE"
    contact = store.contacts.get(ticket.contact)
    return {
        "message": {
            "ticket_id": ticket.id,
            "contact_id": ticket.contact,
            "agency_id": AGENCY,
            "user_id": message.user,
            "message": message.text,
            "type": message.type,
            "token": f"{message.id:x}sandbox"[:10],
            "body_type": message.body_type,
            "file_name": None,
            "read": True,
            "is_auto_reply": None,
            "updated_at": clock.naive_utc(message.created),
            "created_at": clock.naive_utc(message.created),
            "id": message.id,
            "message_class": "message-note" if note else "alert-success pull-right",
            "email_message_class": "email_note" if note else "email_outbound",
            "created_at_time": message.created,
            "created_at_time_day": message.created - message.created % _DAY,
            "ticket": _raw_ticket(ticket, store),
            "mentions": [{"user_id": number} for number in message.mentions],
            "email_message": mail_view(message, ticket, store, collapsed=False) if message.mail else None,
            "attachments": [attachment_view(one, origin) for one in message.attachments],
            "contact": contact and _raw_contact(contact, store),
            "agent": raw_user(store.users[message.user], store) if message.user else None,
            "contacts": [],
        }
    }


def sent_template(message: Message, ticket: Ticket, store: Store) -> View:
    """What sending a template answers: less than a message has, and its text as plain text."""
    whole = sent_message(message, ticket, store, "")["message"]
    kept = {name: value for name, value in whole.items() if name not in _NOT_OF_TEMPLATES}
    return {"message": kept | {"body_type": "TEXT"}}


def raw_channel(channel: Channel) -> View:
    """A channel's row."""
    return {
        "id": channel.id,
        "phone": channel.phone,
        "name": channel.name,
        "title": channel.title,
        "username": channel.username,
        "password": None,
        "status_update": None,
        "status": "ACTIVE",
        "type": channel.type,
        "business_hour_id": 580_004,
        "is_wa_connector": 0,
        "logo_path": None,
        "account_type": None,
        "last_login_at": None,
        "last_activity_at": None,
        "expires_at": None,
        "telegram_last_update_id": None,
        "notification_email": None,
        "is_running": 0,
        "agency_id": AGENCY,
        "auto_reply": "ENABLED",
        "wa_server_id": None,
        "connection_error_notification_email": None,
        "price": "12.50",
        "color": channel.color,
        "show_ticket_fields": 1,
        "show_contact_fields": 1,
        "can_be_deleted_at": None,
        "requested_by": None,
        "reopen_closed_ticket": 1,
        "deleted_at": None,
        "created_at": clock.zulu(channel.created),
        "updated_at": clock.zulu(channel.created),
        "notification_sound": "chat.mp3",
        "formatted_phone": formatted(channel.phone) or "+",
        "password_is_null": False,
        "reassign_reopened_ticket": False,
        "reopen_closed_ticket_time_window_days": "30",
        "users": [],
    }


def raw_user(user: User, store: Store) -> View:
    """A user's row."""
    name = full_name(user)
    return {
        "id": user.id,
        "agency_id": AGENCY,
        "parent_agency_id": None,
        "is_primary": int(user.primary),
        "title": "MR",
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_demo_user": 0,
        "is_online": int(user.online),
        "user_status": "ONLINE" if user.online else "OFFLINE",
        "authorization": None,
        "screen_lock_enabled": 0,
        "status": "ACTIVE",
        "activation_token": None,
        "requires_password_update": 0,
        "locale_code": user.locale,
        "color": user.color,
        "timezone": user.timezone,
        "profile_image": None,
        "voip_status": "OFFLINE",
        "voip_device": "WEB",
        "phone": user.phone,
        "created_at": clock.zulu(user.created),
        "updated_at": clock.zulu(store.now),
        "last_activity_at": clock.naive_utc(store.now),
        "deleted_at": None,
        "rate_limit": 750,
        "role_id": ROLES[user.role],
        "name": name,
        "abbr": initial(name),
        "full_name": name,
        "text": name,
    }


def _raw_ticket(ticket: Ticket, store: Store) -> View:
    titles = {number: field.title for number, field in store.fields.items()}
    return {
        "id": ticket.id,
        "agency_id": AGENCY,
        "channel_id": ticket.channel,
        "user_id": ticket.user,
        "team_id": ticket.team,
        "contact_id": ticket.contact,
        "assigned_by": ticket.assigned_by,
        "closed_by": ticket.closed_by,
        "latest_message": clock.naive_utc(ticket.activity),
        "guid": None,
        "telegram_chat_id": None,
        "status": ticket.status,
        "subject": ticket.subject,
        "closed_at": clock.naive_utc(ticket.closed),
        "assigned_at": clock.naive_utc(ticket.assigned),
        "contact_cc": None,
        "custom_data": {titles[number]: value for number, value in ticket.values.items() if number in titles} or None,
        "created_at": clock.zulu(ticket.created),
        "updated_at": clock.zulu(ticket.updated),
        "deleted_at": None,
        "channel": raw_channel(store.channels[ticket.channel]),
        "custom_fields": [],
    }


def _raw_contact(contact: Contact, store: Store) -> View:
    fields = {number: field for number, field in store.fields.items() if field.type == "CONTACT"}
    held = {fields[number].title: value for number, value in contact.values.items() if number in fields}
    return {
        "id": contact.id,
        "agency_id": AGENCY,
        "title": "MR",
        "first_name": None,
        "last_name": None,
        "full_name": contact.name,
        "street_name": None,
        "house_no": None,
        "zip_code": None,
        "city": None,
        "whatsapp_phone_id": None,
        "phone": contact.phone,
        "color": contact.color,
        "image_path": None,
        "email": contact.email,
        "is_synced": 1,
        "custom_field_data": held or empty_map(contact.php_map),
        "created_at": clock.zulu(contact.created),
        "updated_at": clock.zulu(contact.created),
        "deleted_at": None,
        "deleted_by": None,
        "name": contact.name,
        "avatar": "https://assets.example.com/img/avatar.png",
        "profile_image": None,
        "formatted_custom_field_data": {field.title: contact.values.get(n) for n, field in fields.items()} or [],
        "formatted_phone": formatted(contact.phone),
        "abbr": initial(contact.name or shown_identifier(contact)),
        "is_phone": contact.phone is not None,
        "identifier": shown_identifier(contact),
        "is_private": contact.private,
        "users": [],
        "custom_fields": [_raw_value(contact, fields[n], value) for n, value in contact.values.items() if n in fields],
    }


def _raw_value(contact: Contact, field: CustomField, value: str) -> View:
    created = clock.zulu(field.created)
    stamp = clock.zulu(contact.created)
    return {
        "id": field.id,
        "title": field.title,
        "agency_id": AGENCY,
        "sort_order": field.sort_order,
        "type": field.type,
        "created_at": created,
        "updated_at": created,
        "identifier": field.title.replace(" ", "-"),
        "field_type": field.field_type,
        "placeholder": field.placeholder,
        "meta": None,
        "deleted_at": None,
        "is_required": field.required,
        "pivot": {
            "contact_id": contact.id,
            "custom_field_id": field.id,
            "value": value,
            "created_at": stamp,
            "updated_at": stamp,
        },
    }

"""Tickets and messages as reads answer them."""

import html
from typing import Any
from urllib.parse import quote

from sandbox.trengo import clock
from sandbox.trengo.answers import dumps
from sandbox.trengo.contact_view import contact_view, empty_map, group_views, value_views
from sandbox.trengo.directory_view import (
    View,
    channel_view,
    label_view,
    listed_channel_view,
    result_view,
    user_view,
)
from sandbox.trengo.model import Attachment, Message, Ticket
from sandbox.trengo.store import Store, media_name
from sandbox.trengo.tokens import AGENCY

_COLLAPSED = 40
"""Characters of a collapsed mail that are still shown."""


def listed_ticket(ticket: Ticket, store: Store) -> bytes:
    """An item of the ticket list: older tickets embed the latest message, newer ones only its times."""
    contact = store.contacts.get(ticket.contact)
    shown = None if contact is None else contact_view(contact, store, profile=True)
    channel = listed_channel_view(store.channels[ticket.channel])
    view = _head(ticket) | {"contact": shown, "channel": channel, "channelMeta": None}
    if ticket.older:
        view |= {"latest_message": _latest(ticket)} | _tail(ticket, store, len(ticket.messages))
    else:
        view |= _latest_times(ticket) | _tail(ticket, store, len(ticket.messages)) | {"ai_assigned_at": None}
    return dumps(view)


def whole_ticket(ticket: Ticket, store: Store) -> View:
    """A ticket read by id."""
    contact = store.contacts.get(ticket.contact)
    shown = None
    if contact is not None:
        shown = contact_view(contact, store, profile=True) | {"groups": group_views(contact, store)}
    team = store.teams.get(ticket.team or 0)
    agent = _user(ticket.user, store)
    result = store.results.get(ticket.result or 0)
    return {
        **_head(ticket),
        "contact": shown,
        "channel": channel_view(store.channels[ticket.channel]),
        "channelMeta": None,
        **_latest_times(ticket),
        **_tail(ticket, store, None),
        "ai_assigned_at": None,
        "team": team and {"id": team.id, "name": team.name},
        "agent": agent,
        "assignee": agent,
        "closed_by": _user(ticket.closed_by, store),
        "results": [result_view(result)] if result else [],
        "reminder": None,
        "watchers": [],
        "starred": [{"user_id": number} for number in ticket.starred],
        "attachments": [],
        "messaging_attachments": [],
        "related_tickets": [],
        "audits": [
            {
                "id": line.id,
                "type": "AUDIT",
                "audit_type": line.type,
                "body_type": "TEXT",
                "message": line.text,
                "created_at": clock.local(line.created),
            }
            for line in ticket.audits
        ],
    }


def message_view(message: Message, ticket: Ticket, store: Store, origin: str) -> View:
    """A message; ``origin`` is where its files are fetched."""
    contact = store.contacts.get(ticket.contact)
    template = store.templates.get(message.template or 0)
    return {
        "id": message.id,
        "ticket_id": ticket.id,
        "type": message.type,
        "body_type": message.body_type,
        "message": message.text,
        "file_name": None,
        "file_caption": None,
        "location_data": None,
        "created_at": clock.local(message.created),
        "updated_at": clock.local(message.created),
        "user_id": message.user,
        "contact": contact and contact_view(contact, store, profile=False),
        "agent": _user(message.user, store),
        "attachments": [attachment_view(one, origin) for one in message.attachments],
        "mentions": [{"user_id": number} for number in message.mentions],
        "contacts": [],
        "meta": template and {"hsm_id": template.id, "buttons": [], "footer": None, "header": None},
        "parent": None,
        "reactionSums": [],
        "diff_in_hours": 0,
        "messageEvents": [],
        "is_auto_reply": None,
        "email_message": mail_view(message, ticket, store, collapsed=message.collapsed) if message.mail else None,
    }


def mail_view(message: Message, ticket: Ticket, store: Store, *, collapsed: bool) -> View:
    """The mail behind a message; a collapsed one shows only how it begins."""
    contact = store.contacts.get(ticket.contact)
    inbox, customer = store.channels[ticket.channel].email, contact and contact.email
    inbound = message.type == "INBOUND"
    text = message.text[:_COLLAPSED] if collapsed else message.text
    body = html.escape(text, quote=False).replace("\n", "<br>")
    signature = "" if inbound or collapsed else '<div data-signature="true"><p>Groet</p></div>'
    subject = ticket.subject or "(geen onderwerp)"
    return {
        "id": message.id - 2_000_000_000,
        "plain": None,
        "html": f"<p>{body}</p>{signature}",
        "to": inbox if inbound else customer,
        "cc": None,
        "from": customer if inbound else inbox,
        "subject": subject if inbound else f"Re: {subject}",
        "message_id": f"<{message.id}.{ticket.id}@post.example.com>",
        "collapsed": collapsed,
    }


def attachment_view(attachment: Attachment, origin: str) -> View:
    """A file; its address is signed and ends in seven days, its size may be unknown."""
    name = media_name(attachment)
    created = clock.zulu(attachment.created)
    return {
        "id": attachment.id,
        "agency_id": AGENCY,
        "client_name": attachment.client_name,
        "file_name": name,
        "mime_type": attachment.mime_type,
        "size": attachment.size,
        "is_image": attachment.mime_type.startswith("image/"),
        "extension": attachment.client_name.rpartition(".")[2].upper(),
        "full_url": f"{origin}/media/{quote(name)}?X-Amz-Expires=604800&X-Amz-Signature={signature(attachment)}",
        "created_at": created,
        "updated_at": created,
    }


def signature(attachment: Attachment) -> str:
    """What the address of a file must carry."""
    return f"{attachment.id * 2_654_435_761 % 2**64:016x}"


def _head(ticket: Ticket) -> View:
    return {
        "id": ticket.id,
        "status": ticket.status,
        "subject": ticket.subject,
        "closed_at": clock.local(ticket.closed),
        "created_at": clock.local(ticket.created),
        "updated_at": clock.local(ticket.updated),
        "user_id": ticket.user,
        "team_id": ticket.team,
        "assigned_at": clock.local(ticket.assigned),
        "contact_id": ticket.contact,
    }


def _tail(ticket: Ticket, store: Store, count: int | None) -> View:
    titles = {field.id: field.title for field in store.fields.values() if field.type == "TICKET"}
    data: Any = {titles[number]: value for number, value in ticket.values.items() if number in titles}
    return {
        "labels": [label_view(store.labels[number]) for number in ticket.labels if number in store.labels],
        "custom_data": data or empty_map(ticket.php_map),
        "custom_field_values": value_views(ticket.values, titles),
        "messages_count": count,
    }


def _latest(ticket: Ticket) -> View | None:
    if not ticket.messages:
        return None
    last = ticket.messages[-1]
    return {
        "id": last.id,
        "type": last.type,
        "message": last.text,
        "created_at": clock.local(last.created),
        "attachments": [],
    }


def _latest_times(ticket: Ticket) -> View:
    received = next((one.created for one in reversed(ticket.messages) if one.type == "INBOUND"), None)
    last = ticket.messages[-1].created if ticket.messages else None
    return {"latest_message_at": clock.local(last), "latest_received_message_at": clock.local(received)}


def _user(number: int | None, store: Store) -> View | None:
    user = store.users.get(number or 0)
    return None if user is None else user_view(user)

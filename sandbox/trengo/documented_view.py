"""Answers in the small shapes that the documents of others promise."""

from sandbox.trengo import clock
from sandbox.trengo.contact_view import shown_identifier
from sandbox.trengo.directory_view import View, full_name
from sandbox.trengo.model import Channel, Contact, CustomField, Message, Ticket, User, Webhook
from sandbox.trengo.store import Store
from sandbox.trengo.ticket_view import attachment_view


def ticket_doc(ticket: Ticket, store: Store) -> View:
    """A ticket."""
    contact, user = store.contacts.get(ticket.contact), store.users.get(ticket.user or 0)
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "contact": contact and contact_doc(contact),
        "channel": channel_doc(store.channels[ticket.channel]),
        "assignee": user and user_doc(user),
        "created_at": clock.offset(ticket.created),
        "updated_at": clock.offset(ticket.updated),
    }


def message_doc(message: Message, ticket: Ticket, origin: str) -> View:
    """A message, its text in ``body``."""
    files = [attachment_view(one, origin) for one in message.attachments]
    return {
        "id": message.id,
        "ticket_id": ticket.id,
        "body": message.text,
        "type": message.type,
        "attachments": [{"url": file["full_url"], "filename": file["client_name"]} for file in files],
        "created_at": clock.offset(message.created),
    }


def contact_doc(contact: Contact) -> View:
    """A contact."""
    return {
        "id": contact.id,
        "name": contact.name,
        "identifier": shown_identifier(contact),
        "email": contact.email,
        "phone": contact.phone,
        "created_at": clock.offset(contact.created),
    }


def channel_doc(channel: Channel) -> View:
    """A channel."""
    return {"id": channel.id, "name": channel.title, "type": channel.type}


def user_doc(user: User) -> View:
    """A user."""
    return {
        "id": user.id,
        "name": full_name(user),
        "email": user.email,
        "is_admin": user.role == "administrator",
    }


def field_doc(field: CustomField) -> View:
    """A custom field, whose ``type`` is the kind of data."""
    return {"id": field.id, "title": field.title, "type": field.field_type}


def webhook_doc(webhook: Webhook) -> View:
    """A webhook, its name in ``name``."""
    return {"id": webhook.id, "url": webhook.url, "name": webhook.title}

"""The JSON of people: contacts, users, bots, teams, each in its long form and the short one printed as a sender."""

from sandbox.chatwoot.clock import epoch, iso
from sandbox.chatwoot.model import Bot, Contact, Inbox, Json, Sender, Team, User
from sandbox.chatwoot.state import ACCOUNT, State


def contact(one: Contact) -> Json:
    """A contact as in ``meta.sender``; ``last_activity_at`` is absent when there was none."""
    shown: Json = {
        "additional_attributes": one.additional,
        "availability_status": "offline",
        "email": one.email,
        "id": one.id,
        "name": one.name,
        "phone_number": one.phone,
        "blocked": one.blocked,
        "identifier": one.identifier,
        "thumbnail": "",
        "custom_attributes": one.custom,
    }
    if one.last_activity is not None:
        shown["last_activity_at"] = epoch(one.last_activity)
    return {**shown, "created_at": epoch(one.created)}


def contact_with_inboxes(state: State, one: Contact) -> Json:
    """A contact as the contact endpoints show it."""
    inboxes = [
        {"source_id": source.source_id, "inbox": inbox_slim(state.inboxes[source.inbox_id])} for source in one.sources
    ]
    return {**contact(one), "contact_inboxes": inboxes}


def inbox_slim(inbox: Inbox) -> Json:
    """The six fields of an inbox inside a contact."""
    return {
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.channel_id,
        "name": inbox.name,
        "channel_type": inbox.channel_type,
        "provider": inbox.provider,
    }


def agent(one: User) -> Json:
    """A user as in the agent list."""
    return {
        "id": one.id,
        "account_id": ACCOUNT,
        "availability_status": one.availability,
        "auto_offline": one.auto_offline,
        "confirmed": one.confirmed,
        "email": one.email,
        "provider": "email",
        "available_name": one.available_name,
        "name": one.name,
        "role": one.role,
        "thumbnail": "",
    }


def bot_slim(one: Bot) -> Json:
    """A bot as an assignee: it has no mail address."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "thumbnail": "",
        "outgoing_url": one.outgoing_url,
        "bot_type": "webhook",
    }


def team(one: Team, viewer_id: int) -> Json:
    """A team as the reader sees it."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "allow_auto_assign": one.allow_auto_assign,
        "account_id": ACCOUNT,
        "is_member": viewer_id in one.members,
    }


def team_row(one: Team) -> Json:
    """A team's table row, which the assignment of a team answers with."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "allow_auto_assign": one.allow_auto_assign,
        "account_id": ACCOUNT,
        "created_at": iso(one.created),
        "updated_at": iso(one.created),
    }


def contact_sender(one: Contact) -> Json:
    """A contact as the sender of a message."""
    return {
        "additional_attributes": one.additional,
        "custom_attributes": one.custom,
        "email": one.email,
        "id": one.id,
        "identifier": one.identifier,
        "name": one.name,
        "phone_number": one.phone,
        "thumbnail": "",
        "blocked": one.blocked,
        "type": "contact",
    }


def user_sender(one: User) -> Json:
    """A user as the sender of a message."""
    return {
        "id": one.id,
        "name": one.name,
        "available_name": one.available_name,
        "avatar_url": "",
        "type": "user",
        "availability_status": one.availability,
        "thumbnail": "",
    }


def sender(state: State, who: Sender | None) -> Json | None:
    """The ``sender`` object; none where the author is gone or there never was one."""
    if who is None:
        return None
    kind, number = who
    if kind == "Contact":
        return contact_sender(state.contacts[number]) if number in state.contacts else None
    if kind == "User":
        return user_sender(state.users[number]) if number in state.users else None
    return _bot_sender(state, kind, number)


def _bot_sender(state: State, kind: str, number: int) -> Json | None:
    bot = (state.bots if kind == "AgentBot" else state.assistants).get(number)
    if bot is None:
        return None
    if kind == "AgentBot":
        return {"id": bot.id, "name": bot.name, "avatar_url": "", "type": "agent_bot"}
    return {
        "id": bot.id,
        "name": bot.name,
        "avatar_url": "",
        "description": bot.description,
        "created_at": iso(bot.created),
        "type": "captain_assistant",
    }

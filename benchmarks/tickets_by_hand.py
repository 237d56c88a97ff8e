"""The real ticket mapping written by hand in Python: what one would write without a mapping language."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
STATUS: dict[str | None, dict[str, str]] = {
    "OPEN": {"name": "open", "category": "open"},
    "ASSIGNED": {"name": "active", "category": "open"},
    "CLOSED": {"name": "closed", "category": "closed"},
    "INVALID": {"name": "spam", "category": "spam"},
}


def by_hand(item: dict[str, Any]) -> dict[str, Any]:
    """The unified record of one ticket of the provider's list."""
    get = item.get
    key, status = get("id") or get("ticket_id"), get("status")
    return {
        "id": _id(key),
        "name": get("subject"),
        "number": None,
        "description": None,
        "status": {"id": status, **STATUS[status]} if status else None,
        "priority": None,
        "ticket_type": None,
        "assignees": _assignees(item),
        "created_by": None,
        "contact": _contact(get("contact")),
        "team": _team(item),
        "channel": _channel(get("channel")),
        "tags": [{"id": _id(one.get("id")), "name": one.get("name")} for one in get("labels") or ()],
        "custom_fields": [
            {"id": _id(one.get("custom_field_id")), "name": one.get("field_name"), "value": one.get("value")}
            for one in get("custom_field_values") or ()
        ],
        "attachments": None,
        "urls": [{"type": "web", "url": f"https://app.trengo.com/tickets/{'' if key is None else key}"}],
        "due_date": None,
        "closed_at": _time(get("closed_at")),
        "created_at": _time(get("created_at")),
        "updated_at": _time(get("updated_at")),
        "last_message_at": _time(get("latest_message_at") or (get("latest_message") or {}).get("created_at")),
    }


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


def _assignees(item: dict[str, Any]) -> list[dict[str, Any]]:
    agent, user = item.get("agent"), item.get("user_id")
    if agent:
        return [{"id": _id(agent.get("id")), "name": agent.get("full_name"), "email": agent.get("email")}]
    return [{"id": str(user), "name": None, "email": None}] if user else []


def _contact(contact: dict[str, Any] | None) -> dict[str, Any] | None:
    if contact is None:
        return None
    email, phone = contact.get("email"), contact.get("phone")
    return {
        "id": _id(contact.get("id")),
        "name": contact.get("full_name") or contact.get("name"),
        "emails": [{"email": email}] if email else [],
        "phones": [{"number": phone}] if phone else [],
    }


def _team(item: dict[str, Any]) -> dict[str, Any] | None:
    team, key = item.get("team"), item.get("team_id")
    if team:
        return {"id": _id(team.get("id")), "name": team.get("name")}
    return {"id": str(key), "name": None} if key else None


def _channel(channel: dict[str, Any] | None) -> dict[str, Any] | None:
    if channel is None:
        return None
    return {"id": _id(channel.get("id")), "name": channel.get("title"), "type": channel.get("type")}


def _time(text: str | None) -> str | None:
    return f"{_utc_minute(text[:16])}:{text[17:]}.000Z" if text else None


@lru_cache(maxsize=16384)
def _utc_minute(minute: str) -> str:
    """A local minute in UTC. Remembered, as the mapping engine does: the comparison is not to flatter it."""
    local = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
    return f"{local.astimezone(UTC):%Y-%m-%dT%H:%M}"

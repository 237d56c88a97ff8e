"""Event-driven proactive ticket creation: opens a ticket for the right team when your system sees something go wrong.

    python docs/recipes/proactive_ticket.py events.json

``events.json``: ``[{"id": "evt-1", "subject": "Payment failed", "text": "Card declined twice", "team": "Finance",
"tags": ["billing"], "fields": {"order": "ZL-1"}, "customer": {"email": "a@example.com", "name": "A"}}]``
"""

import json
import sys
from pathlib import Path
from typing import Any

from client import Interline, connect, each, key_of


def mail_channel(api: Interline) -> str:
    """The id of the account's first mail channel."""
    return next(one["id"] for one in api.walk("ticketing/channels") if "email" in (one["type"] or "").lower())


def open_ticket(api: Interline, channel: str, event: dict[str, Any]) -> str:
    """Opens the ticket of one event: contact, team, tags, fields and a private first comment, all in one call."""
    body = {
        "name": event["subject"],
        "channel": {"id": channel},
        "contact": event["customer"],
        "team": {"name": event["team"]},
        "tags": [{"name": name} for name in event["tags"]],
        "custom_fields": [{"name": name, "value": value} for name, value in event["fields"].items()],
        "comment": {"body": event["text"], "is_private": True},
    }
    made = api.create("ticketing/tickets", body, key_of("event", event["id"]))
    return f"{event['id']}: ticket {made['id']} for {made['team']['name']}"


def main(path: str) -> int:
    """Opens a ticket for every event of a file."""
    api = connect()
    channel = mail_channel(api)
    return each(json.loads(Path(path).read_text(encoding="utf-8")), lambda event: open_ticket(api, channel, event))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) > 0)

"""Contextual enrichment: keeps what your product knows of a customer in the contact's custom fields.

    python docs/recipes/enrich_contact.py customers.json

``customers.json``: ``[{"email": "a@example.com", "name": "A", "fields": {"Plan": "gold", "Seats": "12"}}]``
"""

import json
import sys
from pathlib import Path
from typing import Any

from client import Interline, connect, each, key_of
from proactive_ticket import mail_channel


def field_ids(api: Interline, labels: set[str]) -> dict[str, str]:
    """The id of each contact field by its label; those that are missing are made."""
    there = {one["label"]: one["id"] for one in api.walk("ticketing/fields", entity_type="contact")}
    for label in sorted(labels - set(there)):
        body = {"entity_type": "contact", "label": label}
        there[label] = api.create("ticketing/fields", body, key_of("field", label))["id"]
    return there


def enrich(api: Interline, channel: str, ids: dict[str, str], customer: dict[str, Any]) -> str:
    """Writes the fields that differ; the contact is found by its e-mail address, or made."""
    wanted = {ids[label]: value for label, value in customer["fields"].items()}
    found = next(api.walk("ticketing/contacts", email=customer["email"]), None)
    has = {one["id"]: one["value"] for one in (found or {"custom_fields": []})["custom_fields"]}
    differing = {one: value for one, value in wanted.items() if str(has.get(one)) != str(value)}
    if found and not differing:
        return f"{customer['email']}: up to date"
    fields = [{"id": one, "value": value} for one, value in differing.items()]
    # What the contact has is part of the key: a value that comes back later is a new write.
    key = key_of("enrich", customer["email"], differing, {one: has.get(one) for one in differing})
    if found:
        api.update("ticketing/contacts", found["id"], {"custom_fields": fields}, key)
        return f"{customer['email']}: {len(fields)} fields written"
    body = {"name": customer["name"], "emails": [{"email": customer["email"]}], "channel": {"id": channel}}
    api.create("ticketing/contacts", {**body, "custom_fields": fields}, key)
    return f"{customer['email']}: made, {len(fields)} fields written"


def main(path: str) -> int:
    """Enriches every customer of a file."""
    api = connect()
    customers = json.loads(Path(path).read_text(encoding="utf-8"))
    ids = field_ids(api, {label for one in customers for label in one["fields"]})
    channel = mail_channel(api)
    return each(customers, lambda customer: enrich(api, channel, ids, customer))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) > 0)

"""Auto-tagging: reads what open tickets are about and gives them tags by rules; put your classifier in their place.

    python docs/recipes/auto_tag.py rules.json [how many of the newest open tickets]

``rules.json``: ``{"billing": ["invoice", "refund"], "delivery": ["parcel"]}``
"""

import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from client import Interline, connect, each, key_of


def tag_ids(api: Interline, names: set[str]) -> dict[str, str]:
    """The id of each tag by its name; those that are missing are made."""
    there = {one["name"]: one["id"] for one in api.walk("ticketing/tags")}
    for name in sorted(names - set(there)):
        there[name] = api.create("ticketing/tags", {"name": name}, key_of("tag", name))["id"]
    return there


def text_of(api: Interline, ticket: dict[str, Any]) -> str:
    """The subject and what the customer wrote."""
    comments = api.walk("ticketing/comments", ticket_id=ticket["id"])
    said = [one["body"] or "" for one in comments if one["direction"] == "inbound"]
    return " ".join([ticket["name"] or "", *said]).casefold()


def tag(api: Interline, ids: dict[str, str], rules: dict[str, list[str]], ticket: dict[str, Any]) -> str:
    """Adds the tags whose words are found and leaves the others as they are."""
    text, has = text_of(api, ticket), {one["name"] for one in ticket["tags"]}
    fitting = {name for name, words in rules.items() if any(word.casefold() in text for word in words)}
    missing = sorted(fitting - has)
    if not missing:
        return f"{ticket['id']}: nothing to add"
    body = {"tags_add": [{"id": ids[name]} for name in missing]}
    # The ticket's last change is part of the key: the same tags on another day are a new write.
    api.update("ticketing/tickets", ticket["id"], body, key_of("tags", ticket["id"], missing, ticket["updated_at"]))
    return f"{ticket['id']}: {', '.join(missing)}"


def main(path: str, newest: int = 25) -> int:
    """Tags the newest open tickets."""
    api = connect()
    rules = json.loads(Path(path).read_text(encoding="utf-8"))
    ids = tag_ids(api, set(rules))
    tickets = list(islice(api.walk("ticketing/tickets", status_category="open", sort="-last_message_at"), newest))
    return each(tickets, lambda ticket: tag(api, ids, rules, ticket))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:3])) > 0)

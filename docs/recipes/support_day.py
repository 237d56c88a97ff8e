"""A support day, the same on every helpdesk: find a contact; open, answer, note, tag, assign, close, reopen.

    python docs/recipes/support_day.py [name of this run]

It prints what is on the ticket at the end, in words that do not depend on the helpdesk.
"""

import sys
from typing import Any

from auto_tag import tag_ids
from client import Interline, connect, key_of
from proactive_ticket import mail_channel

TAGS = ("delivery", "urgent")
EMAIL = "ada.lovelace@example.com"


def day(api: Interline, run: str) -> str:
    """Everything that happens to the ticket; its id."""
    tags, channel = tag_ids(api, set(TAGS)), mail_channel(api)
    contact = next(api.walk("ticketing/contacts", email=EMAIL), None) or api.create(
        "ticketing/contacts",
        {"name": "Ada Lovelace", "emails": [{"email": EMAIL}], "channel": {"id": channel}},
        key_of(run, "contact"),
    )
    body = {
        "name": "Where is my parcel?",
        "channel": {"id": channel},
        "contact": {"id": contact["id"]},
        "tags": [{"id": tags["delivery"]}],
        "comment": {"body": "Ada rang: the parcel is late.", "is_private": True},
    }
    ticket = api.create("ticketing/tickets", body, key_of(run, "open"))["id"]

    def comment(text: str, *, is_private: bool) -> None:
        said = {"ticket": {"id": ticket}, "body": text, "is_private": is_private}
        api.create("ticketing/comments", said, key_of(run, text))

    def change(step: str, **attributes: Any) -> None:
        api.update("ticketing/tickets", ticket, attributes, key_of(run, step))

    comment("Dear Ada, we are looking for it.", is_private=False)
    comment("The carrier says Tuesday.", is_private=True)
    change("tag", tags_add=[{"id": tags["urgent"]}])
    agent = min(api.walk("ticketing/users"), key=lambda one: int(one["id"]))
    change("assign", assignees=[{"id": agent["id"]}])
    change("close", status={"category": "closed"})
    change("reopen", status={"category": "open"})
    return ticket


def said(comment: dict[str, Any]) -> str:
    """A comment, who it is from and who sees it."""
    seen = "private" if comment["is_private"] else "public"
    return f"{comment['direction']} by a {comment['author']['type']}, {seen}: {comment['body']}"


def told(api: Interline, ticket_id: str) -> list[str]:
    """The ticket as it is found by walking, and what was said on it, oldest first."""
    ticket = next(one for one in api.walk("ticketing/tickets", status_category="open") if one["id"] == ticket_id)
    comments = list(api.walk("ticketing/comments", ticket_id=ticket_id, sort="-created_at"))[::-1]
    return [
        f"subject: {ticket['name']}",
        f"contact: {ticket['contact']['emails'][0]['email']}",
        f"tags: {', '.join(sorted(one['name'] for one in ticket['tags']))}",
        f"status: {ticket['status']['category']}",
        f"assigned: {'yes' if ticket['assignees'] else 'no'}",
        # Notices of what happened are left out: each helpdesk words them its own way.
        *(said(one) for one in comments if one["author"]["type"] != "system"),
    ]


if __name__ == "__main__":
    interline = connect()
    print("\n".join(told(interline, day(interline, *(sys.argv[1:2] or ["day-1"])))))

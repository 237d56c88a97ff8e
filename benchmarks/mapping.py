"""Mapping a page of tickets: the JMESPath library, our fused record, hand-written Python; medians of one run.

    python benchmarks/mapping.py

Two tables: twenty expressions of many kinds on invented tickets, and the real mapping file on a page of the sandbox.
Ways that should agree are compared before anything is timed. Absolute figures differ between machines; the ratios of
one run hold.
"""

from typing import Any

import jmespath
import real_tickets
from jmespath.visitor import Options
from msgspec import Struct
from timing import ROUNDS, Item, Way, medians, must_agree, table

from proxy.language.context import Context
from proxy.language.expression import Field, compile_record
from proxy.language.functions import ContextFunctions

TICKETS = 25

EXPRESSIONS = {
    "id": "id || ticket_id",
    "name": "subject",
    "status": "status",
    "assignees": "user_id && [{id: user_id}]",
    "team": "team_id && {id: team_id}",
    "contact": (
        "contact.{id: id, name: full_name, emails: email && [{email: email}], phones: phone && [{number: phone}]}"
    ),
    "channel": "channel.{id: id, name: title, type: type}",
    "tags": "labels[].{id: id, name: name}",
    "custom_fields": "custom_field_values[].{id: custom_field_id, name: field_name, value: value}",
    "closed_at": "closed_at",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "last_message_at": "latest_message_at || latest_message.created_at",
    "last_message_text": "latest_message.message",
    "direction": "(latest_message.type == 'INBOUND' && 'inbound') || (latest_message.type == 'OUTBOUND' && 'outbound')",
    "first_attachment": "latest_message.attachments[0].full_url",
    "is_private": "channel.is_private || contact.is_private",
    "message_count": "messages_count",
    "subject_key": "not_null(subject, contact.full_name, '')",
    "url": "id && join('', ['https://app.desk.example/tickets/', to_string(id)])",
}
"""Twenty attributes of the kind a mapping file holds."""


class Figures(Struct, frozen=True):
    """Medians in microseconds for one page."""

    plain_search: float
    """``jmespath.search`` for each attribute, the library's own cache of parsed expressions warm."""
    compiled_search: float
    """``jmespath.compile`` beforehand, ``search`` for each attribute."""
    fused: float
    handwritten: float

    @property
    def faster(self) -> float:
        """How many times faster than ``jmespath.search`` the fused record is."""
        return self.plain_search / self.fused

    @property
    def over_handwritten(self) -> float:
        """How many times slower than hand-written Python the fused record is."""
        return self.fused / self.handwritten


def ticket(number: int) -> Item:
    """One invented ticket in the shape of a helpdesk's list."""
    contact = {
        "id": 51_000 + number,
        "name": f"Person {number}",
        "full_name": f"Person {number} Example",
        "email": f"person{number}@example.test" if number % 2 else None,
        "phone": None if number % 3 else f"+3161234{number:04}",
        "avatar": "https://files.desk.example/default.png",
        "custom_field_data": {"Customer number": f"C-{number}"},
        "is_private": False,
    }
    inbound = number % 4 != 0
    message = {
        "id": 900_000 + number,
        "type": "INBOUND" if inbound else "OUTBOUND",
        "message": "The chain snapped after two weeks, can you send another one?",
        "created_at": "2026-06-02 10:14:05",
        "attachments": [{"id": 1, "full_url": "https://files.desk.example/a.pdf"}] if number % 5 == 0 else [],
    }
    labels = [{"id": 1800 + part, "name": f"Label {part}", "color": "#5D9CEC"} for part in range(number % 3)]
    fields = [
        {"custom_field_id": 64 + part, "field_name": f"Field {part}", "value": part} for part in range(number % 2)
    ]
    return {
        "id": 950_000 + number,
        "status": ("OPEN", "ASSIGNED", "CLOSED")[number % 3],
        "subject": f"Order {number}" if number % 2 else None,
        "closed_at": "2026-06-03 09:00:00" if number % 3 == 2 else None,
        "created_at": "2026-06-02 10:14:05",
        "updated_at": "2026-06-02 10:31:44",
        "user_id": 77 if number % 3 else None,
        "team_id": 5 if number % 2 else None,
        "contact_id": contact["id"],
        "contact": contact,
        "channel": {"id": 15, "name": "Email", "title": "Support", "type": "EMAIL", "is_private": False},
        "latest_message_at": "2026-06-02 10:31:44" if number % 2 else None,
        "latest_message": message,
        "labels": labels,
        "custom_field_values": fields,
        "messages_count": number,
    }


DIRECTIONS: dict[Any, Any] = {"INBOUND": "inbound", "OUTBOUND": "outbound"}


def by_hand(item: Item) -> dict[str, Any]:
    """What one would write for ``EXPRESSIONS`` without a mapping language."""
    get = item.get
    contact, channel, message = get("contact") or {}, get("channel") or {}, get("latest_message") or {}
    email, phone, user, team = contact.get("email"), contact.get("phone"), get("user_id"), get("team_id")
    subject, key = get("subject"), get("id")
    attachments = message.get("attachments")
    return {
        "id": key or get("ticket_id"),
        "name": subject,
        "status": get("status"),
        "assignees": [{"id": user}] if user else None,
        "team": {"id": team} if team else None,
        "contact": {
            "id": contact.get("id"),
            "name": contact.get("full_name"),
            "emails": [{"email": email}] if email else None,
            "phones": [{"number": phone}] if phone else None,
        },
        "channel": {"id": channel.get("id"), "name": channel.get("title"), "type": channel.get("type")},
        "tags": [{"id": label.get("id"), "name": label.get("name")} for label in get("labels") or ()],
        "custom_fields": [
            {"id": field.get("custom_field_id"), "name": field.get("field_name"), "value": field.get("value")}
            for field in get("custom_field_values") or ()
        ],
        "closed_at": get("closed_at"),
        "created_at": get("created_at"),
        "updated_at": get("updated_at"),
        "last_message_at": get("latest_message_at") or message.get("created_at"),
        "last_message_text": message.get("message"),
        "direction": DIRECTIONS.get(message.get("type"), False),
        "first_attachment": attachments[0].get("full_url") if attachments else None,
        "is_private": channel.get("is_private") or contact.get("is_private"),
        "message_count": get("messages_count"),
        "subject_key": subject if subject is not None else contact.get("full_name"),
        "url": f"https://app.desk.example/tickets/{key}" if key else None,
    }


def ways(expressions: dict[str, str], handwritten: Way) -> dict[str, Way]:
    """The four ways to make a record."""
    options = Options(custom_functions=ContextFunctions(Context()))
    trees = {name: jmespath.compile(text) for name, text in expressions.items()}
    record = compile_record({name: Field(text) for name, text in expressions.items()})
    return {
        "plain_search": lambda item: {name: jmespath.search(text, item, options) for name, text in expressions.items()},
        "compiled_search": lambda item: {name: tree.search(item, options) for name, tree in trees.items()},
        "fused": record,
        "handwritten": handwritten,
    }


def measure(expressions: dict[str, str], items: list[Item], handwritten: Way) -> Figures:
    """Time the four ways in turns; raises ValueError where they do not give the same records."""
    candidates = ways(expressions, handwritten)
    must_agree(candidates, items)
    return Figures(**medians(candidates, items))


def report(figures: Figures) -> str:
    """The table that is printed."""
    names = figures.__struct_fields__
    lines = table({name.replace("_", " "): getattr(figures, name) for name in names}, figures.fused)
    lines.append(f"fused is {figures.faster:.1f}x faster than jmespath.search,")
    lines.append(f"and takes {figures.over_handwritten:.2f}x the time of hand-written Python")
    return "\n".join(lines)


def main() -> str:
    """Both tables."""
    invented = measure(EXPRESSIONS, [ticket(number) for number in range(TICKETS)], by_hand)
    real = real_tickets.measure()
    return "\n".join(
        [
            f"{TICKETS} invented tickets, {len(EXPRESSIONS)} expressions, median of {ROUNDS} rounds",
            report(invented),
            "",
            f"{TICKETS} tickets of the sandbox, mapping file {real_tickets.RESOURCE}.yaml, median of {ROUNDS} rounds",
            real_tickets.report(real),
        ]
    )


if __name__ == "__main__":
    print(main())

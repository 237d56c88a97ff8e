"""Values of custom fields, set one by one on tickets, contacts and profiles."""

from typing import Any

from sandbox.trengo import clock
from sandbox.trengo.answers import not_selectable
from sandbox.trengo.call import Call, chosen
from sandbox.trengo.model import Contact, CustomField, Profile, Ticket


def field_value(call: Call, scope: str) -> tuple[CustomField, str]:
    """The field and value a body names; 422 when the field is of another scope."""
    form = call.form
    field = chosen(call.store.fields, form, "custom_field_id")
    if field.type != scope:
        raise not_selectable("custom_field_id")
    return field, form.text("value") or ""


def put_value(holder: Ticket | Contact | Profile, field: CustomField, value: str) -> None:
    """Sets a value, or removes it when it is empty."""
    if value:
        holder.values[field.id] = value
    else:
        holder.values.pop(field.id, None)


def pivot(field: CustomField, value: str, now: int) -> dict[str, Any]:
    """What setting a value answers."""
    stamp = clock.zulu(now)
    return {"custom_field_id": field.id, "value": value, "created_at": stamp, "updated_at": stamp}

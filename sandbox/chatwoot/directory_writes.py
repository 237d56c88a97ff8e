"""Writing users and fields."""

from typing import Any

from sandbox.chatwoot import errors, render_people
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.directory import MODELS, field
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import Field, Inbox, Team, User
from sandbox.chatwoot.params import Params, blank, text, to_bool
from sandbox.http import Response, json_response

ROLES = ("agent", "administrator")
AVAILABILITIES = ("online", "offline", "busy")
DISPLAY_TYPES = ("text", "number", "currency", "percent", "link", "date", "list", "checkbox")


def create_agent(call: Call) -> Response:
    """POST /agents: an invited user, unconfirmed."""
    given = call.root("agent")
    email = str(given.get("email") or "").lower()
    if "@" not in email:
        raise errors.invalid_record([("email", "Email is invalid")])
    if any(one.email == email for one in call.state.users.values()):
        raise errors.invalid_record([("email", "Email has already been taken")])
    name = str(given.get("name") or email.partition("@")[0])
    number = call.state.next_id("users")
    user = User(number, name, name, email, "agent", "online", confirmed=False)
    _assign_agent(user, given)
    call.state.users[number] = user
    return json_response(render_people.agent(user))


def update_agent(call: Call, user_id: str) -> Response:
    """PATCH /agents/{id}: name, role, availability (not ``availability_status``), auto_offline."""
    user = find(call.state.users, user_id)
    _assign_agent(user, call.root("agent"))
    call.state.all_changed()
    return json_response(render_people.agent(user))


def destroy_agent(call: Call, user_id: str) -> Response:
    """DELETE /agents/{id}: unassigns and leaves teams and inboxes."""
    user = find(call.state.users, user_id)
    del call.state.users[user.id]
    for conversation in call.state.conversations.values():
        if conversation.assignee_id == user.id:
            conversation.assignee_id = None
    groups: list[Team | Inbox] = [*call.state.teams.values(), *call.state.inboxes.values()]
    for group in groups:
        group.members = [number for number in group.members if number != user.id]
    call.state.all_changed()
    return EMPTY


def create_field(call: Call) -> Response:
    """POST /custom_attribute_definitions."""
    given = call.root("custom_attribute_definition")
    model = _enum(given.get("attribute_model", 0), MODELS)
    key = str(given.get("attribute_key") or "")
    _check_key(call, key, model, str(given.get("attribute_display_name") or ""))
    made = Field(call.state.next_id("fields"), "", "text", "", key, model, [], call.state.now)
    _assign_field(made, given)
    call.state.fields[made.id] = made
    return json_response(field(made))


def update_field(call: Call, field_id: str) -> Response:
    """PATCH /custom_attribute_definitions/{id}."""
    one = find(call.state.fields, field_id)
    _assign_field(one, call.root("custom_attribute_definition"))
    return json_response(field(one))


def destroy_field(call: Call, field_id: str) -> Response:
    """DELETE /custom_attribute_definitions/{id}: 204."""
    del call.state.fields[find(call.state.fields, field_id).id]
    return Response(204)


def _assign_agent(user: User, given: Params) -> None:
    role = _enum(given.get("role", user.role), ROLES)
    availability = _enum(given.get("availability", user.availability), AVAILABILITIES)
    user.name = str(given.get("name") or user.name)
    user.available_name = str(given.get("display_name") or user.available_name)
    user.role, user.availability = role, availability
    user.auto_offline = to_bool(given.get("auto_offline", user.auto_offline))


def _check_key(call: Call, key: str, model: str, name: str) -> None:
    problems = []
    if blank(name):
        problems.append(("attribute_display_name", "Attribute display name can't be blank"))
    if blank(key):
        problems.append(("attribute_key", "Attribute key can't be blank"))
    if any(one.key == key and one.model == model for one in call.state.fields.values()):
        problems.append(("attribute_key", "Attribute key has already been taken"))
    if problems:
        raise errors.invalid_record(problems)


def _assign_field(one: Field, given: Params) -> None:
    one.display_type = _enum(given.get("attribute_display_type", one.display_type), DISPLAY_TYPES)
    one.name = str(given.get("attribute_display_name", one.name))
    one.description = str(given.get("attribute_description", one.description) or "")
    values = given.get("attribute_values", one.values)
    one.values = [str(value) for value in values] if isinstance(values, list) else []
    one.regex_pattern = text(given.get("regex_pattern", one.regex_pattern))
    one.regex_cue = text(given.get("regex_cue", one.regex_cue))


def _enum(value: Any, words: tuple[str, ...]) -> str:
    """A word or its number; anything else is the crash of an unknown enum value."""
    if value in words:
        return str(value)
    if str(value).isdecimal() and int(value) < len(words):
        return words[int(value)]
    raise Crash

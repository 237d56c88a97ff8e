"""Changing a conversation: status, priority, assignee, team, labels and fields have a call each."""

from typing import Any

from sandbox.chatwoot import effects
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.clock import SECOND, iso
from sandbox.chatwoot.conversations import shown
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.model import PRIORITIES, STATUSES, Conversation
from sandbox.chatwoot.params import Params, blank, to_i
from sandbox.chatwoot.render_conversations import shown_labels
from sandbox.chatwoot.render_people import agent, bot_slim, team_row
from sandbox.http import Response, json_response


def update(call: Call, display_id: str) -> Response:
    """PATCH /conversations/{id}: the priority alone is permitted; all else is ignored."""
    conversation = call.conversation(display_id)
    if "priority" in call.params:
        _set_priority(call, conversation, call.params["priority"])
    return shown(call, conversation)


def toggle_priority(call: Call, display_id: str) -> Response:
    """POST toggle_priority: an empty body as answer."""
    _set_priority(call, call.conversation(display_id), call.params.get("priority"))
    return EMPTY


def toggle_status(call: Call, display_id: str) -> Response:
    """POST toggle_status: without a status it toggles; an agent who opens is assigned."""
    conversation = call.conversation(display_id)
    wanted, snoozed_until = _wanted_status(conversation, call.params)
    if wanted == "snoozed":
        conversation.snoozed_until = snoozed_until or conversation.snoozed_until
    effects.set_status(call.state, conversation, wanted, actor(call))
    if conversation.status == "open" and call.viewer.role == "agent":
        effects.assign_user(conversation, call.viewer.id)
    _saved(call, conversation)
    payload = {
        "success": True,
        "conversation_id": conversation.id,
        "current_status": conversation.status,
        "snoozed_until": iso(conversation.snoozed_until),
    }
    return json_response({"payload": payload})


def assign(call: Call, display_id: str) -> Response:
    """POST assignments: ``assignee_id`` wins over ``team_id``; an unknown assignee unassigns and answers null."""
    conversation = call.conversation(display_id)
    if call.params.get("assignee_type") == "AgentBot":
        return _assign_bot(call, conversation)
    if "assignee_id" in call.params:
        return _assign_user(call, conversation)
    if "team_id" in call.params:
        team = call.state.teams.get(to_i(call.params["team_id"]))
        effects.set_team(call.state, conversation, team, actor(call))
        _saved(call, conversation)
        return json_response(team and team_row(team))
    return json_response(None)


def set_labels(call: Call, display_id: str) -> Response:
    """POST labels: replaces the whole list; a word that is no label of the account is taken too."""
    conversation = call.conversation(display_id)
    conversation.labels = clean_labels(call.params.get("labels"))
    _saved(call, conversation)
    return json_response({"payload": conversation.labels})


def labels(call: Call, display_id: str) -> Response:
    """GET labels of a conversation: titles."""
    return json_response({"payload": shown_labels(call.conversation(display_id).labels)})


def set_custom_attributes(call: Call, display_id: str) -> Response:
    """POST custom_attributes: replaces the whole object."""
    conversation = call.conversation(display_id)
    given = call.params.get("custom_attributes")
    conversation.custom = given if isinstance(given, dict) else {}
    _saved(call, conversation)
    return json_response({"custom_attributes": conversation.custom})


def destroy(call: Call, display_id: str) -> Response:
    """DELETE /conversations/{id}."""
    call.state.remove_conversation(find(call.state.conversations, display_id))
    return EMPTY


def clean_labels(given: Any) -> list[str]:
    """A tag list: stripped, without blanks and repetitions."""
    words = [str(one).strip() for one in given] if isinstance(given, list) else []
    return list(dict.fromkeys(word for word in words if word))


def actor(call: Call) -> str:
    """The name in activity lines."""
    kind, number = call.viewer.sender
    return call.state.users[number].name if kind == "User" else call.state.bots[number].name


def known_status(value: Any) -> str:
    """A status, or the crash an unknown enum value is."""
    if value not in STATUSES:
        raise Crash
    return str(value)


def _wanted_status(conversation: Conversation, params: Params) -> tuple[str, int | None]:
    asked = params.get("status")
    if blank(asked):
        return ("resolved" if conversation.status == "open" else "open"), None
    wanted, snoozed_until = known_status(asked), params.get("snoozed_until")
    if snoozed_until in (None, False):
        return wanted, None
    seconds = str(snoozed_until).strip()
    if not seconds.lstrip("+-")[:1].isdecimal():
        raise Crash
    # strptime('%s') stops at the first non-digit: an ISO date becomes its year, in seconds.
    return wanted, to_i(seconds) * SECOND


def _set_priority(call: Call, conversation: Conversation, asked: Any) -> None:
    wanted = None if blank(asked) else asked
    if wanted is not None and wanted not in PRIORITIES:
        raise Crash
    if wanted == conversation.priority:
        return
    conversation.priority = wanted
    words = f"set the priority to {wanted}" if wanted else "removed the priority"
    effects.activity(call.state, conversation, f"{actor(call)} {words}")
    _saved(call, conversation)


def _assign_user(call: Call, conversation: Conversation) -> Response:
    user = call.state.users.get(to_i(call.params["assignee_id"]))
    before = (conversation.assignee_id, conversation.bot_id)
    conversation.bot_id = None
    effects.assign_user(conversation, None if user is None else user.id)
    if before != (conversation.assignee_id, None):
        line = f"Assigned to {user.name} by {actor(call)}" if user else f"Unassigned by {actor(call)}"
        effects.activity(call.state, conversation, line)
    _saved(call, conversation)
    return json_response(user and agent(user))


def _assign_bot(call: Call, conversation: Conversation) -> Response:
    bot = call.state.bots.get(to_i(call.params.get("assignee_id")))
    if bot is None:
        return json_response(None)
    conversation.assignee_id, conversation.bot_id = None, bot.id
    _saved(call, conversation)
    return json_response(bot_slim(bot))


def _saved(call: Call, conversation: Conversation) -> None:
    conversation.updated = call.state.now
    call.state.changed(conversation.id)

"""Automation rules; a rule that is not there is no 404 but a crash, for nobody asks whether it was found."""

from typing import Any

from sandbox.chatwoot.call import EMPTY, Call
from sandbox.chatwoot.clock import epoch
from sandbox.chatwoot.errors import Crash, Refusal
from sandbox.chatwoot.extras import Rule
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import Params, text, to_bool, to_i
from sandbox.chatwoot.state import ACCOUNT, State
from sandbox.http import Response, json_response

CONDITIONS = frozenset(
    (
        *("content", "email", "country_code", "status", "message_type", "browser_language", "assignee_id", "team_id"),
        *("referer", "city", "company_name", "inbox_id", "mail_subject", "phone_number", "priority", "labels"),
        *("conversation_language", "private_note"),
    )
)
ACTIONS = frozenset(
    (
        *("send_message", "add_label", "remove_label", "send_email_to_team", "assign_team", "assign_agent"),
        *("remove_assigned_agent", "remove_assigned_team", "send_webhook_event", "mute_conversation"),
        *("send_attachment", "change_status", "resolve_conversation", "open_conversation", "pending_conversation"),
        *("snooze_conversation", "change_priority", "send_email_transcript", "add_private_note"),
    )
)


def index(call: Call) -> Response:
    """GET /automation_rules."""
    return json_response({"payload": [_shown(one) for one in call.state.rules.values()]})


def show(call: Call, rule_id: str) -> Response:
    """GET /automation_rules/{id}."""
    return json_response({"payload": _shown(_found(call, rule_id))})


def create(call: Call) -> Response:
    """POST /automation_rules: bare, unlike the others."""
    params = call.params
    conditions, actions = _listed(params.get("conditions")), _listed(params.get("actions") or [])
    name, event = text(params.get("name")), text(params.get("event_name"))
    _check(call.state, conditions, actions)
    if name is None or event is None:
        raise Crash
    state = call.state
    made = Rule(state.next_id("rules"), name, text(params.get("description")), event, conditions, actions, state.now)
    made.active = to_bool(params.get("active", True))
    state.rules[made.id] = made
    return json_response(_shown(made))


def update(call: Call, rule_id: str) -> Response:
    """PATCH /automation_rules/{id}."""
    one, params = _found(call, rule_id), call.params
    conditions = _listed(params.get("conditions") or one.conditions)
    actions = _listed(params.get("actions") or one.actions)
    _check(call.state, conditions, actions)
    one.conditions, one.actions = conditions, actions
    _assign(one, params)
    return json_response({"payload": _shown(one)})


def destroy(call: Call, rule_id: str) -> Response:
    """DELETE /automation_rules/{id}."""
    del call.state.rules[_found(call, rule_id).id]
    return EMPTY


def _shown(one: Rule) -> Json:
    return {
        "id": one.id,
        "account_id": ACCOUNT,
        "name": one.name,
        "description": one.description,
        "event_name": one.event_name,
        "conditions": one.conditions,
        "actions": one.actions,
        "created_on": epoch(one.created),
        "active": one.active,
    }


def _found(call: Call, rule_id: str) -> Rule:
    one = call.state.rules.get(to_i(rule_id))
    if one is None:
        raise Crash
    return one


def _assign(one: Rule, params: Params) -> None:
    one.name = text(params.get("name")) or one.name
    one.event_name = text(params.get("event_name")) or one.event_name
    one.description = text(params.get("description", one.description))
    one.active = to_bool(params.get("active", one.active))


def _listed(given: Any) -> list[Json]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Crash
    return given


def _check(state: State, conditions: list[Json], actions: list[Json]) -> None:
    known = CONDITIONS | {one.key for one in state.fields.values()}
    problems = {
        "conditions": _unsupported("conditions", [one.get("attribute_key") for one in conditions], known),
        "actions": _unsupported("actions", [one.get("action_name") for one in actions], ACTIONS),
    }
    if sum(1 for one in conditions if one.get("query_operator") is None) > 1:
        problems["conditions"].append("Automation conditions should have query operator.")
    if any(str(one.get("query_operator") or "and").upper() not in ("AND", "OR") for one in conditions):
        problems["conditions"].append('Query operator must be either "AND" or "OR"')
    found = {name: texts for name, texts in problems.items() if texts}
    if found:
        raise Refusal(422, {"error": found})


def _unsupported(what: str, names: list[Any], known: frozenset[str]) -> list[str]:
    unknown = [str(name) for name in names if str(name) not in known]
    return [f"Automation {what} {','.join(unknown)} not supported."] if unknown else []

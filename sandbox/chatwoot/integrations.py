"""Integrations: the apps an installation offers without keys of its own, and the hooks that switch them on."""

from typing import Any

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import EMPTY, Call, find
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.extras import Hook
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import Params, blank, to_i
from sandbox.chatwoot.state import ACCOUNT, State
from sandbox.http import Response, json_response

STATUSES = ("disabled", "enabled")


def _app(name: str, kind: str, *, many: bool, action: bool = True, **fields: bool) -> Json:
    """An app as its file describes it; of each setting, whether it may be shown."""
    row: Json = {"id": name, "logo": f"{name}.png", "i18n_key": name}
    row |= {"action": f"/{name}"} if action else {}
    row |= {"hook_type": kind, "allow_multiple_hooks": many}
    if fields:
        row["settings_json_schema"] = {"type": "object", "required": [*fields][:1], "additionalProperties": False}
        row["settings_form_schema"] = [{"label": field, "type": "text", "name": field} for field in fields]
        row["visible_properties"] = [field for field, shown in fields.items() if shown]
    return row


APPS: dict[str, Json] = {
    one["id"]: one
    for one in (
        {**_app("webhook", "account", many=True), "logo": "webhooks.png", "i18n_key": "webhooks"},
        _app("dashboard_apps", "account", many=True, action=False),
        _app("openai", "account", many=False, api_key=False, label_suggestion=True),
        _app("dialogflow", "inbox", many=True, project_id=True, credentials=False, region=True, language_code=True),
        _app("google_translate", "account", many=False, project_id=True, credentials=False),
        _app("dyte", "account", many=False, api_key=False, organization_id=True),
    )
}


def apps(call: Call) -> Response:
    """GET /integrations/apps: administrators also see how each is set up."""
    return json_response({"payload": [_shown_app(call, one) for one in APPS.values()]})


def create_hook(call: Call) -> Response:
    """POST /integrations/hooks."""
    given, state = call.root("hook"), call.state
    app_id, settings = str(given.get("app_id") or ""), _object(given.get("settings"))
    inbox_id = None if blank(given.get("inbox_id")) else to_i(given["inbox_id"])
    kind = str(APPS.get(app_id, {}).get("hook_type", "account"))
    enabled = _enabled(given.get("status", "enabled"))
    _check(state, app_id, kind, inbox_id, settings)
    made = Hook(state.next_id("hooks"), app_id, kind, inbox_id, enabled, settings)
    state.hooks[made.id] = made
    return json_response(_shown(state, made, admin=True))


def update_hook(call: Call, hook_id: str) -> Response:
    """PATCH /integrations/hooks/{id}: status and settings alone."""
    one, given = find(call.state.hooks, hook_id), call.root("hook")
    settings = _object(given.get("settings", one.settings))
    enabled = _enabled(given.get("status", one.enabled))
    if _unsettled(one.app_id, settings):
        raise errors.invalid_record([("settings", "Settings : Invalid settings data")])
    one.settings, one.enabled = settings, enabled
    return json_response(_shown(call.state, one, admin=True))


def destroy_hook(call: Call, hook_id: str) -> Response:
    """DELETE /integrations/hooks/{id}."""
    del call.state.hooks[find(call.state.hooks, hook_id).id]
    return EMPTY


def _shown_app(call: Call, app: Json) -> Json:
    hooks = [one for one in call.state.hooks.values() if one.app_id == app["id"]]
    enabled = bool(call.state.webhooks) if app["id"] == "webhook" else bool(hooks)
    row: Json = {
        "id": app["id"],
        "name": app["id"].replace("_", " ").title(),
        "description": f"Koppeling met {app['id']}.",
        "short_description": None,
        "enabled": enabled,
    }
    if call.viewer.admin:
        row |= {**app, "action": app.get("action"), "button": app.get("action")}
    return {**row, "hooks": [_shown(call.state, one, admin=call.viewer.admin) for one in hooks]}


def _shown(state: State, one: Hook, *, admin: bool) -> Json:
    inbox = state.inboxes.get(one.inbox_id or 0)
    row: Json = {
        "id": one.id,
        "app_id": one.app_id,
        "status": one.enabled,
        "inbox": None if inbox is None else {"id": inbox.id, "name": inbox.name},
        "account_id": ACCOUNT,
        "hook_type": one.hook_type,
    }
    if not admin:
        return row
    visible = APPS.get(one.app_id, {}).get("visible_properties", [])
    shown = {name: value for name, value in one.settings.items() if name in visible}
    return {**row, "settings": shown, "reference_id": None}


def _check(state: State, app_id: str, kind: str, inbox_id: int | None, settings: Json) -> None:
    problems = []
    if not app_id:
        problems.append(("app_id", "App can't be blank"))
    if kind == "inbox" and inbox_id is None:
        problems.append(("inbox_id", "Inbox can't be blank"))
    if _unsettled(app_id, settings):
        problems.append(("settings", "Settings : Invalid settings data"))
    many = APPS.get(app_id, {}).get("allow_multiple_hooks")
    if not many and any(one.app_id == app_id for one in state.hooks.values()):
        problems.append(("app_id", "App has already been taken"))
    if problems:
        raise errors.invalid_record(problems)


def _unsettled(app_id: str, settings: Json) -> bool:
    app: Params = APPS.get(app_id, {})
    if "settings_json_schema" not in app:
        return False
    known = {field["name"] for field in app["settings_form_schema"]}
    return not set(app["settings_json_schema"]["required"]) <= set(settings) or not set(settings) <= known


def _enabled(given: Any) -> bool:
    if given in (*STATUSES, True, False):
        return given in ("enabled", True)
    raise Crash


def _object(given: Any) -> Json:
    return given if isinstance(given, dict) else {}

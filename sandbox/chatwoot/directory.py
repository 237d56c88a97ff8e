"""Lists without pages: users, inboxes, fields; and the profile and the version."""

from sandbox.chatwoot import errors, render_people
from sandbox.chatwoot.access import BOT, STRANGER, Viewer
from sandbox.chatwoot.call import Call, find
from sandbox.chatwoot.clock import database_form, iso
from sandbox.chatwoot.model import Field, Json, User
from sandbox.chatwoot.params import blank
from sandbox.chatwoot.render_inboxes import inbox
from sandbox.chatwoot.state import ACCOUNT, State
from sandbox.http import Response, json_response

MODELS = ("conversation_attribute", "contact_attribute")


def version(state: State) -> Response:
    """GET /api: no token needed."""
    return json_response(
        {"version": state.version, "timestamp": database_form(state.now), "queue_services": "ok", "data_services": "ok"}
    )


def profile(state: State, viewer: Viewer) -> Response:
    """GET /api/v1/profile: the user with the tokens in clear, and the accounts."""
    if viewer.id == BOT and viewer.role == "bot":
        raise errors.unauthorized("Access to this endpoint is not authorized for bots")
    stranger = User(STRANGER, "Wouter Zonder-Account", "Wouter", "wouter@example.org", "agent", "offline")
    user = stranger if viewer.role == "none" else state.users[viewer.id]
    accounts = [] if viewer.role == "none" else [_membership(state, user)]
    return json_response(_profile(user, viewer.token, accounts))


def agents(call: Call) -> Response:
    """GET /agents: all users by name; there is no endpoint for one."""
    rows = sorted(call.state.users.values(), key=lambda one: one.name.lower())
    return json_response([render_people.agent(one) for one in rows])


def inboxes(call: Call) -> Response:
    """GET /inboxes: those the reader is a member of, all for an administrator."""
    rows = [one for one in call.state.inboxes.values() if call.viewer.sees_inbox(call.state, one.id)]
    return json_response({"payload": [inbox(one, admin=call.viewer.admin) for one in rows]})


def show_inbox(call: Call, inbox_id: str) -> Response:
    """GET /inboxes/{id}."""
    one = find(call.state.inboxes, inbox_id)
    if not call.viewer.sees_inbox(call.state, one.id):
        raise errors.forbidden_action()
    return json_response(inbox(one, admin=call.viewer.admin))


def fields(call: Call) -> Response:
    """GET /custom_attribute_definitions, of one model (0 conversation, 1 contact) or of all."""
    asked = call.params.get("attribute_model")
    rows = list(call.state.fields.values())
    if not blank(asked):
        wanted = MODELS[int(str(asked))] if str(asked) in ("0", "1") else asked
        rows = [one for one in rows if one.model == wanted]
    return json_response([field(one) for one in rows])


def show_field(call: Call, field_id: str) -> Response:
    """GET /custom_attribute_definitions/{id}."""
    return json_response(field(find(call.state.fields, field_id)))


def field(one: Field) -> Json:
    """A field; its times are ISO."""
    return {
        "id": one.id,
        "attribute_display_name": one.name,
        "attribute_display_type": one.display_type,
        "attribute_description": one.description,
        "attribute_key": one.key,
        "regex_pattern": one.regex_pattern,
        "regex_cue": one.regex_cue,
        "attribute_values": one.values,
        "attribute_model": one.model,
        "default_value": None,
        "created_at": iso(one.created),
        "updated_at": iso(one.created),
    }


def _profile(user: User, token: str, accounts: list[Json]) -> Json:
    return {
        "access_token": token,
        "account_id": accounts[0]["id"] if accounts else None,
        "available_name": user.available_name,
        "avatar_url": "",
        "confirmed": user.confirmed,
        "display_name": user.available_name,
        "message_signature": None,
        "email": user.email,
        "id": user.id,
        "inviter_id": None,
        "name": user.name,
        "provider": "email",
        "pubsub_token": f"pubsub-{token[::-1]}",
        "role": user.role if accounts else None,
        "ui_settings": {},
        "uid": user.email,
        "type": None,
        "accounts": accounts,
    }


def _membership(state: State, user: User) -> Json:
    return {
        "id": ACCOUNT,
        "name": state.account.name,
        "status": "active",
        "onboarding_step": None,
        "active_at": iso(state.now),
        "role": user.role,
        "permissions": [user.role],
        "availability": user.availability,
        "availability_status": user.availability,
        "auto_offline": user.auto_offline,
    }

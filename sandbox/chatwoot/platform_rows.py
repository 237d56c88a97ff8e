"""The JSON of the platform API's rows, and what a request may change of them."""

from typing import Any

from sandbox.chatwoot.clock import iso
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.installation import Installation, Membership, PlatformAccount, PlatformBot, PlatformUser
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import Params, text, to_i


def account(one: PlatformAccount) -> Json:
    """An account; only the features that are on."""
    return {
        "id": one.id,
        "name": one.name,
        "locale": one.locale,
        "domain": one.domain,
        "support_email": one.support_email,
        "features": {name: True for name, on in one.features.items() if on},
        "custom_attributes": one.custom,
        "limits": one.limits,
        "status": one.status,
    }


def user(tables: Installation, one: PlatformUser) -> Json:
    """A user with the token in clear."""
    rows = [row for row in tables.memberships.values() if row.user_id == one.id]
    shown: Json = {
        "access_token": one.token,
        "account_id": rows[0].account_id if rows else None,
        "available_name": one.display_name or one.name,
        "avatar_url": "",
        "confirmed": True,
        "display_name": one.display_name,
        "message_signature": None,
        "email": one.email,
        "id": one.id,
        "name": one.name,
        "provider": "email",
        "pubsub_token": f"pubsub-{one.token[::-1]}",
    }
    if one.custom:
        shown["custom_attributes"] = one.custom
    accounts = [
        {"id": row.account_id, "name": tables.accounts[row.account_id].name, "active_at": None, "role": row.role}
        for row in rows
    ]
    role = rows[0].role if rows else None
    return {**shown, "role": role, "ui_settings": {}, "uid": one.email, "accounts": accounts}


def membership(one: Membership) -> Json:
    """The bare row."""
    return {
        "id": one.id,
        "account_id": one.account_id,
        "user_id": one.user_id,
        "role": one.role,
        "inviter_id": None,
        "created_at": iso(one.created),
        "updated_at": iso(one.updated),
        "active_at": None,
        "availability": "online",
        "auto_offline": True,
        "custom_role_id": None,
        "agent_capacity_policy_id": None,
    }


def bot(one: PlatformBot) -> Json:
    """A bot with its token."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "outgoing_url": one.outgoing_url,
        "account_id": one.account_id,
        "access_token": one.token,
    }


def assign_account(one: PlatformAccount, params: Params) -> None:
    """Takes over what is sent; an unknown status is a crash."""
    if params.get("status", "active") not in ("active", "suspended"):
        raise Crash
    one.name = text(params.get("name")) or one.name
    one.locale = text(params.get("locale")) or one.locale
    one.domain, one.support_email = (
        text(params.get("domain", one.domain)),
        text(params.get("support_email", one.support_email)),
    )
    one.status = str(params.get("status", one.status))
    one.features |= _object(params.get("features"))
    one.limits = _object(params.get("limits", one.limits))
    one.custom = _object(params.get("custom_attributes", one.custom))


def assign_user(one: PlatformUser, params: Params) -> None:
    """Takes over what is sent."""
    one.name = text(params.get("name")) or one.name
    one.display_name = text(params.get("display_name", one.display_name))
    one.email = (text(params.get("email")) or one.email).lower()
    one.custom |= _object(params.get("custom_attributes"))


def assign_bot(one: PlatformBot, params: Params) -> None:
    """Takes over what is sent."""
    for name in ("name", "description", "outgoing_url"):
        setattr(one, name, text(params.get(name, getattr(one, name))))
    if "account_id" in params:
        one.account_id = to_i(params["account_id"]) or None


def _object(given: Any) -> Json:
    return given if isinstance(given, dict) else {}

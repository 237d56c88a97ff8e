"""The account's own row: its settings are merged, its name and languages replaced."""

from sandbox.chatwoot import errors
from sandbox.chatwoot.call import Call
from sandbox.chatwoot.clock import iso
from sandbox.chatwoot.errors import Crash
from sandbox.chatwoot.extras import Account
from sandbox.chatwoot.model import Json
from sandbox.chatwoot.params import blank, text
from sandbox.chatwoot.state import ACCOUNT
from sandbox.http import Response, json_response

LOCALES = ("ar", "ca", "da", "de", "en", "es", "fr", "he", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "uk")
CUSTOM = ("industry", "company_size", "timezone", "referral_source", "user_role", "website")
SHOWN = ("website", "industry", "company_size", "timezone", "referral_source")
"""Custom attributes that are printed when they hold something; the four of the plan are printed always."""
PLAN = ("plan_name", "subscribed_quantity", "subscription_status", "subscription_ends_on")
SETTINGS = (
    *("auto_resolve_after", "auto_resolve_message", "auto_resolve_ignore_waiting"),
    *("audio_transcriptions", "auto_resolve_label"),
)
UNTOUCHED = "0000000000"
"""The cache key of a table that nobody changed lately."""


def show(call: Call) -> Response:
    """GET /accounts/{id}."""
    return json_response({**_account(call.state.account), "latest_chatwoot_version": None})


def update(call: Call) -> Response:
    """PATCH /accounts/{id}."""
    one, params = call.state.account, call.params
    if "name" in params and blank(params["name"]):
        raise errors.invalid_record([("name", "Name can't be blank")])
    if params.get("locale") not in (None, *LOCALES):
        raise Crash
    one.name = str(params.get("name", one.name))
    one.locale = params.get("locale", one.locale)
    one.domain = text(params.get("domain", one.domain))
    one.support_email = text(params.get("support_email", one.support_email))
    one.custom |= {name: params[name] for name in CUSTOM if name in params}
    one.settings |= {name: params[name] for name in SETTINGS if name in params}
    return json_response(_account(one))


def _account(one: Account) -> Json:
    shown: Json = {"settings": one.settings, "created_at": iso(one.created)}
    if one.custom:
        plan = dict.fromkeys(PLAN)
        shown["custom_attributes"] = plan | {
            name: one.custom[name] for name in SHOWN if not blank(one.custom.get(name))
        }
    return {
        **shown,
        "domain": one.domain,
        "features": dict.fromkeys(one.features, True),
        "id": ACCOUNT,
        "locale": one.locale,
        "name": one.name,
        "support_email": one.support_email,
        "status": "active",
        "cache_keys": dict.fromkeys(("label", "inbox", "team"), UNTOUCHED),
    }

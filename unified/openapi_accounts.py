"""The account routes as the framework reads them from their types, put in the words and shapes of the document."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

SUMMARIES: Mapping[str, tuple[str, str]] = {
    "listAccounts": ("List the linked accounts that the key may see", "The linked accounts."),
    "createAccount": ("Link an account; its credential is verified at the provider first", "The linked account."),
    "getOwnAccount": ("Get the account of an account token", "The linked account."),
    "createAccountToken": ("Mint a short-lived token of one account", "The token; it is shown this once."),
    "getAccount": ("Get a linked account", "The linked account."),
    "updateAccount": ("Change an account or put a new credential in", "The account as it is now."),
    "deleteAccount": ("Unlink an account; its credential and tokens are gone", "What was deleted."),
    "createLinkToken": (
        "Make a link for a customer to link an account on the page",
        "The link; it is shown this once.",
    ),
    "listIntegrations": ("List the providers that this server knows", "The providers."),
    "getIntegration": ("Get a provider: what linking an account of it takes", "The provider."),
}
"""For each operation its summary and what its success holds."""
PARAMETERS: Mapping[str, str] = {
    "tenant_id": "Accounts of these tenants.",
    "status": "Accounts in one of these states.",
    "integration": "Accounts at these providers.",
    "account_id": "The id of the linked account.",
    "name": "The name of the provider.",
}
DEFAULTS = {"deprecated": False, "allowEmptyValue": False, "allowReserved": False}
"""What OpenAPI takes for said where it is not."""


def tidied(operation: Schema) -> Schema:
    """An operation of the framework: summed up, its successes said in words, its parameters never null."""
    summary, answer = SUMMARIES[operation["operationId"]]
    responses = {
        status: {"description": answer, "content": one["content"]}
        for status, one in operation["responses"].items()
        if status.startswith("2")
    }
    made = {**_without_defaults(operation), "summary": summary, "responses": responses}
    if "parameters" in operation:
        made["parameters"] = [_parameter(one) for one in operation["parameters"]]
    return made


def _parameter(parameter: Schema) -> Schema:
    """A query string has no null: what the handler reads as none is the parameter left out."""
    schema = parameter["schema"]
    choices = [one for one in schema.get("oneOf", ()) if one != {"type": "null"}]
    return {
        **_without_defaults(parameter),
        "description": PARAMETERS[parameter["name"]],
        "schema": choices[0] if len(choices) == 1 else schema,
    }


def _without_defaults(described: Schema) -> Schema:
    return {name: value for name, value in described.items() if name not in DEFAULTS or value != DEFAULTS[name]}


def without_lone_choices(value: Any) -> Any:
    """Schemas whose ``oneOf`` has one member, which is what the framework makes of an optional attribute, as it."""
    if isinstance(value, dict):
        plain = {name: without_lone_choices(one) for name, one in value.items()}
        if isinstance(plain.get("oneOf"), list) and len(plain["oneOf"]) == 1:
            (only,) = plain.pop("oneOf")
            return {**only, **plain}
        return plain
    return [without_lone_choices(one) for one in value] if isinstance(value, list) else value

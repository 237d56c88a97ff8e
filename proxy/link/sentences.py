"""From a problem to what a customer reads: which sentence, at which field, and whether the page ends with it."""

from collections.abc import Mapping

from msgspec import Struct

from proxy.errors import InvalidCredential, InvalidRequest, Problem
from proxy.provider.model import FieldWords, ProviderWords

ENDS = {
    "unknown-link": "invalid_token",
    "link-expired": "invalid_token",
    "link-used": "invalid_token",
    "link-elsewhere": "invalid_token",
    "cross-site": "invalid_token",
    "not-found": "invalid_token",
    "link-attempts": "connection_error",
    "account-blocked": "validation_error",
    "invalid-request": "invalid_integration",
}
"""After these nothing can be done on the page: the code, and Truto's ``error_type`` for it."""

REFUSED = {
    "reauth-required": "fail.wrong-token",
    "provider-forbidden": "fail.forbidden",
    "provider-not-found": "fail.wrong-place",
    "provider-invalid": "fail.wrong-token",
}
"""How the provider refused the credential, by the code of its refusal."""

ANYWHERE = {
    "different-account": "fail.different",
    "provider-unreachable": "fail.unreachable",
    "provider-not-json": "fail.down",
    "provider-redirect": "fail.down",
    "rate-limited": "fail.busy",
    "overloaded": "fail.busy",
    "deadline-exceeded": "fail.slow",
    "invalid-request": "fail.fields",
}
AT_TYPED_HOST = {
    "provider-unreachable": "fail.no-host",
    "provider-not-json": "fail.other-host",
    "provider-redirect": "fail.other-host",
    "deadline-exceeded": "fail.no-host",
}
"""Where the customer typed the address, an address that does not answer is most likely wrong."""
OTHERWISE = "fail.down"
FIELD_KEYS = {"text": "field.text", "integer": "field.integer", "origin": "field.origin"}


class Failure(Struct, frozen=True):
    """What stands above the form, and beside which fields what is said."""

    key: str
    fields: Mapping[str, str]


def end_key(problem: Problem) -> str:
    """The sentence of a page that ends."""
    return f"end.{problem.code}" if problem.code in ENDS else "end.other"


def failure_of(problem: Problem, words: ProviderWords, typed: Mapping[str, str]) -> Failure:
    """What a customer reads of a problem with what was typed, by ``context.<field>`` or ``credentials.<field>``."""
    if isinstance(problem, InvalidRequest):
        fields = {error.path: _field_key(error.path, words, typed) for error in problem.errors}
        return Failure("fail.fields", fields)
    if isinstance(problem, InvalidCredential):
        return _refused(problem, words)
    by_code = {**ANYWHERE, **(AT_TYPED_HOST if typed_host(words) else {})}
    key = by_code.get(problem.code, OTHERWISE)
    marks = {f"context.{name}": "" for name, one in words.connection.items() if one.type == "origin"}
    return Failure(key, marks if key in {"fail.no-host", "fail.other-host"} else {})


def typed_host(words: ProviderWords) -> bool:
    """Whether customers type the provider's address."""
    return any(one.type == "origin" for one in words.connection.values())


def _refused(problem: InvalidCredential, words: ProviderWords) -> Failure:
    secret = {f"credentials.{name}": "" for name in words.credential}
    if any(error.path == "context" for error in problem.errors):
        return Failure("fail.wrong-details", {f"context.{name}": "" for name in words.connection})
    cause = problem.__cause__
    key = REFUSED.get(cause.code, "fail.wrong-token") if isinstance(cause, Problem) else "fail.wrong-token"
    if key == "fail.wrong-place":
        return Failure(key, {f"context.{name}": "" for name in words.connection} or secret)
    return Failure(key, secret)


def _field_key(path: str, words: ProviderWords, typed: Mapping[str, str]) -> str:
    """What is wrong with one field, from its kind and whether anything was typed."""
    part, _, name = path.partition(".")
    known: Mapping[str, FieldWords] = words.connection if part == "context" else words.credential
    if not typed.get(path, "").strip():
        return "field.needed"
    return FIELD_KEYS[known[name].type] if name in known else "field.text"

"""The pieces that every part of the OpenAPI document is made of."""

from collections.abc import Iterable, Mapping
from typing import Any

from proxy.accounts.caller import HEADER_NAME
from proxy.errors import Problem, all_problems
from unified.openapi_accounts import Schema
from unified.query import ACCOUNT

REF = "#/components/schemas/{name}"
EVERYWHERE = (
    "invalid-request",
    "unauthorized",
    "missing-scope",
    "not-found",
    "too-many-attempts",
    "internal-error",
)
FROM_PROVIDER = (
    "ambiguous-account",
    "provider-forbidden",
    "reauth-required",
    "rate-limited",
    "provider-error",
    "overloaded",
    "deadline-exceeded",
    "unsupported-operation",
)
LISTS = ("unsupported-filter", "cursor-expired", "scan-limit")
PROXY = ("path-not-allowed", "body-too-large", "cursor-expired")
JOURNAL = (
    "idempotency-in-progress",
    "idempotency-answer-not-kept",
    "idempotency-mismatch",
    "outcome-unknown",
    "journal-unavailable",
)
"""What the write journal may say to a request that carries a key, or that ends in silence."""
KEY = "Idempotency-Key"

Examples = Mapping[tuple[str, str], dict[str, Any]]
"""Model and resource to a whole example record."""
Bodies = Mapping[tuple[str, str, str], Any]
"""Model, resource and method to an example of its request body."""
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def account_parameters() -> list[Schema]:
    """The two ways to name the account."""
    return [
        {
            "name": ACCOUNT,
            "in": "query",
            "description": "The linked account; implied by an account token.",
            "schema": {"type": "string"},
        },
        {
            "name": HEADER_NAME,
            "in": "header",
            "description": f"The linked account, instead of {ACCOUNT}.",
            "schema": {"type": "string"},
        },
    ]


def waiting_parameters() -> list[Schema]:
    """How long a caller waits for the provider's rate budget, and before whom."""
    wait = (
        "`wait=N`: how many seconds this request may wait for the provider's rate budget (RFC 7240); 20 where it is "
        "not said. A wait that does not fit is refused at once, with 429 and `Retry-After`."
    )
    urgency = (
        "`u=5` to `u=7`: nobody waits for this request, it is bulk work (RFC 9218). It takes only what no other "
        "request of the same budget waits for."
    )
    return [
        {"name": "Prefer", "in": "header", "description": wait, "schema": {"type": "string"}, "example": "wait=5"},
        {"name": "Priority", "in": "header", "description": urgency, "schema": {"type": "string"}, "example": "u=6"},
    ]


def query(name: str, description: str, schema: Schema) -> Schema:
    """A query parameter."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


def idempotency_parameter() -> Schema:
    """The header that makes a write happen once."""
    text = (
        "Names this write, so that it can be sent again: the second answer is the first, and nothing is done twice. "
        "Kept for 24 hours for this account and caller."
    )
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    return {"name": KEY, "in": "header", "description": text, "schema": schema}


def idempotency_headers() -> Schema:
    """What a write's answer says of its key."""
    return {
        KEY: {
            "description": "The write's key: the caller's, or the one that a write of several calls was given.",
            "schema": {"type": "string"},
        },
        "Idempotency-Replayed": {
            "description": "There when the answer is that of an earlier request with this key.",
            "schema": {"type": "string", "enum": ["true"]},
        },
    }


def answer(description: str, schema: str, example: Any) -> Schema:
    """A success, with an example where there is one."""
    content: Schema = {"schema": {"$ref": REF.format(name=schema)}}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def errors(codes: Iterable[str]) -> Schema:
    """A response for each status, naming the codes that it stands for."""
    known = {problem.code: problem for problem in all_problems()}
    by_status: dict[int, list[type[Problem]]] = {}
    for code in dict.fromkeys(codes):
        for problem in (known[code], *known[code].__subclasses__()):  # one code may have two statuses
            by_status.setdefault(problem.status, []).append(problem)
    return {
        str(status): {
            "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
            "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}},
        }
        for status, problems in sorted(by_status.items())
    }


def camel(name: str) -> str:
    """``directory_users`` as ``DirectoryUsers``."""
    return "".join(part.capitalize() for part in name.split("_"))

"""The writes of the unified resources, as OpenAPI tells them: bodies, answers, the idempotency key, every problem."""

from collections.abc import Mapping
from typing import Any

from unified.openapi_accounts import Schema
from unified.openapi_parts import (
    EVERYWHERE,
    FROM_PROVIDER,
    JOURNAL,
    REF,
    Bodies,
    Examples,
    account_parameters,
    answer,
    camel,
    errors,
    idempotency_headers,
    idempotency_parameter,
    query,
    waiting_parameters,
)
from unified.schemas.envelopes import ANSWERS, CREATED, DeleteAnswer, PreviewAnswer
from unified.schemas.resources import Resource

PROBLEMS = (
    *EVERYWHERE,
    "unknown-parameter",
    *FROM_PROVIDER,
    "account-blocked",
    "unsupported-change",
    "provider-not-found",
    "provider-conflict",
    "provider-invalid",
    "provider-limit",
    "provider-unreachable",
    "provider-not-json",
    *JOURNAL,
)
"""What can go wrong with every write."""
OF_BODY = (
    "invalid-json",
    "body-too-large",
    "unsupported-media-type",
    "remote-data-conflict",
    "unsupported-attribute",
    "required-attribute",
    "reference-not-found",
)
"""What more can go wrong with one that has a body."""
OF_TEXT = ("private-not-proved",)
"""What more can go wrong with one that may carry a comment."""
ROUTES: Mapping[str, tuple[str, str, str]] = {
    "create": ("", "post", "Create one of {}"),
    "update": ("/{{id}}", "patch", "Change one of {}"),
    "delete": ("/{{id}}", "delete", "Delete one of {}"),
    "merge": ("/{{id}}/merge", "post", "Merge another of {} into one"),
}
"""Each method's path below the resource's, its verb, its summary."""
DETAILS: Mapping[str, str] = {
    "create": "What the account's provider takes and needs is told by `meta/create`.",
    "update": "What is absent stays as it is, null clears. What the account's provider takes is told by `meta/update`.",
    "delete": "What this does at the account's provider is told by `meta/delete`.",
    "merge": "The one of the body becomes part of the one of the path, and its own id ends.",
}


def write_paths(resource: Resource, examples: Examples, bodies: Bodies) -> dict[str, Schema]:
    """The operations of a resource's writes, by path and verb."""
    paths: dict[str, Schema] = {}
    for method in resource.writes.methods if resource.writes else ():
        below, verb, _ = ROUTES[method]
        path = f"/unified/{resource.model}/{resource.name}{below.format()}"
        paths.setdefault(path, {})[verb] = _operation(resource, method, examples, bodies)
    return paths


def _operation(resource: Resource, method: str, examples: Examples, bodies: Bodies) -> Schema:
    below, _, summary = ROUTES[method]
    name = resource.plural if method == "merge" else resource.singular
    operation: Schema = {
        "operationId": f"{method}{camel(name)}",
        "tags": [resource.model],
        "summary": summary.format(resource.name),
        "description": DETAILS[method],
        "parameters": [
            *(_identifier() if below else ()),
            *account_parameters(),
            _dry_run(),
            idempotency_parameter(),
            *waiting_parameters(),
        ],
    }
    body = _body(resource, method, bodies)
    if body is not None:
        operation["requestBody"] = body
    codes = [*PROBLEMS, *(OF_BODY if body else ()), *(OF_TEXT if _says_text(resource, method) else ())]
    return {**operation, "responses": {**_successes(resource, method, examples), **errors(codes)}}


def _identifier() -> list[Schema]:
    return [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def _dry_run() -> Schema:
    text = "Answers with the provider calls that would be made, and makes none that writes."
    return query("dry_run", text, {"type": "boolean", "default": False})


def _body(resource: Resource, method: str, bodies: Bodies) -> Schema | None:
    """The request body; a create that takes files has it as the first part of a form too."""
    kind = resource.writes.body(method) if resource.writes else None
    if kind is None:
        return None
    example = bodies[(*resource.key, method)]
    content: Schema = {"application/json": {"schema": {"$ref": REF.format(name=kind.__name__)}, "example": example}}
    if method == "create" and resource.writes is not None and resource.writes.files:
        form = {"$ref": REF.format(name=f"{kind.__name__}WithFiles")}
        content["multipart/form-data"] = {"schema": form, "encoding": {"data": {"contentType": "application/json"}}}
    return {"required": True, "content": content}


def with_files(resource: Resource) -> Schema:
    """The form of a create that brings files, by its name; nothing for another resource."""
    writes = resource.writes
    if writes is None or writes.create is None or not writes.files:
        return {}
    name = writes.create.__name__
    file = {"type": "string", "format": "binary"}
    form = {
        "title": f"{name}WithFiles",
        "description": "The form of a create that brings files: first the part `data`, then each file as a part.",
        "type": "object",
        "properties": {"data": {"$ref": REF.format(name=name)}, "files": {"type": "array", "items": file}},
        "required": ["data"],
    }
    return {f"{name}WithFiles": form}


def _says_text(resource: Resource, method: str) -> bool:
    """Whether the body may hold the text of a comment, which may be private."""
    kind = resource.writes.body(method) if resource.writes else None
    return kind is not None and not {"comment", "is_private"}.isdisjoint(kind.__struct_encode_fields__)


def _successes(resource: Resource, method: str, examples: Examples) -> Schema:
    """The answers of a write that went well, and of one that was only tried."""
    record = examples.get(resource.key)
    example = None if record is None else {"result": record}
    if method == "create":
        made = _written("The record as it was made.", CREATED[resource.key].__name__, example)
        return {"200": answer("What would be done, with `dry_run`.", PreviewAnswer.__name__, None), "201": made}
    if method == "delete":
        return {"200": _or_preview("Which record is gone.", DeleteAnswer.__name__, {"result": {"id": "4711"}})}
    return {"200": _or_preview("The record as it is now.", ANSWERS[resource.key].__name__, example)}


def _written(description: str, schema: str, example: Any) -> Schema:
    return {**answer(description, schema, example), "headers": idempotency_headers()}


def _or_preview(description: str, schema: str, example: Any) -> Schema:
    made = _written(f"{description} With `dry_run`: what would be done.", schema, example)
    content = made["content"]["application/json"]
    content["schema"] = {"anyOf": [content["schema"], {"$ref": REF.format(name=PreviewAnswer.__name__)}]}
    return made

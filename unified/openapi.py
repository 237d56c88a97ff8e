"""The OpenAPI 3.1 document: the unified routes from the table of resources, the others as the framework reads them.

``interline openapi`` writes it to ``openapi/openapi.json``; ``--check`` fails where the committed one differs.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from proxy.errors import all_problems
from unified.openapi_accounts import Schema, tidied, without_lone_choices
from unified.openapi_parts import EVERYWHERE, REF, Bodies, Examples, errors
from unified.openapi_resources import capabilities, proxied, unified
from unified.openapi_writes import with_files
from unified.schemas.envelopes import ANSWERS, CREATED, PAGES, DeleteAnswer, PreviewAnswer
from unified.schemas.resources import RESOURCES
from unified.view import REMOTE_DATA

VERSION = "0.1.0"
LINKING = (
    "invalid-json",
    "different-account",
    "body-too-large",
    "invalid-credential",
    "tenant-not-allowed",
    "rate-limited",
    "provider-unreachable",
    "deadline-exceeded",
)
"""What can go wrong where a body is taken and a credential verified."""

OBJECTS = ("object", ["object", "null"])
CAPABILITIES = "/integrated-account/{account_id}/capabilities"


def document(framework: Schema, examples: Examples, bodies: Bodies) -> Schema:
    """The whole document, keys in a stable order; ``framework`` is what Litestar reads from the typed routes."""
    paths = framework["paths"]
    for item in paths.values():
        for operation in item.values():
            codes = [*EVERYWHERE, *(LINKING if "requestBody" in operation else ())]
            tidy = tidied(operation)
            operation.clear()
            operation.update(tidy, responses={**tidy["responses"], **errors(codes)})
    typed = without_lone_choices(framework["components"]["schemas"])
    schemas = {**typed, **_schemas(), "Problem": _problem_schema()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interline",
            "version": VERSION,
            "summary": "One REST API in front of your customers' helpdesks.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This server"}],
        "security": [{"bearer": []}],
        "tags": [
            {"name": "ticketing", "description": "Tickets and what belongs to them, in one vocabulary."},
            {"name": "proxy", "description": "The provider's own API, with the customer's credential put in."},
            {"name": "accounts", "description": "Customers' linked helpdesks."},
        ],
        "paths": dict(
            sorted(
                {
                    **_tagged(paths, "accounts"),
                    **unified(examples, bodies),
                    **proxied(),
                    CAPABILITIES: capabilities(),
                }.items()
            )
        ),
        "components": {
            "schemas": dict(sorted(_generated(schemas).items())),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of the server, or an account token of one linked account.",
                }
            },
        },
    }


def encode(schema: Schema) -> bytes:
    """The document as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


def _tagged(paths: Schema, tag: str) -> Schema:
    for item in paths.values():
        for operation in item.values():
            operation["tags"] = [tag]
    return paths


def _schemas() -> Schema:
    writes = [one.writes for one in RESOURCES if one.writes]
    taken = [kind for one in writes for method in one.methods if (kind := one.body(method)) is not None]
    types = [*PAGES.values(), *ANSWERS.values(), *CREATED.values(), DeleteAnswer, PreviewAnswer, *taken]
    _, found = msgspec.json.schema_components(types, ref_template=REF)
    records = {resource.record.__name__ for resource in RESOURCES}
    forms = {name: form for resource in RESOURCES for name, form in with_files(resource).items()}
    return {name: _record(schema) if name in records else schema for name, schema in found.items()} | forms


def _record(schema: Schema) -> Schema:
    """A record as a caller may choose it: ``select`` and ``omit`` leave all but the id out, ``include`` adds."""
    raw = {"description": "The provider's own object; only where `include` asks for it.", "type": ["object", "null"]}
    return {**schema, "properties": {**schema["properties"], REMOTE_DATA: raw}, "required": ["id"]}


def _problem_schema() -> Schema:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "An error as RFC 9457 describes it; `code` is stable, `docs/errors.md` explains each.",
        "required": [
            "type",
            "title",
            "status",
            "detail",
            "code",
            "request_id",
            "errors",
            "statusCode",
            "error",
            "message",
        ],
        "properties": {
            "type": {**text, "format": "uri"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "code": {**text, "enum": [problem.code for problem in all_problems()]},
            "request_id": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["path", "detail"],
                    "properties": {"path": text, "detail": text},
                },
            },
            "statusCode": {"type": "integer"},
            "error": text,
            "message": text,
            "is_remote_error": {"type": "boolean"},
            "provider": text,
            "provider_status": {"type": ["integer", "null"]},
            "supported": {"type": "array", "items": text},
            "next_cursor": text,
            **_of_a_failed_write(text),
        },
    }


def _of_a_failed_write(text: Schema) -> Schema:
    """What a problem says beside the rest where a write came a part of its way."""
    return {
        "steps": {
            "type": "array",
            "description": "The steps of a write that did not end; one that was applied is not repeated.",
            "items": {
                "type": "object",
                "required": ["name", "state"],
                "properties": {"name": text, "state": text},
            },
        },
        "result": {
            "type": "object",
            "description": "The record that a write made before it failed.",
            "required": ["id"],
            "properties": {"id": text},
        },
        "idempotency_key": {**text, "description": "The key by which the write can be continued."},
    }


def _generated(value: Any) -> Any:
    """What generators read better: enums with their type said, and objects of any content said to be so."""
    if isinstance(value, dict):
        made = {key: _generated(one) for key, one in value.items()}
        if "enum" in made and "type" not in made and all(isinstance(one, str) for one in made["enum"]):
            made = {"type": "string", **made}
        if made.get("type") in ("object", ["object", "null"]) and {"properties", "additionalProperties"}.isdisjoint(
            made
        ):
            made["additionalProperties"] = True
        return made
    return [_generated(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else value

"""The OpenAPI 3.1 document: the unified routes from the table of resources, the others as the framework reads them.

``interline openapi`` writes it to ``openapi/openapi.json``; ``--check`` fails where the committed one differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from proxy.accounts.caller import HEADER_NAME
from proxy.bounds import Bounds
from proxy.errors import Problem, all_problems
from unified.capabilities import READS
from unified.openapi_accounts import Schema, tidied, without_lone_choices
from unified.query import ACCOUNT
from unified.schemas.envelopes import ANSWERS, PAGES
from unified.schemas.resources import RESOURCES, Filter, Resource
from unified.view import REMOTE_DATA

VERSION = "0.1.0"
REF = "#/components/schemas/{name}"
EVERYWHERE = ("invalid-request", "unauthorized", "missing-scope", "not-found", "internal-error")
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

Examples = Mapping[tuple[str, str], dict[str, Any]]
"""Model and resource to a whole example record."""
CAPABILITIES = "/integrated-account/{account_id}/capabilities"
ANYTHING: Schema = {"type": "object"}


def document(framework: Schema, examples: Examples) -> Schema:
    """The whole document, keys in a stable order; ``framework`` is what Litestar reads from the typed routes."""
    paths = framework["paths"]
    for item in paths.values():
        for operation in item.values():
            codes = [*EVERYWHERE, *(LINKING if "requestBody" in operation else ())]
            tidy = tidied(operation)
            operation.clear()
            operation.update(tidy, responses={**tidy["responses"], **_errors(codes)})
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
                    **_unified(examples),
                    **_proxy(),
                    CAPABILITIES: _capabilities_operation(),
                }.items()
            )
        ),
        "components": {
            "schemas": dict(sorted(_typed_enums(schemas).items())),
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


def _unified(examples: Examples) -> Schema:
    paths: Schema = {}
    for resource in RESOURCES:
        path = f"/unified/{resource.model}/{resource.name}"
        paths[path + "/meta/{method}"] = {"get": _meta_operation(resource)}
        if resource.single:
            paths[path] = {"get": _get_operation(resource, examples)}
            continue
        paths[path] = {"get": _list_operation(resource, examples)}
        paths[path + "/{id}"] = {"get": _get_operation(resource, examples)}
        if resource.file_url is not None:
            paths[path + "/{id}/download"] = {
                method: _download_operation(resource, method) for method in ("get", "post")
            }
    return paths


def _download_operation(resource: Resource, method: str) -> Schema:
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    body = {"schema": {"type": "string", "format": "binary"}}
    return {
        "operationId": f"{'download' if method == 'get' else 'fetch'}{_camel(resource.singular)}",
        "tags": [resource.model],
        "summary": f"Download the file of one of {resource.name}",
        "description": "The file as it is stored, streamed; always as an attachment.",
        "parameters": [identifier, *_account_parameters()],
        "responses": {
            "200": {"description": "The file.", "content": {"application/octet-stream": body}},
            **_errors([*EVERYWHERE, *FROM_PROVIDER, "media-not-allowed"]),
        },
    }


def _meta_operation(resource: Resource) -> Schema:
    method = {"name": "method", "in": "path", "required": True, "schema": {"type": "string", "enum": list(READS)}}
    return {
        "operationId": f"describe{_camel(resource.plural)}",
        "tags": [resource.model],
        "summary": f"What the account's provider takes for a method of {resource.name}",
        "parameters": [method, *_account_parameters()],
        "responses": {
            "200": {"description": "What the method takes.", "content": {"application/json": {"schema": ANYTHING}}},
            **_errors([*EVERYWHERE, "ambiguous-account", "unsupported-operation"]),
        },
    }


def _capabilities_operation() -> Schema:
    account = {"name": "account_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "get": {
            "operationId": "getCapabilities",
            "tags": ["accounts"],
            "summary": "What an account's provider can do, from its mapping files",
            "parameters": [account],
            "responses": {
                "200": {"description": "Its resources.", "content": {"application/json": {"schema": ANYTHING}}},
                **_errors(EVERYWHERE),
            },
        }
    }


def _list_operation(resource: Resource, examples: Examples) -> Schema:
    record = examples.get(resource.key)
    page = None if record is None else {"result": [record], "next_cursor": None, "prev_cursor": None, "result_count": 1}
    return {
        "operationId": f"list{_camel(resource.plural)}",
        "tags": [resource.model],
        "summary": f"List {resource.name}",
        "description": resource.description,
        "parameters": [
            *_account_parameters(),
            *_paging_parameters(resource),
            *_view_parameters(resource),
            *map(_filter, resource.filters),
        ],
        "responses": {
            "200": _answer(f"One page of {resource.name}.", PAGES[resource.key].__name__, page),
            **_errors([*EVERYWHERE, *FROM_PROVIDER, *LISTS]),
        },
    }


def _get_operation(resource: Resource, examples: Examples) -> Schema:
    record = examples.get(resource.key)
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": f"get{_camel(resource.singular)}",
        "tags": [resource.model],
        "summary": f"Get one of {resource.name}",
        "description": resource.description,
        "parameters": [
            *([] if resource.single else [identifier]),
            *_account_parameters(),
            *_view_parameters(resource),
        ],
        "responses": {
            "200": _answer(
                "The record.", ANSWERS[resource.key].__name__, None if record is None else {"result": record}
            ),
            **_errors([*EVERYWHERE, *FROM_PROVIDER]),
        },
    }


def _proxy() -> Schema:
    methods = ("get", "post", "put", "patch", "delete")
    return {"/proxy/{path}": {method: _proxy_operation(method) for method in methods}}


def _proxy_operation(method: str) -> Schema:
    anything = {"description": "What the provider answered: its status, its body.", "content": {"*/*": {"schema": {}}}}
    operation: Schema = {
        "operationId": f"proxy{method.capitalize()}",
        "tags": ["proxy"],
        "summary": f"{method.upper()} at the provider",
        "description": "Query and body are forwarded byte for byte, whatever their type; the path is joined to the "
        "provider's API. The answer is the provider's: its status, its headers, its body.",
        "parameters": [
            {
                "name": "path",
                "in": "path",
                "required": True,
                "description": "The provider's own path; it may hold slashes.",
                "schema": {"type": "string"},
            },
            *_account_parameters(),
        ],
        "responses": {
            "200": anything,
            **_errors([*EVERYWHERE, *FROM_PROVIDER, "path-not-allowed", "body-too-large"]),
        },
    }
    if method not in ("get", "delete"):
        operation["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    return operation


def _account_parameters() -> list[Schema]:
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


def _paging_parameters(resource: Resource) -> list[Schema]:
    bounds = Bounds()
    parameters = [
        _query(
            "limit",
            f"Records of a page, {bounds.limit_default} where not said; provider pages are joined or split to fit.",
            {"type": "integer", "minimum": 1, "maximum": bounds.limit_max},
        ),
        _query("next_cursor", "The cursor of the page before; filters may then be left out.", {"type": "string"}),
        _query(
            "consistency",
            "`strict` reads every page twice, so that no untouched record is missed while the list changes.",
            {"type": "string", "enum": ["default", "strict"]},
        ),
    ]
    if resource.sorts:
        parameters.append(
            _query("sort", "The order, a minus for descending.", {"type": "string", "enum": list(resource.sorts)})
        )
    return parameters


def _view_parameters(resource: Resource) -> list[Schema]:
    names = {"type": "array", "items": {"type": "string", "enum": list(resource.attributes)}}
    raw = {"type": "array", "items": {"type": "string", "enum": [REMOTE_DATA]}}
    return [
        _query("select", "The attributes to answer; every one where not said. The id always comes.", names),
        _query("omit", "Attributes to leave out.", names),
        _query("include", "`remote_data`: the provider's own object too; needs the scope `proxy`.", raw),
    ]


def _filter(one: Filter) -> Schema:
    value: Schema = (
        {"type": "string", "format": "date-time"} if one.compare in ("after", "before") else {"type": "string"}
    )
    if one.words:
        value = {"type": "string", "enum": list(one.words)}
    schema = {"type": "array", "items": value} if one.many else value
    parameter = _query(one.name, one.description, schema)
    return {**parameter, "required": True} if one.required else parameter


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _answer(description: str, schema: str, example: Any) -> Schema:
    content: Schema = {"schema": {"$ref": REF.format(name=schema)}}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def _errors(codes: Iterable[str]) -> Schema:
    """A response for each status, naming the codes that it stands for."""
    known = {problem.code: problem for problem in all_problems()}
    by_status: dict[int, list[type[Problem]]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(known[code].status, []).append(known[code])
    return {
        str(status): {
            "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
            "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}},
        }
        for status, problems in sorted(by_status.items())
    }


def _tagged(paths: Schema, tag: str) -> Schema:
    for item in paths.values():
        for operation in item.values():
            operation["tags"] = [tag]
    return paths


def _schemas() -> Schema:
    types = [*PAGES.values(), *ANSWERS.values()]
    _, found = msgspec.json.schema_components(types, ref_template=REF)
    records = {resource.record.__name__ for resource in RESOURCES}
    return {name: _record(schema) if name in records else schema for name, schema in found.items()}


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
        },
    }


def _typed_enums(value: Any) -> Any:
    """Enums with their type said: generators read them better so."""
    if isinstance(value, dict):
        typed = {key: _typed_enums(one) for key, one in value.items()}
        if "enum" in typed and "type" not in typed and all(isinstance(one, str) for one in typed["enum"]):
            typed = {"type": "string", **typed}
        return typed
    return [_typed_enums(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))

"""The operations of the unified resources and of the passthrough, as OpenAPI tells them."""

from proxy.bounds import Bounds
from unified.capabilities import READS
from unified.openapi_accounts import Schema
from unified.openapi_parts import (
    ANYTHING,
    EVERYWHERE,
    FROM_PROVIDER,
    JOURNAL,
    LISTS,
    PROXY,
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
from unified.openapi_writes import write_paths
from unified.schemas.envelopes import ANSWERS, PAGES
from unified.schemas.resources import RESOURCES, Filter, Resource
from unified.view import REMOTE_DATA


def unified(examples: Examples, bodies: Bodies) -> Schema:
    """The paths of every resource of the table."""
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
        for path, verbs in write_paths(resource, examples, bodies).items():
            paths.setdefault(path, {}).update(verbs)
    return paths


def _download_operation(resource: Resource, method: str) -> Schema:
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    body = {"schema": {"type": "string", "format": "binary"}}
    return {
        "operationId": f"{'download' if method == 'get' else 'fetch'}{camel(resource.singular)}",
        "tags": [resource.model],
        "summary": f"Download the file of one of {resource.name}",
        "description": "The file as it is stored, streamed; always as an attachment.",
        "parameters": [identifier, *account_parameters(), *waiting_parameters()],
        "responses": {
            "200": {"description": "The file.", "content": {"application/octet-stream": body}},
            **errors([*EVERYWHERE, *FROM_PROVIDER, "media-not-allowed"]),
        },
    }


def _meta_operation(resource: Resource) -> Schema:
    methods = [*READS, *(resource.writes.methods if resource.writes else ())]
    method = {"name": "method", "in": "path", "required": True, "schema": {"type": "string", "enum": methods}}
    return {
        "operationId": f"describe{camel(resource.plural)}",
        "tags": [resource.model],
        "summary": f"What the account's provider takes for a method of {resource.name}",
        "parameters": [method, *account_parameters()],
        "responses": {
            "200": {"description": "What the method takes.", "content": {"application/json": {"schema": ANYTHING}}},
            **errors([*EVERYWHERE, "ambiguous-account", "unsupported-operation"]),
        },
    }


def capabilities() -> Schema:
    """The path of an account's capabilities."""
    account = {"name": "account_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "get": {
            "operationId": "getCapabilities",
            "tags": ["accounts"],
            "summary": "What an account's provider can do, from its mapping files",
            "parameters": [account],
            "responses": {
                "200": {"description": "Its resources.", "content": {"application/json": {"schema": ANYTHING}}},
                **errors(EVERYWHERE),
            },
        }
    }


def _list_operation(resource: Resource, examples: Examples) -> Schema:
    record = examples.get(resource.key)
    page = None if record is None else {"result": [record], "next_cursor": None, "prev_cursor": None, "result_count": 1}
    return {
        "operationId": f"list{camel(resource.plural)}",
        "tags": [resource.model],
        "summary": f"List {resource.name}",
        "description": resource.description,
        "parameters": [
            *account_parameters(),
            *_paging_parameters(resource),
            *_view_parameters(resource),
            *map(_filter, resource.filters),
            *waiting_parameters(),
        ],
        "responses": {
            "200": answer(f"One page of {resource.name}.", PAGES[resource.key].__name__, page),
            **errors([*EVERYWHERE, *FROM_PROVIDER, *LISTS]),
        },
    }


def _get_operation(resource: Resource, examples: Examples) -> Schema:
    record = examples.get(resource.key)
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": f"get{camel(resource.singular)}",
        "tags": [resource.model],
        "summary": f"Get one of {resource.name}",
        "description": resource.description,
        "parameters": [
            *([] if resource.single else [identifier]),
            *account_parameters(),
            *_view_parameters(resource),
            *waiting_parameters(),
        ],
        "responses": {
            "200": answer(
                "The record.", ANSWERS[resource.key].__name__, None if record is None else {"result": record}
            ),
            **errors([*EVERYWHERE, *FROM_PROVIDER]),
        },
    }


def proxied() -> Schema:
    """The path of the passthrough."""
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
            *account_parameters(),
            *(_envelope_parameters() if method in ("get", "post") else ()),
            *waiting_parameters(),
        ],
        "responses": {
            "200": anything,
            **errors([*EVERYWHERE, *FROM_PROVIDER, *PROXY, *(() if method == "get" else JOURNAL)]),
        },
    }
    if method not in ("get", "delete"):
        operation["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    if method != "get":
        operation["parameters"].append(idempotency_parameter())
        operation["responses"]["200"]["headers"] = idempotency_headers()
    return operation


def _envelope_parameters() -> list[Schema]:
    return [
        query(
            "interline_response_format",
            "`result`: a list comes in the envelope of the unified lists, its items as the provider gives them.",
            {"type": "string", "enum": ["raw", "result"]},
        ),
        query(
            "interline_limit",
            "Items of a page in the envelope.",
            {"type": "integer", "minimum": 1, "maximum": Bounds().limit_max},
        ),
        query("interline_next_cursor", "The cursor of the page before, in the envelope.", {"type": "string"}),
    ]


def _paging_parameters(resource: Resource) -> list[Schema]:
    bounds = Bounds()
    parameters = [
        query(
            "limit",
            f"Records of a page, {bounds.limit_default} where not said; provider pages are joined or split to fit.",
            {"type": "integer", "minimum": 1, "maximum": bounds.limit_max},
        ),
        query("next_cursor", "The cursor of the page before; filters may then be left out.", {"type": "string"}),
        query(
            "consistency",
            "`strict` reads every page twice, so that no untouched record is missed while the list changes.",
            {"type": "string", "enum": ["default", "strict"]},
        ),
    ]
    if resource.sorts:
        parameters.append(
            query("sort", "The order, a minus for descending.", {"type": "string", "enum": list(resource.sorts)})
        )
    return parameters


def _view_parameters(resource: Resource) -> list[Schema]:
    names = {"type": "array", "items": {"type": "string", "enum": list(resource.attributes)}}
    raw = {"type": "array", "items": {"type": "string", "enum": [REMOTE_DATA]}}
    return [
        query("select", "The attributes to answer; every one where not said. The id always comes.", names),
        query("omit", "Attributes to leave out.", names),
        query("include", "`remote_data`: the provider's own object too; needs the scope `proxy`.", raw),
    ]


def _filter(one: Filter) -> Schema:
    value: Schema = (
        {"type": "string", "format": "date-time"} if one.compare in ("after", "before") else {"type": "string"}
    )
    if one.words:
        value = {"type": "string", "enum": list(one.words)}
    schema = {"type": "array", "items": value} if one.many else value
    parameter = query(one.name, one.description, schema)
    return {**parameter, "required": True} if one.required else parameter

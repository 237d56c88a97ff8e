"""The OpenAPI document: committed, valid, complete, and true to what the server answers."""

import json

import msgspec
import pytest
from litestar.routes import HTTPRoute
from openapi_spec_validator import OpenAPIV31SpecValidator

from proxy.errors import all_problems
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from unified.app import Server, litestar_app
from unified.describe import described_file, description
from unified.folders import mappings_folder
from unified.mapping.load import load_mappings
from unified.schemas.resources import RESOURCES

DOCUMENT = json.loads(described_file().read_bytes())
OPERATIONS = [(path, method, one) for path, item in DOCUMENT["paths"].items() for method, one in item.items()]
WRITES = (("create", "", "post"), ("update", "/{id}", "patch"), ("delete", "/{id}", "delete"))
WRITTEN = [(one, method) for one in RESOURCES if one.writes for method in one.writes.methods]
WITH_BODY = [(one, method) for one, method in WRITTEN if method != "delete"]
BESIDE = ("/connect-account", "/health", "/ready", "/metrics", "/docs", "/openapi.json")
"""Pages of the server, which no client of the API calls."""
TRUTOS = {("/unified/ticketing/attachments/download", "post")}
"""Spellings that Truto's clients use; taken, not published."""


def test_the_committed_document_is_what_the_code_makes():
    assert described_file().read_bytes() == description(), "run `interline openapi`"


def test_the_document_is_valid_openapi_3_1():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_operation_ids_are_unique_and_stable_words():
    ids = [one["operationId"] for _, _, one in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert all(name.isidentifier() and name[0].islower() for name in ids)


def test_every_route_is_described_and_every_description_has_a_route():
    settings = Settings(sealing_keys=(SealingKey.parse(new_key()),), database_url="sqlite+aiosqlite:///:memory:")
    app = litestar_app(Server(settings, load_mappings(mappings_folder())))
    served = {
        (route.path.replace(":str", "").replace("{record_id}", "{id}"), method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute) and not route.path.startswith(BESIDE)
        for method in route.methods
        if method != "OPTIONS"
    }
    described = {(path, method) for path, method, _ in OPERATIONS if not path.startswith("/proxy")}
    refused_for_all = {
        (f"/unified/{one.model}/{one.name}{below}", verb)
        for one in RESOURCES
        for method, below, verb in WRITES
        if one.writes is None or method not in one.writes.methods
    }
    assert served - refused_for_all - TRUTOS == described


def written(resource, method):
    """The operation of a write."""
    name = resource.plural if method == "merge" else resource.singular
    (found,) = (one for _, _, one in OPERATIONS if one["operationId"] == f"{method}{name.capitalize()}")
    return found


def resolved(schema):
    return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


@pytest.mark.parametrize(("resource", "method"), WRITTEN, ids=lambda value: getattr(value, "name", value))
def test_every_write_takes_a_key_and_a_dry_run_and_says_what_became_of_them(resource, method):
    operation = written(resource, method)
    names = {one["name"] for one in operation["parameters"]}
    assert {"integrated_account_id", "X-Integrated-Account-Id", "dry_run", "Idempotency-Key"} <= names
    success = operation["responses"]["201" if method == "create" else "200"]
    assert set(success["headers"]) == {"Idempotency-Key", "Idempotency-Replayed"}
    assert "warnings" in json.dumps(resolved_answer(success))
    told = " ".join(one["description"] for one in operation["responses"].values())
    for code in ("provider-invalid", "unsupported-change", "unsupported-operation", "reauth-required"):
        assert f"`{code}`" in told
    for code in ("unsupported-attribute", "required-attribute", "reference-not-found", "remote-data-conflict"):
        assert (f"`{code}`" in told) == (method != "delete")


def resolved_answer(success):
    schema = success["content"]["application/json"]["schema"]
    return resolved(schema.get("anyOf", [schema])[0])["properties"]


@pytest.mark.parametrize(
    ("resource", "method"),
    WITH_BODY,
    ids=lambda value: getattr(value, "name", value),
)
def test_every_body_is_a_schema_of_its_own_that_forbids_the_unknown_and_its_example_fits(resource, method):
    body = resource.writes.body(method)
    content = written(resource, method)["requestBody"]["content"]["application/json"]
    schema = resolved(content["schema"])
    assert schema["title"] == body.__name__
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(body.__struct_encode_fields__)
    assert set(schema["required"]) == {one.encode_name for one in msgspec.structs.fields(body) if one.required}
    msgspec.convert(content["example"], body)


def test_every_object_of_a_body_forbids_the_unknown():
    waiting = [DOCUMENT["components"]["schemas"][one.writes.body(method).__name__] for one, method in WITH_BODY]
    seen = []
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += list(part.values())
            if "$ref" in part:
                waiting += [] if part["$ref"] in seen else [resolved(part)]
                seen.append(part["$ref"])
            assert "properties" not in part or part.get("additionalProperties") is False
        elif isinstance(part, list):
            waiting += part
    assert len(seen) > 8


def test_a_create_that_brings_files_has_its_body_as_the_first_part_of_a_form():
    content = written(next(one for one in RESOURCES if one.name == "comments"), "create")["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    form = content["multipart/form-data"]
    assert form["encoding"]["data"]["contentType"] == "application/json"
    schema = resolved(form["schema"])
    assert next(iter(schema["properties"].items())) == ("data", content["application/json"]["schema"])


def test_a_contact_that_may_be_found_instead_of_made_says_which():
    created = written(next(one for one in RESOURCES if one.name == "contacts"), "create")["responses"]["201"]
    assert "created" in resolved_answer(created)


def test_the_passthrough_takes_a_key_for_every_method_that_changes_something():
    for method, operation in DOCUMENT["paths"]["/proxy/{path}"].items():
        names = {one["name"] for one in operation["parameters"]}
        assert ("Idempotency-Key" in names) == (method != "get")


def test_a_write_that_ended_half_way_says_how_far_it_came():
    problem = DOCUMENT["components"]["schemas"]["Problem"]
    assert {"steps", "result", "idempotency_key"} <= set(problem["properties"])
    assert not {"steps", "result", "idempotency_key"} & set(problem["required"])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_operation_declares_its_problems_with_known_codes(path, method, operation):
    statuses = {problem.status for problem in all_problems()}
    errors = {status: answer for status, answer in operation["responses"].items() if not status.startswith("2")}
    assert {"400", "401", "403", "404"} <= set(errors)
    for status, answer in errors.items():
        assert int(status) in statuses
        assert answer["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_every_filter_of_every_resource_is_a_parameter():
    for resource in RESOURCES:
        operation = DOCUMENT["paths"][f"/unified/{resource.model}/{resource.name}"]["get"]
        names = {one["name"] for one in operation["parameters"]}
        assert {one.name for one in resource.filters} <= names
        paging = set() if resource.single else {"limit", "next_cursor", "consistency"}
        assert {"integrated_account_id", "select", "omit", "include", *paging} <= names


def test_every_resource_has_an_example_of_its_record():
    for resource in RESOURCES:
        answer = DOCUMENT["paths"][f"/unified/{resource.model}/{resource.name}"]["get"]["responses"]["200"]
        result = answer["content"]["application/json"]["example"]["result"]
        record = result if resource.single else result[0]
        assert set(record) == set(resource.attributes)


def test_the_document_holds_nothing_that_looks_like_a_secret():
    text = described_file().read_text()
    assert "il_" not in text
    assert "eyJ0eXAi" not in text


def test_the_served_document_is_the_committed_one(demo):
    assert demo.http.get(demo.base_url + "/openapi.json").content == described_file().read_bytes()


def test_the_documentation_page_needs_no_other_host(demo):
    page = demo.http.get(demo.base_url + "/docs")
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for file in ("/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/start.js"):
        assert demo.http.get(demo.base_url + file).status_code == 200
        assert file in page.text
    assert demo.http.get(demo.base_url + "/docs/other.js").status_code == 404

"""The OpenAPI document: committed, valid, complete, and true to what the server answers."""

import json

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
    writes_not_there_yet = {
        (path, method)
        for path, method in served
        if path.startswith("/unified") and method in ("post", "patch", "delete") and "/download" not in path
    }
    assert served - writes_not_there_yet - TRUTOS == described


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

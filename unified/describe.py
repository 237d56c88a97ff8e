"""Generates the committed OpenAPI document without a running server."""

from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from msgspec import Struct

from proxy.accounts.routes import account_routes
from proxy.language.document import Mistakes, convert, read
from proxy.link.routes import link_token_routes
from proxy.seal import SealingKey, new_key
from proxy.settings import Settings
from unified.app import Server
from unified.folders import data_folder, mappings_folder
from unified.mapping.examples import mapped, mapping_of, read_examples
from unified.mapping.load import load_mappings
from unified.mapping.model import Mappings
from unified.openapi import VERSION, document, encode
from unified.openapi_parts import Bodies, Examples


class ExampleBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A body of the file of examples."""

    resource: str
    method: str
    body: dict[str, Any]
    model: str = "ticketing"


def described_file() -> Path:
    """Where the document is committed."""
    return data_folder("openapi") / "openapi.json"


def description() -> bytes:
    """The document as the code makes it now."""
    mappings = load_mappings(mappings_folder())
    settings = Settings(
        sealing_keys=(SealingKey.parse(new_key()),), database_url="sqlite+aiosqlite:///:memory:", docs=False
    )
    server = Server(settings, mappings)
    framework = Litestar(
        [*account_routes(server.accounts, server.verify), *link_token_routes(server.accounts, server.links)],
        openapi_config=OpenAPIConfig(title="Interline", version=VERSION),
    )
    return encode(document(framework.openapi_schema.to_schema(), whole_examples(mappings), example_bodies()))


def whole_examples(mappings: Mappings) -> Examples:
    """For each resource the record of its first example, whole."""
    found: dict[tuple[str, str], dict[str, object]] = {}
    for example in read_examples(mappings_folder(), mappings):
        mapping = mapping_of(example, mappings)
        if mapping is not None:
            found.setdefault(mapping.resource.key, mapped(example, mapping))
    return found


def example_bodies() -> Bodies:
    """For each write that takes a body an example of it; raises Mistakes for a file that cannot be read."""
    rows: list[ExampleBody] | None
    rows, wrong = convert(read(data_folder("openapi") / "bodies.yaml"), list[ExampleBody])
    if wrong:
        raise Mistakes(wrong)
    return {(one.model, one.resource, one.method): one.body for one in rows or []}


def write_description(*, dry: bool) -> bool:
    """Writes the document; true where the committed one differed. With ``dry`` nothing is written."""
    file = described_file()
    fresh = description()
    differs = not file.is_file() or file.read_bytes() != fresh
    if differs and not dry:
        file.write_bytes(fresh)
    return differs

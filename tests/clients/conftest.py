"""What a generated client is asked: every list with every filter, set, sort and choice, the values from the lists.

Each question is also asked over plain HTTP; a client is right when it understands the same answer.
"""

import importlib
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from unified.describe import described_file
from unified.schemas.resources import RESOURCES

LISTS = [one for one in RESOURCES if not one.single]
FOLDERS = ("ticketing", "user_directory", "accounts")
MOMENT = "2026-06-01T00:00:00.000Z"


@dataclass
class Ask:
    """A list request, and what plain HTTP got for it."""

    resource: object
    query: dict
    status: int = 0
    body: dict = field(default_factory=dict)

    @property
    def operation(self):
        return "list" + "".join(part.capitalize() for part in self.resource.plural.split("_"))

    @property
    def path(self):
        return f"/unified/{self.resource.model}/{self.resource.name}"


def at(record, path):
    """The values at a dotted path, through every list on the way."""
    found = [record]
    for name in path.split("."):
        found = [one.get(name) for one in found if isinstance(one, dict)]
        found = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [one for one in found if isinstance(one, str)]


def values(one, records):
    """Up to two values of a filter that occur."""
    if one.compare in ("after", "before"):
        return [MOMENT]
    if one.words:
        return list(one.words[:2])
    found = [value for record in records for path in one.paths for value in at(record, path)]
    return list(dict.fromkeys(found))[:2] or ["1"]


def queries(resource, records):
    """Every kind of question that a list takes."""
    attributes = list(resource.attributes)
    yield {"limit": 3}
    yield {"limit": 2, "consistency": "strict"}
    yield {"limit": 2, "select": attributes[:2]}
    yield {"limit": 2, "omit": attributes[1:3]}
    yield {"limit": 2, "include": ["remote_data"]}
    yield from ({"limit": 4, "sort": sort} for sort in resource.sorts)
    for one in resource.filters:
        some = values(one, records)
        if not one.required:
            yield {"limit": 5, one.name: some[:1] if one.many else some[0]}
        if one.many and len(some) > 1:
            yield {"limit": 5, one.name: some}


def answered(account, resource, query):
    ask = Ask(resource, query)
    answer = account.get(ask.path, **query)
    ask.status, ask.body = answer.status_code, answer.json()
    assert ask.status in (200, 400, 422), ask.body
    return ask


def ticket_with_files(account):
    """A ticket that has comments with attachments."""
    for ticket in account.list("tickets", limit=50)["result"]:
        if account.list("attachments", ticket_id=ticket["id"], limit=1)["result"]:
            return ticket["id"]
    raise AssertionError("no ticket of the sandbox has a file")


@pytest.fixture
def asks(account):
    """Every question, with its answer over plain HTTP."""
    ticket = ticket_with_files(account)
    asked = []
    for resource in LISTS:
        needed = {one.name: ticket for one in resource.filters if one.required}
        records = account.list(f"{resource.model}/{resource.name}", limit=100, **needed)["result"]
        asked += [answered(account, resource, {**needed, **query}) for query in queries(resource, records)]
    return asked


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """The client, generated as openapi/README.md says, imported from a folder of its own; ``LEFT_OUT`` is what was."""
    folder = tmp_path_factory.mktemp("python_client")
    config = folder / "client.yaml"
    config.write_text("literal_enums: true\npost_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--config", str(config)]
    command += ["--path", str(described_file()), "--output-path", str(folder / "interline_client")]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    made_package = importlib.import_module("interline_client")
    importlib.import_module("interline_client.models")
    made_package.LEFT_OUT = re.findall(r"WARNING parsing (\S+ \S+)", made.stdout + made.stderr)
    yield made_package
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "interline_client"]:
        del sys.modules[name]


@pytest.fixture
def call(package, account):
    """``call("listTickets", ...)``: calls the operation of that name; what the client made of the answer."""
    folder = Path(package.__file__).parent / "api"
    modules = {
        file.stem.replace("_", ""): f"interline_client.api.{name}.{file.stem}"
        for name in FOLDERS
        for file in (folder / name).glob("[a-z]*.py")
    }
    client = package.AuthenticatedClient(base_url=account.base_url, token=account.token)
    with client.with_timeout(60) as open_client:
        yield lambda operation, *path, **query: importlib.import_module(modules[operation.lower()]).sync(
            *path, client=open_client, **query
        )

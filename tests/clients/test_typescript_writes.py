"""A TypeScript client typed by the description makes every write and understands the answers."""

import json
import subprocess

import pytest

from tests.clients.test_typescript_client import COMPILER, IN_CI, NPM, run, typescript_project
from unified.describe import example_bodies
from unified.schemas.resources import RESOURCES

WRITES = [(one, method) for one in RESOURCES if one.writes for method in one.writes.methods]
ROUTES = {
    "create": ("POST", ""),
    "update": ("PATCH", "/{id}"),
    "delete": ("DELETE", "/{id}"),
    "merge": ("POST", "/{id}/merge"),
}
NO_RECORD = "999999999"

START = """
import createClient from "openapi-fetch";
import type { components, paths } from "./interline.js";

type Problem = components["schemas"]["Problem"];
type Made = { response: Response; data?: unknown; error?: Problem };

const client = createClient<paths>({
  baseUrl: process.env.BASE!,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});
const answers: { status: number; code: string | null }[] = [];

function keep({ response, error }: Made): void {
  answers.push({ status: response.status, code: error?.code ?? null });
}
"""
END = """
console.log(JSON.stringify(answers));
"""
WRONG = """
const body: components["schemas"]["TicketCreate"] = { colour: "red" };
await client.POST("/unified/ticketing/tags", { body: {} });
await client.PATCH("/unified/ticketing/tickets/{id}", {
  params: { path: { id: "1" } },
  body: { status: { category: "shut" } },
});
await client.POST("/unified/ticketing/tickets", { body: { comment: { body: "whether this is private is not said" } } });
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return typescript_project(tmp_path_factory.mktemp("typescript_writes"))


def path_of(resource, method):
    return f"/unified/{resource.model}/{resource.name}{ROUTES[method][1]}"


def statement(resource, method):
    """The call of one write, its body the example."""
    verb, below = ROUTES[method]
    params = {"query": {"dry_run": True}, "header": {"Idempotency-Key": f"typed-{method}"}}
    said = {"params": params | ({"path": {"id": NO_RECORD}} if below else {})}
    body = example_bodies().get((*resource.key, method))
    if body is not None:
        said["body"] = body | ({"is_private": False} if resource.name == "comments" else {})
    return f"keep(await client.{verb}({json.dumps(path_of(resource, method))}, {json.dumps(said)}));"


def over_http(account, resource, method):
    verb = ROUTES[method][0]
    path = path_of(resource, method).replace("{id}", NO_RECORD)
    answer = account.request(verb, path, json=example_bodies().get((*resource.key, method)), params={"dry_run": "true"})
    return {"status": answer.status_code, "code": answer.json().get("code")}


if NPM is not None or IN_CI:

    def test_a_program_that_makes_every_write_compiles_and_understands_the_answers(project, account):
        program = "\n".join([START, *(statement(*one) for one in WRITES), END])
        (project / "writes.ts").write_text(program)
        run("npx", "tsc", *COMPILER, "writes.ts", folder=project)
        said = json.loads(run("node", "writes.js", folder=project, BASE=account.base_url, TOKEN=account.token))
        assert said == [over_http(account, *one) for one in WRITES]

    def test_a_body_with_what_is_unknown_or_without_what_is_needed_does_not_compile(project):
        (project / "wrong_bodies.ts").write_text(START + WRONG)
        made = subprocess.run(
            ["npx", "tsc", *COMPILER, "wrong_bodies.ts"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert made.returncode != 0
        assert made.stdout.count("error TS") == 4

"""A TypeScript client typed by the description: every question type-checks, and node gets what plain HTTP gets.

npm, which is no part of Interline, installs into the user's cache folder, never into the repository. Where there is no
npm the program cannot be compiled and its test does not exist; in CI it does, and fails without npm.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from unified.describe import described_file

DOCUMENT = json.loads(described_file().read_bytes())
PACKAGES = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@20")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "interline-tests" / "typescript"
COMPILER = (
    "--strict",
    "--noEmitOnError",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--types",
    "node",
    "--skipLibCheck",
)
NPM = shutil.which("npm")
IN_CI = bool(os.environ.get("CI"))

START = """
import createClient from "openapi-fetch";
import type { components, paths } from "./interline.js";

type Problem = components["schemas"]["Problem"];
type Page = { result: { id: string }[]; next_cursor: string | null };
type Made = { response: Response; data?: Page; error?: Problem };

const client = createClient<paths>({
  baseUrl: process.env.BASE!,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});
const answers: { status: number; ids: string[]; code: string | null }[] = [];

function keep({ response, data, error }: Made): void {
  const ids = data === undefined ? [] : data.result.map((record) => record.id);
  answers.push({ status: response.status, ids, code: error?.code ?? null });
}
"""
END = """
const walked: string[] = [];
let next: { limit: number; next_cursor?: string } | null = { limit: 150 };
while (next !== null) {
  const { data, error }: Made = await client.GET("/unified/ticketing/tickets", { params: { query: next } });
  if (data === undefined) throw new Error(error?.code);
  walked.push(...data.result.map((ticket) => ticket.id));
  next = data.next_cursor === null ? null : { limit: 150, next_cursor: data.next_cursor };
}

const list = await client.GET("/unified/ticketing/tickets", { params: { query: { limit: 1 } } });
const ticket = list.data!.result[0];
const category: "open" | "waiting" | "closed" | "spam" | null | undefined = ticket.status?.category;
const one = await client.GET("/unified/ticketing/tickets/{id}", { params: { path: { id: ticket.id } } });
const me = await client.GET("/unified/user-directory/me");
const same = one.data!.result.id === ticket.id;
console.log(JSON.stringify({ answers, walked, category, same, me: me.data!.result.id }));
"""
WRONG = """
await client.GET("/unified/ticketing/tickets", { params: { query: { colour: "red" } } });
await client.GET("/unified/ticketing/tickets", { params: { query: { sort: "colour" } } });
await client.GET("/unified/ticketing/comments", { params: { query: {} } });
"""


def run(*command, folder, **environment):
    """A command that must succeed; its output."""
    made = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=240, check=False
    )
    assert made.returncode == 0, f"{' '.join(command[:3])} failed:\n{made.stdout}\n{made.stderr}"
    return made.stdout


def tools():
    """The folder that holds the packages, installed there once."""
    assert NPM is not None, "npm is needed to compile a TypeScript client; CI must have it"
    done = CACHE / "installed.txt"
    if not done.is_file() or done.read_text() != "\n".join(PACKAGES):
        CACHE.mkdir(parents=True, exist_ok=True)
        run(NPM, "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", *PACKAGES, folder=CACHE)
        done.write_text("\n".join(PACKAGES))
    return CACHE


def typescript_project(folder):
    """A folder with the types made from the description, as openapi/README.md says."""
    (folder / "node_modules").symlink_to(tools() / "node_modules")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    run("npx", "openapi-typescript", str(described_file()), "-o", "interline.d.ts", folder=folder)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return typescript_project(tmp_path_factory.mktemp("typescript_client"))


def question(ask):
    query = json.dumps(ask.query)
    return f"keep(await client.GET({json.dumps(ask.path)}, {{ params: {{ query: {query} }} }}));"


def expected(ask):
    ids = [record["id"] for record in ask.body["result"]] if ask.status == 200 else []
    return {"status": ask.status, "ids": ids, "code": ask.body.get("code")}


if NPM is not None or IN_CI:

    def test_a_program_that_asks_everything_compiles_and_understands_the_answers(project, account, asks):
        program = "\n".join([START, *map(question, asks), END])
        (project / "program.ts").write_text(program)
        run("npx", "tsc", *COMPILER, "program.ts", folder=project)
        said = json.loads(run("node", "program.js", folder=project, BASE=account.base_url, TOKEN=account.token))
        assert len(said["answers"]) == len(asks)
        for ask, answer in zip(asks, said["answers"], strict=True):
            assert answer == expected(ask), (ask.path, ask.query)
        assert sorted(said["walked"]) == sorted(one["id"] for one in account.walk("tickets", limit=200))
        assert (said["category"] in ("open", "waiting", "closed", "spam"), said["same"]) == (True, True)
        assert said["me"]

    def test_a_filter_or_sort_that_is_not_there_or_a_missing_one_does_not_compile(project):
        (project / "wrong.ts").write_text(START + WRONG)
        made = subprocess.run(
            ["npx", "tsc", *COMPILER, "wrong.ts"], cwd=project, capture_output=True, text=True, check=False, timeout=240
        )
        assert made.returncode != 0
        assert made.stdout.count("error TS") == WRONG.count("await")


def schemas(value):
    """Every schema object of the document, found by what only schemas have."""
    if isinstance(value, dict):
        if "properties" in value or value.get("type") in ("array", "string", "integer"):
            yield value
        for one in value.values():
            yield from schemas(one)
    elif isinstance(value, list):
        for one in value:
            yield from schemas(one)


def references(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def test_types_can_be_made_of_every_schema_and_parameter():
    operations = [one for item in DOCUMENT["paths"].values() for one in item.values()]
    for operation in operations:
        for parameter in operation.get("parameters", []):
            assert parameter["schema"].get("type") in ("string", "integer", "boolean", "array"), (
                operation["operationId"],
                parameter,
            )
    for schema in schemas({"paths": DOCUMENT["paths"], "components": DOCUMENT["components"]}):
        assert schema.get("type") != "array" or "items" in schema
        assert "enum" not in schema or all(isinstance(one, str) for one in schema["enum"])
    names = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= names
